"""Attributes: of modules, classes, objects, functions and of what lies outside the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Expr, Name
from statecheck.project.tables import Store
from statecheck.project.values import (
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
    Instance,
    Item,
    Items,
    ModuleValue,
    ScopeRef,
)

if TYPE_CHECKING:
    from statecheck.project.evaluate import Evaluator

WRAPPED = frozenset({"fget", "__func__", "__wrapped__"})  # the function that a property or method stands for
MAX_STORES = 12  # statements asked for what an attribute may hold


class Members:
    """Reads attributes of whatever an expression may be."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def attributes(self, items: Items, name: str) -> list[Item]:
        """What an attribute of any of the items may be."""
        found: list[Item] = []
        for item in items:
            found += self.attribute(item, name)
        return found

    def attribute(self, item: Item, name: str) -> Iterable[Item]:
        """What ``item.name`` may be."""
        value = item.value
        if isinstance(value, ModuleValue):
            return self._evaluator.names.member(value.path, name)
        if isinstance(value, Foreign):
            if isinstance(item.place, ForeignPlace):
                return self.foreign_attribute(value.name, name, item)
            found = self._evaluator.names.foreign(self._evaluator.knowledge.canonical(f"{value.name}.{name}"))
            return (Item(found.value, item.place, item.depth, item.via),)
        if isinstance(value, ClassValue):
            return self._class_attribute(value.ref, name, item)
        if isinstance(value, Instance):
            return self._instance_attribute(value, name, item)
        if isinstance(value, ForeignInstance):
            return self.foreign_attribute(value.name, name, item)
        if isinstance(value, FunctionValue):
            typed = self._decorated_type(value.ref)
            return self.foreign_attribute(typed, name, Item(None)) if typed else self._function_attribute(value, name)
        if isinstance(value, ContainerValue) and value.kind.partition(".")[0] not in ("builtins", "collections"):
            method = Item(Foreign(self._evaluator.knowledge.canonical(f"{value.kind}.{name}")))
            return (method, Item(None, item.place, item.depth + 1, item.via)) if item.place is not None else (method,)
        if item.place is not None and not isinstance(value, ConstantValue):
            return (Item(None, item.place, item.depth + 1, item.via),)
        return ()

    def _function_attribute(self, function: FunctionValue, name: str) -> Iterable[Item]:
        """What the tree stores into an attribute of one of its functions."""
        if name in WRAPPED:
            return (Item(function),)
        if self.is_hidden(function):
            return ()
        place = FunctionPlace(function.ref, name)
        found = self._evaluator.ask(("stored", place), lambda: self._stored_on(function.ref, name))
        return self._evaluator.names.held(found, place)

    def is_hidden(self, method: FunctionValue) -> bool:
        """``self.post = Post()`` in a class with a method ``post``: the object has what was stored, not the method."""
        if method.owner is None:
            return False
        name = self._evaluator.tables.scope(method.ref).name
        return self._evaluator.classes.field_owner(method.owner, name) is not None

    def _stored_on(self, function: ScopeRef, name: str) -> Iterator[Item]:
        for store in self.function_stores(function, name):
            if store.value is not None:
                yield from self._evaluator.evaluate(store.ref, store.value, store.event.region)

    def function_stores(self, function: ScopeRef, name: str) -> list[Store]:
        """Stores to an attribute of a function, in order of place."""
        return [
            store
            for store in self._evaluator.tables.attribute_stores.get(name, ())[:MAX_STORES]
            if any(
                isinstance(item.value, FunctionValue) and item.value.ref == function
                for item in self._evaluator.evaluate(store.ref, store.target.value, store.event.region)
            )
        ]

    def _class_attribute(self, cls: ScopeRef, name: str, item: Item) -> Iterable[Item]:
        member = self._evaluator.classes.member(cls, name)
        if member is None:
            stores = self.class_stores(cls, name)
            if stores:
                found = [
                    out
                    for store in stores
                    if store.value is not None
                    for out in self._evaluator.evaluate(store.ref, store.value, store.event.region)
                ]
                return self._evaluator.names.held(found, ClassPlace(cls, name))
            if below := self._below(cls, name, item):
                return below
            return [
                Item(Foreign(self._evaluator.knowledge.canonical(f"{base}.{name}")))
                for base in self._evaluator.classes.info(cls).foreign
            ]
        owner, method = member
        if method >= 0:
            if taught := self._evaluator.names.taught(ScopeRef(owner.path, method)):
                return (Item(Foreign(taught)),)
            return (Item(FunctionValue(ScopeRef(owner.path, method), cls)),)
        bindings = self._evaluator.tables.files[owner.path].bindings[owner.scope, name]
        items = self._evaluator.names.bound_items(owner.path, bindings)
        if all(binding.kind == "declared" for binding in bindings):
            # A bare annotation tells the type and keeps nothing: a class below may.
            return list(self._below(cls, name, item)) or items
        return self._evaluator.names.held(items, ClassPlace(owner, name))

    def _decorated_type(self, function: ScopeRef) -> str | None:
        """The foreign class that a decorator makes of a function, where a model tells: a group of commands."""
        scope = self._evaluator.tables.scope(function)
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            for item in self._evaluator.evaluate(ScopeRef(function.path, scope.parent), func, scope.defined_in):
                if isinstance(item.value, Foreign) and (
                    typed := self._evaluator.knowledge.returned_type(item.value.name)
                ):
                    return typed
        return None

    def _below(self, cls: ScopeRef, name: str, item: Item) -> list[Item]:
        """What the bodies of subclasses bind to a name that the class itself only uses: ``cls.registry``, a hook."""
        subs = [
            sub
            for sub in self._evaluator.classes.subclasses(cls)
            if (sub.scope, name) in self._evaluator.tables.files[sub.path].bindings
        ]
        return [out for sub in subs[:MAX_STORES] for out in self._class_attribute(sub, name, item)]

    def _is_data_class(self, cls: ScopeRef) -> bool:
        """Are the annotated attributes of the class fields of its objects?"""
        scope = self._evaluator.tables.scope(cls)
        if any(
            self._evaluator.knowledge.effect(base) == "dataclass" for base in self._evaluator.classes.info(cls).foreign
        ):
            return True
        return any(
            self._evaluator.knowledge.effect(name) == "dataclass"
            for decorator in scope.decorators
            for name in self.decorator_names(ScopeRef(cls.path, scope.parent), decorator, scope.defined_in)
        )

    def _is_field(self, item: Item) -> bool:
        return isinstance(item.value, ForeignInstance) and self._evaluator.knowledge.is_field(item.value.name)

    def _wraps_field(self, cls: ScopeRef, name: str) -> bool:
        """``title = described(StringField())``: is a declared field handed to a helper of the tree?"""
        calls = [binding.value for binding in self._evaluator.tables.files[cls.path].bindings[cls.scope, name]]
        return any(
            self._is_field(item)
            for call in calls
            if isinstance(call, Call)
            for given in call.args[:1]
            if isinstance(given, Call)
            for item in self._evaluator.evaluate(cls, given)
        )

    def class_stores(self, cls: ScopeRef, name: str) -> list[Store]:
        """Stores to ``Class.name`` from anywhere, where the body of the class does not bind the name."""
        found = []
        for store in self._evaluator.tables.attribute_stores.get(name, ()):
            assert isinstance(store.target, Attr)
            if isinstance(store.target.value, Name):
                items = self._evaluator.evaluate(store.ref, store.target.value, store.event.region)
                if any(
                    isinstance(item.value, ClassValue) and item.value.ref in self._evaluator.classes.info(cls).mro
                    for item in items
                ):
                    found.append(store)
        return found

    def _instance_attribute(self, value: Instance, name: str, item: Item) -> Iterable[Item]:
        via = (*item.via, item.place) if item.place is not None else item.via
        member = self._evaluator.classes.member(value.cls, name)
        if member is not None and member[1] >= 0:
            method = ScopeRef(member[0].path, member[1])
            if taught := self._evaluator.names.taught(method):
                return (Item(Foreign(taught)),)
            if self.is_property(method):
                getter = self._evaluator.classes.accessors(value.cls, name)[0]
                return [replace(out, via=(*out.via, *via)) for out in self._evaluator.returned(getter)]
            return (Item(FunctionValue(method, value.cls), None, 0, via),)
        owner = self._evaluator.classes.field_owner(value.cls, name)
        if owner is not None:
            found: list[Item] = []
            for store in self._evaluator.classes.field_stores(value.cls, name):
                if store.value is not None:
                    found += self._evaluator.evaluate(store.ref, store.value, store.event.region)
            return [
                replace(out, via=(*out.via, *via)) for out in self._evaluator.names.held(found, FieldPlace(owner, name))
            ]
        if member is not None:
            items = self._class_attribute(value.cls, name, item)
            if any(self._is_field(out) for out in items) or self._wraps_field(member[0], name):
                return ()  # a declared column, relation or form field: each object has a value of its own
            if self._is_data_class(member[0]):
                place = FieldPlace(member[0], name)
                items = [replace(out, place=place) if isinstance(out.place, ClassPlace) else out for out in items]
            return [replace(out, via=(*out.via, *via)) for out in items]
        if name == "__class__":
            return (Item(ClassValue(value.cls)),)
        if below := self._below(value.cls, name, item):
            declared = any(map(self._is_field, below))
            return () if declared else [replace(out, via=(*out.via, *via)) for out in below]
        foreign = self._evaluator.classes.info(value.cls).foreign
        if foreign:
            return [out for base in foreign[:2] for out in self.foreign_attribute(base, name, item)]
        return (Item(None, FieldPlace(value.cls, name), 0, via),)

    def foreign_attribute(self, owner: str, name: str, item: Item) -> Iterable[Item]:
        """An attribute of an object of a foreign class: its type, and what the tree stored there."""
        full = self._evaluator.knowledge.canonical(f"{owner}.{name}")
        typed = self._evaluator.knowledge.instance_type(full)
        if typed is not None:
            return (Item(ForeignInstance(typed), None, 0, item.via),)
        if not self.owners(item):
            return (Item(Foreign(full), item.place, item.depth, item.via),)
        place = ForeignPlace(self._evaluator.knowledge.root(owner), name)
        found = self._evaluator.ask(("stored", place), lambda: self._stored(place))
        stored = [out if out.place else replace(out, place=place) for out in found]
        if any(isinstance(out.value, Instance) for out in stored):  # an attribute of our own making
            return stored
        return [Item(Foreign(full), place, 0, item.via), *stored]

    def _stored(self, place: ForeignPlace) -> Iterator[Item]:
        """What the tree stores into an attribute of a foreign object."""
        tables = self._evaluator.tables
        stores = tables.key_stores if place.name.startswith("[") else tables.attribute_stores
        for store in stores.get(place.name, ())[:MAX_STORES]:
            if store.value is not None and self._stores_to(store, place):
                yield from self._evaluator.evaluate(store.ref, store.value, store.event.region)

    def _stores_to(self, store: Store, place: ForeignPlace) -> bool:
        bases = self._evaluator.evaluate(store.ref, store.target.value, store.event.region)
        return any(
            place.owner == self._evaluator.knowledge.root(owner) for base in bases for owner in self.owners(base)
        )

    def owners(self, item: Item) -> list[str]:
        """The foreign classes and foreign attributes whose attributes are places: of an application, of its state."""
        if isinstance(item.value, Foreign) and isinstance(item.place, ForeignPlace):
            return [item.value.name]
        knowledge = self._evaluator.knowledge
        own = isinstance(
            item.value, Instance
        )  # of a class of the tree: shared with handlers only where they can reach it
        return [
            name
            for name in self.foreign_types(item)
            if "process" in knowledge.lives(name) and (not own or knowledge.is_reached_from_handlers(name))
        ]

    def foreign_types(self, item: Item) -> list[str]:
        """The foreign classes that an object is an instance of: its own, or the bases of its class."""
        if isinstance(item.value, ForeignInstance):
            return [item.value.name]
        if isinstance(item.value, Instance):
            return list(self._evaluator.classes.info(item.value.cls).foreign)
        return []

    def is_property(self, method: ScopeRef) -> bool:
        """Is a method read like an attribute?"""
        for decorator in self._evaluator.tables.scope(method).decorators:
            last = (
                decorator.id if isinstance(decorator, Name) else decorator.attr if isinstance(decorator, Attr) else ""
            )
            if last.endswith("property") or last in ("setter", "deleter", "getter"):
                return True
        return False

    def decorator_names(self, around: ScopeRef, decorator: Expr, region: int) -> list[str]:
        """The foreign names that a decorator may be: itself, what it calls, or what a helper of the tree returns."""
        exprs = [decorator.func, decorator] if isinstance(decorator, Call) else [decorator]
        names = [
            item.value.name
            for expr in exprs
            for item in self._evaluator.evaluate(around, expr, region)
            if isinstance(item.value, (Foreign, ForeignInstance))
        ]
        return list(dict.fromkeys(names))
