"""Work whose end somebody waits for: joined, awaited, gathered, cancelled, answered, or streamed to the client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statecheck.detectors.handles import (
    Handles,
    arguments,
    closure,
    ends_one_of,
    holds,
    is_given,
    mentions,
    nodes,
)
from statecheck.detectors.spots import Spot, Spots
from statecheck.facts.ir import Attr, Await, Call, Comp, Event, Name
from statecheck.facts.walk import dotted, iter_expr
from statecheck.project.link import Project
from statecheck.project.tables import Row, expressions
from statecheck.project.values import ContainerValue, Foreign, ForeignInstance, FunctionValue, ScopeRef

LEAVING = ("return", "yield")


class Endings:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._spots = project.once(Spots)
        self._handles = project.once(Handles)
        named = project.knowledge.bare_names
        self._waiting, self._closing, self._answering = named("end"), named("join"), named("answer")

    def awaited(self, spot: Spot) -> bool:
        """Is the value awaited, or handed to the caller who may?"""
        if spot.event is None or spot.call is None:
            return False
        if self._hands_back(spot):
            awaits = spot.through is None or not self._project.scope(spot.through).is_async
            if awaits and any(isinstance(node, Await) and holds(node, spot.call) for node in nodes(spot.event)):
                return True
            if spot.event.op in LEAVING or self._is_returned(spot):
                return not self._spots.is_helper(spot)
        return self._is_waited_for(spot)

    def _hands_back(self, spot: Spot) -> bool:
        """Does the caller get what was started: it starts it itself, or its helper returns it?"""
        return spot.through is None or any(
            event.op == "return" and event.value is not None for event in self._project.scope(spot.through).events
        )

    def joined(self, spot: Spot) -> bool:
        """Is its end waited for, in the function that made it or where the object that keeps it ends?"""
        return (
            self._is_waited_for(spot)
            or self._is_answered(spot)
            or self._streams(spot)
            or (self._is_returned(spot) and self._do_callers_wait(spot))
        )

    def _do_callers_wait(self, spot: Spot) -> bool:
        """Does everybody who gets what was started wait for its end?"""
        callers = self._spots.callers(spot)
        return bool(callers) and all(
            self._is_waited_for(caller) or any(name in self._waiting for name in self._handles.called_on(caller))
            for caller in callers
        )

    def gathered(self, spot: Spot) -> bool:
        """Is it handed to something that waits?"""
        if spot.event is None or spot.call is None:
            return False
        around = [
            node
            for node in nodes(spot.event)
            if isinstance(node, Call) and node is not spot.call and holds(node, spot.call)
        ]
        if self._hands_back(spot) and any(self._waits(spot.ref, spot.event, node) for node in around):
            return True
        return self.context_managed(spot)

    def context_managed(self, spot: Spot) -> bool:
        """Does the value, or the object whose method makes it, stand in a ``with``?"""
        if spot.call is None or spot.event is None:
            return False
        if spot.event.op == "with":
            return True
        receiver = dotted(spot.call.func.value) if isinstance(spot.call.func, Attr) else ""
        names = self._handles.names(spot) | ({receiver} if receiver else set())
        return any(
            row.event.op == "with" and self._stands_in(row.event, names) for row in self._handles.events(spot.ref)
        )

    def _stands_in(self, event: Event, names: set[str]) -> bool:
        entered = event.value is not None and dotted(event.value) in names
        return entered or any(dotted(target) in names for target in event.targets)

    def _is_waited_for(self, spot: Spot) -> bool:
        if spot.event is None or spot.call is None:
            return False
        rows, names = self._handles.events(spot.ref), self._handles.names(spot)
        if isinstance(spot.call.func, Attr):
            owner = {dotted(spot.call.func.value)}
            calls = (call for row in rows for call in row.calls)
            if any(ends_one_of(call, owner, self._closing) for call in calls):
                return True
        if self._project.scope(spot.ref).kind == "comp" and self._is_comprehended(rows, spot.ref.scope):
            return True
        kept = {name for name in names if "." in name}
        ends = list(self._ending(rows, names))
        optional = {row.event.region for row in ends if self._is_optional(spot, row, names)}
        if any(row.event.region not in optional for row in ends) or len(optional) > 1:
            return True
        return bool(kept) and self._ends_elsewhere(spot.ref, kept)

    def _is_optional(self, spot: Spot, row: Row, names: set[str]) -> bool:
        """Does it stand under a condition that the start does not stand under, and that does not ask for the handle?"""
        table = self._project.tables.files[spot.ref.path]
        region = row.event.region
        while region >= 0 and row.ref == spot.ref and not table.is_inside(spot.region, region):
            test = table.facts.regions[region].test
            if table.facts.regions[region].kind in ("if", "else") and test is not None and not mentions(test, names):
                return True
            region = table.facts.regions[region].parent
        return row.ref == spot.ref and any(
            left.scope == row.ref.scope
            and left.kind == "if"
            and left.leaves
            and table.is_inside(row.event.region, left.parent)
            and spot.end < left.pos < row.event.pos
            and left.test is not None
            and not mentions(left.test, names)
            and not self._raises(row.ref, index)  # who gets an error knows that the work is not done
            for index, left in enumerate(table.facts.regions)
        )

    def _raises(self, ref: ScopeRef, region: int) -> bool:
        """Does a branch end in ``raise``?"""
        events = [event for event in self._project.scope(ref).events if event.region == region]
        return bool(events) and events[-1].op == "raise"

    def _is_comprehended(self, rows: Iterable[Row], scope: int) -> bool:
        """Does the comprehension that makes the values stand inside something that waits for them?"""
        for row in rows:
            for node in row.nodes:
                if not isinstance(node, (Await, Call)):
                    continue
                if not any(isinstance(part, Comp) and part.scope == scope for part in iter_expr(node)):
                    continue
                if isinstance(node, Await) or self._waits(row.ref, row.event, node):
                    return True
        return False

    def _ends_elsewhere(self, ref: ScopeRef, kept: set[str]) -> bool:
        """Does another function of the file end what an attribute keeps?"""
        for scope in self._project.files[ref.path].scopes:
            if scope.kind != "def" or self._is_of_a_stranger(ref, ScopeRef(ref.path, scope.index), kept):
                continue
            rows = self._handles.events(ScopeRef(ref.path, scope.index))
            known = any(mentions(top, kept) for row in rows for top in expressions(row.event))
            if known and self._ends(rows, closure(rows, kept)):
                return True
        return False

    def _is_of_a_stranger(self, ref: ScopeRef, other: ScopeRef, kept: set[str]) -> bool:
        """Do attributes of ``self`` in one function belong to another object than in the other?"""
        own, its = self._project.tables.class_around(ref), self._project.tables.class_around(other)
        if own is None or its is None or not all(name.startswith("self.") for name in kept):
            return False
        classes = self._project.evaluator.classes
        return own not in classes.info(its).mro and its not in classes.info(own).mro

    def _ends(self, rows: Iterable[Row], names: set[str]) -> bool:
        return any(True for _ in self._ending(rows, names))

    def _ending(self, rows: Iterable[Row], names: set[str]) -> Iterator[Row]:
        """The events that await one of the names, end it, or hand it to something that waits."""
        for row in rows:
            for node in row.nodes:
                awaited = isinstance(node, Await) and mentions(node.value, names)
                if awaited or (isinstance(node, Call) and self._ends_by(row, node, names)):
                    yield row

    def _ends_by(self, row: Row, call: Call, names: set[str]) -> bool:
        given = is_given(call, names) and self._waits(row.ref, row.event, call)
        return ends_one_of(call, names, self._waiting) or given

    def _waits(self, ref: ScopeRef, event: Event, call: Call) -> bool:
        """Does the call wait for what it is given?"""
        knowledge = self._project.knowledge
        return any(
            isinstance(item.value, (Foreign, ForeignInstance)) and knowledge.effect(item.value.name) == "wait"
            for item in self._project.evaluator.evaluate(ref, call.func, event.region)
        )

    def _is_returned(self, spot: Spot) -> bool:
        if spot.event is None:
            return False
        names = self._handles.names(spot)
        return any(
            row.event.op in LEAVING and row.event.value is not None and dotted(row.event.value) in names
            for row in self._handles.events(spot.ref)
        )

    def _streams(self, spot: Spot) -> bool:
        """Does the work feed a generator that the function is, or hands out?"""
        function = self._project.tables.function_around(spot.ref)
        table = self._project.tables.files[function.path]
        if not self._project.phases.runtime(function):
            return False
        scopes = [table.facts.scopes[index] for index in (function.scope, *table.children[function.scope])]
        return any(scope.is_generator and scope.kind == "def" for scope in scopes)

    def _is_answered(self, spot: Spot) -> bool:
        """Does the function wait on something that it shares with the work: a reply queue, an event?"""
        if spot.call is None:
            return False
        function = self._project.tables.function_around(spot.ref)
        scope = self._project.scope(function)
        own = set(scope.binds) - {param.name for param in scope.params}  # a request that is passed on is no reply
        shared = self._shared(spot, function) & own
        return any(
            isinstance(node, Call) and ends_one_of(node, shared, self._answering) and self._is_reply(row, node)
            for row in self._handles.events(function)
            if row.ref == function
            for node in row.nodes
        )

    def _shared(self, spot: Spot, function: ScopeRef) -> set[str]:
        """The names that the work is given, or reads from the function that it stands in."""
        assert spot.call is not None
        names = {node.id for given in arguments(spot.call) for node in iter_expr(given) if isinstance(node, Name)}
        for given in arguments(spot.call):
            for item in self._project.evaluator.evaluate(spot.ref, given, spot.region):
                if not isinstance(item.value, FunctionValue) or item.value.ref.path != function.path:
                    continue
                if self._project.scope(item.value.ref).parent == function.scope:
                    names |= {
                        node.id
                        for row in self._handles.events(item.value.ref)
                        for node in row.nodes
                        if isinstance(node, Name)
                    }
        return names

    def _is_reply(self, row: Row, call: Call) -> bool:
        """Is it a queue or an event that is asked, and not a dict?"""
        assert isinstance(call.func, Attr)
        values = [item.value for item in self._project.evaluator.evaluate(row.ref, call.func.value, row.event.region)]
        return any(
            isinstance(value, ForeignInstance)
            or (isinstance(value, ContainerValue) and not value.kind.startswith("builtins."))
            for value in values
        )
