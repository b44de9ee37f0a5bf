"""What background work notes for itself: how far it is, how long it waits before it tries again."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.origins import Origins
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import FieldPlace, Place


class Work:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._origins = project.once(Origins)

    def keeps_to_itself(self, place: Place, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
        """Do only threads, timers and tasks set and read the field of an object?

        What is lost with the process is the work itself, and that is told where the work starts.
        """
        if not isinstance(place, FieldPlace) or any(write.kind != "rebind" for write in writes):
            return False
        return all(map(self._is_of_work, writes)) and all(
            self._is_of_work(read) for read in reads if self._project.phases.runtime(read.ref)
        )

    def _is_of_work(self, access: Access) -> bool:
        entries = self._project.phases.entries_to(access.ref)
        return bool(entries) and all(map(self._origins.is_beside, entries))
