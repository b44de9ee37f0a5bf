"""State held in the process: module variables, class attributes, fields of long-lived objects, captured locals.

A place counts when something lives there beyond one request and code that runs while the process serves writes to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from statecheck.detectors.api import Context
from statecheck.detectors.flow import call_steps, labels, sentence
from statecheck.detectors.judge import Judge, Verdict
from statecheck.detectors.lookalikes import CONSTRUCTORS
from statecheck.model import Finding, Location, Step
from statecheck.project.accesses import Access
from statecheck.project.entries import Entry
from statecheck.project.link import Project
from statecheck.project.values import (
    CellPlace,
    ClassPlace,
    ContextPlace,
    DefaultPlace,
    FieldPlace,
    ForeignPlace,
    GlobalPlace,
    Place,
    ScopeRef,
)
from statecheck.rules.schema import Rule

READS_SHOWN = 2
ENTRIES_SOUGHT = 8
READERS_NAMED = 2


def detect(rules: Sequence[Rule], context: Context) -> Iterable[Finding]:
    """One finding for every place that requests or jobs write to."""
    by_name = {rule.name: rule for rule in rules}
    judge = Judge(context.project, context.timed)
    verdicts = [verdict for verdict in judge.verdicts() if verdict.rule in by_name]
    for verdict in verdicts:
        yield report(context.project, by_name[verdict.rule], verdict)


def symbol(project: Project, place: Place) -> str:
    """The dotted name of a place."""
    if isinstance(place, GlobalPlace):
        return f"{project.modules.name(place.path)}.{place.name}"
    if isinstance(place, (ClassPlace, FieldPlace)):
        return project.qualified(place.cls, place.name)
    if isinstance(place, ForeignPlace):
        return f"{place.owner.rpartition('.')[2].lower()}.{place.name}"
    return project.qualified(place.scope if isinstance(place, ContextPlace) else place.function, place.name)


def definition(project: Project, verdict: Verdict) -> Location:
    """Where the state is defined: its first binding; for an attribute of a foreign object, what sets it up."""
    place = verdict.place
    scope = binding_scope(place)
    bindings = project.tables.files[scope.path].bindings.get((scope.scope, place.name)) if scope else None
    if scope and bindings:
        return project.location(scope.path, bindings[0].pos, bindings[0].pos + len(place.name))
    if isinstance(place, FieldPlace):
        stores = project.evaluator.classes.field_stores(place.cls, place.name)
        makers = [store for store in stores if project.scope(store.ref).name in CONSTRUCTORS]
        if stores:
            store = (makers or stores)[0]
            return project.location(store.ref.path, store.event.pos, store.event.end)
        scope = binding_scope(place, declared=True)
        bindings = project.tables.files[scope.path].bindings.get((scope.scope, place.name)) if scope else None
        if scope and bindings:
            return project.location(scope.path, bindings[0].pos, bindings[0].pos + len(place.name))
    first = verdict.made or verdict.writes[0]
    return project.location(first.ref.path, first.start, first.end)


def binding_scope(place: Place, declared: bool = False) -> ScopeRef | None:
    """The scope that binds the name of a place; None for attributes of objects, unless the class ``declared`` them."""
    if isinstance(place, GlobalPlace):
        return ScopeRef(place.path, 0)
    if isinstance(place, ClassPlace) or (isinstance(place, FieldPlace) and declared):
        return place.cls
    if isinstance(place, ContextPlace):
        return place.scope
    return place.function if isinstance(place, (CellPlace, DefaultPlace)) else None


def report(project: Project, rule: Rule, verdict: Verdict) -> Finding:
    """The finding for a place: definition, then the way to each write, then who reads."""
    name = symbol(project, verdict.place)
    where = definition(project, verdict)
    writers = entries_of(project, verdict.writes)
    readers = entries_of(project, verdict.reads)
    steps = [Step("definition", where, f"`{verdict.place.name}` is defined here")]
    for number, write in enumerate(verdict.writes):
        if number == 0:
            steps += call_steps(project, write.ref)
        step = Step("write", project.location(write.ref.path, write.start, write.end), _write_message(project, write))
        if not any(known.role == "write" and known.location == step.location for known in steps):
            steps.append(step)
    written = {(write.ref, write.event.pos) for write in verdict.writes}
    shown = [
        read for read in verdict.reads if (read.ref, read.event.pos) not in written and project.phases.runtime(read.ref)
    ]
    for read in shown[:READS_SHOWN]:
        steps.append(
            Step(
                "read",
                project.location(read.ref.path, read.start, read.end),
                f"read in `{project.scope(read.ref).qualname}`",
            )
        )
    return Finding(
        rule=rule.code,
        name=rule.name,
        family=rule.family,
        severity=verdict.severity,
        confidence=verdict.confidence,
        location=where,
        symbol=name,
        message=_message(project, rule, verdict, writers, readers),
        instead=rule.instead,
        harm=rule.harm,
        entry_points=tuple(dict.fromkeys((*labels(writers), *labels(readers)))),
        flow=tuple(steps),
    )


def entries_of(project: Project, accesses: Iterable[Access]) -> list[Entry]:
    """The entry points from which any of the accesses is reached."""
    found: dict[Entry, None] = {}
    for access in accesses:
        found.update(dict.fromkeys(project.phases.entries_to(access.ref)))
        if len(found) > ENTRIES_SOUGHT:
            break
    return list(found)


def _write_message(project: Project, write: Access) -> str:
    verb = {"rebind": "replaced", "clear": "emptied or shortened"}.get(write.kind, "changed")
    return f"{verb} by `{write.how}` in `{project.scope(write.ref).qualname or 'module level'}`"


def _message(project: Project, rule: Rule, verdict: Verdict, writers: Sequence[Entry], readers: Sequence[Entry]) -> str:
    functions = dict.fromkeys(
        f"`{project.scope(project.tables.function_around(write.ref)).qualname}`" for write in verdict.writes
    )
    by = sentence(labels(writers, 3)) or sentence(list(functions)[:3])
    name = (
        f"{verdict.place.name}` with {len(verdict.fields) - 1} other fields of `{class_name(project, verdict.place)}"
        if verdict.fields
        else verdict.place.name
    )
    written = labels(writers)
    others = [entry for entry in readers if not set(labels([entry])) <= set(written)]
    values: Mapping[str, str] = {
        "symbol": name,
        "writers": by,
        "read": f" and is read by {sentence(labels(others, READERS_NAMED))}" if others else "",
        "readers": sentence(labels(readers, 3)) or "later requests",
        "entries": sentence(labels([*writers, *readers], 4)) or by,
        "harm": rule.harm or "split",
        "form": "",
        "detail": "",
    }
    return rule.message.format_map(values)


def class_name(project: Project, place: Place) -> str:
    """The class that a field belongs to."""
    return project.scope(place.cls).name if isinstance(place, FieldPlace) else ""
