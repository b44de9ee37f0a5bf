"""Expressions: LibCST's nodes become those of :mod:`statecheck.facts.ir`, in source order.

Chains (``a.b().c()``) are walked in loops: their trees are as deep as they are long. LibCST gives parentheses to the
node inside them, so a node that begins with a parenthesised one begins at the bracket: ``first`` is where the last
expression began, brackets included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from statecheck.facts import ir
from statecheck.facts.building import Builder
from statecheck.facts.nested import comprehension, lambda_expression
from statecheck.facts.operators import binary, comparison, conditional, unary
from statecheck.facts.positions import Cursor
from statecheck.facts.strings import concatenated_string, formatted_string, simple_string

if TYPE_CHECKING:
    import libcst as cst

_SINGLETONS: Mapping[str, ir.ConstKind] = MappingProxyType({"True": "bool", "False": "bool", "None": "none"})
_LONG_DISPLAY = 1000  # more constants than this are not kept

Handler = Callable[[Any], ir.Expr]


class _Handlers(dict[str, Handler]):
    """Handlers by the name of the node's class; a node that a newer LibCST invents is opaque."""

    def __init__(self, handlers: Mapping[str, Handler], unknown: Handler) -> None:
        super().__init__(handlers)
        self._unknown = unknown

    def __missing__(self, key: str) -> Handler:
        return self._unknown


