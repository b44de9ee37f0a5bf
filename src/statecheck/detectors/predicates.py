"""The predicates that the detector ``call`` decides: what becomes of the value that a call made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from statecheck.detectors.matching import Predicate, site_of
from statecheck.detectors.spots import Spot, Spots, dotted
from statecheck.facts.ir import Attr, Await, Call, Choice, Comp, Const, Display, Event, Expr, Name, Star, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.calls import expressions
from statecheck.project.effects import Effects
from statecheck.project.link import Project
from statecheck.project.values import (
    ClassPlace, ContainerValue, FieldPlace, Foreign, ForeignInstance, FunctionValue, GlobalPlace, Place, ScopeRef, Site,
)

CHANGING = frozenset({"io", "db", "network", "time", "random", "storage"})
WAITING = frozenset({"join", "result", "exception", "cancel", "wait", "get", "communicate", "shutdown", "terminate", "kill"})
REPLYING = frozenset({"get", "wait", "join", "result"})
CLOSING = frozenset({"shutdown", "join"})
HANDING_OUT = frozenset({"pop", "get", "popleft", "popitem", "values", "items", "copy"})
GROWING = frozenset({"append", "add", "put", "extend", "insert", "appendleft", "put_nowait"})
ROUNDS = 3  # how often a value may change its name before its end is waited for


class Within(NamedTuple):
    """An event of a function or of something inside it."""

    ref: ScopeRef
    event: Event


class Predicates:
    """Answers for one project. Everything asked about a function is remembered."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._effects = Effects(project.graph, project.knowledge)
        self._inside: dict[ScopeRef, list[Within]] = {}
        self._kept: dict[Site, list[Place]] | None = None

    def table(self) -> dict[str, Predicate]:
        """The predicates by name."""
        return {
            "awaited": self.awaited, "joined": self.joined, "gathered": self.gathered,
            "context-managed": self.context_managed, "discarded": self.discarded, "daemon": self.daemon, "held": self.held,
            "zero-argument": self.zero_argument, "reads-changing-data": self.reads_changing_data, "in-test": self.in_test,
        }

    # -- functions ---------------------------------------------------------------------------------------------------

    def in_test(self, spot: Spot) -> bool:
        """Is the place test code?"""
        return "test" in self._project.phases.of(spot.ref)

    def zero_argument(self, spot: Spot) -> bool:
        """Does the decorated function take no argument but the receiver?"""
        if spot.function is None:
            return False
        params = self._project.scope(spot.function).params
        return len(params) <= (1 if self._project.evaluator.classes.receiver(spot.function) else 0)

    def reads_changing_data(self, spot: Spot) -> bool:
        """Does the function read what can change while the process lives?"""
        if spot.function is None:
            return False
        effects = self._effects.of(spot.function)
        return not CHANGING.isdisjoint(effects - {"io"} if "package" in effects else effects)

    # -- what becomes of the value -------------------------------------------------------------------------------------

    def daemon(self, spot: Spot) -> bool:
        """Is it marked as daemon?"""
        return spot.call is not None and any(
            keyword.name == "daemon" and isinstance(keyword.value, Const) and keyword.value.value == "True"
            for keyword in spot.call.keywords)

    def discarded(self, spot: Spot) -> bool:
        """Does nobody keep the value?"""
        if spot.event is None or spot.event.op != "expr" or spot.event.value is None:
            return False
        return _started(spot.event.value) is spot.call

    def awaited(self, spot: Spot) -> bool:
        """Is the value awaited, or handed to the caller who may?"""
        if spot.event is None or spot.call is None:
            return False
        if spot.through is None:
            if any(isinstance(node, Await) and _holds(node, spot.call) for node in _nodes(spot.event)):
                return True
            if spot.event.op in ("return", "yield") or self._returned(spot):
                return not self._starts_given_work(spot)
        return self._waited(spot)

    def joined(self, spot: Spot) -> bool:
        """Is its end waited for, in the function that made it or where the object that keeps it ends?"""
        return self._waited(spot) or self._replied(spot) or self._streams(spot)

    def gathered(self, spot: Spot) -> bool:
        """Is it handed to something that waits?"""
        if spot.event is None or spot.call is None:
            return False
        for node in _nodes(spot.event):
            if isinstance(node, Call) and node is not spot.call and _holds(node, spot.call):
                if spot.through is None and self._waits(spot.ref, spot.event, node):
                    return True
        return self.context_managed(spot)

    def context_managed(self, spot: Spot) -> bool:
        """Does the value, or the object whose method makes it, stand in a ``with``?"""
        if spot.call is None:
            return False
        if spot.event is not None and spot.event.op == "with":
            return True
        receiver = dotted(spot.call.func.value) if isinstance(spot.call.func, Attr) else ""
        names = {name for name in (receiver,) if name} | self._handles(spot)
        return any(row.event.op == "with" and (
            (row.event.value is not None and dotted(row.event.value) in names)
            or any(dotted(target) in names for target in row.event.targets)) for row in self._events(spot.ref))

    def held(self, spot: Spot) -> bool:
        """Is the value stored beyond the call that made it?"""
        if spot.call is None:
            return False
        if self._kept is None:
            self._kept = self._keep()
        return any(self._project.lifetimes.keeps(place) for place in self._kept.get(Site(spot.ref.path, spot.start), ()))

    def _keep(self) -> dict[Site, list[Place]]:
        """The places that hold objects, by where those were made."""
        found: dict[Site, list[Place]] = defaultdict(list)
        evaluator = self._project.evaluator
        for path, table in self._project.tables.files.items():
            for (scope, name), bindings in table.bindings.items():
                kind = table.facts.scopes[scope].kind
                if kind in ("module", "class"):
                    place: Place = GlobalPlace(path, name) if kind == "module" else ClassPlace(ScopeRef(path, scope), name)
                    for binding in bindings:
                        if binding.kind == "value":
                            _note(found, place, map(site_of, evaluator.binding(path, binding)))
        for cls, fields in evaluator.classes.fields.items():
            for name, stores in fields.items():
                for store in stores:
                    if store.value is not None:
                        items = evaluator.evaluate(store.ref, store.value, store.event.region)
                        _note(found, FieldPlace(cls, name), map(site_of, items))
        return found

    # -- waiting -----------------------------------------------------------------------------------------------------

    def _events(self, ref: ScopeRef) -> list[Within]:
        """The events of the function around ``ref``, with those of all that stands inside it."""
        function = self._project.tables.function_around(ref)
        if function not in self._inside:
            table = self._project.tables.files[function.path]
            queue, found = [function.scope], []
            while queue:
                current = queue.pop(0)
                found += [Within(ScopeRef(function.path, current), event) for event in table.facts.scopes[current].events]
                queue += table.children[current]
            self._inside[function] = found
        return self._inside[function]

    def _handles(self, spot: Spot) -> set[str]:
        """The names under which the function knows the value: variables, lists that it was put into, loop variables."""
        assert spot.event is not None
        names = _targets(spot.event) if spot.event.op in ("assign", "annotated", "walrus", "with") else set()
        rows = self._events(spot.ref)
        if spot.event.op == "element":
            names |= {name for row in rows if row.event.value is not None for name in _targets(row.event)
                      if any(isinstance(node, Comp) and node.scope == spot.ref.scope for node in iter_expr(row.event.value))}
        for row in rows:
            names |= _grown(row.event, spot.call, names)
        return _closure(rows, names)

    def _waited(self, spot: Spot) -> bool:
        if spot.event is None or spot.call is None:
            return False
        names = self._handles(spot)
        if isinstance(spot.call.func, Attr) and _is_ended(self._events(spot.ref), {dotted(spot.call.func.value)}, CLOSING):
            return True
        rows = self._events(spot.ref)
        wide = {name for name in names if "." in name}
        return self._ends(rows, names) or (bool(wide) and self._ended_elsewhere(spot.ref, wide))

    def _ended_elsewhere(self, ref: ScopeRef, kept: set[str]) -> bool:
        """Does another function of the file end what an attribute keeps?"""
        for scope in self._project.files[ref.path].scopes:
            if scope.kind == "def":
                rows = self._events(ScopeRef(ref.path, scope.index))
                if any(_mentions(node, kept) for row in rows for node in expressions(row.event)):
                    if self._ends(rows, _closure(rows, set(kept))):
                        return True
        return False

    def _ends(self, rows: Iterable[Within], names: set[str]) -> bool:
        for row in rows:
            for top in expressions(row.event):
                for node in iter_expr(top):
                    if isinstance(node, Await) and _mentions(node.value, names):
                        return True
                    if isinstance(node, Call):
                        if isinstance(node.func, Attr) and node.func.attr in WAITING and dotted(node.func.value) in names:
                            return True
                        if _mentions_in_arguments(node, names) and self._waits(row.ref, row.event, node):
                            return True
        return False

    def _waits(self, ref: ScopeRef, event: Event, call: Call) -> bool:
        """Does the call wait for what it is given?"""
        return any(isinstance(item.value, (Foreign, ForeignInstance)) and self._project.knowledge.effect(item.value.name) == "wait"
                   for item in self._project.evaluator.evaluate(ref, call.func, event.region))

    def _starts_given_work(self, spot: Spot) -> bool:
        return Spots(self._project).is_helper(spot)

    def _returned(self, spot: Spot) -> bool:
        names = self._handles(spot)
        return any(row.event.op in ("return", "yield") and row.event.value is not None and dotted(row.event.value) in names
                   for row in self._events(spot.ref))

    def _streams(self, spot: Spot) -> bool:
        """Does the work feed a generator that the function is, or hands out?"""
        function = self._project.tables.function_around(spot.ref)
        table = self._project.tables.files[function.path]
        scopes = [function.scope, *table.children[function.scope]]
        return any(table.facts.scopes[scope].is_generator and table.facts.scopes[scope].kind == "def" for scope in scopes)

    def _replied(self, spot: Spot) -> bool:
        """Does the function wait on something that it shares with the work: a reply queue, an event?"""
        if spot.call is None:
            return False
        shared = {node.id for given in (*spot.call.args, *(keyword.value for keyword in spot.call.keywords))
                  for node in iter_expr(given) if isinstance(node, Name)}
        function = self._project.tables.function_around(spot.ref)
        for given in (*spot.call.args, *(keyword.value for keyword in spot.call.keywords)):
            for item in self._project.evaluator.evaluate(spot.ref, given, spot.region):
                if isinstance(item.value, FunctionValue) and item.value.ref.path == function.path:
                    if self._project.scope(item.value.ref).parent == function.scope:
                        shared |= _read_names(self._events(item.value.ref))
        own = shared & set(self._project.scope(function).binds)
        return any(row.ref == function and self._is_reply(row, node) for row in self._events(function) for node in _nodes(row.event)
                   if isinstance(node, Call) and _ends_one_of(node, own, REPLYING))

    def _is_reply(self, row: Within, call: Expr) -> bool:
        """Is it a queue or an event that is asked, and not a dict?"""
        assert isinstance(call, Call)
        assert isinstance(call.func, Attr)
        for item in self._project.evaluator.evaluate(row.ref, call.func.value, row.event.region):
            value = item.value
            if isinstance(value, ForeignInstance) or (isinstance(value, ContainerValue) and not value.kind.startswith("builtins.")):
                return True
        return False


