"""Writes and reads of state that several executions share, by the place that holds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Display, Event, Expr, Name, Scope, Star, Sub
from statecheck.project.arguments import fits_container
from statecheck.project.evaluate import Evaluator
from statecheck.project.tables import key_name
from statecheck.project.values import (
    CellPlace,
    ClassPlace,
    ClassValue,
    ContainerValue,
    FieldPlace,
    ForeignInstance,
    ForeignPlace,
    FunctionPlace,
    FunctionValue,
    GlobalPlace,
    Instance,
    Item,
    ModuleValue,
    Place,
    ScopeRef,
)
from statecheck.rules.schema import Container

DECLARING = ("assign", "annotated")
STORING = ("assign", "annotated", "augmented", "delete", "walrus", "for", "with")


class Access(Struct, frozen=True, gc=False):
    """One write or read of a place. ``kind``: rebind (the name gets another object), change (the object at the place or
    something inside it, is changed), clear (it is emptied or loses a key), read."""

    place: Place
    kind: str
    ref: ScopeRef
    event: Event
    start: int
    end: int
    how: str  # "[…] =", ".append()", "del"
    depth: int = 0
    via: tuple[Place, ...] = ()
    value: Expr | None = None
    given: tuple[Expr, ...] = ()  # arguments of the changing method
    sure: bool = True  # False: the type of the object is not known


class Accesses:
    """All writes by place, collected at once."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._own_methods = frozenset(
            scope.name
            for ref, scope in self._tables.scopes()
            if scope.kind == "def"
            and scope.parent > 0
            and self._tables.scope(replace(ref, scope=scope.parent)).kind == "class"
        )
        self.writes: dict[Place, list[Access]] = defaultdict(list)
        for ref, scope in self._tables.scopes():
            if scope.kind != "class":
                for access in self._in_scope(ref, scope):
                    self.writes[access.place].append(access)

    def _in_scope(self, ref: ScopeRef, scope: Scope) -> Iterator[Access]:
        changing = self._evaluator.knowledge.mutating_methods
        for row in self._tables.rows_in(ref):
            event = row.event
            if event.op in STORING:
                for target in event.targets:
                    yield from self._target(ref, scope, event, target)
            for node in row.calls:
                if isinstance(node.func, Attr):
                    if node.func.attr in changing:
                        yield from self._method_call(ref, event, node, node.func)
                elif isinstance(node.func, Name) and node.func.id == "next" and node.args:
                    yield from self._advance(ref, event, node)
                elif isinstance(node.func, Name) and node.func.id in ("setattr", "delattr"):
                    yield from self._setattr(ref, event, node)

    def _target(self, ref: ScopeRef, scope: Scope, event: Event, target: Expr) -> Iterator[Access]:
        if isinstance(target, Name):
            yield from self._name(ref, scope, event, target)
        elif isinstance(target, Attr):
            yield from self._attribute(ref, event, target)
        elif isinstance(target, Sub):
            yield from self._item(ref, event, target)
        elif isinstance(target, Display):
            for part in target.items:
                yield from self._target(ref, scope, event, part)
        elif isinstance(target, Star):
            yield from self._target(ref, scope, event, target.value)

    def _name(self, ref: ScopeRef, scope: Scope, event: Event, target: Name) -> Iterator[Access]:
        start, end = event.pos, event.end
        how = "del" if event.op == "delete" else f"{event.note}=" if event.op == "augmented" else "="
        home = self._tables.files[ref.path].home(ref.scope, target.id)
        if target.id in scope.globals:
            yield Access(GlobalPlace(ref.path, target.id), "rebind", ref, event, start, end, how, value=event.value)
        elif target.id in scope.nonlocals and home != ref.scope:
            place = CellPlace(ScopeRef(ref.path, home), target.id)
            yield Access(place, "rebind", ref, event, start, end, how, value=event.value)
        elif event.op == "augmented" and scope.kind != "module":
            for item in self._evaluator.evaluate(
                ref, target, event.region
            ):  # x += [...] changes the list that x aliases
                if (
                    item.place is not None
                    and isinstance(item.value, ContainerValue)
                    and self._is_mutable(item.value.kind)
                ):
                    yield Access(item.place, "change", ref, event, start, end, how, item.depth, item.via, event.value)

    def _attribute(self, ref: ScopeRef, event: Event, target: Attr) -> Iterator[Access]:
        how = "del" if event.op == "delete" else f"{event.note}=" if event.op == "augmented" else "="
        for item in self._evaluator.evaluate(ref, target.value, event.region):
            for place, kind, via in self._attribute_places(item, target.attr):
                yield Access(
                    place,
                    kind,
                    ref,
                    event,
                    event.pos,
                    event.end,
                    how,
                    item.depth,
                    via,
                    event.value,
                    (),
                    item.value is not None,
                )

    def _attribute_places(self, item: Item, name: str) -> Iterator[tuple[Place, str, tuple[Place, ...]]]:
        value = item.value
        via = (*item.via, item.place) if item.place is not None else item.via
        if isinstance(value, ModuleValue):
            yield GlobalPlace(value.path, name), "rebind", ()
        elif isinstance(value, ClassValue):
            member = self._evaluator.classes.member(value.ref, name)
            yield ClassPlace(member[0] if member else value.ref, name), "rebind", ()
        elif isinstance(value, FunctionValue):
            if not self._evaluator.members.is_hidden(value):
                yield FunctionPlace(value.ref, name), "rebind", ()
        elif (
            isinstance(value, Instance)
            and (setter := self._evaluator.classes.method(value.cls, name))
            and self._evaluator.is_property(setter)
        ):
            return  # the property's own code is what writes
        elif isinstance(value, Instance) and value.site is not None and not via and not self._evaluator.owners(item):
            return  # an object just made: nobody else has it yet
        elif isinstance(value, Instance) and self._evaluator.classes.field_owner(value.cls, name):
            owner = self._evaluator.classes.field_owner(value.cls, name) or value.cls
            yield FieldPlace(owner, name), "rebind", via
        elif owners := self._evaluator.owners(item):
            yield ForeignPlace(self._evaluator.knowledge.root(owners[0]), name), "rebind", via
        elif isinstance(value, Instance):
            yield FieldPlace(value.cls, name), "rebind", via
        elif item.place is not None:
            yield item.place, "change", item.via

    def _item(self, ref: ScopeRef, event: Event, target: Sub) -> Iterator[Access]:
        kind = "clear" if event.op == "delete" else "change"
        how = "del […]" if event.op == "delete" else f"[…] {event.note}=" if event.op == "augmented" else "[…] ="
        for item in self._evaluator.evaluate(ref, target.value, event.region):
            key = key_name(target.index)
            if key and isinstance(item.value, (ForeignInstance, Instance)) and (owners := self._evaluator.owners(item)):
                place = ForeignPlace(self._evaluator.knowledge.root(owners[0]), key)
                yield Access(place, "rebind", ref, event, event.pos, event.end, how, 0, item.via, event.value)
                continue
            if isinstance(item.value, Instance) and item.place is not None and self._container_base(item):
                yield Access(item.place, kind, ref, event, event.pos, event.end, how, item.depth, item.via, event.value)
                continue
            if item.place is None or isinstance(item.value, (Instance, FunctionValue, ClassValue, ModuleValue)):
                continue
            if isinstance(item.value, ContainerValue) and not self._is_mutable(item.value.kind):
                continue
            if isinstance(item.value, ForeignInstance) and item.value.name == "builtins.object":
                continue  # a sentinel: what is written to stands where the sentinel does not
            yield Access(
                item.place,
                kind,
                ref,
                event,
                event.pos,
                event.end,
                how,
                item.depth,
                item.via,
                event.value,
                (),
                item.value is not None,
            )

    def _container_base(self, item: Item) -> Container | None:
        """The container type that the class of an object derives from: ``class Store(dict)``."""
        return next(
            (row for base in self._evaluator.foreign_types(item) if (row := self._evaluator.knowledge.container(base))),
            None,
        )

    def _is_mutable(self, kind: str) -> bool:
        row = self._evaluator.knowledge.container(kind)
        return row is not None and row.items

    def _method_call(self, ref: ScopeRef, event: Event, call: Call, func: Attr) -> Iterator[Access]:
        for item in self._evaluator.evaluate(ref, func.value, event.region):
            kind = self._change_kind(item, func.attr)
            if item.value is None and not fits_container(func.attr, call):
                continue
            if kind and item.place is not None:
                yield Access(
                    item.place,
                    kind,
                    ref,
                    event,
                    call.pos,
                    call.end,
                    f".{func.attr}()",
                    item.depth,
                    item.via,
                    None,
                    call.args,
                    item.value is not None,
                )

    def _change_kind(self, item: Item, method: str) -> str:
        """Does the method change the container? "" when it does not, or nobody knows."""
        value, knowledge = item.value, self._evaluator.knowledge
        if isinstance(value, (ContainerValue, ForeignInstance)):
            row = knowledge.container(value.kind if isinstance(value, ContainerValue) else value.name)
            if row is None or method not in row.mutating:
                return ""
            return "clear" if method in row.clearing else "change"
        if isinstance(value, Instance) and (row := self._container_base(item)) and method in row.mutating:
            return "clear" if method in row.clearing else "change"
        if value is None and item.depth and method in self._own_methods:
            return ""  # what lies in the container may well be an object of the tree: its method is followed
        if value is None and item.place is not None and method in knowledge.changing_methods:
            return "clear" if method in ("clear", "pop", "remove", "discard", "popitem") else "change"
        return ""

    def _advance(self, ref: ScopeRef, event: Event, call: Call) -> Iterator[Access]:
        """``next(counter)``: a kept iterator moves on."""
        for item in self._evaluator.evaluate(ref, call.args[0], event.region):
            if item.place is not None and self._change_kind(item, "__next__"):
                yield Access(item.place, "change", ref, event, call.pos, call.end, "next()", item.depth, item.via)

    def _setattr(self, ref: ScopeRef, event: Event, call: Call) -> Iterator[Access]:
        """``setattr(obj, "name", value)``; for a name that is no literal, the object as a whole."""
        if len(call.args) < 2:
            return
        name = call.args[1]
        value = call.args[2] if len(call.args) > 2 else None
        for item in self._evaluator.evaluate(ref, call.args[0], event.region):
            if isinstance(name, Const):
                for place, kind, via in self._attribute_places(item, name.value):
                    yield Access(place, kind, ref, event, call.pos, call.end, "setattr()", item.depth, via, value)
            elif item.place is not None and not isinstance(item.value, FunctionValue) and not self._is_bare(item):
                yield Access(
                    item.place, "change", ref, event, call.pos, call.end, "setattr()", item.depth, item.via, value
                )

    def _is_bare(self, item: Item) -> bool:
        """Is it an object of a class without attributes, made to hang functions and classes on?"""
        classes = self._evaluator.classes
        return isinstance(item.value, Instance) and not any(
            classes.fields.get(cls) or any(event.op in DECLARING for event in self._tables.scope(cls).events)
            for cls in classes.info(item.value.cls).mro
        )
