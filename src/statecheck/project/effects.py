"""What a function does to the world outside, through everything it calls: reads a database, the network, the clock …"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from statecheck.project.calls import CallGraph, Use
from statecheck.project.knowledge import Knowledge
from statecheck.project.values import ScopeRef

if TYPE_CHECKING:
    from statecheck.project.link import Project

REACH = 400  # functions followed before giving up


class Effects:
    """The effects of functions, transitive over calls of the tree."""

    def __init__(self, graph: CallGraph, knowledge: Knowledge) -> None:
        self._graph = graph
        self._own: dict[ScopeRef, set[str]] = defaultdict(set)
        known: dict[str, str | None] = {}  # the same few names are called everywhere
        for use in graph.uses:
            if use.name not in known:
                known[use.name] = knowledge.effect(use.name)
            if effect := known[use.name]:
                self._own[use.ref].add(effect)

    def doing(self, kind: str) -> set[ScopeRef]:
        """The scopes in which a call of that kind stands."""
        return {ref for ref, kinds in self._own.items() if kind in kinds}

    def of(self, ref: ScopeRef) -> frozenset[str]:
        """All effect kinds that running the function can have."""
        return frozenset(kind for current in self.reach(ref) for kind in self._own.get(current, ()))

    def uses(self, ref: ScopeRef) -> Iterator[Use]:
        """The calls of libraries that running the function can lead to."""
        for current in self.reach(ref):
            yield from self._graph.uses_in(current)

    def reach(self, ref: ScopeRef) -> Iterator[ScopeRef]:
        """The function, and those that it can call; of a wrapper that many share, all that it wraps."""
        start = dict.fromkeys((ref, *sorted(self._graph.wrapped.get(ref, ()))))
        seen, queue = set(start), deque(start)
        while queue and len(seen) < REACH:
            current = queue.popleft()
            yield current
            for edge in self._graph.edges.get(current, ()):
                if edge.via != "guess" and edge.callee not in seen:
                    seen.add(edge.callee)
                    queue.append(edge.callee)


def effects_of(project: Project) -> Effects:
    """The effects of a whole tree, for ``project.once``."""
    return Effects(project.graph, project.knowledge)
