"""State held in the process: module variables, class attributes, fields of long-lived objects, captured locals.

A place counts when something lives there beyond one request and code that runs while the process serves writes to it.
Import time and start-up do not count, nor do values that any process can make again on first use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.detectors.api import Context
from statecheck.detectors.flow import call_steps, labels, sentence
from statecheck.detectors.guards import is_set_once, is_memo_write
from statecheck.facts.ir import Const, Expr
from statecheck.model import Finding, Level, Location, Step
from statecheck.project.accesses import Access, Accesses
from statecheck.project.effects import Effects
from statecheck.project.entries import Entry
from statecheck.project.link import Project
from statecheck.project.phases import GUESS, POSSIBLE, SURE
from statecheck.project.values import (
    CellPlace, ClassPlace, ContainerValue, DefaultPlace, FieldPlace, ForeignInstance, ForeignPlace, FunctionPlace,
    GlobalPlace, Instance, Place,
)
from statecheck.rules.schema import Rule

CONSTRUCTORS = ("__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__setstate__", "__getstate__")
WRITES_SHOWN = 3
READS_SHOWN = 2
CHANGING_EFFECTS = frozenset({"io", "db", "network", "time", "random", "storage"})


class Verdict(NamedTuple):
    """What the detector makes of one place: the rule it breaks, or why it is silent."""

    place: Place
    rule: str  # "" for silent
    severity: Level
    confidence: Level
    reason: str
    writes: tuple[Access, ...] = ()


def detect(rules: Sequence[Rule], context: Context) -> Iterable[Finding]:
    """One finding for every place that requests or jobs write to."""
    by_name = {rule.name: rule for rule in rules}
    judge = Judge(context.project)
    verdicts = [verdict for verdict in judge.verdicts() if verdict.rule in by_name]
    reads = judge.accesses.reads(verdict.place for verdict in verdicts)
    for verdict in verdicts:
        yield report(context.project, by_name[verdict.rule], verdict, reads.get(verdict.place, []))


class Judge:
    """Decides for every written place whether it is state."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.accesses = Accesses(project.evaluator, project.lifetimes)
        self._effects = Effects(project.graph, project.knowledge)

    def verdicts(self) -> Iterator[Verdict]:
        """A verdict for each place that anything writes to, in order of place."""
        places = sorted(self.accesses.writes, key=lambda place: (type(place).__name__, str(place)))
        for place in places:
            yield self.verdict(place)

    def verdict(self, place: Place) -> Verdict:
        """Is this place state that matters?"""
        writes = self.accesses.writes.get(place, [])
        silent = Verdict(place, "", "low", "low", "")
        path = holder_path(place)
        if path is not None and not self.project.is_application(path):
            return silent._replace(reason="it is defined in a test, a migration or a set-up script")
        if reason := self._harmless_place(place):
            return silent._replace(reason=reason)
        live = [write for write in writes if self._counts(place, write)]
        if not live:
            return silent._replace(reason="nothing that runs while the process serves writes to it")
        if reason := self._harmless_value(place):
            return silent._replace(reason=reason)
        kept = [write for write in live if self._is_kept(place, write)]
        if not kept:
            return silent._replace(reason="the object that holds it does not outlive a request")
        if reason := self._harmless_writes(place, kept):
            return silent._replace(reason=reason)
        return self._judge(place, kept)

    def _counts(self, place: Place, write: Access) -> bool:
        """Can the write run while the process serves, and is it more than the making of the object?"""
        function = self.project.tables.function_around(write.ref)
        scope = self.project.scope(function)
        if scope.kind == "module" or not self.project.is_application(write.ref.path):
            return False
        if isinstance(place, FieldPlace) and write.kind == "rebind" and scope.name in CONSTRUCTORS:
            return False
        reached = self.project.phases.of(function)
        return not reached or any(phase in reached for phase in ("request", "worker"))

    def _is_kept(self, place: Place, write: Access) -> bool:
        lifetimes = self.project.lifetimes
        if isinstance(place, FieldPlace):
            if any(lifetimes.keeps(via) for via in write.via):
                return True
            return not write.via and lifetimes.holder(place.cls) is not None
        return lifetimes.keeps(place)

    def _harmless_place(self, place: Place) -> str:
        lifetimes = self.project.lifetimes
        if isinstance(place, ClassPlace):
            if "declarative" in lifetimes.lives(place.cls):
                return "the attribute is a declaration of its framework"
        if isinstance(place, FieldPlace) and "thread" in lifetimes.lives(place.cls):
            return "each thread or request has its own"
        if place.name.startswith("__") and place.name.endswith("__"):
            return "it belongs to Python's own protocols"
        return ""

    def _harmless_value(self, place: Place) -> str:
        """What the place holds is something that any process makes again: a client, a logger, a metric, a local."""
        for item in self.values(place):
            if not isinstance(item, ForeignInstance):
                continue
            lives = self.project.knowledge.lives(item.name)
            if "shared" in lives:
                return f"`{item.name}` keeps its data outside the process"
            if not lives.isdisjoint(("thread", "request")):
                return f"`{item.name}` is not shared by requests"
            rows = self.project.knowledge.safe("call", item.name)
            if any("*" in row.suppresses or place_rule(place, ()) in row.suppresses for row in rows):
                return f"`{item.name}` can be made again by any process"
        return ""

    def values(self, place: Place) -> list[object]:
        """What the place can hold."""
        evaluator = self.project.evaluator
        if isinstance(place, GlobalPlace):
            return [item.value for item in evaluator.member(place.path, place.name) if item.place == place]
        if isinstance(place, FieldPlace):
            stores = evaluator.classes.field_stores(place.cls, place.name)
            return [item.value for store in stores if store.value is not None
                    for item in evaluator.evaluate(store.ref, store.value, store.event.region)]
        if isinstance(place, ClassPlace):
            bindings = self.project.tables.files[place.cls.path].bindings.get((place.cls.scope, place.name), [])
            return [item.value for binding in bindings for item in evaluator.binding(place.cls.path, binding)]
        if isinstance(place, CellPlace):
            bindings = self.project.tables.files[place.function.path].bindings.get((place.function.scope, place.name), [])
            return [item.value for binding in bindings for item in evaluator.binding(place.function.path, binding)]
        return []

    def _harmless_writes(self, place: Place, writes: Sequence[Access]) -> str:
        rebinds = [write for write in writes if write.kind == "rebind"]
        if len(rebinds) == len(writes) and all(is_set_once(self.project, write) for write in rebinds):
            return "it is set once, on first use"
        return ""

    def _judge(self, place: Place, writes: Sequence[Access]) -> Verdict:
        sure = max((self.project.phases.runtime(write.ref) if write.sure else min(POSSIBLE, self.project.phases.runtime(write.ref))
                    for write in writes), default=0)
        confidence: Level = "high" if sure == SURE else "medium" if sure == POSSIBLE else "low"
        live = [write for write in writes if self.project.phases.runtime(write.ref) >= (sure or GUESS)] or list(writes)
        rule = place_rule(place, writes)
        severity: Level = "medium" if rule == "rebound-global" else "high"
        memo = [write for write in writes if is_memo_write(self.project, write)]
        if memo and all(write.kind == "clear" or write in memo for write in writes):
            rule = "process-cache"
            severity = "medium" if any(CHANGING_EFFECTS & self._effects.of(write.ref) for write in memo) else "low"
        return Verdict(place, rule, severity, confidence, "", tuple(live))


