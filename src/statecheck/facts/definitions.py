"""``def`` and ``class``: their heads belong to the scope around, their bodies are scopes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from statecheck.facts import ir
from statecheck.facts.nested import parameters

if TYPE_CHECKING:
    import libcst as cst

    from statecheck.facts.building import ScopeDraft
    from statecheck.facts.statements import Statements


def function(walk: Statements, node: cst.FunctionDef) -> None:
    """Walk a function."""
    scope, start = _head(walk, node, "def")
    expressions, cursor = walk.expressions, walk.cursor
    scope.is_async = node.asynchronous is not None
    type_parameters(walk, getattr(node, "type_parameters", None), scope)
    cursor.step("(")
    parameters(expressions, node.params, scope)
    cursor.close(None, ")")
    if node.returns is not None:
        scope.returns = expressions.visit(node.returns.annotation)
    walk.builder.emit("def", start, scope.end, note="async" if scope.is_async else "", ref=scope.index)
    _body(walk, node, scope)


def class_(walk: Statements, node: cst.ClassDef) -> None:
    """Walk a class."""
    scope, start = _head(walk, node, "class")
    type_parameters(walk, getattr(node, "type_parameters", None), scope)
    if type(node.lpar).__name__ == "LeftParen":
        walk.cursor.after(node.lpar, "(")
        scope.bases, scope.keywords = walk.expressions.arguments((*node.bases, *node.keywords))
        walk.cursor.close(node.rpar, ")")
    walk.builder.emit("class", start, scope.end, ref=scope.index)
    _body(walk, node, scope)


def _head(walk: Statements, node: Any, kind: Literal["def", "class"]) -> tuple[ScopeDraft, int]:
    decorators = tuple([walk.expressions.visit(decorator.decorator) for decorator in node.decorators])
    start = walk.cursor.begin(node)
    name = node.name.value
    pos = walk.cursor.leaf(node.name, name)
    walk.builder.current.binds[name] = None
    scope = walk.builder.declare(kind, name, pos, pos + len(name))
    scope.decorators = decorators
    return scope, start


def _body(walk: Statements, node: Any, scope: ScopeDraft) -> None:
    with walk.builder.inside(scope):
        walk.builder.regions[scope.root].leaves = walk.block(node.body)
    scope.body_end = walk.cursor.pos


def type_parameters(walk: Statements, node: Any, scope: ScopeDraft | None) -> None:
    """Walk ``[T: bound = default, *Ts, **P]``: the names are bound in ``scope``, the bounds are dropped."""
    if node is None:
        return
    walk.cursor.after(node.lbracket, "[")
    for item in node.params:
        param = item.param
        walk.cursor.leaf(param.name, param.name.value)
        if scope is not None:
            scope.binds[param.name.value] = None
        if getattr(param, "bound", None) is not None:
            walk.expressions.visit(param.bound)
        if item.default is not None:
            walk.expressions.visit(item.default)
    walk.cursor.close(node.rbracket, "]")


def imports(walk: Statements, node: Any) -> None:
    """Walk ``import a.b as c``."""
    for alias in node.names:
        pos, dotted = _dotted(walk, alias.name)
        bound = _alias(walk, alias) or dotted.partition(".")[0]
        _add(walk, pos, 0, dotted, "", bound)


def imports_from(walk: Statements, node: Any, start: int) -> None:
    """Walk ``from .a import b as c``, ``start`` being where it begins."""
    cursor = walk.cursor
    cursor.pos = start + len("from")
    for _ in node.relative:
        cursor.step(".")
    module = _dotted(walk, node.module)[1] if node.module is not None else ""
    level = len(node.relative)
    cursor.step("import")
    if type(node.names).__name__ == "ImportStar":
        _add(walk, cursor.after(node.names, "*"), level, module, "*", "")
        return
    if node.lpar is not None:
        cursor.after(node.lpar, "(")
    for alias in node.names:
        pos, name = _dotted(walk, alias.name)
        _add(walk, pos, level, module, name, _alias(walk, alias) or name)
    if node.rpar is not None:
        cursor.close(node.rpar, ")")


def _add(walk: Statements, pos: int, level: int, module: str, name: str, bound: str) -> None:
    current = walk.builder.current
    found = ir.Import(pos, walk.cursor.pos, level, module, name, bound, current.index, current.region)
    walk.builder.add_import(found)


def _alias(walk: Statements, node: cst.ImportAlias) -> str:
    if node.asname is None:
        return ""
    name: Any = node.asname.name
    walk.cursor.leaf(name, name.value)
    return str(name.value)


def _dotted(walk: Statements, node: Any) -> tuple[int, str]:
    parts = []
    while type(node).__name__ == "Attribute":
        parts.append(node.attr)
        node = node.value
    parts.append(node)
    parts.reverse()
    start = walk.cursor.leaf(parts[0], parts[0].value)
    for part in parts[1:]:
        walk.cursor.leaf(part, part.value)
    return start, ".".join([part.value for part in parts])
