"""Everything known about the state at one line: writes, reads, phases, holders, and why it is reported or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from statecheck.detectors.flow import labels, sentence
from statecheck.detectors.judge import Judge, Verdict
from statecheck.detectors.lookalikes import values
from statecheck.detectors.state import definition, symbol
from statecheck.model import Finding
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.phases import GUESS, POSSIBLE, SURE
from statecheck.project.reads import reads_of
from statecheck.project.values import (
    CellPlace,
    ClassPlace,
    ClassValue,
    ConstantValue,
    ContainerValue,
    ContextPlace,
    DefaultPlace,
    FieldPlace,
    Foreign,
    ForeignInstance,
    ForeignPlace,
    FunctionPlace,
    FunctionValue,
    GlobalPlace,
    Instance,
    ModuleValue,
    Place,
    ScopeRef,
    Value,
)

KINDS = {
    GlobalPlace: "module variable",
    ClassPlace: "class attribute",
    FieldPlace: "field of an object",
    ForeignPlace: "attribute of a framework object",
    CellPlace: "captured local variable",
    DefaultPlace: "default value of a parameter",
    FunctionPlace: "attribute of a function",
    ContextPlace: "default of a context variable",
}
SURENESS = {SURE: "", POSSIBLE: " (possibly)", GUESS: " (a guess)"}


def explain(project: Project, path: str, line: int, findings: Sequence[Finding]) -> str:
    """What is known of the states defined or written at a line, and of the function that the line stands in."""
    judge = Judge(project)
    verdicts = [verdict for verdict in judge.verdicts() if _touches(project, verdict, judge, path, line)]
    parts = [_function(project, path, line)]
    reads = reads_of(judge.project.evaluator, (verdict.place for verdict in verdicts))
    writes = judge.accesses.writes
    parts += [
        "\n".join(_place(project, verdict, writes.get(verdict.place, ()), reads.get(verdict.place, ())))
        for verdict in verdicts
    ]
    here = [
        finding
        for finding in findings
        if finding.location.path == path and finding.location.line <= line <= finding.location.end_line
    ]
    parts += [
        f"reported here: {finding.name} ({finding.severity} severity, {finding.confidence} confidence): "
        f"{finding.message}"
        for finding in here
    ]
    if not verdicts and not here:
        parts.append("no state is defined or written on this line")
    return "\n\n".join(part for part in parts if part) + "\n"


def _touches(project: Project, verdict: Verdict, judge: Judge, path: str, line: int) -> bool:
    writes = judge.accesses.writes.get(verdict.place, ())
    for write in writes:
        place = project.location(write.ref.path, write.start, write.end)
        if place.path == path and place.line <= line <= place.end_line:
            return True
    if not writes:
        return False
    where = definition(project, verdict if verdict.writes else verdict._replace(writes=tuple(writes)))
    return where.path == path and where.line <= line <= where.end_line


def _function(project: Project, path: str, line: int) -> str:
    """When the function around the line runs."""
    facts = project.files.get(path)
    if facts is None:
        return f"{path} is not part of the analysis"
    inside = [
        scope
        for scope in facts.scopes
        if scope.kind == "def"
        and project.location(path, scope.pos, scope.pos + 1).line
        <= line
        <= project.location(path, scope.body_end, scope.body_end).line
    ]
    if not inside:
        return f"{path}:{line} runs when the module is imported"
    ref = ScopeRef(path, inside[-1].index)
    return f"{path}:{line} stands in `{inside[-1].qualname}`, which {_phases(project, ref)}"


def _phases(project: Project, ref: ScopeRef) -> str:
    reached = project.phases.of(ref)
    if not reached:
        return "nothing is known to call"
    parts = [f"{phase}{SURENESS[reach.certainty]}" for phase, reach in reached.items()]
    entries = labels(project.phases.entries_to(ref))
    return f"can run in phase {sentence(parts)}" + (f", from {sentence(entries)}" if entries else "")


def _place(project: Project, verdict: Verdict, writes: Sequence[Access], reads: Sequence[Access]) -> Iterator[str]:
    place = verdict.place
    yield f"{symbol(project, place)}: {KINDS[type(place)]}"
    held = list(dict.fromkeys(_value(project, value) for value in values(project, place)))
    if held:
        yield f"  holds     {sentence(held)}"
    yield f"  lives     {_lifetime(project, place)}"
    yield f"  verdict   {_verdict(verdict)}"
    yield from _accesses(project, "write", writes)
    yield from _accesses(project, "read", reads)


def _verdict(verdict: Verdict) -> str:
    if not verdict.rule:
        return f"silent: {verdict.reason}"
    return f"{verdict.rule}, {verdict.severity} severity, {verdict.confidence} confidence"


def _lifetime(project: Project, place: Place) -> str:
    if not project.lifetimes.keeps(place):
        return "no longer than the object or call that holds it"
    if isinstance(place, FieldPlace) and (holder := project.lifetimes.holder(place.cls)):
        where = project.location(holder.path, holder.pos, holder.pos + 1)
        by = f"{holder.why} `{symbol(project, holder.place)}`" if holder.place is not None else holder.why
        return f"as long as the process: {by} ({where.path}:{where.line})"
    return "as long as the process"


def _accesses(project: Project, kind: str, accesses: Iterable[Access]) -> Iterator[str]:
    for access in sorted(accesses, key=lambda access: (access.ref.path, access.start)):
        where = project.location(access.ref.path, access.start, access.end)
        function = project.tables.function_around(access.ref)
        scope = project.scope(function)
        when = "runs at import" if scope.kind == "module" else _phases(project, function)
        how = f" by `{access.how}`" if access.how else ""
        yield f"  {kind:9} {where.path}:{where.line}{how} in `{scope.qualname or 'module level'}`, which {when}"


def _value(project: Project, value: Value) -> str:
    if isinstance(value, Instance):
        return f"an object of `{project.qualified(value.cls)}`"
    if isinstance(value, ClassValue):
        return f"the class `{project.qualified(value.ref)}`"
    if isinstance(value, FunctionValue):
        return f"the function `{project.qualified(value.ref)}`"
    if isinstance(value, ForeignInstance):
        return f"what `{value.name}` gives"
    if isinstance(value, ContainerValue):
        return f"a {value.kind.removeprefix('builtins.')}"
    if isinstance(value, Foreign):
        return f"`{value.name}`"
    if isinstance(value, ModuleValue):
        return f"the module `{project.modules.name(value.path)}`"
    return "a constant" if isinstance(value, ConstantValue) else "something unknown"
