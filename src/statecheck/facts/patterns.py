"""The patterns of ``case``: what they bind. Values and classes in them are walked and dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from statecheck.facts import ir
from statecheck.facts.expressions import Expressions

if TYPE_CHECKING:
    import libcst as cst


class Patterns:
    """Walks patterns; the names bound by the current one gather in ``captures``."""

    def __init__(self, walk: Expressions) -> None:
        self._walk = walk
        self._cursor = walk.cursor
        self._captures: list[ir.Expr] = []
        self._handlers: dict[str, Callable[[Any], None]] = {
            "MatchValue": self._value,
            "MatchSingleton": self._value,
            "MatchAs": self._as,
            "MatchOr": self._or,
            "MatchList": self._list,
            "MatchTuple": self._sequence,
            "MatchSequenceElement": lambda node: self._visit(node.value),
            "MatchStar": self._star,
            "MatchMapping": self._mapping,
            "MatchClass": self._class,
        }

    def captures(self, node: Any) -> tuple[ir.Expr, ...]:
        """Walk a pattern and return the names it binds."""
        self._captures = []
        self._visit(node)
        return tuple(self._captures)

    def _visit(self, node: Any) -> None:
        handler = self._handlers.get(type(node).__name__)
        if handler is None:
            self._cursor.opaque(node)
            return
        own_brackets = handler != self._value  # those of a value are its expression's
        for bracket in getattr(node, "lpar", ()) if own_brackets else ():
            self._cursor.leaf(bracket, "(")
        handler(node)
        for bracket in getattr(node, "rpar", ()) if own_brackets else ():
            self._cursor.close(bracket, ")")

    def _capture(self, node: cst.Name) -> None:
        self._captures.append(ir.Name(self._cursor.leaf(node, node.value), node.value))

    def _value(self, node: Any) -> None:
        self._walk.visit(node.value)

    def _as(self, node: cst.MatchAs) -> None:
        if node.pattern is not None:
            self._visit(node.pattern)
        if node.name is not None:
            self._capture(node.name)
        else:
            self._cursor.leaf(node, "_")

    def _or(self, node: cst.MatchOr) -> None:
        for element in node.patterns:
            self._visit(element.pattern)

    def _sequence(self, node: Any) -> None:
        for element in node.patterns:
            self._visit(element)

    def _list(self, node: cst.MatchList) -> None:
        if node.lbracket is not None:
            self._cursor.leaf(node.lbracket, "[")
        self._sequence(node)
        if node.rbracket is not None:
            self._cursor.close(node.rbracket, "]")

    def _star(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self._capture(node.name)
        else:
            self._cursor.leaf(node, "_")

    def _mapping(self, node: cst.MatchMapping) -> None:
        self._cursor.leaf(node.lbrace, "{")
        for element in node.elements:
            self._walk.visit(element.key)
            self._visit(element.pattern)
        if node.rest is not None:
            self._capture(node.rest)
        self._cursor.close(node.rbrace, "}")

    def _class(self, node: cst.MatchClass) -> None:
        self._walk.visit(node.cls)
        self._cursor.step("(")
        self._sequence(node)
        for element in node.kwds:
            self._cursor.leaf(element.key, element.key.value)
            self._visit(element.pattern)
        self._cursor.close(node, ")")