def _note(found: dict[Site, list[Place]], place: Place, sites: Iterable[Site | None]) -> None:
    for site in sites:
        if site is not None:
            found[site].append(place)


def _started(expr: Expr) -> Expr:
    """``Thread(…)`` of ``Thread(…).start()``."""
    if isinstance(expr, Call) and isinstance(expr.func, Attr) and isinstance(expr.func.value, Call) and expr.func.attr == "start":
        return expr.func.value
    return expr


def _holds(outer: Expr, inner: Expr) -> bool:
    return any(node is inner for node in iter_expr(outer))


def _targets(event: Event) -> set[str]:
    """The names that an event binds; for ``x[key] = …`` the container."""
    found: set[str] = set()
    for target in event.targets:
        parts = target.items if isinstance(target, Display) else (target,)
        for part in parts:
            while isinstance(part, (Sub, Star)):
                part = part.value
            found.add(dotted(part))
    return found - {"", "_"}


def _grown(event: Event, call: Call | None, names: set[str]) -> set[str]:
    """Containers that the call, or something known by one of ``names``, is put into."""
    found: set[str] = set()
    for top in expressions(event):
        for node in iter_expr(top):
            if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr in GROWING and node is not call:
                if (call is not None and any(_holds(given, call) for given in node.args)) or _mentions_in_arguments(node, names):
                    found.add(dotted(node.func.value))
    return found - {""}


