"""Calls and assignments of Python files as documents, for forms about infrastructure that is written in Python.

The clients of cloud SDKs are made at run time and have no types, so a call is known here by the name of the method and
by its arguments: ``elb.create_lb_cookie_stickiness_policy(...)``. Each call is a document of its own: a mapping under
the last part of its name, with keywords by name, positional arguments by number, and ``callee``, the name as imported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import NamedTuple

from statecheck.detectors.spots import Spots
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Span, TooMuchError
from statecheck.facts.ir import Attr, Call, Const, Display, Expr, FileFacts, Name, Sub
from statecheck.facts.walk import dotted, iter_expr, last_name, span
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

FORMAT = "python"
CALLEE = "callee"
_ASSIGNS = ("assign", "annotated")


class _Found(NamedTuple):
    """A call, or a name with the value that it gets."""

    key: str
    expr: Expr
    start: int
    end: int


def python_documents(project: Project, wanted: Collection[str]) -> Iterator[tuple[str, DocumentFacts]]:
    """Documents of the files with calls or assignments of these names. Tests and the main guard are left out."""
    spots = project.once(Spots)
    for path, facts in project.files.items():
        if project.is_application(path):
            found = [row for row, region in _found(project, path, wanted) if spots.counts(path, region)]
            if found:
                yield path, _Document(project, path, facts).read(found)


def _found(project: Project, path: str, wanted: Collection[str]) -> Iterator[tuple[_Found, int]]:
    for scope in project.files[path].scopes:
        for decorator in scope.decorators:
            for call in iter_expr(decorator):
                if isinstance(call, Call) and last_name(call.func) in wanted:
                    yield _call(call), scope.defined_in
        for row in project.tables.rows_in(ScopeRef(path, scope.index)):
            event = row.event
            for call in row.calls:
                if last_name(call.func) in wanted:
                    yield _call(call), event.region
            if event.op in _ASSIGNS and event.value is not None and not isinstance(event.value, Call):
                for target in event.targets:
                    name = _target(target)
                    if name in wanted and (isinstance(target, Sub) or scope.kind in ("module", "class")):
                        yield _Found(name, event.value, target.pos, span(event.value)[1]), event.region


def _call(call: Call) -> _Found:
    return _Found(last_name(call.func), call, call.pos, call.end)


def _is_on_literal(call: Call) -> bool:
    """A method of a string: ``"a b".split()`` says what the string says."""
    return isinstance(call.func, Attr) and isinstance(call.func.value, Const)


def _target(target: Expr) -> str:
    """What is assigned to: a name, an attribute or a literal key."""
    if isinstance(target, Sub):
        return target.index.value if isinstance(target.index, Const) else ""
    return last_name(target)


class _Document:
    """Turns what was found in one file into nodes."""

    def __init__(self, project: Project, path: str, facts: FileFacts) -> None:
        self._project = project
        self._path = path
        self._bound = {
            row.bound: f"{row.module}.{row.name}" if row.name else row.module
            for row in facts.imports
            if row.bound and row.level == 0 and (row.name or row.bound != row.module.partition(".")[0])
        }
        self._builder = Builder(has_commands=False)

    def read(self, found: list[_Found]) -> DocumentFacts:
        """The document of these calls and assignments. What nests too deeply is left out."""
        for row in found:
            self._builder.start("", "map", "", self._span(row.start, row.end))
            with suppress(TooMuchError):
                self._value("" if isinstance(row.expr, Call) else row.key, row.expr, (row.start, row.end))
            while self._builder.open:
                self._builder.end()
        return DocumentFacts(FORMAT, self._builder.nodes())

    def _value(self, key: str, expr: Expr, place: tuple[int, int]) -> None:
        """Add a value. Recursion is bounded: the builder refuses what is nested too deeply."""
        where = self._span(*place)
        if isinstance(expr, Call) and last_name(expr.func) and not _is_on_literal(expr):
            if key:
                self._builder.start(key, "map", "", where)
            self._arguments(expr)
            if key:
                self._builder.end()
        elif isinstance(expr, Display) and expr.kind == "dict":
            self._builder.start(key, "map", "{}", where)
            for name, item in zip(expr.keys, expr.items, strict=True):
                if isinstance(name, Const):
                    self._value(name.value, item, (name.pos, span(item)[1]))
            self._builder.end()
        elif isinstance(expr, Display):
            self._builder.start(key, "list", "[]", where)
            for item in expr.items:
                self._value("", item, span(item))
            self._builder.end()
        else:
            self._scalar(key, expr, where)

    def _arguments(self, call: Call) -> None:
        name = last_name(call.func) or "call"
        self._builder.start(name, "map", "", self._span(*span(call.func)))
        self._builder.add(CALLEE, "value", self._resolved(dotted(call.func)), self._span(*span(call.func)))
        for number, item in enumerate(call.args):
            self._value(str(number), item, span(item))
        for keyword in call.keywords:
            first, last = span(keyword.value)
            self._value(keyword.name, keyword.value, (max(first - len(keyword.name) - 1, call.pos), last))
        self._builder.end()

    def _scalar(self, key: str, expr: Expr, where: Span) -> None:
        if isinstance(expr, Const):
            kind = "null" if expr.kind == "none" else "value"
            self._builder.add(key, "null" if kind == "null" else "value", expr.value, where)
        elif isinstance(expr, (Name, Attr)) and dotted(expr):
            self._builder.add(key, "value", dotted(expr), where, True)
        elif isinstance(expr, Sub) and isinstance(expr.index, Const):
            self._builder.add(key, "value", f"{dotted(expr.value)}.{expr.index.value}", where, True)
        else:
            literal = "".join(part.value for part in iter_expr(expr) if isinstance(part, Const) and part.kind == "str")
            self._builder.add(key, "value", literal or "…", where, True)

    def _resolved(self, name: str) -> str:
        """A dotted name as imported."""
        first, _, rest = name.partition(".")
        full = self._bound.get(first, first)
        return f"{full}.{rest}" if rest else full

    def _span(self, start: int, end: int) -> Span:
        at = self._project.location(self._path, start, end)
        return Span(at.line, at.column, at.end_line, at.end_column)
