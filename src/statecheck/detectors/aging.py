"""Copies that are asked for again after some seconds: ``if kept is not None and now - kept_at < 5: return kept``.

Another process is behind for a moment at most, and one that starts anew asks at once. What is kept must have been asked
for outside: what a request brings, what chance decides and what is counted up is there for this process alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.detectors.determined import accesses
from statecheck.detectors.question import STANDARD
from statecheck.detectors.things import OWN_TO_ONE
from statecheck.facts.ir import Attr, Call, Const, Display, Expr, Name, Op, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.accesses import Access
from statecheck.project.effects import effects_of
from statecheck.project.link import Project
from statecheck.project.values import ConstantValue, Foreign, ForeignInstance, FunctionValue, Place, ScopeRef

ORDER = frozenset({"<", "<=", ">", ">="})
SHORT = 60.0  # seconds that a copy may be behind
NAMES = 8  # values that local names stand for
OUTSIDE = frozenset({"io", "db", "network", "storage"})


class Spot(NamedTuple):
    """An expression, and where it stands."""

    ref: ScopeRef
    expr: Expr
    region: int


class Aging:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._effects = project.once(effects_of)
        self._checked: dict[ScopeRef, bool] = {}
        self._askers = {name.rpartition(".")[0] for name in project.knowledge.names_of_effect("db")}

    def is_short(self, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
        """Does everybody who reads the copy ask for its age, and was it asked for outside?"""
        storing = [write for write in writes if not _empties(write)]
        return (
            bool(storing)
            and self._is_read_by_age(writes, reads)
            and not any(map(self.is_stamp, storing))
            and all(map(self._is_loaded, storing))
        )

    def is_stamp_of(self, writes: Sequence[Access], reads: Sequence[Access], copies: Sequence[Access]) -> bool:
        """Are these the times, written beside the copies, by which their age is told?"""
        storing = [write for write in writes if not _empties(write)]
        beside = {self._function(write) for write in copies}
        return (
            bool(storing)
            and all(self.is_stamp(write) and self._function(write) in beside for write in storing)
            and self._is_read_by_age(writes, reads)
        )

    def is_stamp(self, write: Access) -> bool:
        """Is a point in time stored, and nothing else?"""
        value = write.event.value
        if value is None or write.how not in ("=", "[…] =", "setattr()"):
            return False
        value = write.value if write.how != "[…] =" else value
        return value is not None and any(
            self._is_time(node) for node in self._nodes(Spot(write.ref, value, write.event.region), inside=False)
        )

    def _function(self, access: Access) -> ScopeRef:
        return self._project.tables.function_around(access.ref)

    def _is_read_by_age(self, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
        own = {(write.ref, write.event.pos) for write in writes}
        asking = [read for read in reads if (read.ref, read.event.pos) not in own]
        readers = {self._function(read) for read in asking if self._project.phases.runtime(read.ref)}
        return bool(readers) and all(map(self._asks_for_age, readers))

    def _asks_for_age(self, function: ScopeRef) -> bool:
        """Is there a comparison of the clock with something that is kept, a few seconds apart?"""
        if function not in self._checked:
            self._checked[function] = any(
                self._is_age(Spot(row.ref, node, row.event.region))
                for row in self._project.tables.rows_in(function)
                if row.event.op in ("test", "return")
                for node in row.asking
                if isinstance(node, Op) and node.op in ORDER
            )
        return self._checked[function]

    def _is_age(self, comparison: Spot) -> bool:
        nodes = list(self._nodes(comparison))
        if not any(map(self._is_time, nodes)):
            return False
        kept = [place for spot in nodes for place in self._places(spot)]
        seconds = [number for spot in nodes if (number := self._number(spot))]
        if not seconds:  # until = now + 5
            seconds = [number for place in kept for number in self._numbers_stored(place)]
        return bool(kept) and bool(seconds) and max(seconds) <= SHORT

    def _numbers_stored(self, place: Place) -> Iterator[float]:
        for write in self._project.once(accesses).writes.get(place, ()):
            if write.event.value is not None and self.is_stamp(write):
                for spot in self._nodes(Spot(write.ref, write.event.value, write.event.region)):
                    if number := self._number(spot):
                        yield number

    def _is_time(self, spot: Spot) -> bool:
        if not isinstance(spot.expr, Call):
            return False
        values = [item.value for item in self._project.evaluator.evaluate(spot.ref, spot.expr.func, spot.region)]
        return any(
            isinstance(value, (Foreign, ForeignInstance)) and self._project.knowledge.effect(value.name) == "time"
            for value in values
        )

    def _places(self, spot: Spot) -> Iterator[Place]:
        if not isinstance(spot.expr, (Name, Attr, Sub)):
            return
        for item in self._project.evaluator.evaluate(spot.ref, spot.expr, spot.region):
            if item.place is not None and self._project.lifetimes.keeps(item.place):
                yield item.place

    def _number(self, spot: Spot) -> float:
        """Seconds that a literal or a constant gives; a product, or other units, are more than this rule bears."""
        if isinstance(spot.expr, Op) and spot.expr.op in ("*", "**"):
            return SHORT + 1
        if isinstance(spot.expr, Call) and any(
            word.name in ("minutes", "hours", "days") for word in spot.expr.keywords
        ):
            return SHORT + 1
        if isinstance(spot.expr, Const):
            return _as_number(spot.expr.kind, spot.expr.value)
        if not isinstance(spot.expr, (Name, Attr)):
            return 0.0
        values = [item.value for item in self._project.evaluator.evaluate(spot.ref, spot.expr, spot.region)]
        found = [_as_number(value.kind, value.text) for value in values if isinstance(value, ConstantValue)]
        return max(found, default=0.0)

    def _nodes(self, spot: Spot, inside: bool = True) -> Iterator[Spot]:
        """The expressions inside one, and inside what local names stand for; ``inside`` enters arguments of calls."""
        seen: set[int] = set()
        queue = [spot]
        while queue:
            ref, top, region = queue.pop()
            for node in iter_expr(top) if inside else _outer(top):
                yield Spot(ref, node, region)
                if isinstance(node, Name) and len(seen) < NAMES:
                    bound = [each for each in self._bound(Spot(ref, node, region)) if each.expr.pos not in seen]
                    seen.update(each.expr.pos for each in bound)
                    queue += bound

    def _bound(self, spot: Spot) -> list[Spot]:
        assert isinstance(spot.expr, Name)
        table = self._project.tables.files[spot.ref.path]
        home = table.lookup(spot.ref.scope, spot.expr.id)
        if home is None or table.facts.scopes[home].kind in ("module", "class"):
            return []
        return [
            Spot(ScopeRef(spot.ref.path, binding.scope), binding.value, binding.region)
            for binding in table.reaching(home, spot.expr.id, spot.region, spot.expr.pos)
            if binding.value is not None and binding.kind == "value"
        ]

    def _is_loaded(self, write: Access) -> bool:
        """Was it asked for outside by the function that stores it, and is nothing of it the request's, or worked out
        from what was there before?"""
        value = write.event.value if write.how == "[…] =" else write.value
        if value is None or write.depth or write.how not in ("=", "[…] =", "setattr()"):
            return False
        nodes = list(self._nodes(Spot(write.ref, value, write.event.region)))
        return (
            any(isinstance(spot.expr, Call) for spot in nodes)
            and self._asks_outside(self._function(write), nodes)
            and not any(_is_named(spot.expr, write.place.name) for spot in nodes)
            and not any(map(self._is_own, nodes))
        )

    def _asks_outside(self, function: ScopeRef, nodes: Sequence[Spot]) -> bool:
        """Does it read a database, a file, the network, or ask a library of which nothing is known?"""
        if not OUTSIDE.isdisjoint(self._effects.of(function)):
            return True
        values = [
            item.value
            for ref, expr, region in nodes
            if isinstance(expr, Call)
            for item in self._project.evaluator.evaluate(ref, expr.func, region)
        ]
        names = [value.name for value in values if isinstance(value, (Foreign, ForeignInstance))]
        return any(
            self._project.knowledge.effect(name) is None and name.partition(".")[0] not in STANDARD for name in names
        )

    def _is_own(self, spot: Spot) -> bool:
        """Does a request bring it, or chance decide it?"""
        project = self._project
        if not isinstance(spot.expr, (Name, Attr)):
            return False
        for item in project.evaluator.evaluate(spot.ref, spot.expr, spot.region):
            value = item.value
            if isinstance(value, FunctionValue) and not OWN_TO_ONE.isdisjoint(self._effects.of(value.ref)):
                return True
            if isinstance(value, (Foreign, ForeignInstance)) and (
                ("request" in project.knowledge.lives(value.name) and not self._is_asked_outside(value.name))
                or project.knowledge.effect(value.name) in OWN_TO_ONE
            ):
                return True
        return False

    def _is_asked_outside(self, name: str) -> bool:
        """Is it the session of a database: what each request has of its own, to ask what all share?"""
        return not self._askers.isdisjoint(self._project.knowledge.lineage(name))


def _empties(write: Access) -> bool:
    """``kept = None``, ``kept = {}``, ``kept_at = 0``, ``kept.clear()``"""
    if write.kind == "clear":
        return True
    value = write.value
    return write.kind == "rebind" and (
        (isinstance(value, Const) and (value.kind == "none" or not _as_number(value.kind, value.value)))
        or (isinstance(value, Display) and not value.items)
    )


def _as_number(kind: str, text: str) -> float:
    try:
        return float(text) if kind in ("int", "float") else 0.0
    except ValueError:
        return 0.0


def _outer(expr: Expr) -> Iterator[Expr]:
    """The expression without the arguments of calls."""
    yield expr
    if isinstance(expr, Op):
        for part in expr.operands:
            yield from _outer(part)


def _is_named(expr: Expr, name: str) -> bool:
    return (isinstance(expr, Name) and expr.id == name) or (isinstance(expr, Attr) and expr.attr == name)
