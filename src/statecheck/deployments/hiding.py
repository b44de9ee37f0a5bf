"""Which processes a finding about a document speaks of: those behind a proxy, and those that mount a volume."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.concerns import Concerns
from statecheck.deployments.ground import Ground
from statecheck.deployments.processes import Process
from statecheck.facts.documents.nodes import DocumentFacts, Node, children, path, roots
from statecheck.model import Finding, Location
from statecheck.rules.platforms import Router
from statecheck.rules.schema import SpeaksOf

Line = tuple[str, int]
_HOST = re.compile(r"(?:[a-z]+://)?(?P<name>[A-Za-z][\w-]*)(?:[.:/][^\s]*)?\Z")
_NUMBERED = re.compile(r"(?P<name>.+?)[-_]\d+\Z")
_PARTS = re.compile(r"[^\w-]+")
_WHOLE = ("yaml", "helm-template", "json")  # a document of these is about one object


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
        self._routers = [router for model in ground.models for router in model.routers]
        self._serving = tuple(process for process in live if concerns.serves_requests(process))
        self._by_name: dict[str, list[Process]] = defaultdict(list)
        self._by_file: dict[str, list[Process]] = defaultdict(list)  # those that serve, by all their documents
        self._by_document: dict[str, list[Process]] = defaultdict(list)  # all, by the one that they stand in
        self._by_count: dict[Line, list[Process]] = defaultdict(list)
        self._by_mount: dict[Line, list[Process]] = defaultdict(list)
        self._services: dict[str, list[frozenset[str]]] | None = None  # by name, once they are asked for
        self._values: dict[int, frozenset[str] | None] = {}  # by process, as they are asked for
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

    def spoken_of(self, finding: Finding, what: SpeaksOf) -> Spoken:
        """The processes of which a finding about a document says ``what``. None where it is not clear which."""
        if finding.family == "affinity":
            return self._routed(finding)
        if what == "mounts":
            return Spoken(tuple(self._by_mount.get(line_of(finding.location), ())), mounted=True)
        if what == "copies":
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
        labels = self._selected(finding.location, names)
        named = [process for name in names for process in self._by_name.get(name, ()) if self._bears(process, labels)]
        if named:
            return Spoken(tuple(named))
        beside = self._by_file.get(finding.location.path, [])
        elsewhere = self._named_in(finding.location.path)
        found = tuple(
            process for process in beside or self._serving
            if process.name not in elsewhere and self._bears(process, labels)
        )  # fmt: skip
        is_clear = len({process.entered for process in found}) == 1
        return Spoken(found if is_clear else (), sure=bool(beside))

    def _selected(self, where: Location, names: Iterable[str]) -> list[frozenset[str]]:
        """The values of the labels by which the Service at a place selects its pods, or each of those named there."""
        nodes = self._documents[where.path].nodes
        top = _top(nodes, where)
        if not _kind(nodes, top):
            return []
        router = self._router(nodes, top)
        found = [_labels(nodes, top, router)] if router is not None else self._routers_called(names)
        return found if all(found) else []

    def _router(self, nodes: Sequence[Node], top: int) -> Router | None:
        kind = _kind(nodes, top)
        return next((router for router in self._routers if kind in router.kinds), None)

    def _routers_called(self, names: Iterable[str]) -> list[frozenset[str]]:
        if self._services is None:
            self._services = defaultdict(list)
            for facts in self._documents.values():
                for top in roots(facts.nodes):
                    if (router := self._router(facts.nodes, top)) is not None:
                        self._services[_name(facts.nodes, top, router)].append(_labels(facts.nodes, top, router))
        return [labels for name in names if name in self._services for labels in self._services[name]]

    def _named_in(self, name: str) -> frozenset[str]:
        """Hosts that the configuration of a proxy names anywhere: a block that names others is not about these."""
        facts = self._documents[name]
        if facts.format in _WHOLE:
            return frozenset()
        return frozenset(host for node in facts.nodes if node.kind == "value" for host in _hosts(node.value))

    def _bears(self, process: Process, labels: Sequence[frozenset[str]]) -> bool:
        """May Services with these labels lead to the process? What no manifest of a workload says is not known."""
        if not labels:
            return True
        if process.number not in self._values:
            self._values[process.number] = self._values_of(process)
        values = self._values[process.number]
        return values is None or any(each <= values for each in labels)

    def _values_of(self, process: Process) -> frozenset[str] | None:
        """All values of the manifest of a process, None where it has none."""
        facts = self._documents.get(process.location.path)
        top = _top(facts.nodes, process.location) if facts is not None else -1
        if facts is None or not _kind(facts.nodes, top):
            return None
        return frozenset(node.value for node in facts.nodes[top : facts.nodes[top].last])


def _top(nodes: Sequence[Node], where: Location) -> int:
    """The document of a file that holds a place; -1 for none."""
    return next((at for at in reversed(list(roots(nodes))) if nodes[at].line <= where.line), -1)


def _labels(nodes: Sequence[Node], top: int, router: Router) -> frozenset[str]:
    start = _keys(router.labels)
    return frozenset(
        node.value for at, node in enumerate(nodes[top : nodes[top].last], top)
        if node.kind == "value" and not node.templated and path(nodes, at)[: len(start)] == start
    )  # fmt: skip


def _name(nodes: Sequence[Node], top: int, router: Router) -> str:
    below = range(top, nodes[top].last)
    return next((nodes[at].value for at in below if path(nodes, at) == _keys(router.name)), "")


def _keys(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _kind(nodes: Sequence[Node], top: int) -> str:
    """What kind of object a document says that it is; "" where it says nothing."""
    return next((nodes[at].value for at in children(nodes, top) if nodes[at].key == "kind"), "") if top >= 0 else ""


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
        yield from _hosts(node.value) if node.kind == "value" else ()
    yield from path(nodes, at)


def _hosts(text: str) -> Iterator[str]:
    for word in text.split():
        if match := _HOST.match(word):
            yield match["name"]
            if numbered := _NUMBERED.match(match["name"]):
                yield numbered["name"]
