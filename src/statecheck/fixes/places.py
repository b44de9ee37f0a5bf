"""The expression at a place of a file, and what it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from statecheck.facts.ir import Call, Event, Expr, FileFacts, FString, Param
from statecheck.facts.walk import parts, span

BINDING = ("assign", "annotated", "walrus")


class Spot(NamedTuple):
    """``chain`` leads from a whole expression of a statement down to the one at the place.

    ``scope`` is the index of the scope that evaluates it, ``region`` where it stands. ``param`` has it as its default.
    """

    scope: int
    region: int
    chain: tuple[Expr, ...]
    event: Event | None = None
    param: Param | None = None

    @property
    def node(self) -> Expr:
        """The expression at the place."""
        return self.chain[-1]

    @property
    def is_value(self) -> bool:
        """Is the whole expression the one that the statement binds?"""
        return self.event is not None and self.event.op in BINDING and self.chain[0] is self.event.value

    def up(self) -> Spot | None:
        """The same for the expression around; None at the top."""
        return self._replace(chain=self.chain[:-1]) if len(self.chain) > 1 else None


def find(facts: FileFacts, start: int, end: int) -> Spot | None:
    """The expression from ``start`` to ``end``; None where there is none, or where it is a part of an f-string."""
    for spot in _tops(facts):
        first, last = span(spot.chain[0])
        if first <= start and end <= last:
            chain = _down(spot.chain[0], start, end)
            if chain:
                return spot._replace(chain=chain)
    return None


def _tops(facts: FileFacts) -> Iterator[Spot]:
    """Every whole expression, innermost scopes first."""
    for scope in reversed(facts.scopes):
        for event in scope.events:
            for expr in (event.value, event.extra, *event.targets):
                if expr is not None:
                    yield Spot(scope.index, event.region, (expr,), event)
        for param in scope.params:
            if param.default is not None:
                yield Spot(scope.parent, scope.defined_in, (param.default,), None, param)
        for expr in (*scope.decorators, *scope.bases, *(keyword.value for keyword in scope.keywords)):
            yield Spot(scope.parent, scope.defined_in, (expr,))


def _down(top: Expr, start: int, end: int) -> tuple[Expr, ...]:
    chain = [top]
    while span(chain[-1]) != (start, end):
        if isinstance(chain[-1], FString):
            return ()
        inner = [part for part in parts(chain[-1]) if span(part)[0] <= start and end <= span(part)[1]]
        if not inner:
            return ()
        chain.append(inner[0])
    return tuple(chain)


def keyword_of(call: Call, node: Expr) -> str:
    """The keyword that gives the call this argument; "" where it is given by place."""
    return next((keyword.name for keyword in call.keywords if keyword.value is node), "")


def position_of(call: Call, node: Expr) -> int | None:
    """The index of an argument that is given by place."""
    return next((index for index, given in enumerate(call.args) if given is node), None)
