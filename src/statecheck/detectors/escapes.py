"""Does the name of a temporary file leave the function that made it: to a task, a store, a client, or a caller?"""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.facts.ir import Attr, Await, Call, Display, Event, Expr, FString, Name, Op, Star, Sub
from statecheck.facts.walk import dotted, iter_expr, last_name
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.tables import expressions
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, FunctionPlace, ScopeRef

CALLERS_UP = 3  # how many calls up a returned name is followed
ROUNDS = 4  # of looking for further names of one file
HANDING = frozenset(
    {"enqueue", "db", "answer"}
)  # effects of calls that carry a value to other processes, or to a client
LEAVES, SENT = 1, 2
SESSION = "session"  # what is stored there comes back with a later request
STORING = ("assign", "annotated", "walrus", "with")
SAME_FILE = ("name", "path")  # attributes that give the path of a file object
TEMPORARY = frozenset({"temp", "temp-folder"})
OPENING = ("connect", "open")  # a database in the file itself


class Escapes:
    """Answers for one project."""

    def __init__(self, project: Project, paths: Paths) -> None:
        self._project = project
        self._paths = paths

    def of(self, ref: ScopeRef, expr: Expr, region: int) -> int:
        """How far a name of the path gets: 0 (not out of the function), LEAVES (returned, yielded or stored), or SENT.

        It is sent when a task, a queue, a database, a session or a client gets it.
        """
        parts = [node for node in iter_expr(expr) if isinstance(node, (Name, Attr))]
        names = {dotted(node) for node in parts if node is expr or self._is_temporary(ref, node, region)} - {""}
        if isinstance(expr, Call):  # the call that makes the file
            names |= self._bound(ref, expr)
            if found := max((self._kept(event) for event in self._events(ref) if _is_whole(event, expr)), default=0):
                return found
        return self._leaves(ref, names, CALLERS_UP)

    def _events(self, ref: ScopeRef) -> tuple[Event, ...]:
        return self._project.scope(ref).events

    def _bound(self, ref: ScopeRef, call: Call) -> set[str]:
        """The names that get what the call gives."""
        events = [event for event in self._events(ref) if event.op in STORING and _is_whole(event, call)]
        return {dotted(name) for event in events for target in event.targets for name in _flat(target)} - {""}

    def _kept(self, event: Event) -> int:
        """How far the value of an event gets by it alone."""
        if event.op in ("return", "yield"):
            return LEAVES
        if event.op not in STORING:
            return 0
        if any(isinstance(target, Sub) and last_name(target.value) == SESSION for target in event.targets):
            return SENT
        return LEAVES if any(isinstance(target, (Attr, Sub)) for target in event.targets) else 0

    def _is_temporary(self, ref: ScopeRef, expr: Expr, region: int) -> bool:
        return any(not TEMPORARY.isdisjoint(path.origins) for path in self._paths.of(ref, expr, region))

    def _leaves(self, ref: ScopeRef, names: set[str], up: int) -> int:
        events = self._events(ref)
        names = _all_names(events, names)
        found = 0
        for event in events:
            if any(self._is_sent(ref, event, node, names) for top in expressions(event) for node in iter_expr(top)):
                return SENT
            if event.value is None:
                continue
            if event.op in ("return", "yield"):
                found = max(found, self._is_returned(ref, event.value, names, up))
            elif not names.isdisjoint(_handed_out(event.value)):
                found = max(found, self._kept(event))
        return found

    def _is_returned(self, ref: ScopeRef, value: Expr, names: set[str], up: int) -> int:
        """Does the caller, or the client, get the name and hand it on? Without a known caller it may."""
        entered = any(entry.ref == ref for entry in self._project.phases.entries)
        if any(self._is_told(node, names) for node in iter_expr(value)):
            return SENT if entered else LEAVES
        if names.isdisjoint(_handed_out(value)):
            return 0
        if entered:
            return SENT
        sites = self._project.graph.call_sites.get(ref, [])
        if not sites or not up:
            return LEAVES
        return max(self._goes_on(site.caller, site.call, up) for site in sites[:8])

    def _goes_on(self, caller: ScopeRef, call: Call, up: int) -> int:
        """Does the function that called hand on what it got?"""
        for event in self._events(caller):
            if not any(node is call for top in expressions(event) for node in iter_expr(top)):
                continue
            if event.op in ("return", "yield") or any(isinstance(target, (Attr, Sub)) for target in event.targets):
                return LEAVES
            names = {dotted(name) for target in event.targets for name in _flat(target)} - {""}
            return self._leaves(caller, names, up - 1) if names else 0
        return 0

    def _is_told(self, node: Expr, names: set[str]) -> bool:
        """Is the name one of the values of a dict that is answered: ``JsonResponse({"path": path})``?"""
        return isinstance(node, Display) and node.kind == "dict" and not names.isdisjoint(_handed_out(node))

    def _is_sent(self, ref: ScopeRef, event: Event, node: Expr, names: set[str]) -> bool:
        """Is a name given to what other processes read: a task, a queue, a row of a database?"""
        if not isinstance(node, Call):
            return False
        if names.isdisjoint(name for given in _arguments(node) for name in _handed_out(given)):
            return False
        knowledge = self._project.knowledge
        for item in self._project.evaluator.evaluate(ref, node.func, event.region):
            value = item.value
            if isinstance(node.func, Attr) and isinstance(item.place, FunctionPlace):
                return True  # convert.delay(path), where convert is a function of the tree
            if isinstance(value, (Foreign, ForeignInstance)) and knowledge.effect(value.name) in HANDING:
                return not value.name.endswith(OPENING)
            if isinstance(value, ClassValue) and "row" in self._project.lifetimes.lives(value.ref):
                return True
        return False


