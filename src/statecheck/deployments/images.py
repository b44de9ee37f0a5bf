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


def image(path: str, document: Datum) -> Image:
    """The image that a Dockerfile builds. Stages are taken together: what one copies, the last one has."""
    directory = "/"
    copies: list[tuple[str, str]] = []
    environment: dict[str, Datum] = {}
    command: list[Line] = []
    entrypoint: list[Line] = []
    for item in document.items:
        if item.key == "FROM":
            command, entrypoint = [], []
        elif item.key == "WORKDIR":
            directory = normpath(join(directory, item.value))
        elif item.key == "ENV":
            environment |= pairs(item)
        elif item.key in ("COPY", "ADD"):
            copies += _copied(item.value, directory)
        elif item.key == "CMD":
            command = lines_of(item)
        elif item.key == "ENTRYPOINT":
            command, entrypoint = [], lines_of(item)
    return Image(path, directory, tuple(reversed(copies)), environment, tuple(command), tuple(entrypoint), document)


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
