"""Work that is a part of the answer to a connection: it sends there, and leaves nothing behind.

A restart closes the connections of the process, and their clients know. What else such work would have done is missed.
"""

from __future__ import annotations

import re

from statecheck.detectors.duties import Duties
from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Const, Expr, Name, Sub
from statecheck.facts.walk import last_name
from statecheck.project.calls import Use
from statecheck.project.effects import Effects
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

LASTING = frozenset({"db", "storage", "enqueue", "cache-clear"})  # effects that others see later
MODE = re.compile(r"[rbt+]*[wax][rbt+]*|r[bt]*\+[bt]*")
SMALL = 40  # functions of one target


class Answers:
    """Answers for one project."""

    def __init__(self, project: Project, effects: Effects, duties: Duties) -> None:
        self._project = project
        self._effects = effects
        self._duties = duties
        self._sending = project.knowledge.bare_names("send")
        self._writing = project.knowledge.bare_names("write")

    def serves_connection(self, spot: Spot) -> bool:
        """Does the work send to a connection of this process, and keep nothing that is needed later?"""
        targets = self._duties.targets(spot)
        return bool(targets) and all(map(self._only_answers, targets))

    def _only_answers(self, target: ScopeRef) -> bool:
        reached = list(self._effects.reach(target))
        if len(reached) > SMALL or any(map(self._leaves_something, reached)):
            return False
        effect = self._project.knowledge.effect
        uses = [use for ref in reached for use in self._project.graph.uses_in(ref)]
        return any(effect(use.name) == "reply" for use in uses) and not any(map(self._lasts, uses))

    def _lasts(self, use: Use) -> bool:
        kind, name = self._project.knowledge.effect(use.name), use.name.rpartition(".")[2]
        if kind == "io":
            return name in self._writing or any(
                isinstance(given, Const) and MODE.fullmatch(given.value) is not None
                for given in (*use.call.args[1:], *(word.value for word in use.call.keywords))
            )
        return kind in LASTING or (kind == "network" and name in self._sending)

    def _leaves_something(self, ref: ScopeRef) -> bool:
        """Does it write to what is no variable of its own, and not to its own object?"""
        scope = self._project.scope(ref)
        outer = {*scope.globals}
        for row in self._project.tables.rows_in(ref):
            for target in row.event.targets:
                if isinstance(target, Name) and target.id in outer:
                    return True
                if isinstance(target, (Attr, Sub)) and self._is_of_module(ref, target.value):
                    return True
            if any(self._writes(ref, call, row.event.region) for call in row.calls):
                return True
        return False

    def _writes(self, ref: ScopeRef, call: Call, region: int) -> bool:
        if not isinstance(call.func, Attr):
            return False
        if call.func.attr in self._project.knowledge.changing_methods and self._is_of_module(ref, call.func.value):
            return True
        known = any(item.value is not None for item in self._project.evaluator.evaluate(ref, call.func, region))
        return call.func.attr in self._writing and not known

    def _is_of_module(self, ref: ScopeRef, expr: Expr) -> bool:
        while isinstance(expr, (Attr, Sub)):
            expr = expr.value
        if isinstance(expr, Call):
            return last_name(expr.func) not in ("", "super")
        if not isinstance(expr, Name):
            return False
        table = self._project.tables.files[ref.path]
        home = table.lookup(ref.scope, expr.id)
        return home is not None and table.facts.scopes[home].kind == "module"
