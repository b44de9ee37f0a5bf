"""Random values: is one drawn for each call and dropped, or kept by the process; and what are its digests used for?"""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.detectors.reporting import Place
from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Event, Expr, Name, Op, Scope, Sub
from statecheck.facts.walk import iter_expr, parts
from statecheck.model import Phase
from statecheck.project.link import Project
from statecheck.project.tables import expressions
from statecheck.project.values import FunctionValue, ScopeRef

LASTING: frozenset[Phase] = frozenset({"import", "startup"})
LOOK_UPS = frozenset({"get", "setdefault", "pop"})
MAX_HELPERS = 3  # functions that hand a digest on


class Drawn:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def is_per_call(self, place: Place) -> bool:
        """Is the value drawn anew by each request or job, and kept by none: a nonce, a link to reset a password?"""
        path, start, end = place
        ref = self._function(path, start)
        if ref is None or not LASTING.isdisjoint(self._project.phases.of(ref)) or not self._project.phases.runtime(ref):
            return False
        if self._is_kept_memo(ref):
            return False
        scope = self._project.scope(ref)
        for event in scope.events:
            if event.pos <= start < event.end:
                return not (self._is_stored(scope, event) or self._keeps(ref, event, start, end))
        return True

    def _is_kept_memo(self, ref: ScopeRef) -> bool:
        """A cached function, or a cached property of an object that lives as long as the process."""
        cls = self._project.tables.class_around(ref)
        return self._project.evaluator.is_memo(ref) and (cls is None or self._project.lifetimes.holder(cls) is not None)

    def _function(self, path: str, pos: int) -> ScopeRef | None:
        """The innermost def around a position."""
        found = None
        for scope in self._project.files[path].scopes:
            if scope.kind == "def" and scope.pos <= pos < scope.body_end:
                found = ScopeRef(path, scope.index)
        return found

    def _is_stored(self, scope: Scope, event: Event) -> bool:
        """Does the event, or a later one with the name it binds, store the value outside the function's own names?"""
        names = {target.id for target in event.targets if isinstance(target, Name)}
        if _leaves(scope, event):
            return True
        return any(
            isinstance(other.value, Name) and other.value.id in names and _leaves(scope, other)
            for other in scope.events
        )

    def _keeps(self, ref: ScopeRef, event: Event, start: int, end: int) -> bool:
        """Does the helper that is called at the place keep what it drew, for the next call?"""
        for node in (node for top in expressions(event) for node in iter_expr(top)):
            if not isinstance(node, Call) or (node.pos, node.end) != (start, end):
                continue
            for item in self._project.evaluator.evaluate(ref, node.func, event.region):
                if isinstance(item.value, FunctionValue):
                    helper = self._project.scope(item.value.ref)
                    if self._project.evaluator.is_memo(item.value.ref) or any(
                        _leaves(helper, row) for row in helper.events
                    ):
                        return True
        return False

    def keys_a_cache(self, spot: Spot) -> bool:
        """Is the digest only the key of a container of this process?"""
        if spot.call is None:
            return False
        return self._only_keys(self._project.tables.function_around(spot.ref), spot.call, MAX_HELPERS)

    def _only_keys(self, ref: ScopeRef, call: Call, depth: int) -> bool:
        scope = self._project.scope(ref)
        names: set[str] = set()
        for event in scope.events:
            if event.value is not None and any(node is call for node in iter_expr(event.value)):
                names |= {target.id for target in event.targets if isinstance(target, Name)}

        def is_it(node: Expr) -> bool:
            return node is call or (isinstance(node, Name) and node.id in names)

        tops = [top for event in scope.events for top in (*expressions(event), *event.targets)]
        if any(is_it(node) for top in tops for key in _keys(top) for node in iter_expr(key)):
            return not self._is_returned(scope, is_it)
        if not depth or not self._is_returned(scope, is_it):
            return False
        sites = self._project.graph.call_sites.get(ref, ())
        return bool(sites) and all(self._only_keys(site.caller, site.call, depth - 1) for site in sites)

    def _is_returned(self, scope: Scope, is_it: object) -> bool:
        assert callable(is_it)
        return any(
            is_it(node)
            for event in scope.events
            if event.op in ("return", "yield") and event.value is not None
            for node in _outside_keys(event.value)
        )


def _leaves(scope: Scope, event: Event) -> bool:
    return any(
        isinstance(target, (Attr, Sub))
        or (isinstance(target, Name) and target.id in (*scope.globals, *scope.nonlocals))
        for target in event.targets
    )


def _keys(top: Expr) -> Iterator[Expr]:
    """What containers are asked for inside an expression."""
    for node in iter_expr(top):
        yield from _key(node)


def _key(node: Expr) -> tuple[Expr, ...]:
    if isinstance(node, Sub):
        return (node.index,)
    if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr in LOOK_UPS:
        return node.args[:1]
    return node.operands[:1] if isinstance(node, Op) and node.op in ("in", "not in") else ()


def _outside_keys(top: Expr) -> Iterator[Expr]:
    stack = [top]
    while stack:
        node = stack.pop()
        yield node
        keys = _key(node)
        stack += [part for part in parts(node) if not any(part is key for key in keys)]