def _is_whole(event: Event, call: Call) -> bool:
    """Does the event evaluate to what the call gives, or hold it in a ``with``?"""
    value = event.value.value if isinstance(event.value, Await) else event.value
    return value is call


def _all_names(events: tuple[Event, ...], names: set[str]) -> set[str]:
    """The names under which the function knows the file: ``path`` of ``handle, path = mkstemp()`` with ``handle``."""
    known = names | {name.rpartition(".")[0] for name in names if name.endswith(SAME_FILE)} - {""}
    for _ in range(ROUNDS):
        found = set(known)
        for event in events:
            if event.op not in STORING or event.value is None:
                continue
            targets = {dotted(name) for target in event.targets for name in _flat(target)} - {""}
            of_one_call = isinstance(event.value, Call) and any(isinstance(target, Display) for target in event.targets)
            handed = not known.isdisjoint(_handed_out(event.value))
            if handed or (of_one_call and not known.isdisjoint(targets)):
                found |= {name for name in targets if "." not in name}
        found |= {f"{name}.{attribute}" for name in found for attribute in SAME_FILE if "." not in name}
        if found == known:
            break
        known = found
    return known


def _flat(target: Expr) -> Iterator[Expr]:
    if isinstance(target, Display):
        for item in target.items:
            yield from _flat(item)
    else:
        yield target.value if isinstance(target, Star) else target


def _arguments(call: Call) -> list[Expr]:
    return [*call.args, *(word.value for word in call.keywords)]


def _handed_out(expr: Expr) -> Iterator[str]:
    """Names whose value is part of the value of the expression."""
    if isinstance(expr, (Name, Attr)):
        yield dotted(expr)
    elif isinstance(expr, Display):
        for item in expr.items:
            yield from _handed_out(item)
    elif isinstance(expr, (FString, Op)):
        for part in expr.parts if isinstance(expr, FString) else expr.operands:
            yield from _handed_out(part)
    elif isinstance(expr, Call) and last_name(expr.func) in ("str", "Path", "join", "dict"):
        for given in _arguments(expr):
            yield from _handed_out(given)
