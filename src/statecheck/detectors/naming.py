"""Which name takes a value: assignments, fields, dict keys, keywords, defaults; and every literal with that name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Choice, Const, Display, Event, Expr, FString, Func, Name, Op, Scope, Sub
from statecheck.facts.walk import parts
from statecheck.project.link import Project
from statecheck.project.tables import Row, expressions
from statecheck.project.values import ScopeRef

COMPARISONS = frozenset({"==", "!=", "in", "not in", "is", "is not", "<", ">", "<=", ">="})
BINDING = ("assign", "annotated", "walrus")
EXAMPLES = re.compile(
    r"(?i)(^|_)(examples?|samples?|schema_extra|help(_?text)?|docs?|description|usage|epilog|placeholder)$"
)
PROSE = re.compile(r"\w\W*\s+\w.*\s\Z", re.DOTALL)
CLOSED = frozenset({Const, Name, FString, Func})  # nothing inside them is a value of a key
SILENT = frozenset({Name, FString, Func})  # without a key of their own they say nothing
Counts = Callable[[str, int], bool]
Part = tuple[str, str, Expr, tuple[str, ...]]  # key, kind, value, above: a Named without what is around it


class Named(NamedTuple):
    """``key`` gets ``value``. ``above`` are the keys around it, outermost first.

    ``kind``: name, field (of a class), attribute, item, entry (of a dict), keyword, default, or "" where a literal
    merely stands below the key.
    """

    ref: ScopeRef
    region: int
    key: str
    value: Expr
    kind: str
    event: Event | None = None
    above: tuple[str, ...] = ()

    @property
    def is_example(self) -> bool:
        """Does a key around it say that this is an example or help?"""
        return any(EXAMPLES.search(key) for key in (*self.above, self.key))


class Selection(Protocol):
    """Which named values are wanted: there are far more than anybody asks for."""

    def may_hold(self, row: Row, /) -> bool:
        """May the event hold any?"""

    def keeps(self, key: str, kind: str, value: Expr, /) -> bool:
        """Is it one? ``kind`` as in :class:`Named`."""


def named_values(project: Project, counts: Counts, wanted: Selection) -> Iterator[Named]:
    """The wanted ones, in files of the application, for regions that count."""
    for ref, scope in project.tables.scopes():
        if not project.is_application(ref.path):
            continue
        for row in project.tables.rows_in(ref):
            event = row.event
            if wanted.may_hold(row) and counts(ref.path, event.region):
                yield from _of_event(ref, scope, event, wanted)
        for param in scope.params if counts(ref.path, scope.defined_in) else ():
            if param.default is not None:
                outer = replace(ref, scope=scope.parent)
                top = Named(outer, scope.defined_in, param.name, param.default, "default")
                yield from _below(top, wanted)


def _of_event(ref: ScopeRef, scope: Scope, event: Event, wanted: Selection) -> Iterator[Named]:
    if event.op in BINDING and event.value is not None:
        for target in event.targets:
            yield from _bound(ref, scope, event, target, event.value, wanted)
        return
    for expr in expressions(event):
        if event.op != "expr" or not isinstance(expr, Const):  # not a docstring
            yield from _below(Named(ref, event.region, "", expr, "", event), wanted)


def _bound(ref: ScopeRef, scope: Scope, event: Event, target: Expr, value: Expr, wanted: Selection) -> Iterator[Named]:
    if isinstance(target, Display) and isinstance(value, Display) and len(target.items) == len(value.items):
        for inner, given in zip(target.items, value.items, strict=True):
            yield from _bound(ref, scope, event, inner, given, wanted)
        return
    key, kind = key_of(target, scope.kind == "class")
    yield from _below(Named(ref, event.region, key, value, kind, event), wanted)


def key_of(target: Expr, in_class: bool) -> tuple[str, str]:
    """Key and kind of what is assigned to the target."""
    if isinstance(target, Name):
        return target.id, "field" if in_class else "name"
    if isinstance(target, Attr):
        return target.attr, "attribute"
    if isinstance(target, Sub) and isinstance(target.index, Const) and target.index.kind == "str":
        return target.index.value, "item"
    return "", ""


def _below(top: Named, wanted: Selection) -> Iterator[Named]:
    """The value and everything inside it. What is compared, formatted or used as a key is no value of anything."""
    stack: list[Part] = [(top.key, top.kind, top.value, top.above)]
    while stack:
        row = stack.pop()
        key, kind, value, above = row
        shape = type(value)
        if (kind or shape is Const) and wanted.keeps(key, kind, value):
            yield Named(top.ref, top.region, key, value, kind, top.event, above)
        if shape not in CLOSED:
            inside = [inner for inner in _inside(row) if inner[1] or type(inner[2]) not in SILENT]
            stack.extend(reversed(inside))


def _inside(row: Part) -> list[Part]:
    key, kind, expr, above = row
    if isinstance(expr, Call):
        given: list[Part] = [(key, "", expr.func, above)]
        given += [(key, "", part, above) for part in expr.args]
        if expr.keywords:
            around = (*above, key) if key else above
            given += [(keyword.name, "keyword", keyword.value, around) for keyword in expr.keywords]
        return given
    if isinstance(expr, Attr):
        return [(key, "", expr.value, above)]
    if isinstance(expr, Display) and expr.kind == "dict":
        around = (*above, key) if key else above
        return [
            (name.value, "entry", item, around)
            if isinstance(name, Const) and name.kind == "str"
            else (key, "", item, above)
            for name, item in zip(expr.keys, expr.items, strict=True)
        ]
    if isinstance(expr, Choice):
        return [(key, kind, item, above) for item in expr.items]
    if isinstance(expr, Sub):
        return [(key, "", expr.value, above)]
    if isinstance(expr, Op) and expr.op in COMPARISONS:
        return []
    if isinstance(expr, Op) and expr.op == "+":  # what ends a sentence is an example: "such as " + "amqp://…"
        told = [
            part for before, part in zip((None, *expr.operands), expr.operands, strict=False) if not _is_prose(before)
        ]
        return [(key, "", part, above) for part in told]
    return [(key, "", part, above) for part in parts(expr)]


def _is_prose(expr: Expr | None) -> bool:
    """Does a text of several words, which goes on behind it, end here?"""
    last = expr.operands[-1] if isinstance(expr, Op) and expr.op == "+" else expr
    return isinstance(last, Const) and last.kind == "str" and PROSE.search(last.value) is not None
