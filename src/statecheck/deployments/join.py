"""What the code keeps, joined with what runs it: which processes hold it, and what hides that from users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments import wording
from statecheck.deployments.concerns import Concerns
from statecheck.deployments.files import mount_of, texts
from statecheck.deployments.ground import Ground
from statecheck.deployments.hiding import Hiding, Spoken, line_of
from statecheck.deployments.mounts import Mount
from statecheck.deployments.processes import Process
from statecheck.model import LEVELS, Finding, Location, at_least
from statecheck.rules.schema import Rule, SpeaksOf

KEEPS = ("memory", "disk")  # families of what a process keeps for itself


class Joined(NamedTuple):
    """A finding with the processes that run its code; of one about documents, with the findings that it speaks of."""

    finding: Finding
    processes: tuple[Process, ...] = ()
    hides: tuple[Finding, ...] = ()
    mounts: tuple[Mount | None, ...] = ()  # of a file, by process: where it lands
    placed: bool = False  # of a file: its path says where in the file system it lies
    is_document: bool = False
    speaks_of: SpeaksOf = ""  # of one about a document: what it says of the processes
    sure: bool = True  # of one about a document: it names these processes, or stands beside them


class Held(NamedTuple):
    """A finding that processes run, and where each stands among them, by its number."""

    row: Joined
    positions: Mapping[int, int]

    def among(self, spoken: Spoken) -> Iterator[int]:
        """The positions of those that are spoken of."""
        return (self.positions[each.number] for each in spoken.processes if each.number in self.positions)


def join(
    ground: Ground,
    concerns: Concerns,
    table: Sequence[Process],
    findings: Iterable[Finding],
    rules: Mapping[str, Rule],
) -> list[Joined]:
    """All findings, joined, in their order. ``rules`` by their names."""
    live = [process for process in table if not process.development and process.entered]
    rows = [Joined(each, speaks_of=rules[each.name].speaks_of if each.name in rules else "") for each in findings]
    if not live:
        return rows
    rows = [_with_processes(ground, concerns, live, row) for row in rows]
    kept = [
        Held(row, {process.number: at for at, process in enumerate(row.processes)})
        for row in rows
        if row.processes and matters(row.finding)
    ]
    hiding = Hiding(ground, concerns, live)
    return [_with_hidden(hiding, kept, row) if row.is_document else row for row in rows]


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


def _with_hidden(hiding: Hiding, kept: Sequence[Held], row: Joined) -> Joined:
    spoken = hiding.spoken_of(row.finding, row.speaks_of)
    sure = spoken.sure and not (spoken.mounted and any(_is_adrift(each, spoken) for each in kept))
    hides = sorted((each.row.finding for each in kept if _is_hidden(each, spoken, row.finding)), key=_weight)
    return row._replace(processes=spoken.processes, hides=tuple(hides), sure=sure)


def _is_adrift(each: Held, spoken: Spoken) -> bool:
    """Is it a file of the process that may lie on any of its mounts?"""
    row = each.row
    return not row.placed and bool(row.mounts) and any(row.mounts[at] is None for at in each.among(spoken))


def _is_hidden(each: Held, spoken: Spoken, finding: Finding) -> bool:
    """Routing and pins hide what no mount keeps, as long as their process has no further copies; a volume its files."""
    row = each.row
    if not is_spread(row.finding):
        return False
    if spoken.mounted:
        mounts = (row.mounts[at] for at in each.among(spoken)) if row.mounts else ()
        places = (place for mount in mounts if mount for place in mount.places)
        return any(line_of(place) == line_of(finding.location) for place in places)
    if finding.family == "affinity":
        return any(not row.mounts or row.mounts[at] is None for at in each.among(spoken))
    copies = (wording.counted(row.processes[at].copies, row.finding) for at in each.among(spoken))
    return any(wording.total(counts) == 1 for counts in copies)


def _weight(finding: Finding) -> tuple[bool, int, Location]:
    return (finding.family == "disk", -LEVELS.index(finding.severity), finding.location)


def is_spread(finding: Finding) -> bool:
    """Does the number of copies matter? What a restart loses is lost however many there are."""
    return finding.family == "disk" or finding.harm != "lost"


def matters(finding: Finding) -> bool:
    """Is it shown by default?"""
    return at_least(finding.severity, "medium") and at_least(finding.confidence, "medium")
