"""Where work beside the handlers comes from: the start of the process, or a request."""

from __future__ import annotations

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const
from statecheck.project.entries import Entry
from statecheck.project.link import Project
from statecheck.project.phases import ENTRIES_KEPT, RUNTIME
from statecheck.project.values import ScopeRef

SET_UP = frozenset({"import", "startup", "cli"})
CHAIN = 12  # functions that hand work on, one to the next


class Origins:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        known = [row for rows in project.knowledge.entries.values() for row in rows]
        self._beside = frozenset((row.framework, row.entry.id) for row in known if row.entry.beside)
        self._apart = frozenset((row.framework, row.entry.id) for row in known if row.entry.own_process)
        self._fetching = project.knowledge.bare_names("fetch")
        self._known: dict[ScopeRef, bool] = {}

    def is_beside(self, entry: Entry) -> bool:
        """Does the function run in the process that registers it, beside its handlers?"""
        return (entry.framework, entry.id) in self._beside

    def makers(self, entry: Entry) -> list[ScopeRef]:
        """The functions, or modules, that make the thread or register the function."""
        project = self._project
        cls = project.tables.class_around(entry.ref)
        around = self._around(entry)
        if cls is None or around != replace(entry.ref, scope=0):
            return [around]
        return [  # a subclass is told where objects are made
            site.caller
            for each in (cls, *project.evaluator.classes.subclasses(cls))
            for site in project.graph.made.get(each, ())
            if project.is_application(site.caller.path)
        ]

    def starts_early(self, entry: Entry) -> bool:
        """Is the thread made, or the function registered, before the first request?"""
        makers = self.makers(entry)
        return bool(makers) and not any(map(self._project.phases.runtime, makers))

    def since_start(self, ref: ScopeRef) -> bool:
        """Does only the start of the process lead here, through threads, timers and tasks that it sets going?

        Such work begins anew with each process. What a loop takes out of a queue came from elsewhere, and is lost.
        """
        function = self._project.tables.function_around(ref)
        if function not in self._known:
            self._known[function] = self._begins_with_process(function)
        return self._known[function]

    def _begins_with_process(self, function: ScopeRef) -> bool:
        phases, begins = self._project.phases, False
        queue, seen = [function], {function}
        while queue:
            current = queue.pop()
            entries = phases.entries_to(current)
            known = 0 < len(entries) < ENTRIES_KEPT
            if not known or self._may_be_asked_for(current) or len(seen) > CHAIN or self._fetches(current):
                return False
            for entry in entries:
                makers = {self._project.tables.function_around(maker) for maker in self.makers(entry)}
                if not makers or not self._is_loose(entry) or self._fetches(entry.ref):
                    return False
                later = {maker for maker in makers if phases.runtime(maker)}
                if not all(map(self._sets_up, makers - later)):
                    return False
                begins = begins or bool(makers - later) or self._sets_up(entry.ref)
                queue += later - seen
                seen |= later
        return begins

    def _may_be_asked_for(self, ref: ScopeRef) -> bool:
        """Is it as sure that requests run the function?"""
        reached = self._project.phases.of(ref)
        asked, started = (reached[phase].certainty if phase in reached else 0 for phase in RUNTIME)
        return asked > 0 and asked >= started

    def _sets_up(self, ref: ScopeRef) -> bool:
        return not SET_UP.isdisjoint(self._project.phases.of(ref))

    def _is_loose(self, entry: Entry) -> bool:
        return self.is_beside(entry) or (entry.framework, entry.id) in self._apart

    def _fetches(self, ref: ScopeRef) -> bool:
        return any(self._is_fetching(call) for row in self._project.tables.rows_in(ref) for call in row.calls)

    def _is_fetching(self, call: Call) -> bool:
        """``jobs.get()``, ``jobs.get(True, 5)``, but not ``settings.get("size")``"""
        if not isinstance(call.func, Attr):
            return False
        if call.func.attr == "get":
            return all(isinstance(given, Const) and given.kind == "bool" for given in call.args[:1])
        return call.func.attr in self._fetching

    def _around(self, entry: Entry) -> ScopeRef:
        """The function, or the module, that the registration stands in."""
        found = ScopeRef(entry.path, 0)
        for scope in self._project.files[entry.path].scopes:
            if scope.kind == "def" and scope.pos < entry.pos < scope.body_end and scope.pos != entry.pos:
                found = ScopeRef(entry.path, scope.index)
        return found
