"""Mirrors: what a thread of the process fetches over and over, for this process to answer from.

No request decides what is there. A replica may be behind for a moment; a restart fetches again.
"""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.determined import Determined
from statecheck.detectors.origins import Origins
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

PLAIN = frozenset({"=", "[…] =", ".update()", ".append()", ".extend()", ".add()", ".setdefault()"})


class Mirrors:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._origins = project.once(Origins)

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
        entries, origins = self._project.phases.entries_to(ref), self._origins
        return bool(entries) and all(origins.is_beside(entry) and origins.starts_early(entry) for entry in entries)
