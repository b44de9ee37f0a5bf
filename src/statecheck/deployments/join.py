"""What the code keeps, joined with what runs it: which processes hold it, and what hides that from users."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from statecheck.deployments import wording
from statecheck.deployments.concerns import Concerns
from statecheck.deployments.containers import Mount
from statecheck.deployments.files import mount_of, texts
from statecheck.deployments.ground import Ground
from statecheck.deployments.hiding import Spoken, same_line, spoken_of
from statecheck.deployments.processes import Process
from statecheck.model import LEVELS, Finding, Location, at_least

KEEPS = ("memory", "disk")  # families of what a process keeps for itself


class Joined(NamedTuple):
    """A finding with the processes that run its code; of one about documents, with the findings that it speaks of."""

    finding: Finding
    processes: tuple[Process, ...] = ()
    hides: tuple[Finding, ...] = ()
    mounts: tuple[Mount | None, ...] = ()  # of a file, by process: where it lands
    placed: bool = False  # of a file: its path says where in the file system it lies
    is_document: bool = False
    sure: bool = True  # of one about a document: it names these processes, or stands beside them


def join(ground: Ground, concerns: Concerns, table: Sequence[Process], findings: Iterable[Finding]) -> list[Joined]:
    """All findings, joined, in their order."""
    live = [process for process in table if not process.development and process.entered]
    rows = [Joined(finding) for finding in findings]
    if not live:
        return rows
    rows = [_with_processes(ground, concerns, live, row) for row in rows]
    kept = [row for row in rows if row.processes and matters(row.finding)]
    return [_with_hidden(ground, concerns, live, kept, row) for row in rows]


def _with_processes(ground: Ground, concerns: Concerns, live: Sequence[Process], row: Joined) -> Joined:
    finding = row.finding
    if finding.location.path not in ground.project.files or finding.family not in KEEPS:
        return row._replace(is_document=finding.location.path in ground.documents)
    found = tuple(process for process in live if concerns.runs(process, finding))
    if finding.family != "disk" or not found:
        return row._replace(processes=found)
    said = [texts(ground.project, finding, process.folders) for process in found]
    mounts = tuple(mount_of(each, process.mounts) for each, process in zip(said, found, strict=True))
    return row._replace(
        processes=found, mounts=mounts, placed=any(text.startswith("/") for each in said for text in each)
    )


def _with_hidden(
    ground: Ground, concerns: Concerns, live: Sequence[Process], kept: Sequence[Joined], row: Joined
) -> Joined:
    if not row.is_document:
        return row
    spoken = spoken_of(ground, concerns, live, row.finding)
    sure = spoken.sure and not (spoken.mounted and any(_is_adrift(each, spoken) for each in kept))
    hides = sorted((each.finding for each in kept if _is_hidden(each, spoken, row.finding)), key=_weight)
    return row._replace(processes=spoken.processes, hides=tuple(hides), sure=sure)


def _is_adrift(each: Joined, spoken: Spoken) -> bool:
    """Is it a file of the process that may lie on any of its mounts?"""
    return not each.placed and any(
        mount is None and process in spoken.processes
        for mount, process in zip(each.mounts, each.processes, strict=False)
    )


def _is_hidden(each: Joined, spoken: Spoken, finding: Finding) -> bool:
    """Routing and pins hide what no mount keeps, as long as their process has no further copies; a volume its files."""
    if not is_spread(each.finding):
        return False
    at_hand = [at for at, process in enumerate(each.processes) if process in spoken.processes]
    mounts = {at: each.mounts[at] if each.mounts else None for at in at_hand}
    if spoken.mounted:
        places = [place for mount in mounts.values() if mount for place in mount.places]
        return any(same_line(place, finding.location) for place in places)
    if finding.family == "affinity":
        return any(mount is None for mount in mounts.values())
    return any(wording.total(wording.counted(each.processes[at].copies, each.finding)) == 1 for at in at_hand)


def _weight(finding: Finding) -> tuple[bool, int, Location]:
    return (finding.family == "disk", -LEVELS.index(finding.severity), finding.location)


def is_spread(finding: Finding) -> bool:
    """Does the number of copies matter? What a restart loses is lost however many there are."""
    return finding.family == "disk" or finding.harm != "lost"


def matters(finding: Finding) -> bool:
    """Is it shown by default?"""
    return at_least(finding.severity, "medium") and at_least(finding.confidence, "medium")
