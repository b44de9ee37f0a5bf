"""What code makes of a text that it reads: the conversion around it, or the question that it answers."""

from __future__ import annotations

from statecheck.facts.ir import Attr, Call, Choice, Const, Display, Event, Expr, Name, Op, Sub
from statecheck.facts.walk import last_name, parts
from statecheck.project.tables import expressions

COMPARISONS = frozenset({"==", "!=", "in", "not in"})
TRUTH = frozenset({"1", "0", "true", "false", "yes", "no", "on", "off", "t", "f", "y", "n"})
CONVERSIONS = {
    "int": "int",
    "integer": "int",
    "positiveint": "int",
    "float": "float",
    "decimal": "float",
    "bool": "bool",
    "boolean": "bool",
    "str": "str",
    "string": "str",
    "secretstr": "str",
    "path": "path",
    "dirpath": "path",
    "filepath": "path",
    "loads": "json",
    "list": "list",
    "tuple": "list",
    "set": "list",
    "commaseparatedstrings": "list",
    "csv": "list",
    "dict": "dict",
    "url": "url",
    "urlpath": "path",
}


def type_named(name: str) -> str:
    """The type that a function or class of this name makes, "" for one that nobody knows."""
    return "bool" if "bool" in name.lower() else CONVERSIONS.get(name.lower(), "")


SHAPING = frozenset({"lower", "upper", "strip", "rstrip", "lstrip", "casefold", "encode"})


def type_of_use(event: Event | None, node: Expr) -> str:
    """The type that the event makes of ``node``, "" where none shows."""
    if event is None:
        return ""
    chain = _around(event, node)
    inner: Expr = node
    for outer in chain:
        found = _conversion(outer, inner)
        if found != "":
            return "" if found is None else found
        inner = outer
    return type_named(event.extra.id) if event.op == "annotated" and isinstance(event.extra, Name) else ""


def fallback(event: Event | None, node: Expr) -> Expr | None:
    """What the event takes where ``node`` gives nothing: ``node or "fallback"``."""
    inner: Expr = node
    for outer in _around(event, node) if event is not None else ():
        if isinstance(outer, Choice) and outer.kind == "or" and outer.items[0] is inner:
            return outer.items[-1]
        if not (isinstance(outer, Attr) or (isinstance(outer, Call) and outer.func is inner)):
            return None
        inner = outer
    return None


def _conversion(outer: Expr, inner: Expr) -> str | None:
    """The type that ``outer`` makes of ``inner``; "" if it hands it on, None if nobody can tell."""
    match outer:
        case Attr(attr="split"):
            return "list"
        case Attr(attr=name):
            return "" if name in SHAPING else None
        case Call(func=func, args=args) if args and args[0] is inner:
            return type_named(last_name(func)) or None
        case Call(func=func):
            return "" if func is inner else None
        case Op(op=op, operands=operands) if op in COMPARISONS:
            return "bool" if any(_is_truth(operand) for operand in operands) else None
        case Op(op="not"):
            return None
        case Choice(kind="or"):
            return ""
        case Choice(kind="if", test=test):
            return None if test is inner else ""
        case Sub():
            return None
        case _:
            return None


def _is_truth(expr: Expr) -> bool:
    """Is it a word for yes or no, or several of them?"""
    if isinstance(expr, Display):
        return bool(expr.items) and all(_is_truth(item) for item in expr.items)
    return isinstance(expr, Const) and expr.value.lower() in TRUTH


def _around(event: Event, node: Expr) -> list[Expr]:
    """The expressions of the event that ``node`` stands in, innermost first."""
    parents: dict[int, Expr] = {}
    stack = list(expressions(event))
    while stack:
        current = stack.pop()
        for part in parts(current):
            parents[id(part)] = current
            stack.append(part)
    chain = []
    current_parent = parents.get(id(node))
    while current_parent is not None:
        chain.append(current_parent)
        current_parent = parents.get(id(current_parent))
    return chain
