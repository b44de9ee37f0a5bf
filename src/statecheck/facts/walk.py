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
        children = parts(current)
        if children:
            stack.extend(reversed(children))


def parts(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return the direct sub-expressions of ``expr``, in source order as far as the facts know it."""
    match expr:
        case ir.Attr(value=value) | ir.Await(value=value) | ir.Star(value=value):
            return (value,)
        case ir.Sub(value=value, index=index):
            return (value, index)
        case ir.Call(func=func, args=args, keywords=keywords):
            return (func, *args, *[keyword.value for keyword in keywords])
        case ir.Display(items=items, keys=keys):
            return _interleaved(keys, items) if keys else items
        case ir.Choice(items=items, test=test):
            return items if test is None else (items[0], test, *items[1:])
        case ir.FString(parts=inner) | ir.Op(operands=inner):
            return inner
        case ir.Yield(value=value):
            return () if value is None else (value,)
        case _:
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
