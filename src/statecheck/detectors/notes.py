"""Notes that something was said: ``if key not in seen: seen.add(key); log.warning(…)``."""

from __future__ import annotations

from statecheck.detectors.guards import mentions
from statecheck.detectors.readers import is_log_call
from statecheck.facts.ir import Attr, Call, Event, Expr, Op
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.tables import FileTable


def noted_once(project: Project, write: Access) -> bool:
    """Is what the note guards nothing but a line in the log?"""
    table = project.tables.files[write.ref.path]
    guarded = _guarded(project, table, write)
    others = [event for event in guarded if event is not write.event]
    logs = [event for event in others if _is_log(project, write, event)]
    return bool(logs) and all(event in logs for event in others)


def _guarded(project: Project, table: FileTable, write: Access) -> list[Event]:
    """What runs only where the key is new: in the branch, or after ``if key in seen: return``."""
    regions, region, name = table.facts.regions, write.event.region, write.place.name
    events = project.scope(write.ref).events
    while region >= 0:
        row = regions[region]
        if row.kind == "if" and row.test is not None and _is_absence_test(row.test, name):
            return [event for event in events if table.is_inside(event.region, region)]
        left = [
            other.pos
            for other in regions
            if other.scope == write.ref.scope
            and other.parent == region
            and other.kind == "if"
            and other.leaves
            and other.pos < write.start
            and other.test is not None
            and _is_presence_test(other.test, name)
        ]
        if left:
            return [event for event in events if event.pos >= write.event.pos and table.is_inside(event.region, region)]
        region = row.parent
    return []


def _is_log(project: Project, write: Access, event: Event) -> bool:
    """Is the statement a call of a logger?"""
    call = event.value
    if event.op != "expr" or not isinstance(call, Call):
        return False
    if is_log_call(project, write.ref, call, event.region):
        return True
    by_name = isinstance(call.func, Attr) and call.func.attr in project.knowledge.bare_names("log")
    return by_name and isinstance(call.func, Attr) and isinstance(call.func.value, Call)


def _is_absence_test(test: Expr, name: str) -> bool:
    return isinstance(test, Op) and (
        (test.op == "not in" and mentions(test.operands[-1], name)) or (test.op == "not" and mentions(test, name))
    )


def _is_presence_test(test: Expr, name: str) -> bool:
    return isinstance(test, Op) and test.op == "in" and mentions(test.operands[-1], name)
