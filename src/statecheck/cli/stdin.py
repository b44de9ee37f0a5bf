"""``check -``: the content of one file comes from an editor, not from the disk."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from statecheck.cli.guard import UsageError
from statecheck.cli.target import Target, find_target

STDIN = "-"
_NAMELESS = "stdin.py"


@contextmanager
def targeted(paths: Sequence[str], filename: str | None, config: Sequence[str], isolated: bool) -> Iterator[Target]:
    """The target of a command line that may say "-". Raises UsageError, SettingsError.

    With the name of a file of a project, the content stands in for that file, whether or not it exists; else it stands
    alone.
    """
    if STDIN not in paths:
        if filename is not None:
            raise UsageError("--stdin-filename goes with - in place of the paths")
        yield find_target(paths, config, isolated)
        return
    if len(paths) > 1:
        raise UsageError("- stands for the only file: no other paths can be given")
    name = filename or _NAMELESS
    if os.path.isdir(name) or not os.path.basename(name):
        raise UsageError(f"--stdin-filename: {name}: is a folder; give the name of a file")
    content = _read()
    with tempfile.TemporaryDirectory(prefix="statecheck-") as folder:
        place = Path(os.path.realpath(folder)) / os.path.basename(name)
        place.write_bytes(content)
        yield _target(name if filename else None, place, config, isolated)


def _read() -> bytes:
    if sys.stdin is None:
        raise UsageError("-: the standard input is closed")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise UsageError(f"-: cannot be read: {error.strerror or error}") from None


def _target(filename: str | None, place: Path, config: Sequence[str], isolated: bool) -> Target:
    from statecheck.discovery import is_project

    parent = os.path.dirname(filename or "") or "."
    target = find_target([parent if os.path.isdir(parent) else "."], config, isolated)
    loaded = target.loaded
    if filename is None or not os.path.isdir(parent) or not is_project(loaded.root):
        # Settings still hold, and what they say of paths is meant from their own folder.
        packs = tuple(os.path.join(loaded.root, path) for path in loaded.settings.rule_paths)
        alone = replace(loaded, root=place.parent, settings=replace(loaded.settings, rule_paths=packs))
        return Target(alone, (place,), target.layers)
    path = target.paths[0] / place.name  # a link stays a link: it is the name under which the file is edited
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    if loaded.root not in path.parents:
        raise UsageError(f"--stdin-filename: {filename}: lies outside its project, {loaded.root}")
    return Target(loaded, (path,), target.layers, {path.relative_to(loaded.root).as_posix(): place})
