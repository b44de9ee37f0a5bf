"""Entry points that no call registers: callables, classes and scripts that a server knows by their shape."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from statecheck.facts.ir import Attr, Display, Expr, Name, Scope
from statecheck.project.evaluate import Evaluator
from statecheck.project.knowledge import KnownEntry
from statecheck.project.values import ForeignInstance, FunctionValue, ScopeRef
from statecheck.rules.schema import ANY, Shape


class CodeShapes:
    """Finds the shapes of one tree."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        shapes = [(known, known.entry.shape) for known in evaluator.knowledge.shapes if known.entry.shape is not None]
        self._of_classes = [row for row in shapes if row[1].bases or row[1].classes]
        self._of_functions = [row for row in shapes if not (row[1].bases or row[1].classes)]

    def entries(self) -> Iterator[tuple[KnownEntry, ScopeRef]]:
        """The functions that fit the shape of an entry point."""
        for ref, scope in self._tables.scopes():
            if scope.kind == "def":
                names = tuple(param.name for param in scope.params)
                for known, shape in self._of_functions:
                    if _fits(shape, scope, names) and self._is_given(known, ref, scope):
                        yield known, ref
        for cls in self._evaluator.classes.refs:
            for known, shape in self._of_classes:
                for ref in self._methods(cls, shape) if shape.bases else self._listed(cls, shape):
                    yield known, ref

    def _is_given(self, known: KnownEntry, ref: ScopeRef, scope: Scope) -> bool:
        """Is the first parameter of one of the types that the entry point asks for, if it does?"""
        types = known.entry.parameter_types
        if not types or not scope.params:
            return not types
        given = self._evaluator.annotated(ScopeRef(ref.path, 0), scope.params[0].annotation)
        return any(isinstance(item.value, ForeignInstance) and item.value.name in types for item in given)

    def _methods(self, cls: ScopeRef, shape: Shape) -> Iterator[ScopeRef]:
        if any(fnmatchcase(_last(base), name) for base in self._tables.scope(cls).bases for name in shape.bases):
            for method in self._evaluator.classes.methods(cls).values():
                if _are_named(shape, tuple(param.name for param in self._tables.scope(method).params)[1:]):
                    yield method

    def _listed(self, cls: ScopeRef, shape: Shape) -> Iterator[ScopeRef]:
        """The functions that the class lists."""
        if self._tables.scope(cls).name in shape.classes:
            bindings = self._tables.files[cls.path].bindings
            for binding in (row for name in shape.lists for row in bindings.get((cls.scope, name), ())):
                for given in binding.value.items if isinstance(binding.value, Display) else ():
                    for item in self._evaluator.evaluate(cls, given, binding.region):
                        if isinstance(item.value, FunctionValue):
                            yield item.value.ref


def _fits(shape: Shape, scope: Scope, names: tuple[str, ...]) -> bool:
    return _are_named(shape, names) and (not shape.functions or (scope.parent == 0 and scope.name in shape.functions))


def _are_named(shape: Shape, names: tuple[str, ...]) -> bool:
    """Are the parameters called as the shape says?"""
    return not shape.parameters or any(_is_row(row, names) for row in shape.parameters)


def _is_row(row: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if row[:1] == (ANY,):
        wanted = row[1:]
        return names[max(len(names) - len(wanted), 0) :] == wanted
    if row[-1:] == (ANY,):
        return names[: len(row) - 1] == row[:-1]
    return names == row


def _last(base: Expr) -> str:
    return base.id if isinstance(base, Name) else base.attr if isinstance(base, Attr) else ""


__all__ = ["CodeShapes"]
