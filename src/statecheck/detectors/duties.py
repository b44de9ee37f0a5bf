"""What loose work does: nothing that is missed when it ends early, or cleaning up after an answer."""

from __future__ import annotations

from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Expr, Name, Sub
from statecheck.facts.walk import last_name
from statecheck.project.arguments import argument
from statecheck.project.effects import Effects
from statecheck.project.link import Project
from statecheck.project.values import Foreign, ForeignInstance, FunctionValue, ScopeRef

QUIET = frozenset(
    {"quiet", "reply", "identity", "wait", "time", "random", "env", "telemetry"}
)  # effects that nobody misses
REMOVING = frozenset({"remove", "unlink", "rmtree", "rmdir"})
LOOKING = frozenset({"exists", "isfile", "isdir", "is_file", "is_dir"})
LASTING = frozenset({"io", "db", "network", "enqueue", "storage"})  # effects that stay outside the process
SMALL = 12  # functions of one target


class Duties:
    """Answers for one project."""

    def __init__(self, project: Project, effects: Effects) -> None:
        self._project = project
        self._effects = effects
        named = project.knowledge.bare_names
        self._watching = named("watch") | named("log")
        self._ending = named("close") | REMOVING

    def changes_nothing(self, spot: Spot) -> bool:
        """Does the work only wait, watch, log or count, and store nothing? All that it calls must be known."""
        targets = self.targets(spot)
        if not targets and (given := self.given(spot)) is not None:
            return self._is_quiet_name(spot.ref, given, spot.region)  # target=loop.run_forever
        return bool(targets) and all(self._is_quiet(ref) for ref in targets)

    def cleans_up(self, spot: Spot) -> bool:
        """Does the work only close or remove what the answer needed?"""
        given = self.given(spot)
        if given is None:
            return False
        if last_name(given.func if isinstance(given, Call) else given) in self._ending:
            return True
        targets = self.targets(spot)
        return bool(targets) and all(self._only_ends(ref) for ref in targets)

    def delivers(self, spot: Spot) -> bool:
        """Does the work take messages that all processes hear, and do nothing outside that would be done N times?"""
        targets = self.targets(spot)
        done = [self._effects.of(ref) for ref in targets]
        return bool(done) and all("hear" in kinds and kinds.isdisjoint(LASTING) for kinds in done)

    def given(self, spot: Spot) -> Expr | None:
        """The work, where the call names it: ``target=…``, a coroutine."""
        if spot.call is None:
            return None
        for known in self._project.knowledge.entries_for(spot.name, "call"):
            if (given := argument(spot.call, known.entry.argument, known.entry.position)) is not None:
                return given
        return None

    def targets(self, spot: Spot) -> list[ScopeRef]:
        """The functions of the tree that are the work: decorated, given, or called for its coroutine."""
        if spot.function is not None:
            return [spot.function]
        given = self.given(spot)
        if given is None and spot.call is not None and spot.call.args:
            given = spot.call.args[0]
        func = given.func if isinstance(given, Call) else given
        if func is None:
            return []
        items = self._project.evaluator.evaluate(spot.ref, func, spot.region)
        return [item.value.ref for item in items if isinstance(item.value, FunctionValue)]

    def _is_quiet(self, ref: ScopeRef) -> bool:
        reached = list(self._effects.reach(ref))
        calls = [(one, call, region) for one in reached for call, region in self._calls(one)]
        if len(reached) > SMALL or not calls or any(self._stores(one) for one in reached):
            return False
        return all(self._is_quiet_call(*row) for row in calls)

    def _only_ends(self, ref: ScopeRef) -> bool:
        """Is all that it does, through all that it calls, to close or remove, or to look whether there is something?"""
        reached = list(self._effects.reach(ref))
        if len(reached) > SMALL or any(map(self._stores, reached)):
            return False
        ends = False
        for one in reached:
            for call, region in self._calls(one):
                name = last_name(call.func)
                if name in self._ending:
                    ends = True
                elif name not in LOOKING and not self._is_quiet_call(one, call, region):
                    return False
        return ends

    def _calls(self, ref: ScopeRef) -> list[tuple[Call, int]]:
        return [(call, row.event.region) for row in self._project.tables.rows_in(ref) for call in row.calls]

    def _is_quiet_call(self, ref: ScopeRef, call: Call, region: int) -> bool:
        items = self._project.evaluator.evaluate(ref, call.func, region)
        if any(isinstance(item.value, FunctionValue) for item in items):
            return True  # it is looked at by itself
        names = [item.value.name for item in items if isinstance(item.value, (Foreign, ForeignInstance))]
        if names:
            return all(self._project.knowledge.effect(name) in QUIET for name in names) or (
                isinstance(call.func, Attr) and call.func.attr in self._watching
            )
        return isinstance(call.func, Attr) and call.func.attr in self._watching

    def _is_quiet_name(self, ref: ScopeRef, func: Expr, region: int) -> bool:
        values = [item.value for item in self._project.evaluator.evaluate(ref, func, region)]
        names = [value.name for value in values if isinstance(value, (Foreign, ForeignInstance))]
        return bool(names) and all(self._project.knowledge.effect(name) in QUIET for name in names)

    def _stores(self, ref: ScopeRef) -> bool:
        """Does it keep anything outside its own variables?"""
        scope = self._project.scope(ref)
        outer = {*scope.globals, *scope.nonlocals}
        return any(
            isinstance(target, (Attr, Sub)) or (isinstance(target, Name) and target.id in outer)
            for event in scope.events
            for target in event.targets
        )