def _renamed(event: Event, names: set[str]) -> set[str]:
    """New names of something that has one: plain assignments, lists of it, loops over it."""
    value = event.value
    if event.op not in ("assign", "annotated", "walrus", "for") or value is None:
        return set()
    if isinstance(value, (Name, Attr)) and dotted(value) in names:
        return _targets(event)
    if isinstance(value, (Display, Choice)) and any(dotted(part.value if isinstance(part, Star) else part) in names for part in value.items):
        return _targets(event)
    if isinstance(value, Call) and event.op == "for" and _mentions(value, names):
        return _targets(event)
    if isinstance(value, Call) and isinstance(value.func, Attr) and value.func.attr in HANDING_OUT and dotted(value.func.value) in names:
        return _targets(event)
    if isinstance(value, Sub) and dotted(value.value) in names:
        return _targets(event)
    return set()


def _mentions(expr: Expr, names: set[str]) -> bool:
    return any(isinstance(node, (Name, Attr)) and dotted(node) in names for node in iter_expr(expr))


def _mentions_in_arguments(call: Call, names: set[str]) -> bool:
    return any(_mentions(given, names) for given in (*call.args, *(keyword.value for keyword in call.keywords)))


def _closure(rows: Iterable[Within], names: set[str]) -> set[str]:
    """The names, and those that the same value gets by assignments, containers and loops."""
    rows = list(rows)
    for _ in range(ROUNDS):
        before = len(names)
        for row in rows:
            names |= _grown(row.event, None, names) | _renamed(row.event, names)
        if len(names) == before:
            break
    return names


def _is_ended(rows: Iterable[Within], names: set[str], methods: frozenset[str]) -> bool:
    return any(isinstance(node, Call) and _ends_one_of(node, names, methods) for row in rows for node in _nodes(row.event))


def _ends_one_of(call: Call, names: set[str], methods: frozenset[str]) -> bool:
    return isinstance(call.func, Attr) and call.func.attr in methods and dotted(call.func.value) in names


def _read_names(rows: Iterable[Within]) -> set[str]:
    return {node.id for row in rows for node in _nodes(row.event) if isinstance(node, Name)}


def _nodes(event: Event) -> Iterator[Expr]:
    for top in expressions(event):
        yield from iter_expr(top)
