"""Changes of which other processes need not hear: functions put in place, values put back, keys of what lies beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from statecheck.detectors.guards import shape
from statecheck.facts.ir import Attr, Await, Call, Choice, Const, Expr, Name, Op
from statecheck.facts.walk import iter_expr, last_name, span
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.tables import expressions
from statecheck.project.values import FunctionValue, ScopeRef

WRAPPING = frozenset({"staticmethod", "classmethod"})
EQUAL = frozenset({"==", "!=", "is", "is not"})


def is_patch(project: Project, write: Access) -> bool:
    """Does an attribute of something get a function of a module: ``Client.sign = staticmethod(sign)``?"""
    value = write.event.value
    if write.kind != "change" or write.depth or write.how != "=" or value is None:
        return False
    if isinstance(value, Call) and len(value.args) == 1 and last_name(value.func) in WRAPPING:
        value = value.args[0]
    items = project.evaluator.evaluate(write.ref, value, write.event.region)
    return bool(items) and all(
        isinstance(item.value, FunctionValue) and item.value.owner is None and _is_of_module(project, item.value.ref)
        for item in items
    )


def _is_of_module(project: Project, function: ScopeRef) -> bool:
    """A function inside a function may keep what a request brought."""
    return project.scope(ScopeRef(function.path, project.scope(function).parent)).kind == "module"


def is_put_back(project: Project, write: Access, writes: Sequence[Access]) -> bool:
    """``before = x``, ``x = new``, and in a ``finally`` ``x = before``: is nothing changed in the end?"""
    function = project.tables.function_around(write.ref)
    return any(project.tables.function_around(other.ref) == function and _puts_back(project, other) for other in writes)


def _puts_back(project: Project, write: Access) -> bool:
    table, value = project.tables.files[write.ref.path], write.value
    if write.kind != "rebind" or not isinstance(value, Name):
        return False
    region = write.event.region
    while region >= 0 and table.facts.regions[region].kind != "finally":
        region = table.facts.regions[region].parent
    kept = {shape(target) for target in write.event.targets}
    return region >= 0 and any(
        bound.value is not None and shape(bound.value) in kept
        for bound in table.reaching(write.ref.scope, value.id, write.event.region, value.pos)
    )


def is_key_beside(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """``if made is None or key != made_for: made = make(key); made_for = key``: is it asked for nothing else?

    What is made is judged by itself.
    """
    setting = [write for write in writes if not (isinstance(write.value, Const) and write.value.kind == "none")]
    own = {(write.ref, write.event.pos) for write in writes}
    asking = [read for read in reads if (read.ref, read.event.pos) not in own and project.phases.runtime(read.ref)]
    return (
        bool(setting)
        and bool(asking)
        and all(write.kind == "rebind" for write in writes)
        and all(_is_key(project, write) for write in setting)
        and all(any(True for _ in _comparisons(read)) for read in asking)
    )


def _is_key(project: Project, write: Access) -> bool:
    """Is it compared with the same expression in the same function, and something made beside it?"""
    if write.value is None or write.how != "=":
        return False
    function, wanted = project.tables.function_around(write.ref), shape(write.value)
    events = project.scope(function).events
    lasting = {*project.scope(function).globals}
    makes = any(
        event is not write.event
        and event.value is not None
        and any(isinstance(part, Attr) or (isinstance(part, Name) and part.id in lasting) for part in event.targets)
        and _is_made(project, function, event.value, event.region)
        for event in events
    )
    return makes and any(
        isinstance(node, Op)
        and node.op in EQUAL
        and wanted in [shape(part) for part in node.operands]
        and any(last_name(part) == write.place.name for part in node.operands)
        for event in events
        if event.op in ("test", "return") and event.value is not None
        for node in iter_expr(event.value)
    )


def _is_made(project: Project, function: ScopeRef, value: Expr, region: int) -> bool:
    """Is it what a call gives, also by way of a name?"""
    if isinstance(value, Name):
        bound = project.tables.files[function.path].reaching(function.scope, value.id, region, value.pos)
        return any(row.value is not None and _is_called(row.value) for row in bound)
    return _is_called(value)


def _is_called(value: Expr) -> bool:
    if isinstance(value, Choice):
        return all(map(_is_called, value.items))
    return isinstance(value.value if isinstance(value, Await) else value, Call)


def _comparisons(read: Access) -> Iterator[Expr]:
    """The comparisons that a read stands in."""
    for top in expressions(read.event):
        for node in iter_expr(top):
            if isinstance(node, Op) and node.op in EQUAL:
                start, end = span(node)
                if start <= read.start and read.end <= end:
                    yield node
