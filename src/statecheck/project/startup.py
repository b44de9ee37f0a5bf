"""What runs once while a process starts: application factories, hooks named so, and what a set-once guard makes."""

from __future__ import annotations

from statecheck.facts.ir import Attr, Choice, Expr, Name
from statecheck.facts.walk import dotted, iter_expr, last_name
from statecheck.project.calls import CallGraph, Edge
from statecheck.project.conditions import is_empty_test, is_filled_test
from statecheck.project.evaluate import Evaluator
from statecheck.project.tables import FileTable
from statecheck.project.values import ClassValue, ForeignInstance, Instance, Item, ScopeRef

ROUNDS = 3  # a factory that returns what another factory made, and so on


class StartUp:
    """Answers for one project, from names and code alone: phases are not known yet."""

    def __init__(self, evaluator: Evaluator, graph: CallGraph) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._graph = graph
        self._once: dict[tuple[ScopeRef, int, int], bool] = {}
        self.factories = self._find_factories()

    def _find_factories(self) -> frozenset[ScopeRef]:
        """Functions that make an application, those that hand out what these made, constructors of own app classes."""
        names = self._evaluator.knowledge.app_factories
        found = {use.ref for use in self._graph.uses if use.name in names}
        classes = self._evaluator.classes
        own = {cls for cls in classes.refs if self._is_app_class(cls)}
        found |= {init for cls in own if (init := classes.method(cls, "__init__")) is not None}
        found |= self._makers_of(own)
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

    def _makers_of(self, own: set[ScopeRef]) -> set[ScopeRef]:
        """The functions that make an object of one of the tree's own application classes."""
        names = {self._tables.scope(cls).name for cls in own}
        return {
            self._tables.function_around(row.ref)
            for row in (self._tables.rows if names else ())
            for call in row.calls
            if last_name(call.func) in names
            and any(
                isinstance(item.value, ClassValue) and item.value.ref in own
                for item in self._evaluator.evaluate(row.ref, call.func, row.event.region)
            )
        }

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

    def is_once(self, edge: Edge) -> bool:
        """Does the call stand where a module's or class's own variable is filled for the first time?"""
        key = (edge.caller, edge.region, edge.pos)  # an earlier return counts for what stands after it only
        if key not in self._once:
            self._once[key] = self._is_first_time(self._tables.files[edge.caller.path], edge)
        return self._once[key]

    def _is_first_time(self, table: FileTable, edge: Edge) -> bool:
        scope = table.facts.scopes[edge.caller.scope]
        if scope.kind != "def":
            return False
        kept = {
            dotted(target)
            for event in scope.events
            for target in event.targets
            if self._is_kept(edge.caller, target, scope.globals)
        }

        def asks(expr: Expr) -> bool:
            return dotted(expr) in kept

        region = edge.region
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
            row.scope == edge.caller.scope
            and row.kind == "if"
            and row.leaves
            and row.pos < edge.pos
            and row.test is not None
            and _is_plain(row.test, "and")
            and is_filled_test(row.test, asks)
            for row in (table.facts.regions if kept else ())
        )

    def _is_kept(self, ref: ScopeRef, target: Expr, declared: tuple[str, ...]) -> bool:
        if isinstance(target, Name):
            return target.id in declared
        if not isinstance(target, Attr) or not isinstance(target.value, Name):
            return False
        return target.value.id == "cls" and self._evaluator.classes.receiver(ref) is not None


def _is_plain(test: Expr, kind: str) -> bool:
    """Has the condition no other part that can let the code run again: ``x is None or stale``?"""
    return not any(isinstance(node, Choice) and node.kind == kind for node in iter_expr(test))
