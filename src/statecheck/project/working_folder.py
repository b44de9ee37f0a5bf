"""Where a relative path starts: in the folder that the code itself has gone to."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.facts.ir import Call
from statecheck.project.link import Project
from statecheck.project.paths import CHANGES_FOLDER
from statecheck.project.sources import Located
from statecheck.project.values import Foreign, ScopeRef


class WorkingFolders:
    """The changes of the working folder, by the function they stand in."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._changes: dict[ScopeRef, tuple[Located, ...]] = {}

    def before(self, at: Located) -> Iterator[Located]:
        """What the function of ``at`` has changed to before it, or a method of its class at any time."""
        scope = self._project.scope(at.ref)
        for change in self._of(at.ref):
            if change.expr.pos < at.expr.pos:
                yield change
        if scope.kind == "def" and scope.parent >= 0:
            owner = ScopeRef(at.ref.path, scope.parent)
            if self._project.scope(owner).kind == "class":
                for event in self._project.scope(owner).events:
                    if event.op == "def" and event.ref != at.ref.scope:
                        yield from self._of(ScopeRef(at.ref.path, event.ref))

    def _of(self, ref: ScopeRef) -> tuple[Located, ...]:
        if ref not in self._changes:
            self._changes[ref] = tuple(self._read(ref))
        return self._changes[ref]

    def _read(self, ref: ScopeRef) -> Iterator[Located]:
        for event in self._project.scope(ref).events:
            if event.op in ("expr", "with") and isinstance(event.value, Call) and event.value.args:
                for item in self._project.evaluator.evaluate(ref, event.value.func, event.region):
                    if isinstance(item.value, Foreign) and item.value.name in CHANGES_FOLDER:
                        yield Located(ref, event.value.args[0], event.region)
