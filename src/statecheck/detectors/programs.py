"""Programs beside the one that serves: a client that a person runs, a module that nothing loads."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.origins import Origins
from statecheck.detectors.serving import Serving
from statecheck.facts.ir import Const
from statecheck.project.accesses import Access
from statecheck.project.conditions import is_main_guard
from statecheck.project.effects import effects_of
from statecheck.project.entries import Entry
from statecheck.project.link import Project
from statecheck.project.phases import RUNTIME
from statecheck.project.settings import Settings
from statecheck.project.values import ScopeRef

SETTING_OUT = ("import", "cli")


class Programs:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._origins = project.once(Origins)
        loaded = project.once(Serving).is_loaded
        self._serves = any(entry.phase in RUNTIME and loaded(entry.path) for entry in project.phases.entries)
        self._is_told = not project.once(effects_of).doing("loading")
        self._apart: dict[str, bool] = {}

    def are_apart(self, writes: Sequence[Access]) -> bool:
        """Do only threads and callbacks write that are set out in files which nothing that serves ever loads?"""
        if not self._serves:
            return False  # it may be a program that works for others by means that we do not know
        entries = [entry for write in writes for entry in self._project.phases.entries_to(write.ref)]
        return bool(entries) and all(map(self._is_apart, entries)) and all(map(self._is_reached, writes))

    def _is_reached(self, write: Access) -> bool:
        return bool(self._project.phases.entries_to(write.ref)) or not self._project.phases.runtime(write.ref)

    def _is_apart(self, entry: Entry) -> bool:
        return self._origins.is_beside(entry) and self._is_file_apart(entry.path)

    def _is_file_apart(self, path: str) -> bool:
        if path not in self._apart:
            loaded = self._project.once(Serving).is_loaded(path) or self._may_be_loaded(path)
            self._apart[path] = not loaded and not self._goes_on(path)
        return self._apart[path]

    def _may_be_loaded(self, path: str) -> bool:
        """Can a plug-in loader or a framework find the module by its name? A script is run as it stands."""
        if any(region.scope == 0 and is_main_guard(region) for region in self._project.files[path].regions):
            return False
        is_package = path.endswith("__init__.py")
        return is_package or not self._is_told or bool(self._project.once(Settings).modules.production)

    def _goes_on(self, path: str) -> bool:
        """Does the program itself run until it is stopped: ``while True`` without a way out, outside its threads?"""
        facts = self._project.files[path]
        for index, region in enumerate(facts.regions):
            if region.kind != "while" or not (isinstance(region.test, Const) and region.test.value in ("True", "1")):
                continue
            if not self._sets_out(ScopeRef(path, region.scope)):
                continue
            table = self._project.tables.files[path]
            inside = [number for number in range(len(facts.regions)) if table.is_inside(number, index)]
            ends = any(facts.regions[number].leaves for number in inside)
            events = facts.scopes[region.scope].events
            if not ends and not any(event.op == "return" and event.region in inside for event in events):
                return True
        return False

    def _sets_out(self, ref: ScopeRef) -> bool:
        reached = self._project.phases.of(ref)
        return any(phase in reached for phase in SETTING_OUT) and not any(phase in reached for phase in RUNTIME)
