"""Classes of the tree: bases, method resolution order, members, and the fields that methods set on ``self``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from statecheck.facts.ir import Attr, Expr, Name
from statecheck.project.tables import Store, Tables
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, Items, ScopeRef

CLASS_METHODS = ("classmethod", "__init_subclass__", "__class_getitem__")
UNBOUND = ("staticmethod",)


class ClassInfo(NamedTuple):
    """``mro`` are the classes of the tree, ``foreign`` the dotted names of base classes outside it, both in order."""

    ref: ScopeRef
    name: str
    mro: tuple[ScopeRef, ...]
    foreign: tuple[str, ...]
    unknown_base: bool  # some base could not be resolved


class Classes:
    """All classes. ``evaluate`` gives the values of a base expression in the scope around the class."""

    def __init__(self, tables: Tables, evaluate: Callable[[ScopeRef, Expr], Items]) -> None:
        self._tables = tables
        self._evaluate = evaluate
        self._infos: dict[ScopeRef, ClassInfo] = {}
        self._busy: set[ScopeRef] = set()
        self.refs = [ref for ref, scope in tables.scopes() if scope.kind == "class"]
        self.fields: dict[ScopeRef, dict[str, list[Store]]] = self._collect_fields()
        self._subclasses: dict[ScopeRef, list[ScopeRef]] | None = None

    def info(self, ref: ScopeRef) -> ClassInfo:
        """Bases and method resolution order; a class that inherits from itself by mistake is cut short."""
        if ref in self._infos:
            return self._infos[ref]
        name = self._tables.scope(ref).name
        if ref in self._busy:
            return ClassInfo(ref, name, (ref,), (), True)
        self._busy.add(ref)
        above: list[ClassInfo] = []
        foreign: list[str] = []
        unknown = False
        scope = self._tables.scope(ref)
        around = ScopeRef(ref.path, scope.parent)
        for base in scope.bases:
            items = self._evaluate(around, base)
            unknown = unknown or not items
            for item in items:
                if isinstance(item.value, ClassValue):
                    base_info = self.info(item.value.ref)
                    above.append(base_info)
                    foreign += [name for name in base_info.foreign if name not in foreign]
                    unknown = unknown or base_info.unknown_base
                elif isinstance(item.value, (Foreign, ForeignInstance)) and item.value.name not in foreign:
                    foreign.append(item.value.name)  # an instance: what declarative_base() gives
        self._busy.discard(ref)
        info = ClassInfo(ref, scope.name, _linearised(ref, above), tuple(foreign), unknown)
        self._infos[ref] = info
        return info

    def member(self, ref: ScopeRef, name: str) -> tuple[ScopeRef, int] | None:
        """The class of the MRO whose body binds ``name``, and the scope of the method (-1 for an attribute)."""
        for cls in self.info(ref).mro:
            bindings = self._tables.files[cls.path].bindings.get((cls.scope, name))
            if bindings:
                last = bindings[-1]
                return cls, last.ref if last.kind == "def" else -1
        return None

    def method(self, ref: ScopeRef, name: str) -> ScopeRef | None:
        """The function that ``name`` is on the class, by its MRO."""
        found = self.member(ref, name)
        return ScopeRef(found[0].path, found[1]) if found and found[1] >= 0 else None

    def accessors(self, ref: ScopeRef, name: str) -> list[ScopeRef]:
        """All functions of this name in the first class of the MRO that has one: getter and setter of a property."""
        found = self.member(ref, name)
        bindings = self._tables.files[found[0].path].bindings.get((found[0].scope, name), []) if found else []
        return [ScopeRef(found[0].path, binding.ref) for binding in bindings if found and binding.kind == "def"]

    def methods(self, ref: ScopeRef) -> dict[str, ScopeRef]:
        """All methods by name, inherited ones of the tree included."""
        found: dict[str, ScopeRef] = {}
        for cls in self.info(ref).mro:
            table = self._tables.files[cls.path]
            for child in table.children[cls.scope]:
                scope = table.facts.scopes[child]
                if scope.kind == "def":
                    found.setdefault(scope.name, ScopeRef(cls.path, child))
        return found

    def field_owner(self, ref: ScopeRef, name: str) -> ScopeRef | None:
        """The class of the MRO (or a subclass) whose methods set ``self.name``: the base-most one."""
        owners = [cls for cls in self.info(ref).mro if name in self.fields.get(cls, ())]
        if owners:
            return owners[-1]
        return next((sub for sub in self.subclasses(ref) if name in self.fields.get(sub, ())), None)

    def field_stores(self, ref: ScopeRef, name: str) -> list[Store]:
        """Every ``self.name = …`` in the class, its bases and its subclasses."""
        classes = dict.fromkeys((*self.info(ref).mro, *self.subclasses(ref)))
        return [store for cls in classes for store in self.fields.get(cls, {}).get(name, ())]

    def subclasses(self, ref: ScopeRef) -> list[ScopeRef]:
        """Classes of the tree below this one."""
        if self._subclasses is None:
            below: dict[ScopeRef, list[ScopeRef]] = defaultdict(list)
            self._subclasses = below
            for sub in self.refs:
                for cls in self.info(sub).mro[1:]:
                    below[cls].append(sub)
        return self._subclasses.get(ref, [])

    def receiver(self, ref: ScopeRef) -> tuple[ScopeRef, str] | None:
        """For a method: its class, and what its first parameter is ("instance" or "class")."""
        cls = self._tables.class_around(ref)
        scope = self._tables.scope(ref)
        if cls is None or scope.kind != "def" or not scope.params:
            return None
        names = {decorator.id for decorator in scope.decorators if isinstance(decorator, Name)}
        names |= {decorator.attr for decorator in scope.decorators if isinstance(decorator, Attr)}
        if scope.params[0].kind not in ("normal", "positional") or not names.isdisjoint(UNBOUND):
            return None
        on_class = not names.isdisjoint(CLASS_METHODS) or scope.name in (*CLASS_METHODS, "__new__")
        return cls, "class" if on_class else "instance"

    def _collect_fields(self) -> dict[ScopeRef, dict[str, list[Store]]]:
        fields: dict[ScopeRef, dict[str, list[Store]]] = {}
        for name, stores in self._tables.attribute_stores.items():
            for store in stores:
                method = self._method_around(store.ref)
                if isinstance(store.target, Attr) and method and (made := self._made_in_new(method, store.target)):
                    fields.setdefault(made, {}).setdefault(name, []).append(store)
                if not (isinstance(store.target, Attr) and isinstance(store.target.value, Name)):
                    continue
                found = self.receiver(method) if method else None
                if not (method and found and found[1] == "instance") or store.event.op == "delete":
                    continue
                if self._tables.scope(method).params[0].name == store.target.value.id:
                    fields.setdefault(found[0], {}).setdefault(name, []).append(store)
        return fields

    def _made_in_new(self, method: ScopeRef, target: Attr) -> ScopeRef | None:
        """``__new__`` fills the object it makes: ``cls._instance.items = []`` is a field of the class."""
        scope = self._tables.scope(method)
        inside = isinstance(target.value, Attr) or (
            isinstance(target.value, Name) and scope.params and target.value.id != scope.params[0].name
        )
        return self._tables.class_around(method) if scope.name == "__new__" and inside else None

    def _method_around(self, ref: ScopeRef) -> ScopeRef | None:
        """The method that a scope stands in: closures and comprehensions inside a method still see its ``self``."""
        current = ref
        while True:
            scope = self._tables.scope(current)
            if scope.kind == "def" and self._tables.class_around(current):
                return current
            if scope.parent < 0:
                return None
            current = ScopeRef(ref.path, scope.parent)


def _linearised(ref: ScopeRef, above: list[ClassInfo]) -> tuple[ScopeRef, ...]:
    """The method resolution order: a base stands after its subclasses, bases keep their order if possible."""
    order = [ref]
    rows = [[cls for cls in info.mro if cls != ref] for info in above]
    rows.append(list(dict.fromkeys(info.ref for info in above if info.ref != ref)))
    while rows := [row for row in rows if row]:
        heads = [row[0] for row in rows]
        head = next(
            (head for head in heads if not any(head in row[1:] for row in rows)), heads[0]
        )  # else: Python refuses
        order.append(head)
        rows = [[cls for cls in row if cls != head] for row in rows]
    return tuple(order)
