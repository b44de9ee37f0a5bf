"""Places where a form of a rule can hold: calls, decorated functions, subclasses, attributes and settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Event, Expr, Name, Op
from statecheck.facts.walk import dotted, iter_expr, last_name, span
from statecheck.project.arguments import argument
from statecheck.project.calls import Use
from statecheck.project.conditions import is_main_guard
from statecheck.project.link import Project
from statecheck.project.settings import Setting
from statecheck.project.sources import Located
from statecheck.project.tables import Store, expressions
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, Instance, Item, ScopeRef


class Spot(Struct, frozen=True, gc=False):
    """One place. ``name`` is the foreign name that matches, ``start``/``end`` what is reported.

    ``value`` is what a condition without an argument tests; ``function`` the function or class that is decorated.
    """

    ref: ScopeRef
    region: int
    start: int
    end: int
    name: str
    symbol: str
    call: Call | None = None
    event: Event | None = None
    value: Located | None = None
    function: ScopeRef | None = None
    setting: Setting | None = None
    made: ScopeRef | None = None  # the class of the tree that the call makes an object of
    through: ScopeRef | None = None  # the function of the tree that carries out what is asked here


class MethodCall(Struct, frozen=True, gc=False):
    """A call ``receiver.method(…)``."""

    ref: ScopeRef
    event: Event
    call: Call
    receiver: Expr


class Spots:
    """Collects places of the application; tests, migrations, ``TYPE_CHECKING`` and the main guard are left out."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._counted: dict[tuple[str, int], bool] = {}
        self._named: list[tuple[Use, str]] | None = None

    def counts(self, path: str, region: int) -> bool:
        """Does the region belong to the running application?"""
        key = (path, region)
        found = self._counted.get(key)
        if found is None:
            found = self._counted[key] = self.project.is_application(path) and self._runs(path, region)
        return found

    def _runs(self, path: str, region: int) -> bool:
        regions = self.project.files[path].regions
        while region >= 0:
            row = regions[region]
            if is_main_guard(row) or (row.kind == "if" and _is_type_checking(row.test)):
                return False
            region = row.parent
        return True

    def calls(self, wanted: frozenset[str]) -> Iterator[tuple[Spot, str]]:
        """Calls of the wanted foreign names, with the name; a class of the tree counts as its foreign base."""
        seen: set[tuple[str, int, str]] = set()
        matches: dict[str, str | None] = {}
        for use, name in self._uses():
            if name not in matches:
                spellings = self.project.knowledge.spellings(name)
                matches[name] = next((spelling for spelling in spellings if spelling in wanted), None)
            match = matches[name]
            if match is None:
                continue
            key = (use.ref.path, use.call.pos, match)
            if key not in seen and self.counts(use.ref.path, use.event.region):
                seen.add(key)
                yield self._call(use.ref, use.event, use.call, match), match
        yield from self._constructions(wanted)

    def _uses(self) -> list[tuple[Use, str]]:
        """The foreign calls with the name that forms know them by: calling an object is its ``__call__``."""
        if self._named is None:
            self._named = []
            for use in self.project.graph.uses:
                direct = any(isinstance(item.value, Foreign) and item.value.name == use.name for item in use.items)
                self._named.append((use, use.name if direct else f"{use.name}.__call__"))
        return self._named

    def _constructions(self, wanted: frozenset[str]) -> Iterator[tuple[Spot, str]]:
        """``Worker()`` where ``class Worker(threading.Thread)``."""
        bases: dict[ScopeRef, str] = {}
        for cls in self.project.evaluator.classes.refs:
            for base in self.project.evaluator.classes.info(cls).foreign:
                match = next((line for line in self.project.knowledge.lineage(base) if line in wanted), None)
                if match is not None:
                    bases[cls] = match
        names = {self.project.scope(cls).name for cls in bases}
        for method in self.walk(lambda call: last_name(call.func) in names) if bases else ():
            for item in self.project.evaluator.evaluate(method.ref, method.call.func, method.event.region):
                if isinstance(item.value, ClassValue) and item.value.ref in bases:
                    match = bases[item.value.ref]
                    yield replace(self._call(method.ref, method.event, method.call, match), made=item.value.ref), match
                    break

    def walk(self, wanted: object) -> Iterator[MethodCall]:
        """All calls of the application that the predicate ``wanted`` accepts."""
        assert callable(wanted)
        for row in self.project.tables.rows:
            for call in row.calls:
                if wanted(call) and self.counts(row.ref.path, row.event.region):
                    yield MethodCall(row.ref, row.event, call, call.func)

    def method_calls(self, names: frozenset[str]) -> dict[str, list[MethodCall]]:
        """Calls of methods by their names."""
        found: dict[str, list[MethodCall]] = defaultdict(list)
        for row in self.walk(lambda call: isinstance(call.func, Attr) and call.func.attr in names) if names else ():
            assert isinstance(row.call.func, Attr)
            found[row.call.func.attr].append(replace(row, receiver=row.call.func.value))
        return found

    def origins(self, spot: Spot) -> list[Spot]:
        """The calls that hand the work in, where ``spot`` stands in a helper that only starts what it is given."""
        return (self.callers(spot) if self.is_helper(spot) else []) or [spot]

    def callers(self, spot: Spot) -> list[Spot]:
        """The calls of the function that ``spot`` stands in."""
        function = self.project.tables.function_around(spot.ref)
        found = []
        for site in self.project.graph.call_sites.get(function, ()):
            event = next(
                (
                    event
                    for event in self.project.scope(site.caller).events
                    if any(node is site.call for top in expressions(event) for node in iter_expr(top))
                ),
                None,
            )
            if event is not None and self.counts(site.caller.path, site.region):
                made = self._call(site.caller, event, site.call, spot.name)
                found.append(replace(made, through=function))
        return found

    def is_helper(self, spot: Spot) -> bool:
        """Does the call start work that is a parameter of the function around it?"""
        if spot.call is None:
            return False
        function = self.project.tables.function_around(spot.ref)
        params = {param.name for param in self.project.scope(function).params}
        receiver = self.project.evaluator.classes.receiver(function)
        for known in self.project.knowledge.entries_for(spot.name, "call"):
            given = argument(spot.call, known.entry.argument, known.entry.position)
            if isinstance(given, Name) and given.id in params and receiver is None:
                return True
        return False

    def decorated(self, wanted: frozenset[str]) -> Iterator[tuple[Spot, str]]:
        """Functions and classes that one of the wanted names decorates."""
        for ref, scope in self.project.tables.scopes():
            around = ScopeRef(ref.path, scope.parent)
            for decorator in scope.decorators if self.counts(ref.path, scope.defined_in) else ():
                func = decorator.func if isinstance(decorator, Call) else decorator
                for item in self.project.evaluator.evaluate(around, func, scope.defined_in):
                    if not isinstance(item.value, (Foreign, ForeignInstance)):
                        continue
                    spellings = self.project.knowledge.spellings(item.value.name)
                    match = next((name for name in spellings if name in wanted), None)
                    if match is not None:
                        call = decorator if isinstance(decorator, Call) else None
                        start, end = span(decorator)
                        yield Spot(around, scope.defined_in, start, end, match, scope.name, call, function=ref), match
                        break

    def subclasses(self, wanted: frozenset[str]) -> Iterator[tuple[Spot, str]]:
        """Classes of the tree below one of the wanted names."""
        for cls in self.project.evaluator.classes.refs:
            scope = self.project.scope(cls)
            if self.counts(cls.path, scope.defined_in):
                for base in self.project.evaluator.classes.info(cls).foreign:
                    match = next((name for name in self.project.knowledge.lineage(base) if name in wanted), None)
                    if match is not None:
                        around = ScopeRef(cls.path, scope.parent)
                        yield (
                            Spot(
                                around,
                                scope.defined_in,
                                scope.pos,
                                scope.pos + len(scope.name),
                                match,
                                scope.name,
                                function=cls,
                            ),
                            match,
                        )
                        break

    def attributes(self, wanted: frozenset[str]) -> Iterator[tuple[Spot, str]]:
        """Stores to one of the wanted attributes, or to an item of it, or to any attribute of a wanted object."""
        for table in self.project.tables.files.values():
            for store in table.stores:
                if not self.counts(table.path, store.event.region):
                    continue
                target = store.target.value if not isinstance(store.target, Attr) else store.target
                match = self._stored_to(store, target, wanted)
                if match is None and isinstance(store.target, Attr):
                    match = self._stored_to(store, store.target.value, wanted, instances=False)
                if match is not None:
                    yield self._store(store, dotted(target), match), match

    def _stored_to(self, store: Store, target: Expr, wanted: frozenset[str], instances: bool = True) -> str | None:
        if not isinstance(target, (Attr, Name)):
            return None
        if target is store.target and isinstance(target, Attr):
            holders = self.project.evaluator.evaluate(store.ref, target.value, store.event.region)
            if any(isinstance(holder.value, (Instance, ClassValue)) for holder in holders):
                return self._inherited(holders, target.attr, wanted)  # ``self.environ = os.environ`` changes no setting
        for item in self.project.evaluator.evaluate(store.ref, target, store.event.region):
            if isinstance(item.value, Foreign) or (instances and isinstance(item.value, ForeignInstance)):
                spellings = self.project.knowledge.spellings(item.value.name)
                match = next((spelling for spelling in spellings if spelling in wanted), None)
                if match is not None:
                    return match
        return None

    def _inherited(self, holders: Iterable[Item], attr: str, wanted: frozenset[str]) -> str | None:
        """The wanted attribute that classes of the tree have from a foreign one."""
        for holder in holders:
            if isinstance(holder.value, (Instance, ClassValue)):
                cls = holder.value.cls if isinstance(holder.value, Instance) else holder.value.ref
                for base in self.project.evaluator.classes.info(cls).foreign:
                    for spelling in self.project.knowledge.spellings(f"{base}.{attr}"):
                        if spelling in wanted:
                            return spelling
        return None

    def _store(self, store: Store, symbol: str, name: str) -> Spot:
        start, end = span(store.target)
        value = Located(store.ref, store.value, store.event.region) if store.value is not None else None
        return Spot(store.ref, store.event.region, start, end, name, symbol, None, store.event, value)

    def of_setting(self, setting: Setting) -> Spot:
        """The place of a setting's key."""
        return Spot(
            replace(setting.value.ref, path=setting.path),
            setting.value.region,
            setting.start,
            setting.end,
            setting.dotted,
            setting.dotted,
            value=setting.value,
            setting=setting,
        )

    def _call(self, ref: ScopeRef, event: Event, call: Call, name: str) -> Spot:
        written = dotted(call.func) or name.rpartition(".")[2]
        return Spot(ref, event.region, call.pos, call.end, name, written, call, event)


def _is_type_checking(test: Expr | None) -> bool:
    if isinstance(test, Op):
        return False
    return test is not None and not isinstance(test, Const) and last_name(test) == "TYPE_CHECKING"
