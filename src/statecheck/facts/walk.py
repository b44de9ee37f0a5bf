"""Small tools over the expressions of :mod:`statecheck.facts.ir`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from statecheck.facts import ir


def iter_expr(expr: ir.Expr | None) -> Iterator[ir.Expr]:
    """Yield ``expr`` and every expression inside it, in pre-order; lambdas and comprehensions are not entered."""
    stack = [expr] if expr is not None else []
    while stack:
        current = stack.pop()
        yield current
        kind = type(current)  # the analysis walks every expression several times: the common kinds come first
        if kind is ir.Name or kind is ir.Const:
            continue
        if type(current) is ir.Attr:
            stack.append(current.value)
        else:
            stack.extend(reversed(parts(current)))


def flat(exprs: Iterable[ir.Expr]) -> list[ir.Expr]:
    """``exprs`` and all that is in them as :func:`iter_expr` gives it, at once: the whole tree goes through here."""
    found: list[ir.Expr] = []
    for expr in exprs:
        stack = [expr]
        while stack:
            current = stack.pop()
            found.append(current)
            while type(current) is ir.Attr:
                current = current.value
                found.append(current)
            if type(current) is ir.Name or type(current) is ir.Const:
                continue
            inner = _PARTS.get(type(current))
            if inner is not None:
                stack.extend(reversed(inner(current)))
    return found


def parts(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return the direct sub-expressions of ``expr``, in source order as far as the facts know it."""
    inner = _PARTS.get(type(expr))
    return inner(expr) if inner is not None else ()


def _of_call(expr: ir.Call) -> tuple[ir.Expr, ...]:
    if expr.keywords:
        return (expr.func, *expr.args, *[keyword.value for keyword in expr.keywords])
    return (expr.func, *expr.args)


def _of_display(expr: ir.Display) -> tuple[ir.Expr, ...]:
    return _interleaved(expr.keys, expr.items) if expr.keys else expr.items


def _of_choice(expr: ir.Choice) -> tuple[ir.Expr, ...]:
    return expr.items if expr.test is None else (expr.items[0], expr.test, *expr.items[1:])


def _interleaved(keys: tuple[ir.Expr | None, ...], items: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
    found: list[ir.Expr] = []
    for key, item in zip(keys, items, strict=True):
        if key is not None:
            found.append(key)
        found.append(item)
    return tuple(found)


# By type: the chain of questions that this replaces was a tenth of all linking.
_PARTS: Final[Mapping[type, Callable[[Any], tuple[ir.Expr, ...]]]] = MappingProxyType(
    {
        ir.Call: _of_call,
        ir.Attr: lambda expr: (expr.value,),
        ir.Await: lambda expr: (expr.value,),
        ir.Star: lambda expr: (expr.value,),
        ir.Display: _of_display,
        ir.Sub: lambda expr: (expr.value, expr.index),
        ir.Op: lambda expr: expr.operands,
        ir.FString: lambda expr: expr.parts,
        ir.Choice: _of_choice,
        ir.Yield: lambda expr: () if expr.value is None else (expr.value,),
    }
)


def span(expr: ir.Expr) -> tuple[int, int]:
    """Return the offsets of the first character of ``expr`` and of the one after its last."""
    last = expr
    while True:
        match last:
            case ir.Name(pos=pos, id=name):
                return expr.pos, pos + len(name)
            case ir.Attr(at=at, attr=attr):
                return expr.pos, at + len(attr)
            case ir.Await(value=value) | ir.Star(value=value):
                last = value
            case ir.Yield(pos=pos, value=inner):
                if inner is None:
                    return expr.pos, pos + len("yield")
                last = inner
            case _:
                return expr.pos, last.end


def last_name(expr: ir.Expr) -> str:
    """The last part of a dotted name; "" for anything else."""
    return expr.id if isinstance(expr, ir.Name) else expr.attr if isinstance(expr, ir.Attr) else ""


def dotted(expr: ir.Expr) -> str:
    """``a.b.c`` as written; calls on the way are left out: ``queue.get`` of ``make().queue.get``."""
    parts: list[str] = []
    while isinstance(expr, ir.Attr):
        parts.append(expr.attr)
        expr = expr.value
    if isinstance(expr, ir.Name):
        parts.append(expr.id)
    return ".".join(reversed(parts))
