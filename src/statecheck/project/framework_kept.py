"""Objects that frameworks keep for the life of the process, though no variable of the tree holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from statecheck.facts.ir import Attr, Sub
from statecheck.project.evaluate import Evaluator
from statecheck.project.phases import SETUP, SURE, Phases
from statecheck.project.values import ClassValue, ScopeRef

SHORT = frozenset({"request", "row", "thread"})
SETUP_SIDE = frozenset(SETUP)
FRAMEWORK = "the framework keeps one instance"


class Kept(NamedTuple):
    """A class of which something unseen keeps an instance; ``path``/``pos`` is where that shows."""

    cls: ScopeRef
    path: str
    pos: int
    why: str
    once: bool = False  # all who make one get the same


class FrameworkKept:
    """Answers for one project."""

    def __init__(self, evaluator: Evaluator, phases: Phases) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._phases = phases
        known = [row for rows in evaluator.knowledge.entries.values() for row in rows]
        self._jobs = frozenset(
            (row.framework, row.entry.id)
            for row in known
            if row.entry.match == "decorator" and not row.entry.beside and not row.entry.own_process
        )

    def find(self) -> Iterator[Kept]:
        """By base classes, by bound methods that are handed over, and by metaclasses."""
        classes = self._evaluator.classes
        passing = {cls for cls in classes.refs if self._runs_beside(cls) and self._is_made_for_requests(cls)}
        for cls in classes.refs:
            if cls not in passing and self._is_kept_by_base(cls):
                yield Kept(cls, cls.path, self._tables.scope(cls).pos, FRAMEWORK)

        for entry in self._phases.entries:
            made = self._tables.class_around(entry.ref)
            if not entry.kept or made is None:
                continue
            passes = made in passing or self._phases.is_made_anew(made)
            if not (self._is_passing(entry.where, made) if entry.where else passes):
                yield Kept(made, entry.path, entry.pos, FRAMEWORK)

        for cls in classes.refs:
            if self._is_kept_by_metaclass(cls):
                yield Kept(cls, cls.path, self._tables.scope(cls).pos, "its metaclass keeps one instance", True)

    def _is_kept_by_base(self, cls: ScopeRef) -> bool:
        lives = lives_of(self._evaluator, cls)
        if "process" in lives and not is_short(lives):
            return True
        knowledge = self._evaluator.knowledge
        return any(
            known.entry.instance == "process"
            for base in self._evaluator.classes.info(cls).foreign
            for known in knowledge.subclass_entries(base)
        )

    def _runs_beside(self, cls: ScopeRef) -> bool:
        """Is it a thread or a process of its own, which is gone when its work is done?"""
        knowledge = self._evaluator.knowledge
        return "process" in lives_of(self._evaluator, cls) and any(
            known.entry.beside or known.entry.own_process
            for base in self._evaluator.classes.info(cls).foreign
            for known in knowledge.subclass_entries(base)
        )

    def _is_made_for_requests(self, cls: ScopeRef) -> bool:
        """Do requests make all objects of the class? Then only what stores one keeps it."""
        makers = [
            site.caller
            for each in (cls, *self._evaluator.classes.subclasses(cls))
            for site in self._phases.makers(each)
            if not self._phases.is_apart(site.caller.path)
        ]
        return bool(makers) and all(map(self._is_request, makers))

    def _is_request(self, maker: ScopeRef) -> bool:
        """Is it sure that requests or jobs run the code, and start-up does not?

        Threads make others for as long as they run.
        """
        reached = self._phases.of(maker)
        if not SETUP_SIDE.isdisjoint(reached):
            return False
        if "request" in reached:
            return reached["request"].certainty == SURE
        return "worker" in reached and reached["worker"].certainty == SURE and self._is_job(maker)

    def _is_job(self, maker: ScopeRef) -> bool:
        """Do only jobs run the code, each with a beginning and an end?"""
        entries = self._phases.entries_to(maker)
        return bool(entries) and all((entry.framework, entry.id) in self._jobs for entry in entries)

    def _is_passing(self, maker: ScopeRef, made: ScopeRef) -> bool:
        """Does the code that hands an object over run for requests or jobs, or in tests alone?

        What nothing is known to call does not run while the process starts, as far as anybody can tell: what it makes
        and hands over is gone with the call.
        """
        reached = self._phases.of(maker)
        if not reached:
            around = self._tables.function_around
            return any(around(site.caller) == around(maker) for site in self._phases.makers(made))
        return bool(self._phases.runtime(maker)) or set(reached) == {"test"}

    def _is_kept_by_metaclass(self, cls: ScopeRef) -> bool:
        """A metaclass whose ``__call__`` stores what it makes: a singleton."""
        scope = self._tables.scope(cls)
        for keyword in scope.keywords:
            for item in (
                self._evaluator.evaluate(ScopeRef(cls.path, scope.parent), keyword.value)
                if keyword.name == "metaclass"
                else ()
            ):
                call = (
                    self._evaluator.classes.method(item.value.ref, "__call__")
                    if isinstance(item.value, ClassValue)
                    else None
                )
                if call and any(
                    isinstance(target, (Sub, Attr))
                    for event in self._tables.scope(call).events
                    for target in event.targets
                ):
                    return True
        return False


def lives_of(evaluator: Evaluator, cls: ScopeRef) -> frozenset[str]:
    """What the models say of how long an instance lives, by the foreign bases of the class."""
    return frozenset(lives for base in evaluator.classes.info(cls).foreign for lives in evaluator.knowledge.lives(base))


def is_short(lives: frozenset[str]) -> bool:
    """Do the models say that an instance goes with the request? Declared attributes alone mean data objects."""
    return not lives.isdisjoint(SHORT) or ("declarative" in lives and "process" not in lives)
