"""Which processes a finding about a document speaks of: those behind a proxy, and those that mount a volume."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.concerns import Concerns
from statecheck.deployments.ground import Ground
from statecheck.deployments.processes import Process
from statecheck.facts.documents.nodes import DocumentFacts, path
from statecheck.model import Finding, Location

PIN, VOLUME = "single-instance", "local-volume"  # rules about what one copy may have alone
Line = tuple[str, int]
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


class Hiding:
    """Answers for one tree; what is asked of all processes is indexed once."""

    def __init__(self, ground: Ground, concerns: Concerns, live: Sequence[Process]) -> None:
        self._documents = ground.documents
        self._serving = tuple(process for process in live if concerns.serves_requests(process))
        self._by_name: dict[str, list[Process]] = defaultdict(list)
        self._by_file: dict[str, list[Process]] = defaultdict(list)  # those that serve, by all their documents
        self._by_document: dict[str, list[Process]] = defaultdict(list)  # all, by the one that they stand in
        self._by_count: dict[Line, list[Process]] = defaultdict(list)
        self._by_mount: dict[Line, list[Process]] = defaultdict(list)
        stages: dict[int, list[Process]] = defaultdict(list)  # processes of one deployment share one tuple of files
        for process in self._serving:
            self._by_name[process.name].append(process)
            stages[id(process.files)].append(process)
        for group in stages.values():
            for name in group[0].files:
                self._by_file[name] = [*self._by_file[name], *group] if self._by_file[name] else group
        for process in live:
            self._by_document[process.location.path].append(process)
            for line in dict.fromkeys(line_of(count.location) for count in process.copies):
                self._by_count[line].append(process)
            for line in dict.fromkeys(line_of(place) for mount in process.mounts for place in mount.places):
                self._by_mount[line].append(process)

    def spoken_of(self, finding: Finding) -> Spoken:
        """The processes that a finding about a document speaks of. None where it is not clear which."""
        if finding.family == "affinity":
            return self._routed(finding)
        if finding.name == VOLUME:
            return Spoken(tuple(self._by_mount.get(line_of(finding.location), ())), mounted=True)
        if finding.name == PIN:
            return Spoken(tuple(self._pinned(finding)))
        return Spoken()

    def _pinned(self, finding: Finding) -> list[Process]:
        exact = self._by_count.get(line_of(finding.location))
        if exact:
            return exact
        here = self._by_document.get(finding.location.path, [])
        words = set(_PARTS.split(finding.symbol))
        return [process for process in here if process.name in words] or (here if len(here) == 1 else [])

    def _routed(self, finding: Finding) -> Spoken:
        """What is behind a proxy: what its block names, else the application of its deployment, else the only one."""
        names = dict.fromkeys(_names_around(self._documents[finding.location.path], finding.location))
        named = [process for name in names for process in self._by_name.get(name, ())]
        if named:
            return Spoken(tuple(named))
        beside = self._by_file.get(finding.location.path, [])
        found = tuple(beside) or self._serving
        is_clear = len({process.entered for process in found}) == 1
        return Spoken(found if is_clear else (), sure=bool(beside))


def line_of(where: Location) -> Line:
    """The line that a place begins on."""
    return where.path, where.line


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
