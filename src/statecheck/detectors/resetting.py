"""Notes of one call on a kept object: a parser or renderer that is reset first, whoever calls it."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.determined import accesses
from statecheck.facts.ir import Call, Const, Display, Expr
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import FieldPlace, ScopeRef

OWN = ("__init__", "__new__", "__post_init__")
BRANCHES = ("if", "else", "for", "while", "except", "case")
UP = 8  # calls followed towards the one that resets


def is_reset_first(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """Is the field emptied, on every way to an access, by the same call? Then no call sees what another left there."""
    place = writes[0].place
    if not isinstance(place, FieldPlace):
        return False
    resets: dict[ScopeRef, int] = {}
    for write in project.once(accesses).writes.get(place, ()):
        function = project.tables.function_around(write.ref)
        empties = write.kind == "rebind" and write.how == "=" and _is_fresh(write.value)
        if empties and project.scope(function).name not in OWN and _always(project, write.ref, write.event.region):
            resets.setdefault(function, write.start)
    covering = dict(resets)
    for function in resets:
        for edge in project.graph.callers.get(function, ()):
            if edge.via == "call" and _always(project, edge.caller, edge.region):
                covering.setdefault(edge.caller, edge.pos)
    known = [
        access
        for access in (*writes, *reads)
        if project.phases.runtime(access.ref)
        and project.scope(project.tables.function_around(access.ref)).name not in OWN
    ]
    return bool(resets) and all(_is_after(project, access.ref, access.start, covering, resets, UP) for access in known)


def _is_fresh(value: Expr | None) -> bool:
    if isinstance(value, Call):
        return not value.args and not value.keywords
    return isinstance(value, Const) or (isinstance(value, Display) and not value.items)


def _always(project: Project, ref: ScopeRef, region: int) -> bool:
    """Does the region run whenever its function does?"""
    regions = project.tables.files[ref.path].facts.regions
    while region >= 0:
        if regions[region].kind in BRANCHES:
            return False
        region = regions[region].parent
    return True


def _is_after(
    project: Project, ref: ScopeRef, pos: int, covering: dict[ScopeRef, int], resets: dict[ScopeRef, int], up: int
) -> bool:
    """Has the call that leads here emptied the field before?"""
    function = project.tables.function_around(ref)
    if function in resets or covering.get(function, pos) < pos:
        return True
    if not up or project.phases.entries_at(function):
        return False
    callers = [
        edge
        for edge in project.graph.callers.get(function, ())
        if edge.via != "guess" and project.is_application(edge.caller.path) and edge.caller != function
    ]
    if callers:
        return all(_is_after(project, edge.caller, edge.pos, covering, resets, up - 1) for edge in callers)
    cls = project.tables.class_around(function)
    info = project.evaluator.classes.info(cls) if cls is not None else None
    return info is not None and bool(info.foreign)  # its library calls it, inside a call that we know
