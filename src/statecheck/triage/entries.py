"""The file of a baseline: one JSON line an entry, fit to be merged by git.

No line numbers, dates, versions or totals: a line changes only when its finding does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from statecheck.model import BaselineEntry

FILE = ".statecheck-baseline.jsonl"
VERSION = "v1"  # of fingerprints
_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


class BaselineError(Exception):
    """A baseline that cannot be read or written. The text is one line."""


def read(path: Path) -> tuple[BaselineEntry, ...]:
    """The entries of a file. What two branches both added is one entry. Raises BaselineError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BaselineError(f"{path}: the baseline cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BaselineError(f"{path}: the baseline is not UTF-8 text") from None
    found: dict[tuple[str, str], BaselineEntry] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            entry = _entry(line, f"{path}:{number}")
            key = (entry.path, entry.fp)
            found[key] = joined(found[key], entry) if key in found else entry
    return tuple(sorted(found.values(), key=order))


def _entry(line: str, place: str) -> BaselineEntry:
    if line.startswith(_MARKS):
        raise BaselineError(f"{place}: a merge conflict is not resolved")
    try:
        entry = msgspec.json.decode(line, type=BaselineEntry)
    except msgspec.DecodeError as error:
        raise BaselineError(f"{place}: not an entry of a baseline: {error}") from None
    version = entry.fp.partition(":")[0]
    if version != VERSION:
        raise BaselineError(f'{place}: fingerprints of version "{version}" are not known; create the baseline again')
    return entry


def joined(one: BaselineEntry, other: BaselineEntry) -> BaselineEntry:
    """Two entries of one finding as one."""
    writes = tuple(sorted({*one.writes, *other.writes}))
    return replace(one, writes=writes, note=one.note or other.note)


def order(entry: BaselineEntry) -> tuple[str, ...]:
    """How entries are sorted in a file."""
    return (entry.path, entry.scope, entry.rule, entry.symbol, entry.fp)


def write(path: Path, entries: Iterable[BaselineEntry]) -> None:
    """Replace the file in one step, so that nobody ever reads half of it. Raises BaselineError."""
    lines = [msgspec.json.format(msgspec.json.encode(entry), indent=-1) for entry in sorted(entries, key=order)]
    target = Path(os.path.realpath(path))
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(b"".join(line + b"\n" for line in lines))
        if target.exists():
            part.chmod(target.stat().st_mode & 0o7777)
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise BaselineError(f"{path}: the baseline cannot be written: {error.strerror or error}") from None
