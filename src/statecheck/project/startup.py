"""What runs once while a process starts: application factories, hooks named so, and what a set-once guard makes."""

from __future__ import annotations

from statecheck.facts.ir import Attr, Choice, Expr, Name, Scope
from statecheck.facts.walk import dotted, iter_expr
from statecheck.project.calls import CallGraph
from statecheck.project.conditions import is_empty_test, is_filled_test
from statecheck.project.evaluate import Evaluator
from statecheck.project.values import ForeignInstance, Instance, Item, ScopeRef

ROUNDS = 3  # a factory that returns what another factory made, and so on


class StartUp:
    """Answers for one project, from names and code alone: phases are not known yet."""

    def __init__(self, evaluator: Evaluator, graph: CallGraph) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._graph = graph
        self._once: dict[tuple[ScopeRef, int, int], bool] = {}
        self._kept: dict[ScopeRef, frozenset[str]] = {}
        self.factories = self._find_factories()

    def _find_factories(self) -> frozenset[ScopeRef]:
        """Functions that make an application, those that hand out what these made, constructors of own app classes."""
        names = self._evaluator.knowledge.app_factories
        found = {use.ref for use in self._graph.uses if use.name in names}
        classes = self._evaluator.classes
        own = {cls for cls in classes.refs if self._is_app_class(cls)}
        found |= {init for cls in own if (init := classes.method(cls, "__init__")) is not None}
        found |= {self._tables.function_around(site.caller) for cls in own for site in self._graph.made.get(cls, ())}
        for _ in range(ROUNDS):
            callers = {edge.caller for ref in found for edge in self._graph.callers.get(ref, ()) if edge.via == "call"}
            more = {
                ref
                for ref in callers - found
                if self._tables.scope(ref).kind == "def" and any(map(self._is_app, self._evaluator.returned(ref)))
            }
            if not more:
                break
            found |= more
        return frozenset(ref for ref in found if self._tables.scope(ref).kind != "module")

    def _is_app_class(self, cls: ScopeRef) -> bool:
        knowledge = self._evaluator.knowledge
        return any(
            name in knowledge.app_factories
            for base in self._evaluator.classes.info(cls).foreign
            for name in knowledge.lineage(base)
        )

    def _is_app(self, item: Item) -> bool:
        if isinstance(item.value, Instance):
            return self._is_app_class(item.value.cls)
        knowledge = self._evaluator.knowledge
        return isinstance(item.value, ForeignInstance) and any(
            name in knowledge.app_factories for name in knowledge.lineage(item.value.name)
        )

    def is_hook(self, ref: ScopeRef) -> bool:
        """Does the models' list of set-up names hold the name of the function?"""
        return self._tables.scope(ref).name in self._evaluator.knowledge.startup_names

    def is_once(self, caller: ScopeRef, region: int, pos: int) -> bool:
        """Does the call stand where a module's or class's own variable is filled for the first time?"""
        key = (caller, region, pos)  # an earlier return counts for what stands after it only
        if key not in self._once:
            self._once[key] = self._is_first_time(*key)
        return self._once[key]

    def _is_first_time(self, caller: ScopeRef, region: int, pos: int) -> bool:
        table = self._tables.files[caller.path]
        scope = table.facts.scopes[caller.scope]
        if scope.kind != "def":
            return False
        kept = self._kept_names(caller, scope)

        def asks(expr: Expr) -> bool:
            return dotted(expr) in kept

        while kept and region >= 0:
            row = table.facts.regions[region]
            if (
                row.kind == "if"
                and row.test is not None
                and _is_plain(row.test, "or")
                and is_empty_test(row.test, asks)
            ):
                return any(
                    dotted(target) in kept and table.is_inside(event.region, region)
                    for event in scope.events
                    for target in event.targets
                )
            region = row.parent
        return any(
            row.scope == caller.scope
            and row.kind == "if"
            and row.leaves
            and row.pos < pos
            and row.test is not None
            and _is_plain(row.test, "and")
            and is_filled_test(row.test, asks)
            for row in (table.facts.regions if kept else ())
        )

    def _kept_names(self, caller: ScopeRef, scope: Scope) -> frozenset[str]:
        """What the function stores to that outlives it: variables of its module and of its class."""
        if caller not in self._kept:
            self._kept[caller] = frozenset(
                dotted(target)
                for event in scope.events
                for target in event.targets
                if self._is_kept(caller, target, scope.globals)
            )
        return self._kept[caller]

    def _is_kept(self, ref: ScopeRef, target: Expr, declared: tuple[str, ...]) -> bool:
        if isinstance(target, Name):
            return target.id in declared
        if not isinstance(target, Attr) or not isinstance(target.value, Name):
            return False
        return target.value.id == "cls" and self._evaluator.classes.receiver(ref) is not None


def _is_plain(test: Expr, kind: str) -> bool:
    """Has the condition no other part that can let the code run again: ``x is None or stale``?"""
    return not any(isinstance(node, Choice) and node.kind == kind for node in iter_expr(test))
