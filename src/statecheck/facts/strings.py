"""String literals and f-strings as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from statecheck.facts import ir
from statecheck.facts.literals import KEPT, decode_literal, decode_text

if TYPE_CHECKING:
    import libcst as cst

    from statecheck.facts.expressions import Expressions


def simple_string(walk: Expressions, node: cst.SimpleString) -> ir.Const:
    """Walk one plain literal."""
    source = node.value
    walk.first = start = walk.cursor.leaf(node, source)
    walk.strings.append((start, walk.cursor.pos))
    return ir.Const(start, walk.cursor.pos, *decode_literal(source))


def formatted_string(walk: Expressions, node: Any) -> ir.FString:
    """Walk an f-string or t-string."""
    start = walk.cursor.leaf(node, node.start)
    parts: list[ir.Expr] = []
    _parts(walk, node.parts, parts, raw="r" in node.start.lower())
    walk.first = start
    end = walk.cursor.close(node, node.end)
    walk.strings.append((start, end))
    return ir.FString(start, end, tuple(parts))


def _parts(walk: Expressions, nodes: Any, parts: list[ir.Expr], *, raw: bool, spec: bool = False) -> None:
    """Walk the inside of a string, or of a format specification, whose text is not kept."""
    cursor = walk.cursor
    for node in nodes:
        if not hasattr(node, "expression"):
            start = cursor.exact(node, node.value)
            if not spec:
                text = node.value.replace("{{", "{").replace("}}", "}")
                parts.append(ir.Const(start, cursor.pos, "str", *decode_text(text, raw=raw)))
            continue
        cursor.step("{")
        parts.append(walk.visit(node.expression))
        if node.equal is not None:
            cursor.step("=")
        if node.conversion is not None:
            cursor.step("!")
            cursor.step(node.conversion)
        if node.format_spec is not None:
            cursor.step(":")
            _parts(walk, node.format_spec, parts, raw=raw, spec=True)
        cursor.step("}")


def concatenated_string(walk: Expressions, node: Any) -> ir.Expr:
    """Walk adjacent literals: one constant, or one f-string when a part is formatted."""
    pieces: list[ir.Expr] = []
    start = -1
    while True:
        pieces.append(walk.visit(node.left if type(node).__name__ == "ConcatenatedString" else node))
        start = walk.first if start < 0 else start
        if type(node).__name__ != "ConcatenatedString":
            break
        node = node.right
    walk.first = start
    end = walk.cursor.pos
    constants = [piece for piece in pieces if isinstance(piece, ir.Const)]
    if len(constants) == len(pieces):
        value = "".join(piece.value for piece in constants)[:KEPT]
        return ir.Const(start, end, constants[0].kind, value, sum(piece.length for piece in constants))
    parts: list[ir.Expr] = []
    for piece in pieces:
        parts.extend(piece.parts if isinstance(piece, ir.FString) else (piece,))
    return ir.FString(start, end, tuple(parts))