def place_rule(place: Place, writes: Sequence[Access]) -> str:
    """The rule that a write to such a place breaks."""
    if isinstance(place, GlobalPlace):
        return "rebound-global" if writes and all(write.kind == "rebind" for write in writes) else "mutated-global"
    return "class-state" if isinstance(place, ClassPlace) else "singleton-state"


def holder_path(place: Place) -> str | None:
    """The file that the place stands in; None for an attribute of a foreign object."""
    if isinstance(place, GlobalPlace):
        return place.path
    if isinstance(place, (ClassPlace, FieldPlace)):
        return place.cls.path
    return None if isinstance(place, ForeignPlace) else place.function.path


def symbol(project: Project, place: Place) -> str:
    """The dotted name of a place."""
    if isinstance(place, GlobalPlace):
        return f"{project.modules.name(place.path)}.{place.name}"
    if isinstance(place, (ClassPlace, FieldPlace)):
        return project.qualified(place.cls, place.name)
    if isinstance(place, ForeignPlace):
        return f"{place.owner.rpartition('.')[2].lower()}.{place.name}"
    return project.qualified(place.function, place.name)


def definition(project: Project, place: Place, writes: Sequence[Access]) -> Location:
    """Where the state is defined: its first binding; for an attribute of a foreign object, the first write."""
    key = {GlobalPlace: lambda: (place.path, 0), ClassPlace: lambda: (place.cls.path, place.cls.scope),  # type: ignore[union-attr]
           CellPlace: lambda: (place.function.path, place.function.scope),  # type: ignore[union-attr]
           DefaultPlace: lambda: (place.function.path, place.function.scope)}.get(type(place))  # type: ignore[union-attr]
    if key is not None:
        path, scope = key()
        bindings = project.tables.files[path].bindings.get((scope, place.name))
        if bindings:
            return project.location(path, bindings[0].pos, bindings[0].pos + len(place.name))
    if isinstance(place, FieldPlace):
        stores = project.evaluator.classes.field_stores(place.cls, place.name)
        makers = [store for store in stores if project.scope(store.ref).name in CONSTRUCTORS]
        if stores:
            store = (makers or stores)[0]
            return project.location(store.ref.path, store.event.pos, store.event.end)
    first = writes[0]
    return project.location(first.ref.path, first.start, first.end)


