"""Memos: what is computed once a key, or kept for the last key asked for."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.guards import block, is_reading_of_clock, mentions, shape
from statecheck.facts.ir import Attr, Call, Const, Display, Event, Expr, Name, Op, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import ContainerValue, ScopeRef

COUNTING = frozenset({"+", "-"})
MISSING_KEYS = frozenset({"KeyError", "LookupError"})


def is_memo_write(project: Project, write: Access, writes: Sequence[Access] = ()) -> bool:
    """``cache[key] = compute()`` where the same function looked the key up first: by ``in``, ``get``, or a failed read.

    ``writes`` are all writes to the place: an empty container is a value like any other where nobody fills it. Also
    ``cache[key][part] = compute()``, where the first level is only made for what lies in it.
    """
    if write.kind == "rebind" and isinstance(write.value, Display) and len(write.value.items) > 1:
        return _is_keyed_single(project, write)
    if write.kind == "change" and not write.depth and write.how == ".setdefault()" and len(write.given) == 2:
        made = write.given[1]
        return not isinstance(made, (Const, Display)) and not _is_new_container(project, write, made)
    if write.kind != "change" or write.depth > 1 or not write.how.startswith("[…] ="):
        return False
    target = next((part for part in write.event.targets if isinstance(part, Sub)), None)
    if target is None or bool(write.depth) != isinstance(target.value, Sub):
        return False
    if (
        write.event.value is not None
        and (_is_new_container(project, write, write.event.value) or _was_found_or_made(project, write))
        and not _is_left_empty(project, writes)
    ):
        return False  # a table that grows by and by
    if write.event.value is not None and mentions(write.event.value, write.place.name):
        return False  # a count or a list that grows, not a value computed once
    if isinstance(write.event.value, Display) and any(_counts_inside(other) for other in writes):
        return False  # a record in which something is counted
    key = shape(target.index)
    if write.event.value is not None and _is_counted_on(project, write, write.event.value, key):
        return False
    if not _is_conditional(project, write):
        return False  # the last value, not the first
    if _is_mark(project, write, target) and all(_is_mark(project, other) for other in writes if other.how == "[…] ="):
        return False  # that the key was there before, and when
    function = project.tables.function_around(write.ref)
    return any(
        _looks_up(node, write.place.name, key)
        for event in project.scope(function).events
        if event.value is not None and event is not write.event and not _refuses(project, function, event)
        for node in iter_expr(event.value)
    ) or (_failed_to_read(project, write, target) or _was_missing(project, write, target))


def _refuses(project: Project, function: ScopeRef, event: Event) -> bool:
    """``if key in table: raise …``: a key that must be new is that of a table, and not of a cache."""
    regions = project.tables.files[function.path].facts.regions
    branch = next(
        (
            index
            for index, row in enumerate(regions)
            if event.op == "test" and row.scope == function.scope and row.kind == "if" and row.test == event.value
        ),
        -1,
    )
    inside = [other for other in project.scope(function).events if branch >= 0 and other.region == branch]
    return bool(inside) and inside[-1].op == "raise"


def _is_counted_on(project: Project, write: Access, value: Expr, key: object) -> bool:
    """``count = counts.get(key, 0)`` and then ``counts[key] = count + 1``: worked out from what was there."""
    table = project.tables.files[write.ref.path]
    names = [
        part
        for node in iter_expr(value)
        if isinstance(node, Op) and node.op in COUNTING
        for part in node.operands
        if isinstance(part, Name)
    ]
    return any(
        binding.value is not None and any(_looks_up(node, write.place.name, key) for node in iter_expr(binding.value))
        for name in names
        for binding in table.reaching(write.ref.scope, name.id, write.event.region, name.pos)
    )


def _is_conditional(project: Project, write: Access) -> bool:
    """Does the write stand in a branch, or after a way out of the function?"""
    table, region = project.tables.files[write.ref.path], write.event.region
    while region >= 0:
        row = table.facts.regions[region]
        if row.kind in ("if", "else", "except", "case", "while"):
            return True
        if any(
            other.scope == write.ref.scope
            and other.leaves
            and other.pos < write.start
            and block(table, other.parent) == region
            for other in table.facts.regions
        ):
            return True
        region = row.parent
    return False


def _is_left_empty(project: Project, writes: Sequence[Access]) -> bool:
    """Does nobody put anything into what is stored, or only a memo of its own?"""
    deep = [other for other in writes if other.depth and other.kind == "change"]
    return bool(writes) and all(is_memo_write(project, other) for other in deep)


def _was_missing(project: Project, write: Access, target: Sub) -> bool:
    """``if cache[key][part] is None: cache[key][part] = …``"""
    regions, region, wanted = project.tables.files[write.ref.path].facts.regions, write.event.region, shape(target)
    while region >= 0:
        test = regions[region].test if regions[region].kind == "if" else None
        if any(isinstance(node, Op) and _is_nothing(node, wanted) for node in iter_expr(test)):
            return True
        region = regions[region].parent
    return False


def _is_nothing(test: Op, wanted: object) -> bool:
    """``not x``, ``x is None``, for the wanted ``x``."""
    if test.op not in ("not", "is", "==") or shape(test.operands[0]) != wanted:
        return False
    return test.op == "not" or (isinstance(test.operands[1], Const) and test.operands[1].kind == "none")


def _failed_to_read(project: Project, write: Access, target: Sub) -> bool:
    """``try: return cache[key]`` and, after ``except KeyError``, ``cache[key] = …``."""
    regions, region = project.tables.files[write.ref.path].facts.regions, write.event.region
    while region >= 0 and not (regions[region].kind == "except" and _names(regions[region].test, MISSING_KEYS)):
        region = regions[region].parent
    if region < 0:
        return False
    key = shape(target)
    return any(
        isinstance(node, Sub) and shape(node) == key
        for event in project.scope(project.tables.function_around(write.ref)).events
        if event.value is not None and event.pos < regions[region].pos
        for node in iter_expr(event.value)
    )


def _names(expr: Expr | None, names: frozenset[str]) -> bool:
    return any(isinstance(node, Name) and node.id in names for node in iter_expr(expr))


def _is_keyed_single(project: Project, write: Access) -> bool:
    """``if kept[0] == key: return kept[1]`` before ``kept = (key, value)``: a memo of one entry."""
    assert isinstance(write.value, Display)
    key = shape(write.value.items[0])
    table = project.tables.files[write.ref.path]
    return any(
        row.scope == write.ref.scope
        and row.kind == "if"
        and row.leaves
        and row.pos < write.start
        and row.test is not None
        and any(
            isinstance(node, Op) and node.op == "==" and key in [shape(operand) for operand in node.operands]
            for node in iter_expr(row.test)
        )
        for row in table.facts.regions
    )


def _is_new_container(project: Project, write: Access, value: Expr) -> bool:
    """``{}``, ``[]``, ``set()``, ``deque(maxlen=9)``, ``{"count": 0}``: a container with nothing computed in it."""
    if isinstance(value, Display):
        return not value.elided and all(
            isinstance(part, Const) or (isinstance(part, Display) and _is_new_container(project, write, part))
            for part in value.items
        )
    if not isinstance(value, Call) or value.args:
        return False
    found = project.evaluator.evaluate(write.ref, value, write.event.region)
    return any(isinstance(item.value, ContainerValue) for item in found)


def _was_found_or_made(project: Project, write: Access) -> bool:
    """``row = table.get(key, {})`` before ``table[key] = row``: what is there, or a container for what comes."""
    value = write.event.value
    if not isinstance(value, Name):
        return False
    table = project.tables.files[write.ref.path]
    bound = [row.value for row in table.reaching(write.ref.scope, value.id, write.event.region, value.pos)]
    return bool(bound) and all(
        isinstance(made, Call)
        and isinstance(made.func, Attr)
        and made.func.attr in ("get", "pop")
        and len(made.args) == 2
        and mentions(made.func.value, write.place.name)
        and _is_new_container(project, write, made.args[1])
        for made in bound
    )


def _is_mark(project: Project, write: Access, target: Sub | None = None) -> bool:
    """``seen[key] = True``, ``last[key] = time.time()``: that the key was there, and nothing that was computed for it.

    Not beside ``cache[key] = …``: then it says how old that is. ``target`` asks for this too.
    """
    value = write.event.value
    if value is None or isinstance(value, Display) or write.depth:
        return False
    if not isinstance(value, Const) and not is_reading_of_clock(project, write, value):
        return False
    return target is None or not any(
        isinstance(other, Sub) and shape(other.index) == shape(target.index) and shape(other) != shape(target)
        for event in project.scope(write.ref).events
        if event.region == write.event.region
        for other in event.targets
    )


def _counts_inside(write: Access) -> bool:
    """``place[key]["count"] += 1``"""
    return write.depth > 0 and write.event.op == "augmented"


def _looks_up(node: Expr, name: str, key: object) -> bool:
    if isinstance(node, Op) and node.op in ("in", "not in") and len(node.operands) == 2:
        return mentions(node.operands[1], name) and shape(node.operands[0]) == key
    if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr == "get" and node.args:
        return mentions(node.func.value, name) and shape(node.args[0]) == key
    return False
