"""Scopes inside expressions (lambdas, comprehensions) and the parameters of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from statecheck.facts import ir

if TYPE_CHECKING:
    import libcst as cst

    from statecheck.facts.building import ScopeDraft
    from statecheck.facts.expressions import Expressions

_COMP_NAMES = (("list", "<listcomp>"), ("set", "<setcomp>"), ("dict", "<dictcomp>"), ("generator", "<genexpr>"))


def parameters(walk: Expressions, node: cst.Parameters, scope: ScopeDraft) -> None:
    """Walk parameters: annotations and defaults belong to the current scope, the names to ``scope``."""
    found: list[ir.Param] = []
    groups: list[tuple[ir.ParamKind, Any]] = [
        ("positional", node.posonly_params),
        ("normal", node.params),
        ("star", (node.star_arg,)),
        ("keyword", node.kwonly_params),
        ("double-star", (node.star_kwarg,)),
    ]
    for kind, group in groups:
        for param in group:
            if type(param).__name__ != "Param":  # a bare star, or nothing
                continue
            name = param.name.value
            pos = walk.cursor.leaf(param.name, name)
            annotation = walk.visit(param.annotation.annotation) if param.annotation is not None else None
            default = walk.visit(param.default) if param.default is not None else None
            found.append(ir.Param(pos, name, kind, annotation, default))
            scope.binds[name] = None
    scope.params = tuple(found)


def lambda_expression(walk: Expressions, node: cst.Lambda) -> ir.Func:
    """Walk a lambda: a scope with one ``return`` event."""
    start = walk.cursor.leaf(node, "lambda")
    scope = walk.builder.declare("lambda", "<lambda>", start, start)
    parameters(walk, node.params, scope)
    with walk.builder.inside(scope):
        value = walk.visit(node.body)
        scope.end = scope.body_end = end = walk.cursor.pos
        walk.builder.emit("return", walk.first, end, value=value)
    walk.builder.regions[scope.root].leaves = True
    walk.first = start
    return ir.Func(start, end, scope.index)


def comprehension(walk: Expressions, node: Any, kind: ir.CompKind) -> ir.Comp:
    """Walk a comprehension: a scope with ``for``, ``test`` and one ``element`` event."""
    cursor, builder = walk.cursor, walk.builder
    opening, closing = _brackets(node, kind)
    start = -1 if opening is None else cursor.leaf(opening, "[" if kind == "list" else "{")
    scope = builder.declare("comp", dict(_COMP_NAMES)[kind], max(start, cursor.pos), cursor.pos)
    with builder.inside(scope):
        key = walk.visit(node.key) if type(node).__name__ == "DictComp" else None
        element_start = walk.first
        value = walk.visit(node.value if kind == "dict" else node.elt)
        element_start = element_start if key is not None else walk.first
        element_end = cursor.pos
        start = element_start if start < 0 else start
        _clauses(walk, node.for_in)
        note = "" if key is not None or kind != "dict" else "**"
        builder.emit("element", element_start, element_end, value=value, extra=key, note=note)
    end = cursor.pos if closing is None else cursor.close(closing, "]" if kind == "list" else "}")
    scope.pos, scope.end, scope.body_end = start, end, end
    builder.regions[scope.root].pos = start
    walk.first = start
    return ir.Comp(start, end, kind, scope.index)


def _brackets(node: Any, kind: str) -> tuple[Any, Any]:
    if kind == "generator":
        return None, None
    return (node.lbracket, node.rbracket) if kind == "list" else (node.lbrace, node.rbrace)


def _clauses(walk: Expressions, node: Any) -> None:
    builder, scope = walk.builder, walk.builder.current
    is_first = True
    while node is not None:
        target = walk.visit(node.target)
        start = walk.first
        if is_first and scope.parent is not None:  # the first iterable is evaluated outside
            with builder.inside(scope.parent):
                iterable = walk.visit(node.iter)
        else:
            iterable = walk.visit(node.iter)
        is_first = False
        builder.bind((target,))
        note = "" if node.asynchronous is None else "async"
        scope.is_async = scope.is_async or bool(note)
        builder.emit("for", start, walk.cursor.pos, (target,), iterable, note=note)
        for condition in node.ifs:
            test = walk.visit(condition.test)
            builder.emit("test", walk.first, walk.cursor.pos, value=test, note="if")
        node = node.inner_for_in
