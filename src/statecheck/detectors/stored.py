"""What a write stores: locks, objects that any process makes again, objects kept for what they remember."""

from __future__ import annotations

from statecheck.facts.ir import Call, Const, Display, Sub
from statecheck.facts.walk import iter_expr, last_name, parts
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import ConstantValue, ForeignInstance, Instance, Value


def is_resource_value(value: Value) -> bool:
    """Is it an object of a foreign class, or None?"""
    if isinstance(value, ConstantValue):
        return value.kind == "none"
    # A class by its spelling: PEP 8 names are the only thing that tells a class from a function of a foreign package.
    if not isinstance(value, ForeignInstance):
        return False
    owner, _, last = value.name.rpartition(".")
    if last.startswith("from_"):
        last = owner.rpartition(".")[2]  # Model.from_pretrained(…)
    return last[:1].isupper()


def is_lock(project: Project, write: Access) -> bool:
    """Is a lock kept for each thing worked on? It excludes nobody in another process."""
    return any(
        isinstance(value, ForeignInstance) and project.knowledge.effect(value.name) == "lock"
        for value in stored_values(project, write)
    )


def is_memo_of_objects(project: Project, write: Access) -> bool:
    """Does a keyed memo keep objects (clients, classes, models) and no data?"""
    stored = stored_values(project, write)
    return (
        bool(stored)
        and not is_lock(project, write)
        and all(
            isinstance(value, Instance) or is_resource_value(value) or _is_remade(project, value) for value in stored
        )
    )


def is_object_for_key(project: Project, write: Access) -> bool:
    """Is one object kept for each key, and made without it? It is kept for what it remembers: a limiter, a chat."""
    keys = [target.index for target in write.event.targets if isinstance(target, Sub)]
    made = write.event.value
    if not keys or not isinstance(made, Call) or all(isinstance(key, Const) for key in keys):
        return False
    names = {last_name(node) for key in keys for node in iter_expr(key)} - {""}
    given = {last_name(node) for part in parts(made)[1:] for node in iter_expr(part)}
    stored = stored_values(project, write)
    return (
        bool(names)
        and names.isdisjoint(given)
        and bool(stored)
        and all(isinstance(value, Instance) or is_resource_value(value) for value in stored)
        and not any(_is_remade(project, value) for value in stored)
    )


def stored_values(project: Project, write: Access) -> list[Value]:
    """What the stored value can be; of a pair, its second part."""
    value = write.given[-1] if write.given else write.event.value
    if isinstance(value, Display) and value.items and write.kind == "rebind":
        value = value.items[-1]  # of a memo of one entry: (key, value)
    items = project.evaluator.evaluate(write.ref, value, write.event.region) if value is not None else ()
    return [item.value for item in items]


def _is_remade(project: Project, value: Value) -> bool:
    """Can any process make the value again, as the models say?"""
    return isinstance(value, ForeignInstance) and any(
        "process-cache" in row.suppresses or "*" in row.suppresses for row in project.knowledge.safe("call", value.name)
    )
