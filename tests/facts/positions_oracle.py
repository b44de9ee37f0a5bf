"""What LibCST's own position provider says about a text, to compare the facts with."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from statecheck.facts import ir
from statecheck.facts.python import line_starts_of
from statecheck.facts.walk import iter_expr

Place = tuple[str, int, int]  # kind, start, end (-1 where the facts do not keep it)

_KINDS: dict[type, str] = {
    cst.Attribute: "attr",
    cst.Call: "call",
    cst.Subscript: "sub",
    cst.Integer: "const",
    cst.Float: "const",
    cst.Imaginary: "const",
    cst.Ellipsis: "const",
    cst.SimpleString: "const",
    cst.FormattedStringText: "const",
    cst.List: "display",
    cst.Set: "display",
    cst.Dict: "display",
    cst.Tuple: "display",
    cst.FormattedString: "fstring",
    cst.TemplatedString: "fstring",
    cst.TemplatedStringText: "const",
    cst.BinaryOperation: "op",
    cst.Comparison: "op",
    cst.UnaryOperation: "op",
    cst.BooleanOperation: "choice",
    cst.IfExp: "choice",
    cst.Await: "await",
    cst.Yield: "yield",
    cst.Lambda: "func",
    cst.ListComp: "comp",
    cst.SetComp: "comp",
    cst.DictComp: "comp",
    cst.GeneratorExp: "comp",
    cst.FunctionDef: "def",
    cst.ClassDef: "class",
}
_NOT_KEPT = (cst.TypeParameters, cst.ImportAlias, cst.ImportFrom, cst.MatchValue, cst.MatchSingleton)
_START_ONLY = ("attr", "await", "yield", "def", "class")


def provider_places(text: str) -> set[Place]:
    """Every place the position provider knows that the facts keep as well."""
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    line_starts = line_starts_of(text)
    skip = _not_facts(wrapper.module)
    found = set()
    for node, place in positions.items():
        kind = _kind(node)
        if kind and id(node) not in skip:
            start = line_starts[place.start.line - 1] + place.start.column
            end = line_starts[place.end.line - 1] + place.end.column
            found.add((kind, start, -1 if kind in _START_ONLY else end))
    return found


def _kind(node: object) -> str:
    if isinstance(node, cst.Name):
        return "const" if node.value in ("True", "False", "None") else "name"
    if isinstance(node, cst.ConcatenatedString):
        return "const" if all(isinstance(part, cst.SimpleString) for part in _strings(node)) else "fstring"
    return _KINDS.get(type(node), "")


def _not_facts(module: cst.Module) -> set[int]:
    """Nodes that the facts fold away or do not keep."""
    dropped: set[int] = set()
    stack: list[tuple[cst.CSTNode, cst.CSTNode]] = [(module, module)]
    while stack:
        node, parent = stack.pop()
        if isinstance(node, cst.ConcatenatedString) and isinstance(parent, cst.ConcatenatedString):
            dropped.add(id(node))
        elif isinstance(node, cst.ConcatenatedString):
            strings = _strings(node)
            if all(isinstance(string, cst.SimpleString) for string in strings):
                dropped.update(map(id, strings))
            else:
                dropped.update(id(string) for string in strings if isinstance(string, cst.FormattedString))
        elif isinstance(node, (cst.BinaryOperation, cst.BooleanOperation)):  # inner links of a flat chain
            for side in (node.left, node.right):
                if type(side) is type(node) and not side.lpar and type(side.operator) is type(node.operator):
                    dropped.add(id(side))
        elif isinstance(node, _NOT_KEPT):
            dropped.update(_below(node))
            continue
        elif isinstance(node, cst.MatchClass):
            dropped.update(_below(node.cls))
        elif isinstance(node, (cst.MatchMappingElement, cst.MatchKeywordElement)):
            dropped.update(_below(node.key))
        elif isinstance(node, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            spec = node.format_spec or ()
            dropped.update(id(part) for part in spec if not hasattr(part, "expression"))
        elif isinstance(node, cst.Del) and isinstance(node.target, (cst.Tuple, cst.List)):
            dropped.add(id(node.target))
        elif isinstance(node, (cst.AsName, cst.NameItem)) and not isinstance(parent, cst.WithItem):
            dropped.add(id(node.name))
        elif isinstance(node, cst.Arg) and node.keyword is not None:
            dropped.add(id(node.keyword))
        elif isinstance(node, cst.Expr) and isinstance(node.value, cst.Yield):  # an event, not an expression
            dropped.add(id(node.value))
        stack.extend((child, node) for child in node.children)
    return dropped


def _below(node: cst.CSTNode) -> Iterator[int]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield id(current)
        stack.extend(current.children)


def _strings(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    found = []
    while isinstance(node, cst.ConcatenatedString):
        found.append(node.left)
        node = node.right
    return [*found, node]


def fact_places(facts: ir.FileFacts) -> set[Place]:
    """The same places, from the facts."""
    found: set[Place] = set()
    for scope in facts.scopes:
        for event in scope.events:
            if event.op in ("def", "class"):
                found.add((event.op, event.pos, -1))
        for param in scope.params:
            found.add(("name", param.pos, param.pos + len(param.name)))
        if scope.kind in ("def", "class"):
            found.add(("name", scope.pos, scope.end))
    for expr in all_expressions(facts):
        found.update(_places(expr))
    return found


def several_indices(facts: ir.FileFacts) -> set[Place]:
    """The displays that the facts make of ``a[b, c]``: the provider knows no such node."""
    indices = [expr.index for expr in all_expressions(facts) if isinstance(expr, ir.Sub)]
    return {("display", index.pos, index.end) for index in indices if isinstance(index, ir.Display)}


def all_expressions(facts: ir.FileFacts) -> Iterator[ir.Expr]:
    """Every expression of a file."""
    for scope in facts.scopes:
        roots: list[ir.Expr | None] = [*scope.decorators, *scope.bases, scope.returns]
        roots += [keyword.value for keyword in scope.keywords]
        for event in scope.events:
            roots += [*event.targets, event.value, event.extra]
        for param in scope.params:
            roots += [param.annotation, param.default]
        for root in roots:
            yield from iter_expr(root)


def _places(expr: ir.Expr) -> Iterator[Place]:
    kind = type(expr).__name__.lower()
    if isinstance(expr, ir.Name):
        yield kind, expr.pos, expr.pos + len(expr.id)
    elif isinstance(expr, ir.Attr):
        yield "attr", expr.pos, -1
        yield "name", expr.at, expr.at + len(expr.attr)
    elif isinstance(expr, (ir.Await, ir.Yield)):
        yield kind, expr.pos, -1
    elif not isinstance(expr, ir.Star) and not _of_a_slice(expr):
        yield kind, expr.pos, expr.end


def _of_a_slice(expr: ir.Expr) -> bool:
    """A slice, or its missing bound: None, of no width."""
    if isinstance(expr, ir.Const):
        return expr.kind == "none" and expr.pos == expr.end
    return isinstance(expr, ir.Op) and expr.op == "slice"
