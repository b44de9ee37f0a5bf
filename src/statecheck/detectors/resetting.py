"""Notes of one call on a kept object: a parser or renderer that is reset first, whoever calls it."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.determined import Determined, accesses
from statecheck.facts.ir import Call, Const, Display, Expr
from statecheck.facts.walk import span
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.phases import SURE
from statecheck.project.values import ClassPlace, FieldPlace, GlobalPlace, ScopeRef

OWN = ("__init__", "__new__", "__post_init__")
BRANCHES = ("if", "else", "for", "while", "except", "case")
LEVELS = 2  # calls from a function down to the one that sets
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


def is_set_first(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """Does every entry that reads the variable set it before, whatever to? Only threads see each other's value then."""
    if not isinstance(writes[0].place, (GlobalPlace, ClassPlace, FieldPlace)):
        return False
    setting = [write for write in writes if write.kind == "rebind"]
    if any(write.how != "=" for write in setting):
        return False
    covering: dict[ScopeRef, int] = {}
    for write in setting:
        if _runs_always(project, write.ref, write.event.region):
            function = project.tables.function_around(write.ref)
            covering[function] = min(covering.get(function, write.end), write.end)
    for _ in range(LEVELS):
        for function in list(covering):
            for site in project.graph.call_sites.get(function, ()):
                if _runs_always(project, site.caller, site.region):
                    caller = project.tables.function_around(site.caller)
                    covering[caller] = min(covering.get(caller, site.call.end), site.call.end)
    own = {(write.ref, write.event.pos) for write in setting}
    asking = [read for read in reads if (read.ref, read.event.pos) not in own]
    asking += [read for read in reads if (read.ref, read.event.pos) in own and not _is_target(read)]
    asking += [write for write in writes if write.kind != "rebind"]
    asking = [access for access in asking if _may_run(project, access.ref)]
    return (
        bool(asking and covering)
        and all(map(project.phases.entries_to, {access.ref for access in asking}))
        and all(_is_after(project, access.ref, access.start, covering, {}, UP) for access in asking)
    )


def _may_run(project: Project, ref: ScopeRef) -> bool:
    """Can it run while the process serves? So may a function that nothing is known to call, or that is handed on."""
    reached = project.phases.of(ref)
    if not reached:
        return project.tables.class_around(project.tables.function_around(ref)) is None
    return bool(project.phases.runtime(ref)) or (set(reached) == {"cli"} and reached["cli"].certainty < SURE)


def _is_target(read: Access) -> bool:
    """Is it the name that is set, and no part of the value?"""
    return any(span(target) == (read.start, read.end) for target in read.event.targets)


def _runs_always(project: Project, ref: ScopeRef, region: int) -> bool:
    """Does the region run whenever its function does, to its end, in this process or in every one?"""
    regions, around = project.tables.files[ref.path].facts.regions, region
    while around >= 0:
        if regions[around].kind == "try":
            return False
        around = regions[around].parent
    return _always(project, ref, region) or project.once(Determined).expressions(ref, (), region)


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
