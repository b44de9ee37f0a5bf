"""What a deployment makes of findings: how many copies there are today, and what hides that from users.

Deployments raise or lower findings and are named in their messages; they never silence one.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from statecheck.deployments import wording
from statecheck.deployments.containers import Count
from statecheck.deployments.join import Joined, is_spread
from statecheck.deployments.processes import Process
from statecheck.deployments.workers import WORKER
from statecheck.model import LEVELS, Deployed, Finding, Level


def told(rows: Sequence[Joined]) -> list[Finding]:
    """The findings, with what the deployment says of them in message, severity and ``deployments``."""
    routing: dict[Finding, Joined] = {}
    for row in rows:
        if row.finding.family == "affinity":
            for kept in row.hides:
                if kept not in routing or (row.sure and not routing[kept].sure):
                    routing[kept] = row
    return [_told(row, routing.get(row.finding)) for row in rows]


def _told(row: Joined, routing: Joined | None) -> Finding:
    if not row.processes:
        return row.finding
    return _told_of_document(row) if row.is_document else _told_of_code(row, routing)


def _told_of_code(row: Joined, routing: Joined | None) -> Finding:
    finding = row.finding
    order = sorted(range(len(row.processes)), key=lambda at: (*_copies(row, at), at))
    process = row.processes[order[0]]
    counts = wording.counted(process.copies, finding)
    mount = row.mounts[order[0]] if row.mounts else None
    if mount is not None:
        sentence = wording.landing(mount)
    elif not is_spread(finding) or (finding.family == "disk" and process.mounts and not row.placed):
        sentence = ""  # what a restart loses; a file that may lie on any of the mounts
    else:
        sentence = _of_copies(finding, counts)
        if sentence and routing is not None:
            sentence += _of_routing(counts, routing.finding)
    real = wording.total(counts if routing is None else _workers(counts)) > 1 and mount is None and sentence != ""
    return replace(
        finding,
        message=wording.added(finding.message, sentence),
        severity=_raised(finding) if real else finding.severity,
        deployments=tuple(dict.fromkeys(_deployed(row.processes[at], finding) for at in order)),
    )


def _copies(row: Joined, at: int) -> tuple[int, bool]:
    """Many copies first, then those that can become many."""
    counts = wording.counted(row.processes[at].copies, row.finding)
    return -wording.total(counts), not wording.is_open(counts)


def _workers(counts: Sequence[Count]) -> list[Count]:
    return [count for count in counts if count.word == WORKER]


def _of_copies(finding: Finding, counts: Sequence[Count]) -> str:
    if wording.total(counts) > 1 or wording.is_open(counts):
        several = [count for count in counts if count.number != 1]
        return wording.own_disks(several) if finding.family == "disk" else wording.own_copies(finding, several)
    return wording.one_copy(counts) if any(count.text for count in counts) else ""


def _of_routing(counts: Sequence[Count], hider: Finding) -> str:
    """A client that is sent back to the same replica meets another of its workers all the same."""
    said = f"; sticky routing ({wording.place(hider.location)}) hides"
    workers = _workers(counts)
    several = [count for count in workers if count.number != 1]
    return f"{said} that between replicas, but not between workers" if several else f"{said} that"


def _deployed(process: Process, finding: Finding) -> Deployed:
    counts = wording.counted(process.copies, finding)
    return Deployed(process.unit, wording.exact(counts), wording.places(counts))


def _raised(finding: Finding) -> Level:
    """One up: what was a risk is so today. What is low matters too little for that."""
    if finding.severity != "medium" or finding.confidence == "low":
        return finding.severity
    return "high"


def _told_of_document(row: Joined) -> Finding:
    finding = row.finding
    if not row.hides:
        return replace(finding, severity="low") if _is_idle(row) else finding
    listed = wording.listed(row.hides)
    sentence = f"On it lands what these write: {listed}" if row.speaks_of == "mounts" else f"It hides {listed}"
    pins = row.speaks_of != "copies" or finding.confidence == "high"  # a name or a port may be fixed for other reasons
    level = max(finding.severity, "medium", key=LEVELS.index) if pins else finding.severity
    return replace(finding, message=wording.added(finding.message, sentence), severity=level)


def _is_idle(row: Joined) -> bool:
    """Does nothing in the code need it, as far as anybody can see? A pin beside more copies may have other reasons."""
    return row.sure and (row.speaks_of != "copies" or any(wording.total(each.copies) == 1 for each in row.processes))
