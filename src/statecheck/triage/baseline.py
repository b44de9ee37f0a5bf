"""The baseline: findings that are known and accepted for now, one JSON line each, fit to be merged by git.

No line numbers, dates, versions or totals: a line changes only when its finding does.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from statecheck.model import BaselineEntry, BaselineState, Finding, Step
from statecheck.triage.fingerprint import VERSION, written
from statecheck.triage.parse import NAME as PARSE_ERROR

FILE = ".statecheck-baseline.jsonl"
_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


class BaselineError(Exception):
    """A baseline that cannot be read or written. The text is one line."""


class Compared(NamedTuple):
    """Findings with their state, the entry that each was found under, and the entries of which nothing is left."""

    findings: list[Finding]
    entries: list[BaselineEntry | None]
    absent: list[BaselineEntry]


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
            found[key] = _joined(found[key], entry) if key in found else entry
    return tuple(sorted(found.values(), key=_order))


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


def _joined(one: BaselineEntry, other: BaselineEntry) -> BaselineEntry:
    writes = tuple(sorted({*one.writes, *other.writes}))
    return replace(one, writes=writes, note=one.note or other.note)


def _order(entry: BaselineEntry) -> tuple[str, ...]:
    return (entry.path, entry.scope, entry.rule, entry.symbol, entry.fp)


def write(path: Path, entries: Iterable[BaselineEntry]) -> None:
    """Replace the file in one step, so that nobody ever reads half of it. Raises BaselineError."""
    lines = [msgspec.json.format(msgspec.json.encode(entry), indent=-1) for entry in sorted(entries, key=_order)]
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


def entry_of(finding: Finding, note: str = "") -> BaselineEntry:
    """The entry under which a finding is known."""
    symbol = finding.local_symbol or finding.symbol
    where = finding.location.path
    return BaselineEntry(finding.name, where, finding.scope, symbol, finding.fingerprint, written(finding), note)


def can_be_known(finding: Finding) -> bool:
    """Nothing is known of a file that was not parsed: it must never pass as clean."""
    return finding.name != PARSE_ERROR and bool(finding.fingerprint) and finding.suppressed is None


def compare(
    entries: Sequence[BaselineEntry], findings: Sequence[Finding], is_judged: Callable[[BaselineEntry], bool]
) -> Compared:
    """Pair findings with entries: of the same path first; what is left, by the fingerprint alone (a renamed file)."""
    open_entries = {(entry.path, entry.fp): entry for entry in entries}
    paired: list[BaselineEntry | None] = [
        open_entries.pop((finding.location.path, finding.fingerprint), None) if can_be_known(finding) else None
        for finding in findings
    ]
    moved: dict[str, list[BaselineEntry]] = defaultdict(list)
    for entry in sorted(open_entries.values(), key=_order, reverse=True):
        moved[entry.fp].append(entry)
    for at, finding in enumerate(findings):
        if paired[at] is None and can_be_known(finding) and moved.get(finding.fingerprint):
            paired[at] = moved[finding.fingerprint].pop()
    absent = sorted((entry for rest in moved.values() for entry in rest if is_judged(entry)), key=_order)
    marked = [_marked(finding, entry) for finding, entry in zip(findings, paired, strict=True)]
    return Compared(marked, paired, absent)


def _marked(finding: Finding, entry: BaselineEntry | None) -> Finding:
    if entry is None:
        return replace(finding, baseline="new")
    known = set(entry.writes)
    flow = tuple(_marked_step(step, known) if step.role == "write" else step for step in finding.flow)
    state: BaselineState = "updated" if any(step.baseline == "new" for step in flow) else "unchanged"
    return replace(finding, baseline=state, flow=flow)


def _marked_step(step: Step, known: set[str]) -> Step:
    return replace(step, baseline="unchanged" if step.fingerprint in known else "new")


def known_to_either(some: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    """The same findings, compared with two collections: new is what is new to both."""
    return [_known_to_either(*pair) for pair in zip(some, others, strict=True)]


def _known_to_either(one: Finding, other: Finding) -> Finding:
    if "unchanged" in (one.baseline, other.baseline):
        return one if one.baseline == "unchanged" else other
    if "updated" not in (one.baseline, other.baseline):
        return other
    pairs = zip(one.flow, other.flow, strict=True)
    flow = tuple(two if two.baseline == "unchanged" else step for step, two in pairs)
    flow = tuple(replace(step, baseline=step.baseline or "new") if step.role == "write" else step for step in flow)
    grown = any(step.baseline == "new" for step in flow)
    return replace(one, baseline="updated" if grown else "unchanged", flow=flow)


def pruned(compared: Compared, entries: Sequence[BaselineEntry], trim: bool) -> list[BaselineEntry]:
    """The entries without those of which nothing is left. ``trim``: without the writes that are gone, either."""
    gone = set(compared.absent)
    found = {
        entry: written(finding)
        for entry, finding in zip(compared.entries, compared.findings, strict=True)
        if entry is not None
    }
    return [
        replace(entry, writes=tuple(mark for mark in entry.writes if mark in found[entry]))
        if trim and entry in found
        else entry
        for entry in entries
        if entry not in gone
    ]


def updated(
    compared: Compared,
    entries: Sequence[BaselineEntry],
    trim: bool,
    hidden: Collection[tuple[str, str]],
    is_scanned: Callable[[str], bool],
) -> list[BaselineEntry]:
    """The entries with the shown findings of the scanned paths; what lies elsewhere stays as it is.

    ``hidden`` (path, fingerprint) are below the thresholds: known ones stay, others are not added. Notes are kept.
    """
    fresh: list[BaselineEntry] = []
    replaced: set[BaselineEntry] = set()
    for finding, entry in zip(compared.findings, compared.entries, strict=True):
        if (
            can_be_known(finding)
            and (finding.location.path, finding.fingerprint) not in hidden
            and is_scanned(finding.location.path)
        ):
            made = entry_of(finding, entry.note if entry else "")
            fresh.append(made if trim or entry is None else _joined(made, entry))
            if entry is not None:
                replaced.add(entry)
    elsewhere = [entry for entry in entries if entry not in replaced and not is_scanned(entry.path)]
    rest = [entry for entry in pruned(compared, entries, trim) if entry not in replaced and is_scanned(entry.path)]
    known = {(entry.path, entry.fp) for entry in fresh}
    return [*fresh, *(entry for entry in (*elsewhere, *rest) if (entry.path, entry.fp) not in known)]
