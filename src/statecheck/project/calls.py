"""The call graph: who calls whom, and which foreign functions are called where."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from statecheck.facts.ir import Call, Event
from statecheck.project.callsites import CallSite
from statecheck.project.values import Item, ScopeRef


class Edge(Struct, frozen=True, gc=False):
    """``caller`` can run ``callee``. ``via``: call, override, callback, decorator, property, inline, dynamic, guess.

    ``registered`` is the foreign function that was handed a callback.
    """

    caller: ScopeRef
    callee: ScopeRef
    pos: int
    region: int
    via: str
    registered: str = ""


class Use(Struct, frozen=True, gc=False):
    """A call of something foreign: what rules about APIs look at. ``name`` is canonical."""

    ref: ScopeRef
    event: Event
    call: Call
    name: str
    awaited: bool
    items: tuple[Item, ...] = ()


class CallGraph:
    """Edges by caller and by callee, foreign calls, and call sites of functions of the tree."""

    def __init__(self) -> None:
        self.edges: dict[ScopeRef, list[Edge]] = defaultdict(list)
        self.callers: dict[ScopeRef, list[Edge]] = defaultdict(list)
        self.uses: list[Use] = []
        self.header_uses: list[Use] = []  # foreign calls in decorators, defaults and annotations: Depends(get_store)
        self.call_sites: dict[ScopeRef, list[CallSite]] = defaultdict(list)
        self.made: dict[ScopeRef, list[CallSite]] = defaultdict(list)  # calls of a class of the tree
        self.escaped: dict[ScopeRef, list[ScopeRef]] = defaultdict(list)  # functions used as values → where
        self.wrapped: dict[ScopeRef, set[ScopeRef]] = defaultdict(set)  # inner functions of decorators → what they wrap
        self._seen: set[Edge] = set()
        self._by_scope: dict[ScopeRef, list[Use]] = defaultdict(list)

    def uses_in(self, ref: ScopeRef) -> list[Use]:
        """The foreign calls that stand in a scope, in source order."""
        return self._by_scope.get(ref, [])

    def add(self, caller: ScopeRef, callee: ScopeRef, at: tuple[int, int], via: str, registered: str = "") -> None:
        """Note that ``caller`` can run ``callee``, once a place; ``at`` is the offset and the region."""
        edge = Edge(caller, callee, *at, via, registered)
        if edge not in self._seen:
            self._seen.add(edge)
            self.edges[caller].append(edge)
            self.callers[callee].append(edge)

    def drop_exchanges(self) -> None:
        """Take out the ways from a wrapper to what it wraps, where it is only ever entered as one of those.

        Each wrapped function is called by its own name. Through the wrapper they share, each would seem to call all.
        """
        for edges in list(self.edges.values()):
            for edge in edges:
                if edge.via == "decorator" and edge.region < 0:
                    self.wrapped[edge.caller].add(edge.callee)
        for wrapper, functions in self.wrapped.items():
            handed = len(self.escaped.get(wrapper, ())) > 1 or any(
                edge.via not in ("decorator", "inline") for edge in self.callers.get(wrapper, ())
            )
            if handed or len(functions) == 1:
                continue
            self.edges[wrapper] = [edge for edge in self.edges[wrapper] if edge.callee not in functions]
            for function in functions:
                self.callers[function] = [edge for edge in self.callers[function] if edge.caller != wrapper]

    def add_use(self, use: Use) -> None:
        """Note a foreign call."""
        self.uses.append(use)
        self._by_scope[use.ref].append(use)
