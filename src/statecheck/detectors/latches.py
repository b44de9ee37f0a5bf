"""Set-up on first use behind a latch: ``if not self.loaded: self.load()``, where nothing of a request goes in.

The first request that comes makes each process load, and every process loads the same or something newer. What a latch
guards may lie several calls below it. A latch that is ever opened again is none.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import partial
from operator import is_

from statecheck.detectors.determined import Determined, accesses
from statecheck.facts.ir import Attr, Choice, Const, Display, Expr, Name
from statecheck.facts.walk import iter_expr
from statecheck.project.accesses import Access
from statecheck.project.conditions import is_empty_test, is_filled_test
from statecheck.project.link import Project
from statecheck.project.values import FieldPlace, ForeignPlace, Place, ScopeRef

DEEP = 4  # calls between the latch and the write
MAKING = frozenset({"__init__", "__post_init__"})
WIDE = 6  # calls of one function that are asked for a latch


def is_set_up(project: Project, determined: Determined, writes: Sequence[Access]) -> bool:
    """Does each write run once in a process, behind a latch, with values that no request decides?"""
    return all(_is_behind(project, write.ref, write.event.region, write.start, DEEP) for write in writes) and all(
        map(determined.fetched_once, writes)
    )


def _is_behind(project: Project, ref: ScopeRef, region: int, pos: int, deep: int) -> bool:
    """Is a place of the code only reached while a latch is open?"""
    if any(_is_latch(project, ref, test, row, empty) for test, row, empty in _guards(project, ref, region, pos)):
        return True
    function = project.tables.function_around(ref)
    if project.scope(function).name in MAKING and project.tables.class_around(function) in project.lifetimes.singletons:
        return True
    if not deep or project.scope(function).kind == "module" or project.phases.entries_at(function):
        return False
    edges = [edge for edge in project.graph.callers.get(function, ()) if project.phases.runtime(edge.caller)]
    return 0 < len(edges) <= WIDE and all(
        edge.via in ("call", "property") and _is_behind(project, edge.caller, edge.region, edge.pos, deep - 1)
        for edge in edges
    )


def _guards(project: Project, ref: ScopeRef, region: int, pos: int) -> Iterator[tuple[Expr, int, bool]]:
    """Conditions around a place, and of earlier ways out of its blocks: test, region, and whether it must be false."""
    regions = project.tables.files[ref.path].facts.regions
    while True:
        row = regions[region] if region >= 0 else None
        if row is not None and row.test is not None and row.kind in ("if", "else"):
            yield row.test, row.parent, row.kind == "if"
        for other in regions:
            is_earlier = other.scope == ref.scope and other.parent == region and other.pos < pos
            if is_earlier and other.kind == "if" and other.leaves and other.test is not None:
                yield other.test, region, False
        if row is None:
            return
        region = row.parent


def _is_latch(project: Project, ref: ScopeRef, test: Expr, region: int, empty: bool) -> bool:
    """Does the test ask for a place that is still empty, which is filled at run time and never emptied again?"""
    if isinstance(test, Choice) and test.kind != ("and" if empty else "or"):
        return False  # ``if not loaded or force``
    holds = is_empty_test if empty else is_filled_test
    for asked in (node for node in iter_expr(test) if isinstance(node, (Name, Attr))):
        if holds(test, partial(is_, asked)):
            items = project.evaluator.evaluate(ref, asked, region)
            places = {item.place for item in items if item.place is not None}
            if len(places) == 1 and _is_only_closed(project, places.pop()):
                return True
    return False


def _is_only_closed(project: Project, place: Place) -> bool:
    """Is a value put there at run time, and never taken away again?"""
    if isinstance(place, ForeignPlace):
        return False
    runtime = [write for write in project.once(accesses).writes.get(place, ()) if project.phases.runtime(write.ref)]
    closing = [write for write in runtime if write.kind == "change" or _gives_something(write)]
    closers = {project.tables.function_around(write.ref) for write in closing}
    return bool(closing) and all(
        write in closing or _opens_anew(project, place, project.tables.function_around(write.ref), closers)
        for write in runtime
    )


def _opens_anew(project: Project, place: Place, function: ScopeRef, closers: Container[ScopeRef]) -> bool:
    """Is the place emptied where a new object is made, or right before it is filled?"""
    return function in closers or (isinstance(place, FieldPlace) and project.scope(function).name == "__init__")


def _gives_something(write: Access) -> bool:
    value = write.value
    if write.kind != "rebind" or value is None:
        return False
    if isinstance(value, Const):
        return value.kind != "none" and value.value not in ("", "0", "False")
    return not isinstance(value, Display) or bool(value.items) or value.elided
