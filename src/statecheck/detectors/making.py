"""Where a value is made: through names, alternatives, conversions and functions back to the call that draws it."""

from __future__ import annotations

from collections.abc import Iterable

from statecheck.detectors.matching import Matcher
from statecheck.detectors.reporting import Place
from statecheck.detectors.spots import dotted
from statecheck.facts.ir import Attr, Call, Choice, Expr, FString, Op
from statecheck.facts.walk import iter_expr, span
from statecheck.project.constants import Located, Resolver
from statecheck.project.effects import Effects
from statecheck.project.tables import expressions
from statecheck.project.values import FunctionValue, ScopeRef

KEEPING = frozenset({"io", "db", "network", "storage"})
WRITING = frozenset({"write", "write_text", "write_bytes", "set", "put", "save", "store", "setdefault", "dump"})
MAX_CALLS = 3  # functions that hand on what others return
MAX_STEPS = 60  # expressions looked at on the way from a value to what makes it


class Making:
    """Answers for one project. What is read back from where it is kept is not made here: the same value comes back."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._project = matcher.project
        self._effects = Effects(self._project.graph, self._project.knowledge)

    def place(self, value: Located, names: Iterable[str], depth: int = 0) -> Place | None:
        """Where the value is made by one of the named functions, perhaps as a fallback or turned into text."""
        stack, seen = [value], 0
        while stack and seen < MAX_STEPS:
            at, seen = stack.pop(), seen + 1
            for source in Resolver(self._project).sources(at):
                own = self._own_functions(source)
                if any(not KEEPING.isdisjoint(self._effects.of(ref)) for ref in own) or self._is_kept(source):
                    continue  # it is read back from where it is kept
                if not isinstance(source.expr, Choice) and self._matcher.is_instance(source, names):
                    return (source.ref.path, *span(source.expr))
                returned = [given for ref in own for given in self._returned(ref)] if depth < MAX_CALLS else []
                if any(self.place(given, names, depth + 1) for given in returned):
                    return (source.ref.path, *span(source.expr))
                stack += [source._replace(expr=part) for part in turned(source.expr)]
        return None

    def _is_kept(self, at: Located) -> bool:
        """Is what is made here handed to something that writes it down?"""
        events = self._project.scope(at.ref).events
        targets = {dotted(target) for event in events if event.value is at.expr for target in event.targets} - {""}
        return bool(targets) and any(
            dotted(arg) in targets
            for event in events
            for top in expressions(event)
            for node in iter_expr(top)
            if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr in WRITING
            for arg in node.args
        )

    def _own_functions(self, at: Located) -> list[ScopeRef]:
        if not isinstance(at.expr, Call):
            return []
        items = self._project.evaluator.evaluate(at.ref, at.expr.func, at.region)
        return [item.value.ref for item in items if isinstance(item.value, FunctionValue)]

    def _returned(self, ref: ScopeRef) -> list[Located]:
        return [
            Located(ref, event.value, event.region)
            for event in self._project.scope(ref).events
            if event.op == "return" and isinstance(event.value, (Call, Attr, Choice))
        ]


def turned(expr: Expr) -> list[Expr]:
    """What an expression may turn into its result: alternatives, parts, the object of a method, arguments."""
    match expr:
        case Choice(items=parts) | FString(parts=parts):
            return list(parts)
        case Op(op="+", operands=parts):
            return list(parts)
        case Attr(value=Call() | Attr() as value):
            return [value]
        case Call(func=Attr(value=Call() as receiver), args=args):
            return [receiver, *args]
        case Call(args=args, keywords=keywords):
            return [*args, *(keyword.value for keyword in keywords if keyword.name in ("default", "default_factory"))]
        case _:
            return []