class Expressions:
    """Walks expressions with a cursor; scopes and walrus events go to the builder."""

    def __init__(self, cursor: Cursor, builder: Builder, elided: frozenset[int]) -> None:
        self.cursor = cursor
        self.builder = builder
        self.first = 0  # where the last expression began, its own brackets included
        self.strings: list[tuple[int, int]] = []  # spans of string literals, where a `#` begins no comment
        self._elided = elided
        self._bracket = -1  # the innermost parenthesis that was opened last
        self._leaf = cursor.leaf
        self._handlers = _Handlers(self._table(), self._unknown)

    def _table(self) -> dict[str, Handler]:
        return {
            "Name": self._name,
            "Attribute": self._chain, "Call": self._chain, "Subscript": self._chain,
            "Integer": self._number("int"), "Float": self._number("float"), "Imaginary": self._number("complex"),
            "Ellipsis": self._ellipsis,
            "SimpleString": lambda node: simple_string(self, node),
            "FormattedString": lambda node: formatted_string(self, node),
            "ConcatenatedString": lambda node: concatenated_string(self, node),
            "Tuple": self._tuple, "List": self._list, "Set": self._set, "Dict": self._dict,
            "BinaryOperation": lambda node: binary(self, node),
            "BooleanOperation": lambda node: binary(self, node),
            "UnaryOperation": lambda node: unary(self, node),
            "Comparison": lambda node: comparison(self, node),
            "IfExp": lambda node: conditional(self, node),
            "Await": self._await, "Yield": self._yield, "NamedExpr": self._walrus,
            "StarredElement": self._starred,
            "Lambda": lambda node: lambda_expression(self, node),
            "ListComp": lambda node: comprehension(self, node, "list"),
            "SetComp": lambda node: comprehension(self, node, "set"),
            "DictComp": lambda node: comprehension(self, node, "dict"),
            "GeneratorExp": lambda node: comprehension(self, node, "generator"),
            "StarredDictComp": lambda node: comprehension(self, node, "dict"),
            "TemplatedString": lambda node: formatted_string(self, node),
        }  # fmt: skip

    def visit(self, node: Any) -> ir.Expr:
        """Walk one expression."""
        if node.lpar:
            return self._parenthesised(node)
        return self._handlers[type(node).__name__](node)

    def _parenthesised(self, node: Any) -> ir.Expr:
        outer = self._open(node)
        expr = self._handlers[type(node).__name__](node)
        for bracket in node.rpar:
            self.cursor.close(bracket, ")")
        self.first = outer
        return expr

    def _open(self, node: Any) -> int:
        outer = -1
        for bracket in node.lpar:
            self._bracket = self._leaf(bracket, "(")
            if outer < 0:
                outer = self._bracket
        return outer

    def _unknown(self, node: Any) -> ir.Expr:
        self.first, end = self.cursor.opaque(node)
        return ir.Op(self.first, end, "?", ())

    # Names and literals

    def _name(self, node: cst.Name) -> ir.Expr:
        value = node.value
        self.first = start = self._leaf(node, value)
        if value in _SINGLETONS:
            return ir.Const(start, self.cursor.pos, _SINGLETONS[value], value, len(value))
        return ir.Name(start, value)

    def _number(self, kind: ir.ConstKind) -> Handler:
        def number(node: Any) -> ir.Expr:
            value = node.value
            take = self.cursor.dotted_leaf if value[0] == "." else self._leaf
            self.first = start = take(node, value)
            return ir.Const(start, self.cursor.pos, kind, value[:200], len(value))

        return number

    def _ellipsis(self, node: cst.Ellipsis) -> ir.Expr:
        self.first = start = self.cursor.dotted_leaf(node, "...")
        return ir.Const(start, start + 3, "ellipsis", "...", 3)

    # Chains: a.b(c)[d]

    def _chain(self, node: Any) -> ir.Expr:
        links: list[Any] = []
        brackets: dict[int, int] = {}
        while True:
            kind = type(node).__name__
            if kind == "Attribute" or kind == "Subscript":
                inner = node.value
            elif kind == "Call":
                inner = node.func
            else:
                break
            if node.lpar and links:  # those of the outermost are taken by visit()
                brackets[len(links)] = self._open(node)
            links.append(node)
            node = inner
        expr = self.visit(node)
        start = self.first
        for depth in range(len(links) - 1, -1, -1):
            node = links[depth]
            expr = self._link(node, start, expr)
            if depth in brackets:
                start = brackets[depth]
                for bracket in node.rpar:
                    self.cursor.close(bracket, ")")
        self.first = start
        return expr

    def _link(self, node: Any, start: int, value: ir.Expr) -> ir.Expr:
        kind = type(node).__name__
        if kind == "Attribute":
            attr = node.attr.value
            return ir.Attr(start, self._leaf(node.attr, attr), value, attr)
        if kind == "Call":
            self.cursor.step("(")
            args, keywords = self.arguments(node.args)
            return ir.Call(start, self.cursor.close(node, ")"), value, args, keywords)
        self.cursor.after(node.lbracket, "[")
        index = self._index(node.slice)
        return ir.Sub(start, self.cursor.close(node.rbracket, "]"), value, index)

    def arguments(self, nodes: Any) -> tuple[tuple[ir.Expr, ...], tuple[ir.Keyword, ...]]:
        """Walk the arguments of a call or a class statement."""
        args: list[ir.Expr] = []
        keywords: list[ir.Keyword] = []
        for node in nodes:
            if node.keyword is not None:
                name = node.keyword.value
                self._leaf(node.keyword, name)
                keywords.append(ir.Keyword(name, self.visit(node.value)))
            elif node.star:
                low = self.cursor.pos
                value = self.visit(node.value)
                if node.star == "**":
                    keywords.append(ir.Keyword("**", value))
                else:
                    args.append(ir.Star(self.cursor.before(node, "*", low, self.first), value))
            else:
                args.append(self.visit(node.value))
        return tuple(args), tuple(keywords)

    def _index(self, elements: Any) -> ir.Expr:
        if len(elements) == 1 and type(elements[0].comma).__name__ != "Comma":
            return self._subscript(elements[0].slice)
        items = []
        start = -1
        for element in elements:
            items.append(self._subscript(element.slice))
            start = self.first if start < 0 else start
            if type(element.comma).__name__ == "Comma":
                self.cursor.after(element.comma, ",")
        return ir.Display(start, self.cursor.pos, "tuple", tuple(items))

    def _subscript(self, node: Any) -> ir.Expr:
        if type(node).__name__ == "Index":
            if not getattr(node, "star", None):
                return self.visit(node.value)
            low = self.cursor.pos
            value = self.visit(node.value)
            self.first = self.cursor.before(node, "*", low, self.first)
            return ir.Star(self.first, value)
        start = -1
        operands: list[ir.Expr] = []
        for part, colon in ((node.lower, node.first_colon), (node.upper, node.second_colon), (node.step, None)):
            if part is not None:
                operands.append(self.visit(part))
                start = self.first if start < 0 else start
            elif len(operands) < 2:  # a missing bound is None, of no width
                operands.append(ir.Const(self.cursor.pos, self.cursor.pos, "none", "None", 4))
            if type(colon).__name__ == "Colon":
                at = self.cursor.after(colon, ":")
                start = at if start < 0 else start
        self.first = start
        return ir.Op(start, self.cursor.pos, "slice", tuple(operands))

    # Displays

    def _tuple(self, node: cst.Tuple) -> ir.Expr:
        bracket = self._bracket if node.lpar else -1
        items, start = [], -1
        for element in node.elements:
            items.append(self._element(element))
            if start < 0:
                start = self.first
        if not items:
            start = self.cursor.begin(node)
        elif type(node.elements[-1].comma).__name__ == "Comma":
            self.cursor.after(node.elements[-1].comma, ",")
        self.first = start
        return self._display(start, self.cursor.pos, "tuple", items, (), bracket)

    def _list(self, node: cst.List) -> ir.Expr:
        start = self._leaf(node.lbracket, "[")
        items = [self._element(element) for element in node.elements]
        self.first = start
        return self._display(start, self.cursor.close(node.rbracket, "]"), "list", items, (), start)

    def _set(self, node: cst.Set) -> ir.Expr:
        start = self._leaf(node.lbrace, "{")
        items = [self._element(element) for element in node.elements]
        self.first = start
        return self._display(start, self.cursor.close(node.rbrace, "}"), "set", items, (), start)

    def _dict(self, node: Any) -> ir.Expr:
        start = self._leaf(node.lbrace, "{")
        keys: list[ir.Expr | None] = []
        items = []
        for element in node.elements:
            keys.append(self.visit(element.key) if type(element).__name__ == "DictElement" else None)
            items.append(self.visit(element.value))
        self.first = start
        return self._display(start, self.cursor.close(node.rbrace, "}"), "dict", items, tuple(keys), start)

    def _display(
        self,
        start: int,
        end: int,
        kind: ir.DisplayKind,
        items: list[ir.Expr],
        keys: tuple[ir.Expr | None, ...],
        bracket: int,
    ) -> ir.Expr:
        constants = len(items) > _LONG_DISPLAY and all(type(item) is ir.Const for item in (*items, *keys))
        if constants or bracket in self._elided:  # of a blanked one the first item stands for its kind
            return ir.Display(start, end, kind, (), (), True)
        return ir.Display(start, end, kind, tuple(items), keys)

    def _element(self, node: Any) -> ir.Expr:
        return self.visit(node.value) if type(node).__name__ == "Element" else self.visit(node)

    def _starred(self, node: cst.StarredElement) -> ir.Expr:
        low = self.cursor.pos
        value = self.visit(node.value)
        self.first = start = self.cursor.before(node, "*", low, self.first)
        return ir.Star(start, value)

    # Expressions that do something

    def _await(self, node: cst.Await) -> ir.Expr:
        start = self._leaf(node, "await")
        value = self.visit(node.expression)
        self.first = start
        return ir.Await(start, value)

    def _yield(self, node: Any) -> ir.Expr:
        start = self._leaf(node, "yield")
        self.builder.function().is_generator = True
        delegates = type(node.value).__name__ == "From"
        value = None
        if node.value is not None:
            value = self.visit(node.value.item if delegates else node.value)
        self.first = start
        return ir.Yield(start, value, delegates)

    def _walrus(self, node: cst.NamedExpr) -> ir.Expr:
        target = self.visit(node.target)
        start = self.first
        value = self.visit(node.value)
        scope = self.builder.function()
        scope.events.append(ir.Event("walrus", start, self.cursor.pos, scope.region, (target,), value))
        self.builder.bind((target,), scope)
        self.first = start
        return target
