"""The baseline: findings that are known and accepted for now, and what a run makes of them. Its file: ``entries``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.model import BaselineEntry, BaselineState, Finding, Step
from statecheck.triage.entries import joined, order
from statecheck.triage.fingerprint import written
from statecheck.triage.parse import NAME as PARSE_ERROR


class Compared(NamedTuple):
    """Findings with their state, the entry that each was found under, and the entries of which nothing is left."""

    findings: list[Finding]
    entries: list[BaselineEntry | None]
    absent: list[BaselineEntry]


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
    for entry in sorted(open_entries.values(), key=order, reverse=True):
        moved[entry.fp].append(entry)
    for at, finding in enumerate(findings):
        if paired[at] is None and can_be_known(finding) and moved.get(finding.fingerprint):
            paired[at] = moved[finding.fingerprint].pop()
    absent = sorted((entry for rest in moved.values() for entry in rest if is_judged(entry)), key=order)
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
            fresh.append(made if trim or entry is None else joined(made, entry))
            if entry is not None:
                replaced.add(entry)
    elsewhere = [entry for entry in entries if entry not in replaced and not is_scanned(entry.path)]
    rest = [entry for entry in pruned(compared, entries, trim) if entry not in replaced and is_scanned(entry.path)]
    known = {(entry.path, entry.fp) for entry in fresh}
    return [*fresh, *(entry for entry in (*elsewhere, *rest) if (entry.path, entry.fp) not in known)]