def report(project: Project, rule: Rule, verdict: Verdict, reads: Sequence[Access]) -> Finding:
    """The finding for a place: definition, then the way to each write, then who reads."""
    name = symbol(project, verdict.place)
    where = definition(project, verdict.place, verdict.writes)
    writers = entries_of(project, verdict.writes)
    readers = entries_of(project, reads)
    steps = [Step("definition", where, f"`{verdict.place.name}` is defined here")]
    for number, write in enumerate(verdict.writes[:WRITES_SHOWN]):
        if number == 0:
            steps += call_steps(project, write.ref)
        steps.append(Step("write", project.location(write.ref.path, write.start, write.end), _write_message(project, write)))
    for write in verdict.writes[WRITES_SHOWN:]:
        steps.append(Step("write", project.location(write.ref.path, write.start, write.end), _write_message(project, write)))
    written = {(write.ref, write.event.pos) for write in verdict.writes}
    shown = [read for read in reads if (read.ref, read.event.pos) not in written and project.phases.runtime(read.ref)]
    for read in shown[:READS_SHOWN]:
        steps.append(Step("read", project.location(read.ref.path, read.start, read.end), f"read in `{project.scope(read.ref).qualname}`"))
    return Finding(
        rule=rule.code, name=rule.name, family=rule.family, severity=verdict.severity, confidence=verdict.confidence,
        location=where, symbol=name, message=_message(project, rule, verdict, writers, readers), instead=rule.instead,
        harm=rule.harm, entry_points=tuple(dict.fromkeys((*labels(writers), *labels(readers)))), flow=tuple(steps))


def entries_of(project: Project, accesses: Iterable[Access]) -> list[Entry]:
    """The entry points from which any of the accesses is reached."""
    found: dict[Entry, None] = {}
    for access in accesses:
        found.update(dict.fromkeys(project.phases.entries_to(access.ref)))
        if len(found) > 8:
            break
    return list(found)


def _write_message(project: Project, write: Access) -> str:
    verb = {"rebind": "replaced", "clear": "emptied or shortened"}.get(write.kind, "changed")
    return f"{verb} by `{write.how}` in `{project.scope(write.ref).qualname or 'module level'}`"


def _message(project: Project, rule: Rule, verdict: Verdict, writers: Sequence[Entry], readers: Sequence[Entry]) -> str:
    functions = dict.fromkeys(f"`{project.scope(project.tables.function_around(write.ref)).qualname}`" for write in verdict.writes)
    by = sentence(labels(writers, 3)) or sentence(list(functions)[:3])
    values: Mapping[str, str] = {
        "symbol": verdict.place.name, "writers": by, "readers": sentence(labels(readers, 3)) or "later requests",
        "entries": sentence(labels([*writers, *readers], 4)) or by, "harm": rule.harm or "split", "form": "", "detail": "",
    }
    return rule.message.format_map(values)


def is_constant(value: Expr | None) -> bool:
    """Is the expression a literal?"""
    return isinstance(value, Const)


__all__ = ["ContainerValue", "FunctionPlace", "Instance", "Judge", "Verdict", "detect"]
