"""Where a value is made: through names, alternatives, conversions and functions back to the call that draws it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from statecheck.detectors.matching import Matcher
from statecheck.detectors.reporting import Place
from statecheck.facts.ir import Attr, Call, Choice, Comp, Expr, FString, Func, Name, Op
from statecheck.facts.walk import dotted, span
from statecheck.project.effects import effects_of
from statecheck.project.sources import Located, Sources
from statecheck.project.values import MEMO, ForeignInstance, FunctionPlace, FunctionValue, ScopeRef, Site

KEEPING = frozenset({"io", "db", "network", "storage"})
CONVERTING = frozenset({"encode", "decode", "hex", "strip"})
OUTSIDE = frozenset({"module", "class"})
MAX_CALLS = 3  # functions that hand on what others return
MAX_STEPS = 60  # expressions looked at on the way from a value to what makes it


class Making:
    """Answers for one project. What is read back from where it is kept is not made here: the same value comes back."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._project = matcher.project
        self._effects = self._project.once(effects_of)
        self._keeping = self._project.knowledge.bare_names("keep")

    def place(self, value: Located, names: Iterable[str], depth: int = 0) -> Place | None:
        """Where the value is made by one of the named functions, perhaps as a fallback or turned into text."""
        stack, seen = [value], 0
        while stack and seen < MAX_STEPS:
            at, seen = stack.pop(), seen + 1
            for source in Sources(self._project).sources(at):
                own = self._own_functions(source)
                if any(not KEEPING.isdisjoint(self._effects.of(ref)) for ref in own) or self._is_kept(source):
                    continue  # it is read back from where it is kept
                if not isinstance(source.expr, Choice) and self._matcher.is_instance(source, names):
                    return self._drawing(source)
                returned = [given for ref in own for given in self._returned(ref)] if depth < MAX_CALLS else []
                if any(self.place(given, names, depth + 1) for given in returned):
                    return (source.ref.path, *span(source.expr))
                if isinstance(source.expr, (Func, Comp)):
                    stack += self._returned(ScopeRef(source.ref.path, source.expr.scope))
                stack += [replace(source, expr=part) for part in turned(source.expr)]
        return None

    def _drawing(self, at: Located) -> Place | None:
        """The call that draws. Of what reaches a name in no way that names alone show (a parameter), where it was drawn
        once, in the body of a module or class: what a function draws and hands on may be anything."""
        items = self._project.evaluator.evaluate(at.ref, at.expr, at.region)
        made = [
            (item.value.site, item.place)
            for item in items
            if isinstance(item.value, ForeignInstance) and item.value.site
        ]
        for site, place in made if isinstance(at.expr, Attr) else ():
            if isinstance(place, FunctionPlace) and place.name == MEMO:
                return self._in(site, ("def",))  # a cached property
        sites = [site for site, _ in made]
        if not isinstance(at.expr, Name) or not sites:
            return (at.ref.path, *span(at.expr))
        return next((found for site in sites if (found := self._in(site, OUTSIDE))), None)

    def _in(self, site: Site, kinds: Collection[str]) -> Place | None:
        """The call at a site, if it stands in a scope of one of the kinds."""
        for scope in self._project.files[site.path].scopes:
            ref = ScopeRef(site.path, scope.index)
            for row in self._project.tables.rows_in(ref) if scope.kind in kinds else ():
                for call in row.calls:
                    if call.pos == site.pos:
                        return (site.path, *span(call))
        return None

    def _is_kept(self, at: Located) -> bool:
        """Is what is made here handed to something that writes it down?"""
        events = self._project.scope(at.ref).events
        targets = {dotted(target) for event in events if event.value is at.expr for target in event.targets} - {""}
        return bool(targets) and any(
            dotted(arg) in targets
            for row in self._project.tables.rows_in(at.ref)
            for call in row.calls
            if isinstance(call.func, Attr) and call.func.attr in self._keeping
            for arg in call.args
        )

    def _own_functions(self, at: Located) -> list[ScopeRef]:
        if not isinstance(at.expr, (Call, Name, Attr)):
            return []
        func = at.expr.func if isinstance(at.expr, Call) else at.expr  # a name: handed over to be called
        items = self._project.evaluator.evaluate(at.ref, func, at.region)
        return [item.value.ref for item in items if isinstance(item.value, FunctionValue)]

    def _returned(self, ref: ScopeRef) -> list[Located]:
        return [
            Located(ref, event.value, event.region)
            for event in self._project.scope(ref).events
            if event.op in ("return", "element") and isinstance(event.value, (Call, Attr, Choice, Name))
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
        case Call(func=Attr(value=receiver, attr=method)) if method in CONVERTING:
            return [receiver]
        case Call(func=Attr(value=Call() as receiver), args=args):
            return [receiver, *args]
        case Call(args=args, keywords=keywords):
            return [*args, *(keyword.value for keyword in keywords if keyword.name in ("default", "default_factory"))]
        case _:
            return []
