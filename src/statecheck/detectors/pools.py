"""Pools: containers of things that whoever takes one out puts back, and makes anew where none is left."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.repeated import origins
from statecheck.detectors.stored import is_resource_value
from statecheck.facts.ir import Attr, Call, Const, Expr
from statecheck.facts.walk import iter_expr, last_name
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import ConstantValue, Instance, ScopeRef

PUTTING = frozenset({".put()", ".put_nowait()", ".append()", ".appendleft()"})
TAKING = frozenset({"get", "get_nowait", "pop", "popleft"})


def is_pool(project: Project, writes: Sequence[Access]) -> bool:
    """Is all that is put there taken from there, or made where none was left, by the same function?

    What a constructor puts there is what there is to take.
    """
    puts = [
        write
        for write in writes
        if write.how in PUTTING and project.scope(project.tables.function_around(write.ref)).name != "__init__"
    ]
    return bool(puts) and all(_is_put_back(project, write) for write in puts)


def _is_put_back(project: Project, write: Access) -> bool:
    if not write.given:
        return False
    found = list(origins(project, write.ref, write.given[0], write.event.region))
    taken = [expr for expr in found if _is_taken(expr, write.place.name) or _is_handed_out(project, write, expr)]
    return bool(taken) and all(
        expr in taken or _is_made(project, write.ref, expr, write.event.region) for expr in found
    )


def _is_taken(expr: Expr, name: str) -> bool:
    """``idle.get()``"""
    return (
        isinstance(expr, Call)
        and isinstance(expr.func, Attr)
        and expr.func.attr in TAKING
        and any(last_name(node) == name for node in iter_expr(expr.func.value))
    )


def _is_handed_out(project: Project, write: Access, expr: Expr) -> bool:
    """``pool.acquire()``: a method beside the one that puts back returns what it has taken."""
    if not isinstance(expr, Call) or not isinstance(expr.func, Attr):
        return False
    cls = project.tables.class_around(project.tables.function_around(write.ref))
    method = project.evaluator.classes.method(cls, expr.func.attr) if cls is not None else None
    given = [event.value for event in project.scope(method).events if event.op == "return"] if method else []
    return bool(given) and all(value is not None and _is_taken(value, write.place.name) for value in given)


def _is_made(project: Project, ref: ScopeRef, expr: Expr, region: int) -> bool:
    if isinstance(expr, Const):
        return expr.kind == "none"
    values = [item.value for item in project.evaluator.evaluate(ref, expr, region)]
    return bool(values) and all(
        isinstance(value, Instance) or (is_resource_value(value) and not isinstance(value, ConstantValue))
        for value in values
    )
