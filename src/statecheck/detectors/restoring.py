"""Settings of the process that a function changes: does the same function set them back?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Const, Event, Expr, Name, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.link import Project
from statecheck.project.tables import expressions
from statecheck.project.values import Foreign, ScopeRef

ITEM_METHODS = ("pop", "setdefault")
ENTERING = {"__enter__": "__exit__", "__aenter__": "__aexit__"}
LEAVING = {leave: enter for enter, leave in ENTERING.items()}
METHODS = (*ITEM_METHODS, "clear", "update")


class Change(NamedTuple):
    """One change: of what ("os.environ", "os.chdir"), under which key ("" for the whole), and where."""

    name: str
    key: str
    event: Event
    pos: int


class Restoring:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def restored(self, spot: Spot) -> bool:
        """Does the function change the same thing again later or in a ``finally``, or stand in a ``with`` that does?"""
        if self._is_scoped(spot) or self._has_partner(spot, ENTERING):
            return True
        function, key = self._project.tables.function_around(spot.ref), _key(self._node(spot))
        return any(
            change.key in (key, "") and change.pos > spot.start and self._follows(function, spot.region, change)
            for change in self._changes(function, spot)
        )

    def restores(self, spot: Spot) -> bool:
        """Does the place itself set something back: in a ``finally``, or after the first change of the same thing?"""
        function, node = self._project.tables.function_around(spot.ref), self._node(spot)
        if self._is_final(function, spot.region) or self._has_partner(spot, LEAVING):
            return True
        if spot.event is None:
            return False
        here = Change(spot.name, _key(node), spot.event, spot.start)
        return any(
            here.key in (change.key, "")
            and change.pos < spot.start
            and self._follows(function, change.event.region, here)
            for change in self._changes(function, spot)
        )

    def is_own_process(self, spot: Spot) -> bool:
        """Does only a child process run the code, which was started to run nothing else?"""
        phases = self._project.phases
        entries = phases.entries_to(spot.function or spot.ref)
        return bool(entries) and all(map(phases.is_own_process, entries))

    def _has_partner(self, spot: Spot, pairs: Mapping[str, str]) -> bool:
        """``__enter__`` changes what ``__exit__`` of the same class sets back."""
        function = self._project.tables.function_around(spot.ref)
        cls, name = self._project.tables.class_around(function), pairs.get(self._project.scope(function).name)
        partner = self._project.evaluator.classes.method(cls, name) if cls is not None and name else None
        return partner is not None and any(True for _ in self._changes(partner, spot))

    def _follows(self, function: ScopeRef, region: int, change: Change) -> bool:
        """Does the change always come after what stands in ``region``: no branch of its own, no way out before it?"""
        if self._is_final(function, change.event.region):
            return True
        regions = self._project.files[function.path].regions
        while region >= 0 and region != change.event.region:
            if regions[region].leaves:
                return False
            region = regions[region].parent
        return region >= 0

    def _is_final(self, function: ScopeRef, region: int) -> bool:
        regions = self._project.files[function.path].regions
        while region >= 0:
            if regions[region].kind == "finally":
                return True
            region = regions[region].parent
        return False

    def _is_scoped(self, spot: Spot) -> bool:
        """``with warnings.catch_warnings():`` and its like."""
        regions, region = self._project.files[spot.ref.path].regions, spot.region
        while region >= 0:
            row = regions[region]
            test = row.test.func if isinstance(row.test, Call) else row.test
            for item in self._project.evaluator.evaluate(spot.ref, test, region) if row.kind == "with" and test else ():
                if isinstance(item.value, Foreign) and self._project.knowledge.effect(item.value.name) == "restoring":
                    return True
            region = row.parent
        return False

    def _node(self, spot: Spot) -> Expr | None:
        if spot.call is not None:
            return spot.call
        targets = spot.event.targets if spot.event is not None else ()
        return next((target for target in targets if target.pos == spot.start), None)

    def _changes(self, function: ScopeRef, spot: Spot) -> Iterator[Change]:
        """The changes of the same thing in the function: ``environ.pop(key)`` undoes ``environ[key] = …``."""
        owner = _owner(spot.name)
        for event in self._project.scope(function).events:
            for target in event.targets:
                if isinstance(target, Sub) and self._is_named(function, target.value, owner, event):
                    yield Change(owner, _key(target), event, target.pos)
            for top in expressions(event):
                for node in iter_expr(top):
                    if isinstance(node, Call) and self._is_named(function, node.func, spot.name, event, owner):
                        yield Change(owner, _key(node), event, node.pos)

    def _is_named(self, function: ScopeRef, expr: Expr, name: str, event: Event, owner: str = "") -> bool:
        names = {
            item.value.name
            for item in self._project.evaluator.evaluate(function, expr, event.region)
            if isinstance(item.value, Foreign)
        }
        return name in names or bool(owner and names & {f"{owner}.{method}" for method in METHODS})


def _owner(name: str) -> str:
    """``os.environ`` of ``os.environ.pop``; a plain function stands for itself."""
    owner, _, method = name.rpartition(".")
    return owner if method in METHODS else name


def _key(node: Expr | None) -> str:
    """The literal or named key that is changed, "" for the whole."""
    if isinstance(node, Sub):
        return _text(node.index)
    if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr in ITEM_METHODS and node.args:
        return _text(node.args[0])
    return ""


def _text(index: Expr) -> str:
    if isinstance(index, Const):
        return index.value
    return index.id if isinstance(index, Name) else index.attr if isinstance(index, Attr) else ""
