"""Copies that are compared with what lies outside the process before they are used."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.detectors.determined import accesses
from statecheck.facts.ir import Call, Choice, Expr, Name, Op, Region
from statecheck.facts.walk import iter_expr
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.tables import FileTable
from statecheck.project.values import Foreign, ForeignInstance, FunctionValue, ScopeRef

DIFFERENT = frozenset({"!=", "<", ">", "is not", "not"})
ORDER = frozenset({"==", "!=", "<", "<=", ">", ">="})


def is_revalidated(project: Project, write: Access) -> bool:
    """``if shared.get("version") != seen: …``: written only where a shared store says that the copy is old.

    For a file its time says so, also where the function left before: ``if getmtime(path) == kept.time: return kept``.
    """
    table = project.tables.files[write.ref.path]
    region = write.event.region
    while region >= 0:
        row = table.facts.regions[region]
        if row.kind == "if" and row.test is not None and _compares_with_shared(project, write.ref, row.test, region):
            return True
        for test in _tests(table, row, write, region):
            if _compares_with_file(project, write, test, region):
                return True
        region = row.parent
    return False


def _tests(table: FileTable, row: Region, write: Access, region: int) -> Iterator[Expr]:
    """The condition around a region, and those under which the function left before the write."""
    if row.kind in ("if", "else") and row.test is not None:
        yield row.test
    yield from (left.test for left in _left(table, write, region) if left.test is not None)


def _left(table: FileTable, write: Access, region: int) -> Iterator[Region]:
    return (
        row
        for row in table.facts.regions
        if row.scope == write.ref.scope
        and row.parent == region
        and row.kind == "if"
        and row.leaves
        and row.pos < write.start
    )


def _compares_with_shared(project: Project, ref: ScopeRef, test: Expr, region: int) -> bool:
    """``shared.get("version") != seen``, also as one of several conditions."""
    if isinstance(test, Choice):
        return any(_compares_with_shared(project, ref, part, region) for part in test.items)
    return (
        isinstance(test, Op)
        and test.op in DIFFERENT
        and any(
            isinstance(item.value, ForeignInstance) and _is_shared(project, item.value.name)
            for node in iter_expr(test)
            for item in project.evaluator.evaluate(ref, node, region)
        )
    )


def _is_shared(project: Project, name: str) -> bool:
    """Does the foreign call ask something that all processes share?"""
    if project.knowledge.effect(name) in ("db", "storage"):
        return True
    while name:
        if "shared" in project.knowledge.lives(name):
            return True
        name = name.rpartition(".")[0]
    return False


def _compares_with_file(project: Project, write: Access, test: Expr, region: int) -> bool:
    """``os.stat(path).st_mtime <= kept[path].time``: the time of a file on one side, what is kept on the other."""
    if isinstance(test, Choice):
        return any(_compares_with_file(project, write, part, region) for part in test.items)
    if isinstance(test, Call):
        asked_for = project.evaluator.evaluate(write.ref, test.func, region)
        return any(isinstance(item.value, FunctionValue) and _asks_file(project, item.value.ref) for item in asked_for)
    if not isinstance(test, Op) or test.op not in ORDER or len(test.operands) != 2:
        return False
    sides = [list(_nodes(project, write.ref, side, region)) for side in test.operands]
    return any(
        any(_is_time_of_file(project, write.ref, node, region) for node in asked)
        and any(_is_kept(project, write, node, region) for node in kept)
        for asked, kept in (sides, sides[::-1])
    )


def _asks_file(project: Project, function: ScopeRef) -> bool:
    """``if self.needs_reload(): …``: does a helper compare the time of a file with something?"""
    rows = [(row.test, row.parent) for row in project.files[function.path].regions if row.scope == function.scope]
    events = project.scope(function).events
    rows += [(event.value, event.region) for event in events if event.op == "return"]
    return any(
        isinstance(expr, Op)
        and expr.op in ORDER
        and any(_is_time_of_file(project, function, node, at) for node in _nodes(project, function, expr, at))
        for expr, at in rows
    )


def _nodes(project: Project, ref: ScopeRef, expr: Expr, region: int) -> Iterator[Expr]:
    """The expressions inside one, and inside what its names were given in the same function."""
    table = project.tables.files[ref.path]
    for node in iter_expr(expr):
        yield node
        if isinstance(node, Name) and table.lookup(ref.scope, node.id) == ref.scope:
            for binding in table.reaching(ref.scope, node.id, region, node.pos):
                if binding.kind == "value" and binding.value is not None:
                    yield from iter_expr(binding.value)


def _is_time_of_file(project: Project, ref: ScopeRef, node: Expr, region: int) -> bool:
    return any(
        isinstance(item.value, (Foreign, ForeignInstance)) and "revision" in project.knowledge.lives(item.value.name)
        for item in project.evaluator.evaluate(ref, node, region)
    )


def _is_kept(project: Project, write: Access, node: Expr, region: int) -> bool:
    """Does it stand where the write puts the copy, or in what is written together with it?"""
    places = [item.place for item in project.evaluator.evaluate(write.ref, node, region) if item.place is not None]
    written = project.once(accesses).writes
    return any(
        place == write.place or any(other.ref == write.ref for other in written.get(place, ())) for place in places
    )
