"""Look-alikes that show in who reads: notes that only a log sees, entries that nobody but their maker asks for."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.guards import is_passing, put_key
from statecheck.facts.ir import Attr, Call, Expr, Name
from statecheck.facts.walk import iter_expr, last_name, span
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.tables import FileTable, expressions
from statecheck.project.values import Foreign, ForeignInstance, ScopeRef

LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
COUNTING = frozenset({"len", "bool"})


def passes(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """Is each entry taken out by the call that put it in, and asked for by no other entry point meanwhile?"""
    puts = [write for write in writes if write.kind == "change" and not write.depth]
    if not puts or not all(is_passing(project, write, writes) for write in puts):
        return False
    inside = {project.tables.function_around(write.ref) for write in puts}
    others = [
        write for write in writes if write not in puts and project.tables.function_around(write.ref) not in inside
    ]
    foreign = [
        read
        for read in reads
        if project.tables.function_around(read.ref) not in inside
        and project.phases.runtime(read.ref)
        and not _is_counted(read)
    ]
    return not others and not foreign


def is_keyed_by_execution(project: Project, writes: Sequence[Access]) -> bool:
    """Are the keys those of the running task or thread? No other process can ask for them."""
    keys = [(write, key) for write in writes if not write.depth and (key := put_key(write)) is not None]
    return bool(keys) and all(_is_identity(project, write, key) for write, key in keys)


def _is_identity(project: Project, write: Access, key: Expr) -> bool:
    items = project.evaluator.evaluate(write.ref, key, write.event.region)
    return any(
        isinstance(item.value, (Foreign, ForeignInstance)) and project.knowledge.effect(item.value.name) == "identity"
        for item in items
    )


def only_logged(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """Does nothing but the log depend on the value?"""
    if any(write.how.startswith(".") for write in writes):
        return False  # methods such as setdefault() and pop() hand out what is kept
    own = {(write.ref.path, write.event.pos) for write in writes}
    others = [read for read in reads if (read.ref.path, read.event.pos) not in own]
    return bool(others) and all(_is_logged(project, read) for read in others)


def _is_logged(project: Project, read: Access) -> bool:
    table = project.tables.files[read.ref.path]
    for top in expressions(read.event):
        for node in iter_expr(top):
            if isinstance(node, Call) and _is_log_call(project, read.ref, node, read.event.region):
                start, end = span(node)
                if start <= read.start and read.end <= end:
                    return True
    return read.event.op == "test" and _guards_logs(project, table, read)


def _guards_logs(project: Project, table: FileTable, read: Access) -> bool:
    """Do all branches of the condition only log, or note down what was logged?"""
    rows = [
        index
        for index, row in enumerate(table.facts.regions)
        if row.scope == read.ref.scope
        and row.test is not None
        and row.kind in ("if", "else")
        and span(row.test)[0] <= read.start
        and read.end <= span(row.test)[1]
    ]
    inside = [
        event for event in project.scope(read.ref).events if any(table.is_inside(event.region, index) for index in rows)
    ]
    logs = False
    for event in inside:
        if event.op in ("return", "raise", "yield", "delete"):
            return False
        if event.targets and all(last_name(target) == read.place.name for target in event.targets):
            continue  # the note of what was logged
        if event.targets:
            return False
        for call in (node for top in expressions(event) for node in iter_expr(top) if isinstance(node, Call)):
            if not _is_log_call(project, read.ref, call, event.region):
                return False
            logs = True
    return logs


def _is_log_call(project: Project, ref: ScopeRef, call: Call, region: int) -> bool:
    names = [
        item.value.name
        for item in project.evaluator.evaluate(ref, call.func, region)
        if isinstance(item.value, (Foreign, ForeignInstance))
    ]
    if names:
        return all(project.knowledge.effect(name) in ("log", "telemetry") for name in names)
    return isinstance(call.func, Attr) and call.func.attr in LOGGING


def _is_counted(read: Access) -> bool:
    """``len(table)``: how many there are is no entry."""
    return any(
        isinstance(node, Call)
        and isinstance(node.func, Name)
        and node.func.id in COUNTING
        and span(node)[0] <= read.start
        and read.end <= span(node)[1]
        for top in expressions(read.event)
        for node in iter_expr(top)
    )
