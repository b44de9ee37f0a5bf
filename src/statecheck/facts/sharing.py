"""Equal names, texts and offsets of a large tree as one object each: a quarter of the memory, for 2 % of the time.

What is decoded are objects of their own, wherever they stand: ``self`` a hundred thousand times. Facts never change;
here an object in them gives way to one that is equal, which nobody can tell but by asking where it lies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import force_setattr as put

from statecheck.facts.ir import Attr, Call, Const, Event, Expr, FileFacts, Name, Scope
from statecheck.facts.walk import parts

WORTHWHILE: Final = 8_000_000  # bytes of code, about 200,000 lines; less fits into memory anyway


class Sharing:
    """One pass over a tree; what it has met is kept no longer than the pass."""

    def __init__(self) -> None:
        self._known: dict[object, Any] = {}

    def share(self, facts: FileFacts) -> FileFacts:
        """The facts, with what they have in common with themselves and with earlier ones."""
        known = self._known.setdefault
        events = [event for scope in facts.scopes for event in scope.events]
        self._regions(facts, events)
        for scope in facts.scopes:
            self._scope(scope)
        for event in events:
            put(event, "pos", known(event.pos, event.pos))
            put(event, "end", known(event.end, event.end))
            inner = [*event.targets]
            if event.value is not None:
                inner.append(event.value)
            if event.extra is not None:
                inner.append(event.extra)
            self._expressions(inner)
        for row in facts.imports:
            self._fields(row, ("pos", "end", "module", "name", "bound"))
        put(facts, "line_starts", tuple([known(start, start) for start in facts.line_starts]))
        return facts

    def _regions(self, facts: FileFacts, events: Iterable[Event]) -> None:
        """A condition stands in an event, too: that one stays."""
        values = {event.value.pos: event.value for event in events if event.value is not None}
        for region in facts.regions:
            if region.test is not None and (same := values.get(region.test.pos)) == region.test:
                put(region, "test", same)
            put(region, "pos", self._known.setdefault(region.pos, region.pos))

    def _scope(self, scope: Scope) -> None:
        known = self._known.setdefault
        self._fields(scope, ("name", "qualname", "pos", "end", "body_end"))
        put(scope, "binds", tuple([known(name, name) for name in scope.binds]))
        for param in scope.params:
            self._fields(param, ("pos", "name"))
            self._expressions([expr for expr in (param.annotation, param.default) if expr is not None])
        self._expressions([*scope.decorators, *scope.bases])

    def _expressions(self, stack: list[Expr]) -> None:
        """Share what stands in expressions; written out for the kinds that are most of a tree."""
        known = self._known.setdefault
        while stack:
            node = stack.pop()
            put(node, "pos", known(node.pos, node.pos))
            if type(node) is Name:
                put(node, "id", known(node.id, node.id))
            elif type(node) is Attr:
                put(node, "attr", known(node.attr, node.attr))
                put(node, "at", known(node.at, node.at))
                stack.append(node.value)
            elif type(node) is Const:
                put(node, "value", known(node.value, node.value))
                put(node, "end", known(node.end, node.end))
            elif type(node) is Call:
                put(node, "end", known(node.end, node.end))
                stack.append(node.func)
                stack += node.args
                for word in node.keywords:
                    put(word, "name", known(word.name, word.name))
                    stack.append(word.value)
            else:
                stack += parts(node)

    def _fields(self, struct: Struct, names: tuple[str, ...]) -> None:
        for name in names:
            value = getattr(struct, name)
            put(struct, name, self._known.setdefault(value, value))
