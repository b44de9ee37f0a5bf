"""Conditions that ask whether something is there yet."""

from __future__ import annotations

from collections.abc import Callable

from statecheck.facts.ir import Choice, Const, Display, Expr, Name, Op, Region

Asks = Callable[[Expr], bool]  # is the value of the expression that of the thing asked about?


def is_empty_test(test: Expr, asks: Asks) -> bool:
    """``x is None``, ``not x``, ``x == {}``; with ``or``/``and`` around."""
    if isinstance(test, Choice):
        return any(is_empty_test(part, asks) for part in test.items)
    if not isinstance(test, Op):
        return False
    if test.op == "not":
        return asks(test.operands[0])
    return test.op in ("is", "==") and asks(test.operands[0]) and _is_empty(test.operands[-1])


def is_filled_test(test: Expr, asks: Asks) -> bool:
    """``x is not None``, ``x``; with ``or``/``and`` around."""
    if isinstance(test, Choice):
        return any(is_filled_test(part, asks) for part in test.items)
    if isinstance(test, Op):
        return test.op in ("is not", "!=") and asks(test.operands[0]) and _is_empty(test.operands[-1])
    return asks(test)


def _is_empty(expr: Expr) -> bool:
    if isinstance(expr, Const):
        return expr.kind == "none" or expr.value in ("", "0", "False")
    return isinstance(expr, Display) and not expr.items


def is_main_guard(region: Region) -> bool:
    """Is this the body of ``if __name__ == "__main__"``?"""
    test = region.test
    return (
        region.kind == "if"
        and isinstance(test, Op)
        and test.op == "=="
        and {type(operand) for operand in test.operands} == {Name, Const}
        and any(isinstance(operand, Name) and operand.id == "__name__" for operand in test.operands)
    )
