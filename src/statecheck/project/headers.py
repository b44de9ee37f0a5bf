"""Calls that stand in the head of a function or class: its decorators, and its parameters' defaults and annotations."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.facts.ir import Attr, Call, Const, Event, Expr, Name, Scope
from statecheck.facts.walk import iter_expr
from statecheck.project.callbacks import Callbacks
from statecheck.project.calls import CallGraph, Use
from statecheck.project.evaluate import Evaluator
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, FunctionValue, Instance, ScopeRef


class HeaderReader:
    """Adds to the graph what heads call."""

    def __init__(self, evaluator: Evaluator, graph: CallGraph, callbacks: Callbacks) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._graph = graph
        self._callbacks = callbacks

    def read(self, around: ScopeRef, ref: ScopeRef, scope: Scope) -> None:
        """The head of the function or class ``ref``, which stands in the scope ``around``."""
        if scope.decorators:
            self._read_decorators(around, ref, scope)
        self._read_header(around, scope)

    def _read_decorators(self, around: ScopeRef, function: ScopeRef, scope: Scope) -> None:
        """A decorator of the tree runs where it stands; what it returns runs whenever the function does."""
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            for item in self._evaluator.evaluate(around, func, scope.defined_in):
                if isinstance(item.value, FunctionValue):
                    self._graph.add(around, item.value.ref, (scope.pos, scope.defined_in), "call")
            for item in self._evaluator.evaluate(around, decorator, scope.defined_in):
                if isinstance(item.value, FunctionValue) and isinstance(decorator, Call):
                    self._graph.add(around, item.value.ref, (scope.pos, scope.defined_in), "call")
            for wrapper in (
                *self._wrappers(around, decorator, scope),
                *self._callable_objects(around, decorator, scope),
            ):
                self._graph.add(function, wrapper, (scope.pos, scope.defined_in), "decorator")
                self._graph.add(wrapper, function, (self._tables.scope(wrapper).pos, -1), "decorator")
            for inner in iter_expr(decorator):
                if isinstance(inner, Call):
                    self._callbacks.read(around, Event("expr", inner.pos, inner.end, scope.defined_in), inner, "")

    def _read_header(self, around: ScopeRef, scope: Scope) -> None:
        """Calls inside decorators, defaults and annotations: they run where the function or class is defined."""
        exprs = [
            given
            for decorator in scope.decorators
            if isinstance(decorator, Call)
            for given in (*decorator.args, *(keyword.value for keyword in decorator.keywords))
        ]
        exprs += [expr for param in scope.params for expr in (param.default, param.annotation) if expr is not None]
        for expr in exprs:
            for call in iter_expr(expr) if type(expr) not in (Name, Attr, Const) else ():
                for item in (
                    self._evaluator.evaluate(around, call.func, scope.defined_in) if isinstance(call, Call) else ()
                ):
                    assert isinstance(call, Call)
                    if isinstance(item.value, FunctionValue):
                        self._graph.add(around, item.value.ref, (call.pos, scope.defined_in), "call")
                    elif isinstance(item.value, (Foreign, ForeignInstance)):
                        event = Event("expr", call.pos, call.end, scope.defined_in)
                        self._graph.header_uses.append(Use(around, event, call, item.value.name, False))

    def _wrappers(self, around: ScopeRef, decorator: Expr, scope: Scope) -> Iterator[ScopeRef]:
        """The inner functions that a home-made decorator puts in place of what it decorates."""
        for item in self._evaluator.evaluate(around, decorator, scope.defined_in):
            if isinstance(item.value, FunctionValue):
                for out in self._evaluator.returned(item.value.ref):
                    if isinstance(out.value, FunctionValue) and self._is_nested(out.value.ref):
                        yield out.value.ref

    def _callable_objects(self, around: ScopeRef, decorator: Expr, scope: Scope) -> Iterator[ScopeRef]:
        """A class of the tree as decorator: its ``__call__`` stands in for the function."""
        for item in self._evaluator.evaluate(around, decorator, scope.defined_in):
            cls = (
                item.value.ref
                if isinstance(item.value, ClassValue)
                else item.value.cls
                if isinstance(item.value, Instance)
                else None
            )
            method = self._evaluator.classes.method(cls, "__call__") if cls else None
            if method is not None and scope.kind == "def":
                yield method

    def _is_nested(self, ref: ScopeRef) -> bool:
        parent = self._tables.scope(ref).parent
        return parent > 0 and self._tables.scope(ScopeRef(ref.path, parent)).kind in ("def", "lambda")
