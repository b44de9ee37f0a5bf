"""Which name takes a value: assignments, fields, dict keys, keywords, defaults; and every literal with that name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

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
CLOSED = frozenset({Const, Name, FString, Func})  # nothing inside them is a value of a key
NAMING = frozenset({Const, Display})
SILENT = frozenset({Name, FString, Func})  # without a key of their own they say nothing
Counts = Callable[[str, int], bool]


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


def named_values(project: Project, counts: Counts) -> Iterator[Named]:
    """All of them, in files of the application, for regions that count."""
    for ref, scope in project.tables.scopes():
        if not project.is_application(ref.path):
            continue
        for row in project.tables.rows_in(ref):
            event = row.event
            if (event.op in BINDING or _has_values(row)) and counts(ref.path, event.region):
                yield from _of_event(ref, scope, event)
        for param in scope.params if counts(ref.path, scope.defined_in) else ():
            if param.default is not None:
                outer = ref._replace(scope=scope.parent)
                yield from _below(Named(outer, scope.defined_in, param.name, param.default, "default"))


def _has_values(row: Row) -> bool:
    """Does a constant, an entry or a keyword stand in the event? Nothing else has a name where nothing is bound."""
    return any(type(node) in NAMING for node in row.nodes) or any(call.keywords for call in row.calls)


def _of_event(ref: ScopeRef, scope: Scope, event: Event) -> Iterator[Named]:
    if event.op in BINDING and event.value is not None:
        for target in event.targets:
            yield from _bound(ref, scope, event, target, event.value)
        return
    for expr in expressions(event):
        if event.op != "expr" or not isinstance(expr, Const):  # not a docstring
            yield from _below(Named(ref, event.region, "", expr, "", event))


def _bound(ref: ScopeRef, scope: Scope, event: Event, target: Expr, value: Expr) -> Iterator[Named]:
    if isinstance(target, Display) and isinstance(value, Display) and len(target.items) == len(value.items):
        for inner, given in zip(target.items, value.items, strict=True):
            yield from _bound(ref, scope, event, inner, given)
        return
    base = Named(ref, event.region, "", value, "", event)
    match target:
        case Name(id=name):
            yield from _below(base._replace(key=name, kind="field" if scope.kind == "class" else "name"))
        case Attr(attr=name):
            yield from _below(base._replace(key=name, kind="attribute"))
        case Sub(index=Const(kind="str", value=name)):
            yield from _below(base._replace(key=name, kind="item"))
        case _:
            yield from _below(base)


def _below(top: Named) -> Iterator[Named]:
    """The value and everything inside it. What is compared, formatted or used as a key is no value of anything."""
    stack = [top]
    while stack:
        row = stack.pop()
        kind = type(row.value)
        if row.kind or kind is Const:
            yield row
        if kind not in CLOSED:
            inside = [inner for inner in _inside(row, row.value) if inner.kind or type(inner.value) not in SILENT]
            stack.extend(reversed(inside))


def _inside(row: Named, expr: Expr) -> list[Named]:
    ref, region, key, _, kind, event, above = row
    around = (*above, key) if key else above
    match expr:
        case Call(func=func, args=args, keywords=keywords):
            given = [Named(ref, region, key, part, "", event, above) for part in (func, *args)]
            return given + [
                Named(ref, region, keyword.name, keyword.value, "keyword", event, around) for keyword in keywords
            ]
        case Display(kind="dict", keys=keys, items=items):
            return [
                Named(ref, region, name.value, item, "entry", event, around)
                if isinstance(name, Const) and name.kind == "str"
                else Named(ref, region, key, item, "", event, above)
                for name, item in zip(keys, items, strict=True)
            ]
        case Choice(items=items):
            return [Named(ref, region, key, item, kind, event, above) for item in items]
        case Sub(value=value):
            return [Named(ref, region, key, value, "", event, above)]
        case Op(op=op) if op in COMPARISONS:
            return []
        case _:
            return [Named(ref, region, key, part, "", event, above) for part in parts(expr)]
