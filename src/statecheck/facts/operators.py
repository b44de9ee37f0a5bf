"""Operators: chains of one operator are flat, and walked in loops, for their trees are as deep as they are long."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from statecheck.facts import ir

if TYPE_CHECKING:
    import libcst as cst

    from statecheck.facts.expressions import Expressions

OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        "Add": "+", "Subtract": "-", "Multiply": "*", "Divide": "/", "FloorDivide": "//", "Modulo": "%",
        "Power": "**", "MatrixMultiply": "@", "LeftShift": "<<", "RightShift": ">>", "BitAnd": "&",
        "BitOr": "|", "BitXor": "^", "And": "and", "Or": "or", "Plus": "+", "Minus": "-",
        "BitInvert": "~", "Not": "not", "Equal": "==", "NotEqual": "!=", "LessThan": "<",
        "LessThanEqual": "<=", "GreaterThan": ">", "GreaterThanEqual": ">=", "Is": "is", "IsNot": "is not",
        "In": "in", "NotIn": "not in", "AddAssign": "+", "SubtractAssign": "-", "MultiplyAssign": "*",
        "DivideAssign": "/", "FloorDivideAssign": "//", "ModuloAssign": "%", "PowerAssign": "**",
        "MatrixMultiplyAssign": "@", "LeftShiftAssign": "<<", "RightShiftAssign": ">>", "BitAndAssign": "&",
        "BitOrAssign": "|", "BitXorAssign": "^",
    }
)  # fmt: skip
_MIXED_DEPTH = 50  # a + b - c + d …: nested up to here, then flat, so that facts stay shallow


def binary(walk: Expressions, node: Any) -> ir.Expr:
    """Walk a chain of binary or boolean operators, deep to the left or to the right."""
    kind: Any = type(node)
    spine = [node]
    left = node.left
    while type(left) is kind and not left.lpar:
        spine.append(left)
        left = left.left
    operands = [walk.visit(left)]
    start = walk.first
    current, depth = OPERATORS[type(spine[-1].operator).__name__], 0
    while spine:
        node = spine.pop()
        op = OPERATORS[type(node.operator).__name__]
        if op != current and depth < _MIXED_DEPTH:
            operands = [_operation(start, walk.cursor.pos, current, operands)]
            current, depth = op, depth + 1
        _right_side(walk, node, kind, op, operands)
    walk.first = start
    return _operation(start, walk.cursor.pos, current, operands)


def _right_side(walk: Expressions, node: Any, kind: Any, op: str, operands: list[ir.Expr]) -> None:
    right: Any = node.right
    while type(right) is kind and not right.lpar and OPERATORS[type(right.operator).__name__] == op:
        operands.append(walk.visit(right.left))
        right = right.right
    operands.append(walk.visit(right))


def comparison(walk: Expressions, node: cst.Comparison) -> ir.Expr:
    """Walk a comparison, chained or not."""
    operands = [walk.visit(node.left)]
    start = walk.first
    operands += [walk.visit(target.comparator) for target in node.comparisons]
    walk.first = start
    return ir.Op(start, walk.cursor.pos, OPERATORS[type(node.comparisons[0].operator).__name__], tuple(operands))


def unary(walk: Expressions, node: cst.UnaryOperation) -> ir.Expr:
    """Walk a unary operator."""
    low = walk.cursor.pos
    op = OPERATORS[type(node.operator).__name__]
    operand = walk.visit(node.expression)
    walk.first = start = walk.cursor.before(node, op, low, walk.first)
    return ir.Op(start, walk.cursor.pos, op, (operand,))


def conditional(walk: Expressions, node: cst.IfExp) -> ir.Expr:
    """Walk ``body if test else orelse``."""
    body = walk.visit(node.body)
    start = walk.first
    test = walk.visit(node.test)
    orelse = walk.visit(node.orelse)
    walk.first = start
    return ir.Choice(start, walk.cursor.pos, "if", (body, orelse), test)


def _operation(start: int, end: int, op: str, operands: list[ir.Expr]) -> ir.Expr:
    if op in ("and", "or"):
        return ir.Choice(start, end, op, tuple(operands))
    return ir.Op(start, end, op, tuple(operands))
