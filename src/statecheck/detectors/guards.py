"""Guards around a write: set once on first use, or computed once a key."""

from __future__ import annotations

from statecheck.facts.ir import Attr, Call, Choice, Const, Expr, Name, Op, Region, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.tables import FileTable

MISSING = ("NameError", "AttributeError", "KeyError", "LookupError")


def is_set_once(project: Project, write: Access) -> bool:
    """Is the place only filled while it is empty? ``if x is None: x = make()``, also with an early return."""
    if write.kind != "rebind" or write.how != "=":
        return False
    table = project.tables.files[write.ref.path]
    name = write.place.name
    if isinstance(write.value, Choice) and write.value.kind == "or" and _mentions(write.value.items[0], name):
        return True
    region = write.event.region
    while region >= 0:
        row = table.facts.regions[region]
        if row.test is not None and row.kind == "if" and _is_empty_test(row.test, name):
            return True
        if row.test is not None and row.kind == "else" and _is_filled_test(row.test, name):
            return True
        if row.kind == "except" and row.test is not None and any(
                isinstance(node, Name) and node.id in MISSING for node in iter_expr(row.test)):
            return True
        if _left_before(table, write, region, name):
            return True
        region = row.parent
    return False


def _left_before(table: FileTable, write: Access, region: int, name: str) -> bool:
    """An earlier ``if x is not None: return x`` in the same block."""
    for row in table.facts.regions:
        if row.scope == write.ref.scope and row.parent == region and row.kind == "if" and row.leaves and row.pos < write.start:
            if row.test is not None and _is_filled_test(row.test, name):
                return True
    return False


def _mentions(expr: Expr, name: str) -> bool:
    return any((isinstance(node, Name) and node.id == name) or (isinstance(node, Attr) and node.attr == name)
               or (isinstance(node, Const) and node.value == name) for node in iter_expr(expr))


def _is_empty_test(test: Expr, name: str) -> bool:
    """``x is None``, ``not x``, ``not hasattr(self, "x")``, ``x == {}``; with ``or``/``and`` around."""
    if isinstance(test, Choice):
        return any(_is_empty_test(part, name) for part in test.items)
    if isinstance(test, Op) and test.op in ("is", "==", "not") and _mentions(test, name):
        return test.op == "not" or any(isinstance(part, Const) for part in test.operands)
    return False


def _is_filled_test(test: Expr, name: str) -> bool:
    """``x is not None``, ``x``, ``hasattr(self, "x")``."""
    if isinstance(test, Choice):
        return any(_is_filled_test(part, name) for part in test.items)
    if isinstance(test, Op):
        return test.op in ("is not", "!=") and _mentions(test, name)
    return isinstance(test, (Name, Attr, Call)) and _mentions(test, name)


def is_memo_write(project: Project, write: Access) -> bool:
    """``cache[key] = compute()`` where the key was looked up first: in the same function, by ``in``, ``get`` or a caught KeyError."""
    if write.kind != "change" or write.depth or not write.how.startswith("[…] ="):
        return False
    target = next((part for part in write.event.targets if isinstance(part, Sub)), None)
    if target is None:
        return False
    key = _shape(target.index)
    function = project.tables.function_around(write.ref)
    for event in project.scope(function).events:
        if event.value is not None and any(_looks_up(node, write.place.name, key) for node in iter_expr(event.value)):
            return True
    return False


def _looks_up(node: Expr, name: str, key: object) -> bool:
    if isinstance(node, Op) and node.op in ("in", "not in") and len(node.operands) == 2:
        return _mentions(node.operands[1], name) and _shape(node.operands[0]) == key
    if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr == "get" and node.args:
        return _mentions(node.func.value, name) and _shape(node.args[0]) == key
    return False


def _shape(expr: Expr) -> object:
    """The text of an expression without positions."""
    return tuple((type(node).__name__, getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "value", "")
                  if isinstance(node, Const) else "") for node in iter_expr(expr))


def in_region_kind(table: FileTable, region: int, kind: str) -> Region | None:
    """The innermost region of this kind around ``region``."""
    while region >= 0:
        row = table.facts.regions[region]
        if row.kind == kind:
            return row
        region = row.parent
    return None
