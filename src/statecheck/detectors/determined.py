"""Values that the program and its settings determine: any process that runs the same code comes to the same ones.

What a request, a row, a file, the network, the clock or chance decides is not determined, and neither is anything that
cannot be told. The question is asked of expressions; a variable is determined when all that is put there is.
"""

from __future__ import annotations

from collections.abc import Iterable

from statecheck.detectors.question import Question
from statecheck.detectors.things import OWN_TO_ONE, UNDETERMINED
from statecheck.facts.ir import (
    Expr,
)
from statecheck.project.accesses import Access, Accesses
from statecheck.project.effects import effects_of
from statecheck.project.link import Project
from statecheck.project.values import (
    ScopeRef,
)


class Determined:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._effects = project.once(effects_of)

    def write(self, write: Access) -> bool:
        """Is all that the write stores, the key it stores it under and the conditions around it determined?"""
        question = self._question()
        return question.stored_anew(write) and question.conditions(write.ref, write.event.region)

    def expressions(self, ref: ScopeRef, exprs: Iterable[Expr], region: int) -> bool:
        """Are the values of expressions determined, and the conditions under which the region runs?"""
        question = self._question()
        return all(question.expr(ref, expr, region) for expr in exprs) and question.conditions(ref, region)

    def fetched(self, write: Access) -> bool:
        """Is it determined, or asked for from outside: files, the network, a database, the clock, libraries?

        Then no request decides it, and a process that asks again comes to the same or to something newer.
        """
        return self._question(OWN_TO_ONE).stored_anew(write)

    def fetched_once(self, write: Access) -> bool:
        """The same of a write that runs once in a process: what other requests made once counts as well."""
        return self._question(OWN_TO_ONE, by_requests=True).stored(write)

    def _question(self, undetermined: frozenset[str] = UNDETERMINED, by_requests: bool = False) -> Question:
        writes = self._project.once(accesses).writes
        return Question(self._project, self._effects, writes, undetermined, by_requests)


def accesses(project: Project) -> Accesses:
    """The writes and reads of a project, collected once for all detectors."""
    return Accesses(project.evaluator)
