"""Functions that are handed to something foreign, or to a decorator: it may call them, at once or later."""

from __future__ import annotations

from statecheck.facts.ir import Attr, Call, Event, Expr, Func, Name
from statecheck.project.calls import CallGraph
from statecheck.project.evaluate import Evaluator
from statecheck.project.values import Foreign, FunctionValue, ScopeRef


class Callbacks:
    """Adds to the graph the functions among the arguments of a call."""

    def __init__(self, evaluator: Evaluator, graph: CallGraph) -> None:
        self._evaluator = evaluator
        self._graph = graph

    def read(self, ref: ScopeRef, event: Event, call: Call, name: str) -> None:
        """Functions handed to something foreign: it may call them, at once or later."""
        for given in (*call.args, *(keyword.value for keyword in call.keywords)):
            if isinstance(given, (Name, Attr, Func, Call)):
                for item in self._evaluator.evaluate(ref, given, event.region):
                    if (isinstance(item.value, FunctionValue) and not isinstance(given, Call)) or (
                        isinstance(item.value, FunctionValue) and self._is_partial(ref, event, given)
                    ):
                        self._graph.add(ref, item.value.ref, (given.pos, event.region), "callback", name)

    def _is_partial(self, ref: ScopeRef, event: Event, given: Expr) -> bool:
        assert isinstance(given, Call)
        return any(
            isinstance(item.value, Foreign) and self._evaluator.knowledge.effect(item.value.name) == "partial"
            for item in self._evaluator.evaluate(ref, given.func, event.region)
        )
