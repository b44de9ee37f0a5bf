"""Guards around a write: set once on first use, or computed once a key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from statecheck.facts.ir import Attr, Call, Choice, Const, Expr, Name, Op, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.accesses import Access
from statecheck.project.calls import Edge
from statecheck.project.conditions import is_empty_test, is_filled_test
from statecheck.project.link import Project
from statecheck.project.tables import FileTable
from statecheck.project.values import Foreign, ForeignInstance, ScopeRef

MISSING = ("NameError", "AttributeError", "KeyError", "LookupError")


def is_set_once(project: Project, write: Access) -> bool:
    """Is the place only filled while it is empty? ``if x is None: x = make()``, also with an early return.

    The guard may stand in the function or around each of its calls. A value taken from a request is no lazy default:
    the first visitor decides it for all.
    """
    if write.how in ("del", "del […]") or from_request(project, write):
        return False
    if isinstance(write.value, Choice) and write.value.kind == "or" and _same(write.value.items[0], write):
        return True
    table = project.tables.files[write.ref.path]
    if _is_guarded(
        table, write.ref.scope, write.event.region, write.start, write.place.name, isinstance(write.value, Const)
    ) or _is_beside_once(table, write.ref.scope, write.event.region):
        return True
    function = project.tables.function_around(write.ref)
    calls = [
        edge
        for edge in project.graph.callers.get(function, ())
        if edge.via in ("call", "callback") and project.is_application(edge.caller.path)
    ]
    return _runs_once(project, function) or (
        0 < len(calls) <= 3 and all(_is_called_once(project, edge, write.place.name) for edge in calls)
    )


def _is_called_once(project: Project, edge: Edge, name: str) -> bool:
    table = project.tables.files[edge.caller.path]
    return _is_guarded(table, edge.caller.scope, edge.region, edge.pos, name) or _runs_once(project, edge.caller)


def _runs_once(project: Project, function: ScopeRef) -> bool:
    """A memo without arguments: its body runs once, in a process or for an object."""
    receivers = 1 if project.evaluator.classes.receiver(function) else 0
    return len(project.scope(function).params) <= receivers and project.evaluator.is_memo(function)


def _is_beside_once(table: FileTable, scope: int, region: int) -> bool:
    """``if self.made is None: self.made = make(); self.path = path``: filled together with what the guard asks for."""
    while region >= 0:
        row = table.facts.regions[region]
        test = row.test
        if row.kind == "if" and isinstance(test, Op) and test.op in ("is", "not", "=="):
            asked, here = shape(test.operands[0]), table.facts.scopes[scope]
            inside = [event for event in here.events if table.is_inside(event.region, region)]
            filled = [target for event in inside for target in event.targets]
            lasting = [part for part in filled if isinstance(part, Attr) or getattr(part, "id", "") in here.globals]
            if any(shape(part) == asked for part in lasting) and is_empty_test(test, partial(_has_shape, asked)):
                return True
        region = row.parent
    return False


def _has_shape(asked: object, expr: Expr) -> bool:
    return shape(expr) == asked


def is_filled_here(project: Project, write: Access) -> bool:
    """Does the write stand where a condition says that the place is not empty?"""
    table = project.tables.files[write.ref.path]
    region = write.event.region
    while region >= 0:
        row = table.facts.regions[region]
        if row.test is not None and (
            (row.kind == "if" and _is_filled_test(row.test, write.place.name))
            or (row.kind == "else" and _is_empty_test(row.test, write.place.name))
        ):
            return True
        region = row.parent
    return False


def from_request(project: Project, write: Access) -> bool:
    """Does the written value come from the request at hand?"""
    for node in iter_expr(write.value) if write.value is not None else ():
        if isinstance(node, Name) and _is_handler_parameter(project, write, node.id):
            return True
        if isinstance(node, (Name, Attr)):
            for item in project.evaluator.evaluate(write.ref, node, write.event.region):
                if isinstance(item.value, (Foreign, ForeignInstance)) and "request" in project.knowledge.lives(
                    item.value.name
                ):
                    return True
    return False


def _is_handler_parameter(project: Project, write: Access, name: str) -> bool:
    function = project.tables.function_around(write.ref)
    return any(
        param.name == name for param in project.scope(function).params if param.name not in ("self", "cls")
    ) and any(entry.phase == "request" for entry in project.phases.entries_at(function))


def _is_guarded(table: FileTable, scope: int, region: int, pos: int, name: str, constant: bool = False) -> bool:
    while region >= 0:
        row = table.facts.regions[region]
        if row.test is not None and row.kind == "if" and _is_empty_test(row.test, name):
            return True
        if row.test is not None and row.kind == "else" and _is_filled_test(row.test, name):
            return True
        if row.kind == "except" and (
            constant
            or (
                row.test is not None
                and any(isinstance(node, Name) and node.id in MISSING for node in iter_expr(row.test))
            )
        ):
            return True  # a constant kept after a failure remembers what the environment can do
        if _left_before(table, scope, region, pos, name):
            return True
        region = row.parent
    return False


def block(table: FileTable, region: int) -> int:
    """The region that a ``with`` stands in: what leaves inside it leaves the block around it."""
    while region >= 0 and table.facts.regions[region].kind == "with":
        region = table.facts.regions[region].parent
    return region


def _left_before(table: FileTable, scope: int, region: int, pos: int, name: str) -> bool:
    """An earlier ``if x is not None: return x`` in the same block, or in a ``with`` of it."""
    return any(
        row.scope == scope
        and region in (row.parent, block(table, row.parent))
        and row.kind == "if"
        and row.leaves
        and row.pos < pos
        and row.test is not None
        and _is_filled_test(row.test, name)
        for row in table.facts.regions
    )


def _same(expr: Expr, write: Access) -> bool:
    return any(shape(target) == shape(expr) for target in write.event.targets)


def mentions(expr: Expr, name: str) -> bool:
    """Does the name, or an attribute of that name, stand in the expression?"""
    return any(
        (isinstance(node, Name) and node.id == name) or (isinstance(node, Attr) and node.attr == name)
        for node in iter_expr(expr)
    )


def is_reading_of_clock(project: Project, write: Access, value: Expr) -> bool:
    """``time.time()``, ``now + 60``, ``now().isoformat()``: nothing but a point in time."""
    if isinstance(value, Op):
        return any(is_reading_of_clock(project, write, part) for part in value.operands)
    asked = value.func if isinstance(value, Call) else value
    if asked is not value and isinstance(asked, Attr) and is_reading_of_clock(project, write, asked.value):
        return True
    return isinstance(asked, (Name, Attr)) and any(
        isinstance(item.value, (Foreign, ForeignInstance)) and project.knowledge.effect(item.value.name) == "time"
        for item in project.evaluator.evaluate(write.ref, asked, write.event.region)
    )


def _asks_for(expr: Expr, name: str) -> bool:
    """``x``, ``obj.x``, ``len(x)``, ``hasattr(obj, "x")``: is the value of the expression that of the name?"""
    if isinstance(expr, Call):
        return mentions(expr, name) or any(isinstance(given, Const) and given.value == name for given in expr.args[1:2])
    return isinstance(expr, (Name, Attr)) and mentions(expr, name)


def _is_empty_test(test: Expr, name: str) -> bool:
    """``x is None``, ``not x``, ``not hasattr(self, "x")``, ``len(x) == 0``; not ``x is None or x != new``."""
    if isinstance(test, Choice) and test.kind == "or":
        asked = [is_empty_test(part, lambda expr: _asks_for(expr, name)) for part in test.items]
        return any(asked) and not any(
            isinstance(part, Op) and mentions(part, name)
            for part, empty in zip(test.items, asked, strict=True)
            if not empty
        )
    return is_empty_test(test, lambda expr: _asks_for(expr, name))


def _is_filled_test(test: Expr, name: str) -> bool:
    """``x is not None``, ``x``, ``hasattr(self, "x")``."""
    return is_filled_test(test, lambda expr: _asks_for(expr, name))


def is_passing(project: Project, write: Access, writes: Sequence[Access]) -> bool:
    """``x[key] = …`` and, later in the same function, ``del x[key]`` or ``x.pop(key)``: there while one call runs."""
    function = project.tables.function_around(write.ref)
    key = put_key(write)
    kinds = {
        other.kind
        for other in writes
        if key is not None
        and (other_key := put_key(other)) is not None
        and shape(other_key) == shape(key)
        and (other is write or other.kind == write.kind or other.start > write.start)
        and project.tables.function_around(other.ref) == function
    }
    return {"change", "clear"} <= kinds


def put_key(write: Access) -> Expr | None:
    """The key that a write puts in or takes out; None where it names none."""
    if write.how in (".pop()", ".discard()", ".remove()", ".add()", ".append()") and write.given:
        return write.given[0]
    target = next((part for part in write.event.targets if isinstance(part, Sub)), None)
    return target.index if target is not None and write.how.startswith(("[…]", "del")) else None


def shape(expr: Expr) -> object:
    """The text of an expression without positions."""
    return tuple(
        (
            type(node).__name__,
            getattr(node, "id", ""),
            getattr(node, "attr", ""),
            getattr(node, "value", "") if isinstance(node, Const) else "",
        )
        for node in iter_expr(expr)
    )
