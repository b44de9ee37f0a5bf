"""Look-alikes of state that must stay silent: values that any process makes again, set-up, notes to oneself."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.guards import from_request, is_set_once
from statecheck.detectors.notes import noted_once
from statecheck.detectors.patches import is_key_beside, is_patch, is_put_back
from statecheck.detectors.pools import is_pool
from statecheck.detectors.readers import (
    is_client_of_store,
    is_in_flight,
    is_keyed_by_execution,
    keeps_alive,
    only_logged,
    passes,
)
from statecheck.detectors.resetting import is_reset_first
from statecheck.detectors.revalidated import is_revalidated
from statecheck.detectors.stored import is_lock, is_resource_value
from statecheck.facts.ir import Call, Const, Expr, Name
from statecheck.facts.walk import iter_expr
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import (
    CellPlace,
    ClassPlace,
    ClassValue,
    ConstantValue,
    ContainerValue,
    FieldPlace,
    Foreign,
    ForeignInstance,
    ForeignPlace,
    FunctionPlace,
    FunctionValue,
    GlobalPlace,
    Instance,
    Item,
    Place,
    ScopeRef,
    Value,
)

UNCHANGEABLE = frozenset(
    f"builtins.{kind}" for kind in ("bool", "bytes", "complex", "float", "frozenset", "int", "str")
)
DEEP = 3  # methods of one object that call each other while it is made
CONSTRUCTORS = (
    "__init__",
    "__new__",
    "__post_init__",
    "__init_subclass__",
    "__set_name__",
    "__setstate__",
    "__getstate__",
)


def values(project: Project, place: Place) -> list[Value]:
    """What the place can hold."""
    evaluator = project.evaluator
    if isinstance(place, GlobalPlace):
        return [item.value for item in evaluator.member(place.path, place.name) if item.place == place]
    if isinstance(place, FieldPlace):
        declared = project.tables.files[place.cls.path].bindings.get((place.cls.scope, place.name), [])
        return [item.value for binding in declared for item in evaluator.binding(place.cls.path, binding)] + [
            item.value
            for store in evaluator.classes.field_stores(place.cls, place.name)
            if store.value is not None
            for item in evaluator.evaluate(store.ref, store.value, store.event.region)
        ]
    if isinstance(place, (ClassPlace, CellPlace)):
        ref = place.cls if isinstance(place, ClassPlace) else place.function
        bindings = project.tables.files[ref.path].bindings.get((ref.scope, place.name), [])
        return [item.value for binding in bindings for item in evaluator.binding(ref.path, binding)]
    if isinstance(place, FunctionPlace):
        return [item.value for item in evaluator.attribute(Item(FunctionValue(place.function)), place.name)]
    return []


def harmless_place(project: Project, place: Place) -> str:
    """A reason for silence that lies in the place itself; "" when there is none."""
    lifetimes = project.lifetimes
    if isinstance(place, ClassPlace) and lifetimes.declares(place.cls, place.name):
        return "the attribute is a declaration of its framework"
    if isinstance(place, ForeignPlace) and project.knowledge.declares(place.owner, place.name):
        return "the attribute is an option of its framework"
    if isinstance(place, FieldPlace) and "thread" in lifetimes.lives(place.cls):
        return "each thread or request has its own"
    if place.name.startswith("__") and place.name.endswith("__"):
        return "it belongs to Python's own protocols"
    return ""


def harmless_value(project: Project, place: Place, rule: str) -> str:
    """What the place holds is something that any process makes again: a client, a logger, a metric, a thread-local."""
    for value in values(project, place):
        if isinstance(value, ContainerValue):
            rows = project.knowledge.safe("call", value.kind)
            if any("*" in row.suppresses or rule in row.suppresses for row in rows):
                return f"entries of `{value.kind}` go with what they are kept for"
        if isinstance(value, Instance) and "thread" in project.lifetimes.lives(value.cls):
            return "it stands for what each request has of its own"
        if not isinstance(value, ForeignInstance):
            continue
        lives = project.knowledge.lives(value.name)
        if "shared" in lives:
            return f"`{value.name}` keeps its data outside the process"
        if not lives.isdisjoint(("thread", "request")):
            return f"`{value.name}` is not shared by requests"
        rows = project.knowledge.safe("call", value.name)
        if any("*" in row.suppresses or rule in row.suppresses for row in rows):
            return f"`{value.name}` can be made again by any process"
    return ""


def harmless_writes(project: Project, place: Place, writes: Sequence[Access]) -> str:
    """A reason for silence that lies in how the place is written."""
    rebinds = [write for write in writes if write.kind == "rebind"]
    if all(is_set_once(project, write) for write in writes):
        return "it is set once, on first use"
    inside = [write for write in writes if write.depth and write.event.op != "augmented"]  # of what is put there
    if len(inside) < len(writes) and all(is_revalidated(project, write) or write in inside for write in writes):
        return "it is compared with what all processes share before it is used"
    if all(is_initialiser(project, place, write, by_constructor=True) for write in writes):
        return "it is filled while the object is made"
    if len(rebinds) == len(writes):
        if all(is_initialiser(project, place, write) or is_set_once(project, write) for write in rebinds):
            return "it is set up right after the object is made"
        if all(is_flag(project, write) or _is_claim(project, write) for write in rebinds) and any(
            _is_claim(project, write) for write in rebinds
        ):
            return "it says whether this process holds what it claimed in a shared store"
        if isinstance(place, (GlobalPlace, FieldPlace, ClassPlace)) and all(
            is_resource(project, write) for write in rebinds
        ):
            return "it holds a client or engine that any process makes again"
    if all(is_put_back(project, write, writes) for write in writes):
        return "the function that sets it puts back what was there"
    if all(is_patch(project, write) for write in writes):
        return "it gets functions of the program, the same in every process"
    if all(is_registration(project, write) for write in writes):
        return "it is a table of functions or classes, the same in every process that loads them"
    if is_pool(project, writes):
        return "it is a pool: what is taken out is put back, or made anew"
    if all(noted_once(project, write) for write in writes):
        return "it only keeps a message from being logged twice"
    return ""


def harmless_reads(project: Project, writes: Sequence[Access], reads: Sequence[Access]) -> str:
    """A reason for silence that lies in who reads what is written."""
    if not reads and all(isinstance(write.place, GlobalPlace) and write.kind == "rebind" for write in writes):
        return "nothing reads what is written"
    if is_keyed_by_execution(project, writes, reads):
        return "its keys are those of the running task or thread, or of objects of this process"
    if passes(project, writes, reads) and not any(is_lock(project, write) for write in writes):
        return "each entry is taken out again by the call that put it in, and nothing else asks for it"
    if is_client_of_store(writes, reads):
        return "it is asked like a store, and what a store hands out is a copy"
    if is_reset_first(project, writes, reads):
        return "each call empties it first, and reads only what it has put there itself"
    if keeps_alive(project, writes, reads):
        return "it only keeps running tasks from being dropped"
    if is_in_flight(project, writes, reads):
        return "it counts the calls that run, for this process alone"
    if is_key_beside(project, writes, reads):
        return "it only says for what the value beside it was made"
    if only_logged(project, writes, reads):
        return "only what is logged depends on it"
    return ""


def is_initialiser(project: Project, place: Place, write: Access, by_constructor: bool = False) -> bool:
    """Is the writing method called only where the object has just been made, or only by its constructor?"""
    if not isinstance(place, FieldPlace):
        return False
    method = project.tables.function_around(write.ref)
    maker = None if by_constructor else project.evaluator.classes.method(place.cls, "__init__")
    return _is_called_by_makers(project, method, place.cls, maker, DEEP)


def _is_called_by_makers(project: Project, method: ScopeRef, cls: ScopeRef, maker: ScopeRef | None, deep: int) -> bool:
    """Is a method called only by what makes the object, or by other methods of it that are?"""
    if project.phases.entries_at(method):
        return False  # a task of its own, whoever hands it over
    calls = [
        edge
        for edge in project.graph.callers.get(method, ())
        if edge.via == "call" and edge.caller != method and project.is_application(edge.caller.path)
    ]
    return bool(calls) and all(
        _makes(project, edge.caller, cls, maker)
        or (
            deep > 0
            and _is_of(project, edge.caller, cls)
            and _is_called_by_makers(project, edge.caller, cls, maker, deep - 1)
        )
        for edge in calls
    )


def _is_of(project: Project, function: ScopeRef, cls: ScopeRef) -> bool:
    """Is the function a method of the class, or of one below it?"""
    around = project.tables.class_around(function)
    return around is not None and cls in project.evaluator.classes.info(around).mro


def _makes(project: Project, caller: ScopeRef, cls: ScopeRef, maker: ScopeRef | None) -> bool:
    if not project.phases.runtime(caller):
        return True
    if _is_of(project, caller, cls) and project.scope(caller).name in CONSTRUCTORS:
        return True
    return maker is not None and any(edge.callee == maker for edge in project.graph.edges.get(caller, ()))


def is_resource(project: Project, write: Access) -> bool:
    """Is the written value an object of a foreign class, or None to drop it?"""
    if write.value is None:
        return False
    items = project.evaluator.evaluate(write.ref, write.value, write.event.region)
    return (
        bool(items)
        and not from_request(project, write)
        and all(
            _is_own_resource(project, item.value)
            or (is_resource_value(item.value) and not _is_data(project, item.value))
            for item in items
        )
    )


def _is_own_resource(project: Project, value: Value) -> bool:
    """An object of a class of the tree that extends a foreign one and keeps nothing of its own."""
    if not isinstance(value, Instance):
        return False
    classes = project.evaluator.classes
    info = classes.info(value.cls)
    lives = project.lifetimes.lives(value.cls)
    return bool(info.foreign) and not lives and not any(classes.fields.get(cls) for cls in info.mro)


def _is_claim(project: Project, write: Access) -> bool:
    """Is the value the answer of a shared store to a claim?"""
    if write.value is None:
        return False
    items = project.evaluator.evaluate(write.ref, write.value, write.event.region)
    names = [item.value.name for item in items if isinstance(item.value, ForeignInstance)]
    return bool(names) and all(project.knowledge.effect(name) == "claim" for name in names)


def _is_data(project: Project, value: Value) -> bool:
    return isinstance(value, ForeignInstance) and project.knowledge.is_data(value.name)


def is_registration(project: Project, write: Access) -> bool:
    """Is a function or class put into a table?"""
    given = [write.event.value] if write.how.startswith("[…]") and write.event.value is not None else list(write.given)
    items = [item for expr in given for item in project.evaluator.evaluate(write.ref, expr, write.event.region)]
    return (
        write.kind == "change"
        and bool(items)
        and all(isinstance(item.value, (FunctionValue, ClassValue)) for item in items)
    )


def is_clock(project: Project, write: Access) -> bool:
    """Is only a point in time kept: when this process last did something?"""
    if write.kind != "rebind" or write.value is None or write.how not in ("=", "setattr()"):
        return False
    if isinstance(write.value, Const) or _is_number(write.value):
        return not isinstance(write.value, Const) or write.value.kind in ("int", "float", "none")
    for node in iter_expr(write.value):
        for item in project.evaluator.evaluate(write.ref, node, write.event.region):
            if (
                isinstance(item.value, (Foreign, ForeignInstance))
                and project.knowledge.effect(item.value.name) == "time"
            ):
                return True
    return False


def _is_number(expr: Expr) -> bool:
    """``float("-inf")``"""
    return (
        isinstance(expr, Call)
        and isinstance(expr.func, Name)
        and expr.func.id in ("float", "int")
        and all(isinstance(given, Const) for given in expr.args)
    )


def is_flag(project: Project, write: Access) -> bool:
    """Is only True or False written, also where callers hand it in?"""
    if write.kind != "rebind" or write.value is None or write.how != "=":
        return False
    if isinstance(write.value, Const):
        return write.value.kind == "bool"
    found = [item.value for item in project.evaluator.evaluate(write.ref, write.value, write.event.region)]
    return bool(found) and all(isinstance(value, ConstantValue) and value.kind == "bool" for value in found)


def is_unchangeable(held: Sequence[Value]) -> bool:
    """Is what a place holds a number or a text, which nothing changes in place? None alone says nothing."""
    plain = [value for value in held if not (isinstance(value, ConstantValue) and value.kind == "none")]
    return bool(plain) and all(
        isinstance(value, ConstantValue) or (isinstance(value, ForeignInstance) and value.name in UNCHANGEABLE)
        for value in plain
    )


def has_container(project: Project, place: Place) -> bool:
    """Can the place hold a container?"""
    return any(isinstance(value, ContainerValue) for value in values(project, place))
