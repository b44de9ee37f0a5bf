"""Is a written place state that processes would have to share? One verdict a place, with the reason for silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.detectors.contexts import is_replaced
from statecheck.detectors.defaults import is_always_given, is_never_filled
from statecheck.detectors.determined import Determined, accesses
from statecheck.detectors.easing import Known, own_to_process
from statecheck.detectors.guards import is_filled_here
from statecheck.detectors.instances import Instances
from statecheck.detectors.latches import is_set_up
from statecheck.detectors.lookalikes import (
    harmless_place,
    harmless_reads,
    harmless_value,
    harmless_writes,
    has_container,
    is_clock,
    is_flag,
    is_unchangeable,
    values,
)
from statecheck.detectors.memos import is_memo_write
from statecheck.detectors.mirrors import Mirrors
from statecheck.detectors.parts import is_making, merged
from statecheck.detectors.places import holder_path, look_alike, place_rule
from statecheck.detectors.programs import Programs
from statecheck.detectors.repeated import is_repeated
from statecheck.detectors.shipped import Outside
from statecheck.detectors.stored import is_lock, is_memo_of_objects, is_object_for_key
from statecheck.model import Level
from statecheck.project.accesses import Access
from statecheck.project.calls import Edge
from statecheck.project.entries import Entry
from statecheck.project.framework_kept import SHORT
from statecheck.project.link import Project
from statecheck.project.phases import GUESS, POSSIBLE, RUNTIME, SURE
from statecheck.project.reads import reads_of
from statecheck.project.values import (
    ConstantValue,
    ContextPlace,
    DefaultPlace,
    FieldPlace,
    GlobalPlace,
    Place,
    ScopeRef,
)
from statecheck.timing import Timed, untimed

DEEP = 3  # attributes and items followed into objects of unknown type before a write stops being evidence
GROUP = 3  # so many plain fields of one object are one cause: the object


class Verdict(NamedTuple):
    """What becomes of one place: the rule it breaks, or "" and why it is silent."""

    place: Place
    rule: str
    severity: Level
    confidence: Level
    reason: str
    writes: tuple[Access, ...] = ()
    made: Access | None = None  # the write that sets the place up, where no binding defines it
    reads: tuple[Access, ...] = ()
    fields: tuple[str, ...] = ()  # for an object with many plain fields: their names


class Judge:
    """Decides for every written place."""

    def __init__(self, project: Project, timed: Timed = untimed) -> None:
        self.project = project
        self._timed = timed
        self.accesses = project.once(accesses)
        self._instances = Instances(project)
        self._writes = merged(project)
        self._determined = project.once(Determined)

    def verdicts(self) -> list[Verdict]:
        """All verdicts in order of place, plain fields of one object taken together."""
        places = sorted(self._writes, key=lambda place: (type(place).__name__, str(place)))
        return list(self._grouped(self._with_readers(list(map(self._judged, places)))))

    def _judged(self, place: Place) -> Verdict:
        """The verdict: its time counts for the rule that such places may break."""
        with self._timed(place_rule(self.project, place)):
            return self.verdict(place)

    def _with_readers(self, verdicts: list[Verdict]) -> list[Verdict]:
        """The verdicts after a look at who reads: that takes a pass over all code, and is done for few places."""
        reads = reads_of(self.project.evaluator, (verdict.place for verdict in verdicts if verdict.rule))
        found = []
        for verdict in verdicts:
            known = verdict._replace(reads=tuple(reads.get(verdict.place, ()))) if verdict.rule else verdict
            reason = harmless_reads(self.project, known.writes, known.reads) if known.rule else ""
            found.append(Verdict(verdict.place, "", "low", "low", reason) if reason else known)
        asked = [Known(verdict.place, verdict.writes, verdict.reads) for verdict in found if verdict.rule]
        low = own_to_process(self.project, asked)
        return [verdict._replace(severity="low") if verdict.place in low else verdict for verdict in found]

    def _grouped(self, verdicts: list[Verdict]) -> Iterator[Verdict]:
        groups: dict[ScopeRef, list[Verdict]] = defaultdict(list)
        for verdict in verdicts:
            if (
                verdict.rule
                and isinstance(verdict.place, FieldPlace)
                and not has_container(self.project, verdict.place)
            ):
                groups[verdict.place.cls].append(verdict)
            else:
                yield verdict
        for group in groups.values():
            if len(group) < GROUP:
                yield from group
                continue
            best = max(
                group,
                key=lambda verdict: (
                    ("low", "medium", "high").index(verdict.confidence),
                    ("low", "medium", "high").index(verdict.severity),
                    -verdict.writes[0].start,
                ),
            )
            writes = tuple(
                sorted(
                    (write for verdict in group for write in verdict.writes), key=lambda write: (write.ref, write.start)
                )
            )
            reads = tuple(read for verdict in group for read in verdict.reads)
            yield best._replace(
                writes=writes, reads=reads, fields=tuple(sorted(verdict.place.name for verdict in group))
            )

    def verdict(self, place: Place) -> Verdict:
        """Is this place state that matters?"""
        silent = Verdict(place, "", "low", "low", "")
        path = holder_path(place)
        if path is not None and not self.project.is_application(path):
            return silent._replace(reason="it is defined in a test, a migration or a set-up script")
        if reason := harmless_place(self.project, place):
            return silent._replace(reason=reason)
        if isinstance(place, ContextPlace) and is_replaced(self.project, place):
            return silent._replace(reason="each request sets a value of its own")
        if is_never_filled(self.project, place, self._writes.get(place, [])):
            return silent._replace(reason="nothing is ever put there")
        live = [write for write in self._writes.get(place, []) if self._counts(place, write)]
        if not live:
            return silent._replace(reason="nothing that runs while the process serves writes to it")
        if reason := harmless_value(self.project, place, look_alike(place_rule(self.project, place))):
            return silent._replace(reason=reason)
        kept = [write for write in live if self._is_kept(place, write)]
        if not kept:
            return silent._replace(reason="the object that holds it does not outlive a request")
        proved = [write for write in kept if self.project.phases.runtime(write.ref)] or kept
        if reason := harmless_writes(self.project, place, proved):
            return silent._replace(reason=reason)
        if self.project.once(Programs).are_apart(proved):
            return silent._replace(reason="it belongs to a program beside the one that serves")
        if is_repeated(self.project, self._determined, place, proved):
            return silent._replace(reason="every process comes to the same: the program and its settings determine it")
        if is_set_up(self.project, self._determined, proved):
            return silent._replace(reason="it is set up once, on first use, and no request decides what it holds")
        return self._judge(place, proved)

    def _counts(self, place: Place, write: Access) -> bool:
        """Can the write run while the process serves, and is it more than the making of the object?"""
        function = self.project.tables.function_around(write.ref)
        if not self.project.is_application(write.ref.path):
            return False
        if self.project.scope(function).kind == "module" and not self.project.phases.runtime(function):
            return False
        if (write.depth >= DEEP and not write.sure) or is_making(self.project, place, write):
            return False
        if write.kind != "rebind" and is_unchangeable(values(self.project, place)):
            return False
        if isinstance(place, DefaultPlace) and (
            write.kind == "clear" or is_filled_here(self.project, write) or is_always_given(self.project, place)
        ):
            return False  # the default, or an empty one, never comes this way
        reached = self.project.phases.of(function)
        live = any(phase in reached for phase in RUNTIME) and not self.project.phases.is_start_up_of_child(function)
        return not reached or live

    def _is_kept(self, place: Place, write: Access) -> bool:
        lifetimes = self.project.lifetimes
        if isinstance(place, FieldPlace):
            if any(lifetimes.keeps(via) for via in write.via):
                return True
            holder = lifetimes.holder(place.cls)
            if write.via or holder is None:
                return False
            if not SHORT.isdisjoint(lifetimes.lives(place.cls)) and not isinstance(holder.place, GlobalPlace):
                return False  # many rows come and go beside the one that a class keeps
            return self._instances.concerns_kept(place, self.project.tables.function_around(write.ref))
        return lifetimes.keeps(place)

    def _certainty(self, place: Place, write: Access) -> int:
        runtime = self.project.phases.runtime(write.ref)
        if write.sure:
            return runtime
        held = values(self.project, place)
        only_none = bool(held) and all(isinstance(value, ConstantValue) for value in held)
        return min(runtime, GUESS if only_none or (write.depth == 0 and write.how.startswith(".")) else POSSIBLE)

    def _judge(self, place: Place, writes: Sequence[Access]) -> Verdict:
        sure = max(self._certainty(place, write) for write in writes)
        confidence: Level = "high" if sure == SURE else "medium" if sure == POSSIBLE else "low"
        live = [write for write in writes if self._certainty(place, write) == sure]
        rest = [write for write in writes if write not in live and self.project.phases.runtime(write.ref)]
        rule, severity = place_rule(self.project, place, writes), self._severity(place, writes, live)
        memo = [write for write in writes if is_memo_write(self.project, write, writes)]
        if any(is_object_for_key(self.project, write) for write in writes):
            memo = []
        if memo and all(write.kind == "clear" or write in memo or _is_unsure_deep(write) for write in writes):
            changing = any(self.project.once(Outside).can_change(write.ref) for write in memo)
            objects = all(is_memo_of_objects(self.project, write) for write in memo)
            locks = all(is_lock(self.project, write) for write in memo)
            rule = rule if locks else "process-cache"
            severity = "medium" if changing and not objects and self._is_proven(live) else "low"
        made = next(
            (
                write
                for write in self._writes[place]
                if write.kind == "rebind" and write not in writes and self.project.is_application(write.ref.path)
            ),
            None,
        )
        return Verdict(place, rule, severity, confidence, "", (*live, *rest), made)

    def _severity(self, place: Place, writes: Sequence[Access], live: Sequence[Access]) -> Level:
        if all(is_clock(self.project, write) for write in writes) or self.project.once(Mirrors).is_mirror(writes):
            return "low"
        if isinstance(place, FieldPlace) and all(is_flag(self.project, write) for write in writes):
            return "low"  # a lifecycle flag of the object: started, stopping
        if not self._is_proven(live):
            return "low"
        if not all(write.kind == "rebind" for write in writes):
            return "high"
        # A value put somewhere by code that only a foreign decorator or base class may call is wiring nearly always.
        return "medium" if any(self._is_sure_or_public(write) for write in writes) else "low"

    def _is_proven(self, writes: Sequence[Access]) -> bool:
        """Is a write sure, or called by nobody here, or does an entry point or a decorator's registration lead to it?

        What only a foreign base class may call is set-up more often than not.
        """
        return any(self._is_sure_or_public(write) or self._is_registered(write) for write in writes)

    def _is_sure_or_public(self, write: Access) -> bool:
        """The callers of what nobody here calls are elsewhere: the confidence speaks of them."""
        if self._certainty(write.place, write) == SURE or not self.project.phases.runtime(write.ref):
            return True
        return write.sure and self._is_dispatched(write)

    def _is_dispatched(self, write: Access) -> bool:
        """Does an entry point call it by a name of its own making: ``getattr(self, path)()``?"""
        chain = self.project.phases.chain(write.ref)
        return isinstance(next(iter(chain), None), Entry) and all(
            isinstance(step, Edge) and step.via != "callback" for step in chain[1:]
        )

    def _is_registered(self, write: Access) -> bool:
        phases, tables = self.project.phases, self.project.tables
        if phases.entries_to(write.ref):
            return True
        chain = phases.chain(write.ref)
        first = chain[0].caller if chain and isinstance(chain[0], Edge) else tables.function_around(write.ref)
        return bool(self.project.scope(first).decorators)


def _is_unsure_deep(write: Access) -> bool:
    """Is something of unknown type changed that may have come out of the place: a copy of it, as likely as not?"""
    return write.depth > 0 and not write.sure
