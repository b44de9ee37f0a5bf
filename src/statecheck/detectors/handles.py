"""The names under which a function knows a value: variables, containers that it is put into, loop variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Choice, Comp, Display, Event, Expr, Name, Star, Sub
from statecheck.facts.walk import dotted, iter_expr
from statecheck.project.link import Project
from statecheck.project.tables import Row, expressions
from statecheck.project.values import ForeignInstance, ScopeRef

GROWING = frozenset({"append", "add", "put", "extend", "insert", "appendleft", "put_nowait"})
HANDING_OUT = frozenset({"pop", "get", "popleft", "popitem", "values", "items", "copy"})
STORING = ("assign", "annotated", "walrus", "with")
BINDING = ("assign", "annotated", "walrus", "for")
ROUNDS = 3  # how often a value may change its name


class Handles:
    """Under which names functions know what they started. The events of a function are collected once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._inside: dict[ScopeRef, list[Row]] = {}

    def names(self, spot: Spot) -> set[str]:
        """The names under which the function knows the value."""
        assert spot.event is not None
        names = targets(spot.event) if spot.event.op in STORING else set()
        if spot.through is not None and any(isinstance(target, Display) for target in spot.event.targets):
            names = {name for name in names if self._may_be(spot, name)}
        rows = self.events(spot.ref)
        if spot.event.op == "element":
            for row in rows:
                if any(isinstance(node, Comp) and node.scope == spot.ref.scope for node in row.nodes):
                    names |= targets(row.event)
        for row in rows:
            names |= containers(row, spot.call, names)
        return closure(rows, names)

    def _may_be(self, spot: Spot, name: str) -> bool:
        """Of what a helper hands back as a tuple: can this part be what was started?"""
        assert spot.event is not None
        assert spot.through is not None
        evaluator, kinds = self._project.evaluator, {spot.name, self._project.knowledge.returned_type(spot.name)}
        places = {
            index
            for event in self._project.scope(spot.through).events
            if event.op == "return" and isinstance(event.value, Display)
            for index, part in enumerate(event.value.items)
            for item in evaluator.evaluate(spot.through, part, event.region)
            if isinstance(item.value, ForeignInstance) and item.value.name in kinds
        }
        parts = [target for target in spot.event.targets if isinstance(target, Display)]
        return not places or any(
            dotted(part) == name for target in parts for index, part in enumerate(target.items) if index in places
        )

    def called_on(self, spot: Spot) -> list[str]:
        """The methods called on what the call gives, on the spot: ``start().join()``."""
        return [
            node.func.attr
            for node in (nodes(spot.event) if spot.event is not None else ())
            if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.value is spot.call
        ]

    def events(self, ref: ScopeRef) -> list[Row]:
        """The events of the function around ``ref``, with those of all that stands inside it; of a module its own."""
        function = self._project.tables.function_around(ref)
        if function not in self._inside:
            table = self._project.tables.files[function.path]
            queue, found = [function.scope], []
            while queue:
                current = queue.pop(0)
                inner = ScopeRef(function.path, current)
                found += self._project.tables.rows_in(inner)
                queue += [
                    child
                    for child in table.children[current]
                    if function.scope or table.facts.scopes[child].kind == "comp"
                ]
            self._inside[function] = found
        return self._inside[function]


def closure(rows: Iterable[Row], names: set[str]) -> set[str]:
    """The names, and those that the same value gets by assignments, containers and loops."""
    rows = list(rows)
    found = set(names)
    for _ in range(ROUNDS):
        before = len(found)
        for row in rows:
            found |= containers(row, None, found) | _renamed(row.event, found)
        if len(found) == before:
            break
    return found


def containers(row: Row, call: Call | None, names: set[str]) -> set[str]:
    """Containers that the call, or something known by one of ``names``, is put into."""
    found: set[str] = set()
    for node in row.calls:
        if isinstance(node.func, Attr) and node.func.attr in GROWING and node is not call:
            holds_call = call is not None and any(holds(given, call) for given in node.args)
            if holds_call or is_given(node, names):
                found.add(dotted(node.func.value))
    return found - {""}


def targets(event: Event) -> set[str]:
    """The names that an event binds; for ``x[key] = …`` the container."""
    found: set[str] = set()
    for target in event.targets:
        for part in target.items if isinstance(target, Display) else (target,):
            inner: Expr = part
            while isinstance(inner, (Sub, Star)):
                inner = inner.value
            found.add(dotted(inner))
    return found - {"", "_"}


def _renamed(event: Event, names: set[str]) -> set[str]:
    """New names of something that has one: plain assignments, lists of it, what containers hand out, loops."""
    value = event.value
    if event.op not in BINDING or value is None:
        return set()
    if isinstance(value, (Name, Attr)):
        known = dotted(value) in names
    elif isinstance(value, (Display, Choice)):
        known = any(dotted(part.value if isinstance(part, Star) else part) in names for part in value.items)
    elif isinstance(value, Sub):
        known = dotted(value.value) in names
    elif isinstance(value, Call):
        known = (event.op == "for" and mentions(value, names)) or ends_one_of(value, names, HANDING_OUT)
    else:
        known = False
    return targets(event) if known else set()


def nodes(event: Event) -> Iterator[Expr]:
    """Every expression that an event evaluates."""
    for top in expressions(event):
        yield from iter_expr(top)


def holds(outer: Expr, inner: Expr) -> bool:
    """Does the expression stand inside the other one?"""
    return any(node is inner for node in iter_expr(outer))


def mentions(expr: Expr, names: set[str]) -> bool:
    """Does one of the names stand in the expression?"""
    return any(isinstance(node, (Name, Attr)) and dotted(node) in names for node in iter_expr(expr))


def is_given(call: Call, names: set[str]) -> bool:
    """Is one of the names among the arguments?"""
    return any(mentions(given, names) for given in arguments(call))


def arguments(call: Call) -> tuple[Expr, ...]:
    """All arguments, by place and by keyword."""
    return (*call.args, *(keyword.value for keyword in call.keywords))


def ends_one_of(call: Call, names: set[str], methods: frozenset[str]) -> bool:
    """Is one of the methods called on one of the names?"""
    return isinstance(call.func, Attr) and call.func.attr in methods and dotted(call.func.value) in names
