"""Who calls a function, asked one function at a time: calls of its name whose callee turns out to be it.

The call graph knows all calls, but it is built from what expressions may be, and what a parameter may be hangs on its
callers. Asking by name breaks the circle without building the graph twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Expr, Name, Param, Scope, Star
from statecheck.facts.walk import last_name
from statecheck.project.arguments import argument
from statecheck.project.tables import Tables
from statecheck.project.values import ClassValue, Foreign, FunctionValue, Instance, ScopeRef

if TYPE_CHECKING:
    from statecheck.project.evaluate import Evaluator

MAX_CANDIDATES = 120  # calls of a name looked at; a more common name tells nothing
FAR = 1 << 60  # a position after every binding of a file
CONSTRUCTING = ("__init__", "__new__", "__post_init__")


class CallSite(Struct, frozen=True, gc=False):
    """A call of a function of the tree. ``bound``: the receiver fills the first parameter."""

    caller: ScopeRef
    region: int
    call: Call
    bound: bool


class CallSites:
    """The calls of each function, found when asked for."""

    def __init__(self, evaluator: Evaluator, tables: Tables) -> None:
        self._evaluator = evaluator
        self._tables = tables
        self._named: dict[str, list[CallSite]] = defaultdict(list)
        self._aliases: dict[str, set[str]] = defaultdict(set)  # imported name → what it is called here
        self._bound: dict[str, list[CallSite]] = defaultdict(list)  # partial(f, …), by the name of f
        self._found: dict[ScopeRef, tuple[CallSite, ...]] = {}
        binders = {name.rpartition(".")[2] for name in evaluator.knowledge.names_of_effect("partial")}
        for ref, scope in tables.scopes():
            for row in tables.rows_in(ref):
                for call in row.calls:
                    name, site = last_name(call.func), CallSite(ref, row.event.region, call, False)
                    self._named[name].append(site)
                    if name in binders and call.args and (given := last_name(call.args[0])):
                        self._bound[given].append(site)
            for decorator in scope.decorators:
                if isinstance(decorator, (Name, Attr)):  # @decorator is decorator(function)
                    made = Call(decorator.pos, decorator.pos, decorator, (Name(FAR, scope.name),), ())
                    self._named[last_name(decorator)].append(
                        CallSite(ScopeRef(ref.path, scope.parent), scope.defined_in, made, False)
                    )
        for table in tables.files.values():
            for imported in table.facts.imports:
                if imported.bound != imported.name and imported.name:
                    self._aliases[imported.name].add(imported.bound)

    def of(self, ref: ScopeRef) -> tuple[CallSite, ...]:
        """The calls of a function, in order of path; empty for one whose name is called from all over the place."""
        if ref not in self._found:
            self._found[ref] = ()  # while it is being asked
            self._found[ref] = tuple(self._search(ref))
        return self._found[ref]

    def _search(self, ref: ScopeRef) -> list[CallSite]:
        if self._evaluator.is_property(ref):
            return list(self._stores(ref))
        names = self._names(ref)
        candidates = [site for name in sorted(names) for site in self._named.get(name, ())]
        if len(candidates) > MAX_CANDIDATES:
            return []
        found = []
        for site in candidates:
            for item in self._evaluator.evaluate(site.caller, site.call.func, site.region):
                if isinstance(item.value, FunctionValue) and item.value.ref == ref:
                    found.append(replace(site, bound=is_bound(self._evaluator, item.value, site.call)))
                elif isinstance(item.value, ClassValue) and any(
                    self._evaluator.classes.method(item.value.ref, name) == ref for name in CONSTRUCTING
                ):
                    found.append(replace(site, bound=True))
        return [*found, *self._partials(ref, names)]

    def _stores(self, setter: ScopeRef) -> Iterator[CallSite]:
        """``config.url = url`` as a call of the property's setter."""
        name, cls = self._tables.scope(setter).name, self._tables.class_around(setter)
        for store in self._tables.attribute_stores.get(name, ()) if len(self._tables.scope(setter).params) > 1 else ():
            if store.value is None or not isinstance(store.target, Attr):
                continue
            items = self._evaluator.evaluate(store.ref, store.target.value, store.event.region)
            owners = {item.value.cls for item in items if isinstance(item.value, Instance)}
            if any(cls in self._evaluator.classes.info(owner).mro for owner in owners):
                made = Call(store.event.pos, store.event.end, store.target, (store.value,), ())
                yield CallSite(store.ref, store.event.region, made, True)

    def _partials(self, ref: ScopeRef, names: set[str]) -> Iterator[CallSite]:
        """``partial(f, store)`` as the call ``f(store)``, of which the rest comes later."""
        for site in (site for name in sorted(names) for site in self._bound.get(name, ())):
            func, *rest = site.call.args
            makers = self._evaluator.evaluate(site.caller, site.call.func, site.region)
            effect = self._evaluator.knowledge.effect
            if not any(isinstance(item.value, Foreign) and effect(item.value.name) == "partial" for item in makers):
                continue
            made = Call(site.call.pos, site.call.end, func, tuple(rest), site.call.keywords)
            for item in self._evaluator.evaluate(site.caller, func, site.region):
                if isinstance(item.value, FunctionValue) and item.value.ref == ref:
                    yield replace(site, call=made, bound=is_bound(self._evaluator, item.value, made))

    def _names(self, ref: ScopeRef) -> set[str]:
        name = self._tables.scope(ref).name
        cls = self._tables.class_around(ref)
        names = {name}
        if name in CONSTRUCTING and cls is not None:
            names |= {self._tables.scope(each).name for each in (cls, *self._evaluator.classes.subclasses(cls))} | {
                "cls"
            }
        return names | {alias for known in names for alias in self._aliases.get(known, ())}


def is_bound(evaluator: Evaluator, value: FunctionValue, call: Call) -> bool:
    """Does the receiver fill the first parameter? Not for a plain function, nor in ``Class.method(obj)``."""
    receiver = evaluator.classes.receiver(value.ref)
    if receiver is None or value.owner is None:
        return False
    if receiver[1] != "instance" or not (isinstance(call.func, Attr) and isinstance(call.func.value, Name)):
        return True
    return call.func.value.id != evaluator.tables.scope(receiver[0]).name


def handed(scope: Scope, param: Param, site: CallSite) -> list[Expr]:
    """What a call hands to a parameter of the function, or spreads where that may hold it; empty for the default."""
    call = site.call
    spread: list[Expr] = [given for given in call.args if isinstance(given, Star)]
    spread += [word.value for word in call.keywords if word.name == "**"]
    if param.kind in ("star", "double-star"):
        return [*call.args, *(word.value for word in call.keywords)]
    names = [other.name for other in scope.params if other.kind in ("normal", "positional")]
    position = names.index(param.name) - site.bound if param.name in names else None
    given = argument(call, param.name, position)
    return [given] if given is not None else spread
