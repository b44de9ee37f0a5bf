"""``statecheck explain PATH:LINE``: everything known about the state defined there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from statecheck.cli.clean import cache_folder
from statecheck.cli.guard import UsageError, guarded, write
from statecheck.cli.options import CacheDir, Config, Debug, Isolated, NoCache
from statecheck.cli.target import find_target

_PLACE = re.compile(r"^(?P<path>.+?):(?P<line>[1-9]\d*)(:\d+)?:?$")


def command(
    place: Annotated[str, typer.Argument(metavar="PATH:LINE", help="Where the state is defined.")],
    config: Config = None,
    isolated: Isolated = False,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    debug: Debug = False,
) -> None:
    """Show what is known about the state defined at a line.

    Its writes, who reaches them, and why it is reported or not.
    """

    def action() -> int:
        path, line = split_place(place)
        target = find_target([path], config or [], isolated)
        if not target.paths[0].is_file():
            raise UsageError(f"{path}: is a folder; give a file and a line, such as app.py:12")
        count = count_lines(target.paths[0])
        if line > count:
            raise UsageError(f"{path}: there is no line {line}; the file has {count}")
        from statecheck.pipeline import explain
        from statecheck.request import Request

        root, settings = target.loaded.root, target.loaded.settings
        cache = None if no_cache else cache_folder(root, settings, cache_dir)
        request = Request(root, target.paths, settings, cache=cache)
        relative = target.paths[0].relative_to(root).as_posix()
        text = explain(request, relative, line)
        write(text if text.endswith("\n") else f"{text}\n", None)
        return 0

    raise typer.Exit(guarded(action, debug))


def count_lines(path: Path) -> int:
    """Lines as an editor counts them. Raises UsageError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    return len(raw.splitlines()) or 1


def split_place(place: str) -> tuple[str, int]:
    """ "app.py:12" (a column after it is let pass). Raises UsageError."""
    match = _PLACE.match(place)
    if not match:
        raise UsageError(f'expected PATH:LINE, such as app.py:12, got "{place}"')
    return match["path"], int(match["line"])
