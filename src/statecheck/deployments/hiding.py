"""Which processes a finding about a document speaks of: those behind a proxy, and those that mount a volume."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.concerns import Concerns
from statecheck.deployments.ground import Ground
from statecheck.deployments.processes import Process
from statecheck.facts.documents.nodes import DocumentFacts, path
from statecheck.model import Finding, Location

PIN, VOLUME = "single-instance", "local-volume"  # rules about what one copy may have alone
_HOST = re.compile(r"(?:[a-z]+://)?(?P<name>[A-Za-z][\w-]*)(?:[.:/][^\s]*)?\Z")
_NUMBERED = re.compile(r"(?P<name>.+?)[-_]\d+\Z")
_PARTS = re.compile(r"[^\w-]+")


class Spoken(NamedTuple):
    """The processes that a finding speaks of; ``mounted``: and of them only what lands on the mount at its place.

    ``sure``: the document names them, or is part of their deployment.
    """

    processes: tuple[Process, ...] = ()
    mounted: bool = False
    sure: bool = True


def spoken_of(ground: Ground, concerns: Concerns, live: Sequence[Process], finding: Finding) -> Spoken:
    """Of a finding about a document. None where it is not clear which."""
    if finding.family == "affinity":
        return _routed(ground, concerns, live, finding)
    if finding.name == VOLUME:
        return Spoken(tuple(process for process in live if _mounts(process, finding.location)), mounted=True)
    if finding.name == PIN:
        return Spoken(tuple(_pinned(live, finding)))
    return Spoken()


def _mounts(process: Process, where: Location) -> bool:
    return any(same_line(place, where) for mount in process.mounts for place in mount.places)


def same_line(one: Location, other: Location) -> bool:
    """Do both begin on one line of one file?"""
    return (one.path, one.line) == (other.path, other.line)


def _pinned(live: Sequence[Process], finding: Finding) -> list[Process]:
    exact = [
        process for process in live if any(same_line(count.location, finding.location) for count in process.copies)
    ]
    if exact:
        return exact
    here = [process for process in live if process.location.path == finding.location.path]
    words = set(_PARTS.split(finding.symbol))
    return [process for process in here if process.name in words] or (here if len(here) == 1 else [])


def _routed(ground: Ground, concerns: Concerns, live: Sequence[Process], finding: Finding) -> Spoken:
    """What is behind a proxy: what its block names, else the application of its deployment, else the only one."""
    serving = [process for process in live if concerns.serves_requests(process)]
    names = set(_names_around(ground.documents[finding.location.path], finding.location))
    named = [process for process in serving if process.name in names]
    if named:
        return Spoken(tuple(named))
    beside = [process for process in serving if finding.location.path in process.files]
    found = beside or serving
    is_clear = len({process.entered for process in found}) == 1
    return Spoken(tuple(found) if is_clear else (), sure=bool(beside))


def _names_around(facts: DocumentFacts, where: Location) -> Iterator[str]:
    """Names of hosts, services and objects in the block or document that holds a place."""
    nodes = facts.nodes
    at = next((at for at, node in enumerate(nodes) if (node.line, node.column) == (where.line, where.column)), -1)
    if at < 0:
        return
    top = nodes[at].parent if nodes[at].parent >= 0 else at
    if facts.format in _WHOLE:
        while nodes[top].parent >= 0:
            top = nodes[top].parent
    for node in nodes[top : nodes[top].last]:
        for word in node.value.split() if node.kind == "value" else ():
            if match := _HOST.match(word):
                yield match["name"]
                if numbered := _NUMBERED.match(match["name"]):
                    yield numbered["name"]
    yield from path(nodes, at)


_WHOLE = ("yaml", "helm-template", "json")  # a document of these is about one object
