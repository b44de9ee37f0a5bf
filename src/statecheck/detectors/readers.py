"""Look-alikes that show in who reads: notes that only a log sees, entries that nobody but their maker asks for."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from statecheck.detectors.guards import is_passing, put_key
from statecheck.detectors.repeated import origins
from statecheck.facts.ir import Attr, Call, Const, Display, Expr, Name, Op
from statecheck.facts.walk import iter_expr, last_name, parts, span
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.tables import FileTable, expressions
from statecheck.project.values import Foreign, ForeignInstance, FunctionValue, ScopeRef

COUNTING = frozenset({"len", "bool"})
WHOLE = frozenset({"values", "items", "keys", "copy"})
DROPPING = frozenset({"discard", "remove"})
STORE_VERBS = {"delete": 1, "set": 2}  # with the least arguments


def passes(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """Is each entry taken out by the call that put it in, and asked for by no other entry point meanwhile?"""
    puts = [write for write in writes if write.kind == "change" and not write.depth]
    if not puts or not all(is_passing(project, write, writes) for write in puts):
        return False
    inside = {project.tables.function_around(write.ref) for write in puts}
    others = [
        write for write in writes if write not in puts and project.tables.function_around(write.ref) not in inside
    ]
    runtime = project.phases.runtime
    certain = max(runtime(write.ref) for write in puts)  # a reader that may never run at that time is none
    foreign = [
        read
        for read in reads
        if (project.tables.function_around(read.ref) not in inside or _is_of_all(read))
        and runtime(read.ref) >= max(certain, 1)
        and not _is_counted(read)
    ]
    return not others and not foreign


def _is_of_all(read: Access) -> bool:
    """``for each in table``, ``send(table, text)``, ``table.values()``: are the entries of others asked for, too?"""
    if read.event.op == "for" and read.event.value is not None and span(read.event.value) == (read.start, read.end):
        return True
    for top in expressions(read.event):
        for node in iter_expr(top):
            if isinstance(node, Call) and any(span(given) == (read.start, read.end) for given in node.args):
                return True
            if isinstance(node, Attr) and node.attr in WHOLE and span(node.value) == (read.start, read.end):
                return True
    return False


def is_client_of_store(writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """Is the object, of unknown type, asked by the verbs of a store, and changed only is what it hands out: copies?

    No container of the language has ``set`` or ``delete``.
    """
    return all(write.depth and not write.sure for write in writes) and any(
        isinstance(node, Call)
        and isinstance(node.func, Attr)
        and span(node.func.value) == (read.start, read.end)
        and len(node.args) >= STORE_VERBS.get(node.func.attr, len(node.args) + 1)
        for read in reads
        if not read.depth
        for top in expressions(read.event)
        for node in iter_expr(top)
    )


def is_keyed_by_execution(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """Are the keys those of the running task or thread, or of an object? No other process can ask for them."""
    keys = [(write, key) for write in writes if not write.depth and (key := put_key(write)) is not None]
    if keys and all(_is_identity(project, write, key) for write, key in keys):
        return True
    return (
        bool(keys)
        and all(_is_object_key(project, write, key) for write, key in keys)
        and not any(map(_is_of_all, reads))
    )


def _is_object_key(project: Project, write: Access, key: Expr) -> bool:
    """``id(connection)``: means something to those who hold the object."""
    found = list(origins(project, write.ref, key, write.event.region))
    return bool(found) and all(
        isinstance(each, Call) and isinstance(each.func, Name) and each.func.id == "id" for each in found
    )


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
    drawn = [write for write in writes if write.how == "next()"]
    if drawn and not all(_is_logged(project, write) or _goes_to_log(project, write) for write in drawn):
        return False
    own = {(write.ref.path, write.event.pos) for write in writes}
    others = [read for read in reads if (read.ref.path, read.event.pos) not in own]
    return bool(others or drawn) and all(_is_logged(project, read) for read in others)


def _goes_to_log(project: Project, write: Access) -> bool:
    """``number = next(numbers)``, of which nothing but the log hears."""
    names = {target.id for target in write.event.targets if isinstance(target, Name)}
    rows = project.tables.rows_in(write.ref)
    uses = [(row.event, node) for row in rows for node in row.nodes if isinstance(node, Name) and node.id in names]
    uses = [(event, node) for event, node in uses if event is not write.event]
    return bool(names and uses) and all(
        _is_logged(project, replace(write, event=event, start=node.pos, end=span(node)[1])) for event, node in uses
    )


def keeps_alive(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """``running.add(task)`` and ``task.add_done_callback(running.discard)``: it keeps tasks from being dropped."""
    adds = [write for write in writes if write.kind == "change"]
    made = [write.value for write in writes if write.kind == "rebind"]
    if not adds or any(write.how != ".add()" for write in adds):
        return False
    if not all(isinstance(value, (Call, Display)) and not any(parts(value)[1:]) for value in made):
        return False
    dropping = {project.tables.function_around(write.ref) for write in writes if write.kind == "clear"}
    limits = any(read.event.op == "test" and _is_counted(read) for read in reads)
    return not limits and all(_is_dropped_when_done(project, write, dropping) for write in adds)


def _is_dropped_when_done(project: Project, write: Access, dropping: set[ScopeRef]) -> bool:
    for row in project.tables.rows_in(write.ref):
        for call in row.calls:
            if not (isinstance(call.func, Attr) and call.func.attr == "add_done_callback" and call.args):
                continue
            given = call.args[0]
            if last_name(given) in DROPPING and any(last_name(node) == write.place.name for node in iter_expr(given)):
                return True
            for item in project.evaluator.evaluate(write.ref, given, row.event.region):
                if isinstance(item.value, FunctionValue) and item.value.ref in dropping:
                    return True
    return False


def is_in_flight(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> bool:
    """``active += 1`` and, in a ``finally``, ``active -= 1``: how many calls run, asked only whether there are any."""
    up = [write for write in writes if write.how == "+="]
    down = [write for write in writes if write.how == "-="]
    ends = {project.tables.function_around(write.ref) for write in down if _is_final(project, write)}
    if not up or len(up) + len(down) != len(writes):
        return False
    if not all(project.tables.function_around(write.ref) in ends for write in up):
        return False
    own = {(write.ref, write.event.pos) for write in writes}
    others = [read for read in reads if (read.ref, read.event.pos) not in own and project.phases.runtime(read.ref)]
    return all(_asks_for_any(read) or _is_logged(project, read) for read in others)


def _asks_for_any(read: Access) -> bool:
    """``if not active``, ``if active == 0``"""
    test = read.event.value
    if read.event.op != "test" or test is None:
        return False
    if isinstance(test, Op) and test.op in ("==", "!=", ">", "<="):
        return isinstance(test.operands[-1], Const) and test.operands[-1].value == "0"
    return isinstance(test, (Name, Attr)) or (isinstance(test, Op) and test.op == "not")


def _is_final(project: Project, write: Access) -> bool:
    regions, region = project.tables.files[write.ref.path].facts.regions, write.event.region
    while region >= 0 and regions[region].kind != "finally":
        region = regions[region].parent
    return region >= 0


def _is_logged(project: Project, read: Access) -> bool:
    table = project.tables.files[read.ref.path]
    for top in expressions(read.event):
        for node in iter_expr(top):
            if isinstance(node, Call) and is_log_call(project, read.ref, node, read.event.region):
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
            if not is_log_call(project, read.ref, call, event.region):
                return False
            logs = True
    return logs


def is_log_call(project: Project, ref: ScopeRef, call: Call, region: int) -> bool:
    """``log.warning(…)``, ``get_logger().warning(…)``"""
    names = [
        item.value.name
        for item in project.evaluator.evaluate(ref, call.func, region)
        if isinstance(item.value, (Foreign, ForeignInstance))
    ]
    if names:
        return all(project.knowledge.effect(name) in ("log", "telemetry") for name in names)
    return isinstance(call.func, Attr) and call.func.attr in project.knowledge.bare_names("log")


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
