"""From the words that name an application to the file of the tree that is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.commands import Invocation, arguments, option
from statecheck.deployments.ground import Ground, Place
from statecheck.deployments.lines import Word

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z")


class Entered(NamedTuple):
    """``paths``: what is run first (none: not known); ``reference``: the words that say so."""

    paths: tuple[str, ...]
    reference: str


def entered(
    ground: Ground, place: Place, invocation: Invocation, named: Sequence[Word], folders: Sequence[str] = ()
) -> Entered:
    """The files that a server enters. ``named``: what variables and settings files of the server say.

    ``folders``: where Python looks for modules besides. Where no file is found only an option is given back that names
    an application: any other word may be something else.
    """
    server = invocation.server
    if server.app == "all":
        return Entered(tuple(_all_below(ground, place.base)), "")
    references = [*_references(invocation), *(word.text for word in named), *server.app_defaults]
    folders = [
        *folders,
        *(text for text in (_value(invocation, server.directory), _value(invocation, server.paths)) if text),
    ]
    for reference in references:
        for path in _paths(ground, place, server.app, reference, server.submodules, folders):
            return Entered((path,), reference)
    named_by = option(invocation.words, server.app_options)
    return Entered((), named_by.text if named_by is not None else "")


def _references(invocation: Invocation) -> list[str]:
    server = invocation.server
    if server.app == "itself":
        return [invocation.program.text]
    given = option(invocation.words, server.app_options)
    if given is not None:
        return [given.text]
    words = arguments(server, invocation.words)
    return [word.text for word in (words[:1] if server.app in ("script", "module") else words[:6])]


def _value(invocation: Invocation, names: Sequence[str]) -> str:
    found = option(invocation.words, names) if names else None
    return found.text if found is not None and found.known else ""


def _paths(
    ground: Ground, place: Place, form: str, reference: str, submodules: Sequence[str], folders: Sequence[str]
) -> Iterator[str]:
    name = reference.partition(":")[0].strip()
    if form in ("script", "itself") or name.endswith(".py") or "/" in name:
        yield from _files(ground, place, [name if name.endswith(".py") else f"{name}.py"], folders)
        if form == "itself" or name.endswith(".py"):
            return
        name = name.strip("/").replace("/", ".")
    if not _DOTTED.match(name):
        return
    parts = name.split(".")
    for length in range(len(parts), max(len(parts) - 2, 0), -1):
        stem = "/".join(parts[:length])
        inner = ["__main__"] if form == "module" else list(submodules)
        names = [*(f"{stem}/{each}.py" for each in inner), f"{stem}.py", f"{stem}/__init__.py"]
        yield from _files(ground, place, names, folders)
        yield from _by_name(ground, ".".join(parts[:length]), form)


def _files(ground: Ground, place: Place, names: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    names = list(names)
    rows = [
        list(place.paths(f"{folder}/{name}"))
        for folder in (*folders, "")
        for name in names
        for folder in [folder or "."]
    ]
    for step in range(max(map(len, rows), default=0)):  # the best place first, whatever the file is called there
        for row in rows:
            if step < len(row) and ground.is_file(row[step]):
                yield row[step]


def _by_name(ground: Ground, dotted: str, form: str) -> Iterator[str]:
    """The only module of that name in the tree, wherever it lies: its folder may be put on the path at run time."""
    stem = f"/{dotted.replace('.', '/')}"
    endings = (f"{stem}/__main__.py",) if form == "module" else ()
    for ending in (*endings, f"{stem}.py", f"{stem}/__init__.py"):
        found = [path for path in ground.project.files if f"/{path}".endswith(ending)]
        found = [path for path in found if ground.project.is_application(path)]
        if found:
            yield from found if len(found) == 1 else ()
            return


def _all_below(ground: Ground, folder: str) -> Iterator[str]:
    prefix = f"{folder}/" if folder else ""
    return (path for path in ground.project.files if path.startswith(prefix) and ground.project.is_application(path))
