"""The deployment of a tree in one picture: its processes, and its findings joined with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.concerns import Concerns
from statecheck.deployments.ground import Ground
from statecheck.deployments.join import KEEPS, Joined, join, matters
from statecheck.deployments.mounts import Mount
from statecheck.deployments.overlays import stages
from statecheck.deployments.processes import Process, processes
from statecheck.deployments.telling import told
from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.model import Finding, Problem
from statecheck.project.link import Project
from statecheck.rules.schema import Pack


class Kept(NamedTuple):
    """Something that a process keeps for itself. ``mount``: where a file lands that is not on the container's disk."""

    finding: Finding
    mount: Mount | None
    hidden_by: tuple[Finding, ...]
    adrift: bool = False  # a file that may lie on any of the mounts


class Shown(NamedTuple):
    """A process, the labels of the entry points that it serves, and what it keeps."""

    process: Process
    serves: tuple[str, ...]
    keeps: tuple[Kept, ...]


class Picture(NamedTuple):
    """``loose``: what the code keeps without a process that is known to run it; ``notes``: what was not followed."""

    shown: tuple[Shown, ...]
    loose: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


class Survey(NamedTuple):
    """``entry_points``: framework → number. ``documents``: how many were read."""

    picture: Picture
    entry_points: dict[str, int]
    documents: int
    unparsed: tuple[str, ...]
    errors: tuple[Problem, ...]


def deployed(
    project: Project, documents: Mapping[str, DocumentFacts], pack: Pack, findings: Sequence[Finding]
) -> list[Finding]:
    """The findings, with what the deployment of a linked tree makes of them."""
    if not documents or not findings:
        return list(findings)
    return told(_drawn(project, documents, pack, findings).rows)


def picture(
    project: Project, documents: Mapping[str, DocumentFacts], pack: Pack, findings: Sequence[Finding]
) -> Picture:
    """The picture of a linked tree; what matters little or is hardly sure is left out."""
    table, rows, concerns, notes = _drawn(project, documents, pack, findings)
    held = [row for row in rows if row.finding.family in KEEPS and not row.is_document and matters(row.finding)]
    keeps: dict[int, list[Kept]] = defaultdict(list)
    for row in held:
        for number, kept in _kept(row, [each for each in rows if row.finding in each.hides]):
            keeps[number].append(kept)
    return Picture(
        tuple(
            Shown(
                process,
                tuple(dict.fromkeys(entry.label for entry in concerns.entries(process))),
                tuple(keeps[process.number]),
            )
            for process in table
        ),
        tuple(row.finding for row in held if not row.processes),
        notes,
    )


def _kept(row: Joined, hiders: Sequence[Joined]) -> Iterator[tuple[int, Kept]]:
    """What each process keeps of it, by the number of the process."""
    spoken = [(each.finding, frozenset(process.number for process in each.processes)) for each in hiders]
    for at, process in enumerate(row.processes):
        mount = row.mounts[at] if row.mounts else None
        adrift = bool(row.finding.family == "disk" and process.mounts and mount is None and not row.placed)
        hidden_by = tuple(finding for finding, numbers in spoken if process.number in numbers)
        yield process.number, Kept(row.finding, mount, hidden_by, adrift)


class _Drawn(NamedTuple):
    table: tuple[Process, ...]
    rows: list[Joined]
    concerns: Concerns
    notes: tuple[str, ...]


def _drawn(project: Project, documents: Mapping[str, DocumentFacts], pack: Pack, findings: Sequence[Finding]) -> _Drawn:
    models = list(pack.models.values())
    ground = Ground(project, documents, models)
    concerns = Concerns(ground)
    ways = stages(documents, models)
    table = processes(ground, ways)
    notes = dict.fromkeys(
        note if way.name in ("", ".") else f"{way.name}: {note}" for way in ways for note in way.notes
    )
    return _Drawn(table, join(ground, concerns, table, findings, pack.rules), concerns, tuple(notes))
