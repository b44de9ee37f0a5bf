"""Mirrors: what a thread of the process fetches over and over, for this process to answer from.

No request decides what is there. A replica may be behind for a moment; a restart fetches again.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from statecheck.detectors.determined import Determined
from statecheck.project.accesses import Access
from statecheck.project.entries import Entry
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

PLAIN = frozenset({"=", "[…] =", ".update()", ".append()", ".extend()", ".add()", ".setdefault()"})


class Mirrors:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        known = [row for rows in project.knowledge.entries.values() for row in rows]
        self._beside = frozenset((row.framework, row.entry.id) for row in known if row.entry.beside)

    def is_mirror(self, writes: Sequence[Access]) -> bool:
        """Do only threads that run since start-up write, and only what they have fetched?"""
        storing = [write for write in writes if write.kind != "clear"]
        return (
            bool(storing)
            and all(write.how in PLAIN for write in storing)
            and all(self._is_beside(write.ref) for write in writes)
            and all(map(self._project.once(Determined).fetched, storing))
        )

    def _is_beside(self, ref: ScopeRef) -> bool:
        entries = self._project.phases.entries_to(ref)
        return bool(entries) and all(
            (entry.framework, entry.id) in self._beside and self._starts_early(entry) for entry in entries
        )

    def _starts_early(self, entry: Entry) -> bool:
        """Is the thread made, or the function registered, before the first request?"""
        project = self._project
        cls = project.tables.class_around(entry.ref)
        makers = [self._around(entry)]
        if cls is not None and makers[0] == replace(entry.ref, scope=0):  # a subclass is told where objects are made
            makers = [
                site.caller
                for each in (cls, *project.evaluator.classes.subclasses(cls))
                for site in project.graph.made.get(each, ())
                if project.is_application(site.caller.path)
            ]
        return bool(makers) and not any(map(project.phases.runtime, makers))

    def _around(self, entry: Entry) -> ScopeRef:
        """The function, or the module, that the registration stands in."""
        found = ScopeRef(entry.path, 0)
        for scope in self._project.files[entry.path].scopes:
            if scope.kind == "def" and scope.pos < entry.pos < scope.body_end and scope.pos != entry.pos:
                found = ScopeRef(entry.path, scope.index)
        return found
