"""Entry points that no call registers: callables, classes and scripts that a server knows by their shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from statecheck.facts.ir import Attr, Display, Expr, Name, Scope
from statecheck.project.evaluate import Evaluator
from statecheck.project.values import ForeignInstance, FunctionValue, ScopeRef

Found = TypeVar("Found")
Maker = Callable[[str, ScopeRef, bool], Iterable[Found]]

WSGI = ("environ", "start_response")
ASGI = ("scope", "receive", "send")
LAMBDA = ("event", "context")
LAMBDA_NAMES = ("handler", "lambda_handler")
RPC = (("request", "context"), ("request_iterator", "context"))
SERVICER = "Servicer"
SETTINGS, LISTS = "WorkerSettings", ("functions", "cron_jobs")


class CodeShapes:
    """Finds the shapes of one tree."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables

    def entries(self, make: Maker[Found]) -> Iterator[Found]:
        """What ``make`` makes of each shape: its name, the function, and whether one object serves all calls."""
        for ref, scope in self._tables.scopes():
            if scope.kind == "def" and (name := self._function(ref, scope)):
                yield from make(name, ref, scope.name == "__call__")
        for cls in self._evaluator.classes.refs:
            for name, method in self._of_class(cls):
                yield from make(name, method, name == "grpc_servicer")

    def _function(self, ref: ScopeRef, scope: Scope) -> str:
        names = tuple(param.name for param in scope.params)
        if names[-3:] == ASGI:
            return "asgi_callable"
        if names[-2:] == WSGI:
            return "wsgi_callable"
        if scope.parent == 0 and scope.name in LAMBDA_NAMES and names[:2] == LAMBDA:
            return "lambda_handler"
        return "azure_function" if scope.parent == 0 and scope.name == "main" and self._is_triggered(ref, scope) else ""

    def _is_triggered(self, ref: ScopeRef, scope: Scope) -> bool:
        """Is its first parameter one of the platform's triggers?"""
        known = self._evaluator.knowledge.entries_for("syntax.azure_function", "attribute")
        types = {name for row in known for name in row.entry.parameter_types}
        given = self._evaluator.annotated(ScopeRef(ref.path, 0), scope.params[0].annotation) if scope.params else ()
        return any(isinstance(item.value, ForeignInstance) and item.value.name in types for item in given)

    def _of_class(self, cls: ScopeRef) -> Iterator[tuple[str, ScopeRef]]:
        scope = self._tables.scope(cls)
        if any(_last(base).endswith(SERVICER) for base in scope.bases):
            for method in self._evaluator.classes.methods(cls).values():
                if tuple(param.name for param in self._tables.scope(method).params)[1:] in RPC:
                    yield "grpc_servicer", method
        if scope.name == SETTINGS:
            bindings = self._tables.files[cls.path].bindings
            for binding in (row for name in LISTS for row in bindings.get((cls.scope, name), ())):
                for given in binding.value.items if isinstance(binding.value, Display) else ():
                    for item in self._evaluator.evaluate(cls, given, binding.region):
                        if isinstance(item.value, FunctionValue):
                            yield "arq_settings", item.value.ref


def _last(base: Expr) -> str:
    return base.id if isinstance(base, Name) else base.attr if isinstance(base, Attr) else ""


__all__ = ["CodeShapes"]
