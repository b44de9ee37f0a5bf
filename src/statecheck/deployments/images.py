"""What the Dockerfiles of a tree say: where the code lies in the image, and what the image runs by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import dirname, join, normpath
from typing import NamedTuple

from statecheck.deployments.lines import Line, lines_of
from statecheck.deployments.paths import pairs
from statecheck.deployments.tree import Datum


class Image(NamedTuple):
    """One Dockerfile. ``copies``: (folder or file of the image, the same in the build context), later ones first."""

    path: str
    directory: str
    copies: tuple[tuple[str, str], ...]
    environment: Mapping[str, Datum]
    command: tuple[Line, ...]
    entrypoint: tuple[Line, ...]
    datum: Datum


class _Stage(NamedTuple):
    """What one stage says so far."""

    directory: str = "/"
    environment: Mapping[str, Datum] = {}
    command: tuple[Line, ...] = ()
    entrypoint: tuple[Line, ...] = ()


def image(path: str, document: Datum, target: str = "") -> Image:
    """The image that a Dockerfile builds, up to the stage ``target`` or the last.

    A stage has what the one that it is built from says. Files are taken together: what one copies, the others have.
    """
    copies: list[tuple[str, str]] = []
    named: dict[str, _Stage] = {}
    name, stage = "", _Stage()
    for item in document.items:
        if item.key == "FROM":
            if name and name == target.lower():
                break
            base, name = _from(item.value)
            stage = named.get(base, _Stage())
        elif item.key in ("COPY", "ADD"):
            copies += _copied(item.value, stage.directory)
        else:
            stage = _after(stage, item)
        named[name] = stage
    found = stage._asdict()
    return Image(path=path, copies=tuple(reversed(copies)), datum=document, **found)


def _from(value: str) -> tuple[str, str]:
    """``FROM --platform=x Base AS name``: what it is built from, and its name, both as Docker compares them."""
    words = [word for word in value.lower().split() if not word.startswith("--")]
    return (words or [""])[0], words[2] if len(words) > 2 and words[1] == "as" else ""


def _after(stage: _Stage, item: Datum) -> _Stage:
    if item.key == "WORKDIR":
        return stage._replace(directory=normpath(join(stage.directory, item.value)))
    if item.key == "ENV":
        return stage._replace(environment={**stage.environment, **pairs(item)})
    if item.key == "CMD":
        return stage._replace(command=tuple(lines_of(item)))
    if item.key == "ENTRYPOINT":
        return stage._replace(command=(), entrypoint=tuple(lines_of(item)))
    return stage


def _copied(value: str, directory: str) -> Iterable[tuple[str, str]]:
    """``COPY --chown=x a b /srv/``: both lie below ``/srv``. What another stage or the network gives is left out."""
    words = [word.strip('[]",') for word in value.split()]
    if any(word.startswith("--from") for word in words):
        return []
    plain = [word for word in words if word and not word.startswith("--")]
    if len(plain) < 2:
        return []
    target = join(directory, plain[-1])
    several = len(plain) > 2 or plain[-1].endswith("/")
    found = []
    for source in plain[:-1]:
        inside = normpath(source).lstrip("/")
        name = inside.rpartition("/")[2]
        is_file = "." in name and name != "." and not source.endswith("/")
        found.append((normpath(join(target, name) if several and is_file else target), "" if inside == "." else inside))
    return found


def joined(folder: str, *parts: str) -> str:
    """A path of the tree below a folder of the tree; "" where it leads out of the tree."""
    path = normpath(join(folder, *(part.lstrip("/") for part in parts if part)) or ".")
    return "" if path == "." or path.startswith("..") else path


def beside(path: str, name: str) -> str:
    """The path of the tree that ``name`` in the document ``path`` means."""
    return joined(dirname(path), name)
