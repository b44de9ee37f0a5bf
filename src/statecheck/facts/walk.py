"""Small tools over the expressions of :mod:`statecheck.facts.ir`."""

from __future__ import annotations

from collections.abc import Iterator

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
            children = parts(current)
            if children:
                stack.extend(reversed(children))


def parts(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return the direct sub-expressions of ``expr``, in source order as far as the facts know it."""
    if isinstance(expr, ir.Call):
        if expr.keywords:
            return (expr.func, *expr.args, *[keyword.value for keyword in expr.keywords])
        return (expr.func, *expr.args)
    if isinstance(expr, (ir.Attr, ir.Await, ir.Star)):
        return (expr.value,)
    if isinstance(expr, ir.Display):
        return _interleaved(expr.keys, expr.items) if expr.keys else expr.items
    if isinstance(expr, ir.Sub):
        return (expr.value, expr.index)
    if isinstance(expr, ir.Op):
        return expr.operands
    if isinstance(expr, ir.FString):
        return expr.parts
    if isinstance(expr, ir.Choice):
        return expr.items if expr.test is None else (expr.items[0], expr.test, *expr.items[1:])
    if isinstance(expr, ir.Yield):
        return () if expr.value is None else (expr.value,)
    return ()


def _interleaved(keys: tuple[ir.Expr | None, ...], items: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
    found: list[ir.Expr] = []
    for key, item in zip(keys, items, strict=True):
        if key is not None:
            found.append(key)
        found.append(item)
    return tuple(found)


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
