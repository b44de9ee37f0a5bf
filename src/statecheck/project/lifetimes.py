"""Which objects outlive a request: held by a module, a class, an application, a captured local or the framework."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Scope
from statecheck.project.contents import Addition
from statecheck.project.evaluate import Evaluator
from statecheck.project.framework_kept import SHORT, FrameworkKept, is_short, lives_of
from statecheck.project.phases import Phases
from statecheck.project.tables import Binding, Store
from statecheck.project.values import (
    MEMO,
    CellPlace,
    ClassPlace,
    ClassValue,
    ContainerValue,
    ContextPlace,
    DefaultPlace,
    FieldPlace,
    Foreign,
    ForeignInstance,
    ForeignPlace,
    FunctionPlace,
    GlobalPlace,
    Instance,
    Item,
    ModuleValue,
    Place,
    ScopeRef,
)


class Holder(NamedTuple):
    """What keeps instances of a class alive: the place, or None where a framework does; ``path``/``pos`` is where."""

    place: Place | None
    path: str
    pos: int
    why: str
    inside: bool = False  # the instances lie inside the container at the place


class Lifetimes:
    """Classes with an instance that lives as long as the process."""

    def __init__(self, evaluator: Evaluator, phases: Phases) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._phases = phases
        self._scripts = self._find_scripts()
        self.holders: dict[ScopeRef, Holder] = {}
        self.singletons: set[ScopeRef] = set()  # classes that are made once, whoever calls them
        self._parts: dict[ScopeRef, list[tuple[str, Binding]]] = defaultdict(list)  # what each object gets for itself
        self._queue: deque[ScopeRef] = deque()
        for kept in FrameworkKept(evaluator, phases).find():
            if kept.once:
                self.singletons.add(kept.cls)
            self._mark(kept.cls, Holder(None, kept.path, kept.pos, kept.why))
        self._module_held()
        self._stored()
        self._captured()
        while self._queue:
            self._follow_fields(self._queue.popleft())

    def _find_scripts(self) -> frozenset[str]:
        """Files that run as a whole for each request and that no other file imports: their names die with it."""
        rows = [known.entry for (match, _), found in self._evaluator.knowledge.entries.items() for known in found]
        ids = {entry.id for entry in rows if entry.match == "script"}
        found = {entry.ref.path for entry in self._phases.entries if entry.id in ids}
        return frozenset(found - self._imported()) if found else frozenset()

    def _imported(self) -> set[str | None]:
        modules = self._evaluator.modules
        found: set[str | None] = set()
        for path, table in self._tables.files.items():
            for row in table.facts.imports:
                of = modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)
                found.update((of, modules.submodule(of, row.name) if of and row.name else None))
        return found

    def holder(self, cls: ScopeRef) -> Holder | None:
        """What keeps an instance of the class, or of a subclass, for the life of the process."""
        if cls in self.holders:
            return self.holders[cls]
        return next((self.holders[sub] for sub in self._evaluator.classes.subclasses(cls) if sub in self.holders), None)

    def lives(self, cls: ScopeRef) -> frozenset[str]:
        """What the models say of how long an instance lives, by the foreign bases of the class."""
        return lives_of(self._evaluator, cls)

    def declares(self, cls: ScopeRef, attribute: str) -> bool:
        """Is a class attribute a declaration for the framework that the class derives from?"""
        return any(
            self._evaluator.knowledge.declares(base, attribute) for base in self._evaluator.classes.info(cls).foreign
        )

    def keeps(self, place: Place) -> bool:
        """Does the place live as long as the process?"""
        if isinstance(place, ClassPlace):
            return not self.declares(place.cls, place.name) and (
                self._is_module_level(place.cls) or not self._is_made_by_requests(place.cls)
            )
        if isinstance(place, FunctionPlace):
            return self._is_module_level(place.function) or self._is_made_at_start(place.function)
        if isinstance(place, DefaultPlace):
            return self._is_module_level(place.function) or not self._is_made_by_requests(place.function)
        if isinstance(place, GlobalPlace):
            return place.path not in self._scripts
        if isinstance(place, ContextPlace):
            return True
        if isinstance(place, FieldPlace):
            return self.holder(place.cls) is not None
        if isinstance(place, ForeignPlace):
            return self._evaluator.knowledge.is_kept(place.owner)
        return self._runs_at_start(place.function)

    def _is_module_level(self, function: ScopeRef) -> bool:
        """Is there one such function a process, or a new one each time the function around it runs?"""
        parent = self._tables.scope(function).parent
        while parent >= 0:
            scope = self._tables.scope(ScopeRef(function.path, parent))
            if scope.kind in ("def", "lambda"):
                return False
            parent = scope.parent
        return True

    def _is_made_at_start(self, function: ScopeRef) -> bool:
        """Is the function defined by one that runs while the process starts: a decorator, a factory?"""
        return self._runs_at_start(self._tables.function_around(self._around(function)))

    def _is_made_by_requests(self, function: ScopeRef) -> bool:
        """Is the function defined anew by each request?"""
        return bool(self._phases.runtime(self._tables.function_around(self._around(function))))

    def _around(self, function: ScopeRef) -> ScopeRef:
        return replace(function, scope=self._tables.scope(function).parent)

    def _runs_at_start(self, function: ScopeRef) -> bool:
        """Does the function run while the process starts, and not again? Its captured locals are kept."""
        reached = self._phases.of(function)
        return bool(reached) and not self._phases.runtime(function) and ("import" in reached or "startup" in reached)

    def _mark(self, cls: ScopeRef, holder: Holder) -> None:
        if cls in self.holders or self._phases.is_apart(holder.path):
            return
        if is_short(self.lives(cls)) and not isinstance(holder.place, (GlobalPlace, ClassPlace)):
            return
        if isinstance(holder.place, ClassPlace) and self.declares(holder.place.cls, holder.place.name):
            return  # a field declaration: the framework makes a bound copy for each instance
        if isinstance(holder.place, ClassPlace) and any(map(self._is_field, self._evaluator.classes.info(cls).foreign)):
            return  # of a class of fields that the tree defines
        self.holders[cls] = holder
        self._queue.append(cls)

    def _mark_items(self, items: tuple[Item, ...], holder: Holder, made_elsewhere: bool = False) -> None:
        """Mark the classes of objects. ``made_elsewhere``: also of those known by annotation or as ``self`` only."""
        for item in items:
            if isinstance(item.value, Instance) and (item.value.site is not None or made_elsewhere):
                self._mark(item.value.cls, holder)

    def _module_held(self) -> None:
        """Instances bound to a module-level name or in the body of a class."""
        for path, table in self._tables.files.items():
            for (scope, name), bindings in table.bindings.items():
                kind = table.facts.scopes[scope].kind
                if kind not in ("module", "class"):
                    continue
                place: Place = GlobalPlace(path, name) if kind == "module" else ClassPlace(ScopeRef(path, scope), name)
                for binding in bindings:
                    if kind == "class" and self._is_made_for_each(path, binding):
                        self._parts[ScopeRef(path, scope)].append((name, binding))
                    elif binding.kind == "value":
                        items, holder = (
                            self._evaluator.binding(path, binding),
                            Holder(place, path, binding.pos, "held by"),
                        )
                        self._mark_items(items, holder)
                        self._mark_items(self._evaluator.contents.written(items), holder._replace(inside=True))

        for ref, function in self._tables.scopes():
            if function.kind == "def" and function.decorators:
                self._mark_decorator_objects(ref, function)
            if function.kind == "def" and function.decorators and self._evaluator.is_memo(ref):
                self._mark_items(
                    self._evaluator.returned(ref),
                    Holder(FunctionPlace(ref, MEMO), ref.path, function.pos, "kept by"),
                )

    def _is_made_for_each(self, path: str, binding: Binding) -> bool:
        """``users: Users = field(default_factory=Users)``: each object of the class gets one of its own."""
        call = binding.value
        if not isinstance(call, Call) or not any(word.name in ("default_factory", "factory") for word in call.keywords):
            return False
        names = self._evaluator.evaluate(ScopeRef(path, binding.scope), call.func, binding.region)
        return any(isinstance(item.value, Foreign) and self._is_field(item.value.name) for item in names)

    def _is_field(self, name: str) -> bool:
        return self._evaluator.knowledge.is_field(name)

    def _mark_decorator_objects(self, ref: ScopeRef, function: Scope) -> None:
        """``@Counter`` or ``@limiter(3)`` with a class of the tree: the object lives where the function's name does."""
        for decorator in function.decorators:
            for item in self._evaluator.evaluate(ScopeRef(ref.path, function.parent), decorator, function.defined_in):
                cls = (
                    item.value.ref
                    if isinstance(item.value, ClassValue)
                    else item.value.cls
                    if isinstance(item.value, Instance)
                    else None
                )
                if cls is not None and self._is_module_level(ref) and self._evaluator.classes.method(cls, "__call__"):
                    self._mark(cls, Holder(GlobalPlace(ref.path, function.name), ref.path, function.pos, "held by"))

    def _stored(self) -> None:
        """Instances stored into something kept: an application's attribute, a kept container, another module."""
        for stores in (*self._tables.attribute_stores.values(), *self._tables.item_stores.values()):
            for store in stores:
                if store.value is not None:
                    self._read_store(store)
        for adding in self._evaluator.contents.additions():
            self._read_addition(adding)

    def _read_addition(self, adding: Addition) -> None:
        """``WORKERS.append(Worker())``"""
        made = tuple(
            item
            for part in adding.given
            for item in self._evaluator.evaluate(adding.ref, part, adding.region)
            if isinstance(item.value, Instance) and item.value.site is not None
        )
        for item in self._evaluator.evaluate(adding.ref, adding.container, adding.region) if made else ():
            if not self._is_container(item):
                continue  # a session of a database has an add(), too
            if item.place is not None and not isinstance(item.place, FieldPlace) and self.keeps(item.place):
                self._mark_items(made, Holder(item.place, adding.ref.path, adding.pos, "held by", True))

    def _is_container(self, item: Item) -> bool:
        if isinstance(item.value, ForeignInstance):
            return self._evaluator.knowledge.container(item.value.name) is not None
        return isinstance(item.value, (ContainerValue, Instance))

    def _read_store(self, store: Store) -> None:
        assert store.value is not None
        values = self._evaluator.evaluate(store.ref, store.value, store.event.region)
        made = tuple(item for item in values if isinstance(item.value, Instance) and item.value.site is not None)
        if not made:
            return
        base = store.target.value
        for item in self._evaluator.evaluate(store.ref, base, store.event.region):
            place = self.target_place(store, item)
            if place is not None and not isinstance(place, FieldPlace) and self.keeps(place):
                inside = not isinstance(store.target, Attr)
                self._mark_items(made, Holder(place, store.ref.path, store.event.pos, "held by", inside))

    def target_place(self, store: Store, base: Item) -> Place | None:
        """Where a store to an attribute or item of ``base`` keeps its value; None: in a field of an object."""
        if not isinstance(store.target, Attr):
            return base.place
        if isinstance(base.value, ModuleValue):
            return GlobalPlace(base.value.path, store.target.attr)
        if isinstance(base.value, ClassValue):
            return ClassPlace(base.value.ref, store.target.attr)
        foreign = base.value.name if isinstance(base.value, (Foreign, ForeignInstance)) else ""
        if not self._evaluator.knowledge.lives(foreign).isdisjoint(SHORT):
            return None  # an attribute of the request at hand
        for owner in self._evaluator.owners(base):
            return ForeignPlace(self._evaluator.knowledge.root(owner), store.target.attr)
        return base.place if not isinstance(base.value, Instance) else None

    def _captured(self) -> None:
        """Instances in locals of set-up code that inner functions use: a closure is a global in disguise."""
        for path, table in self._tables.files.items():
            for (index, name), bindings in table.bindings.items():
                scope = table.facts.scopes[index]
                if scope.kind != "def" or not any(binding.kind in ("value", "context") for binding in bindings):
                    continue
                place = CellPlace(ScopeRef(path, index), name)
                if not self._runs_at_start(place.function):
                    continue
                for binding in bindings:
                    if binding.kind == "value":
                        self._mark_items(
                            self._evaluator.binding(path, binding), Holder(place, path, binding.pos, "held by")
                        )

    def _follow_fields(self, cls: ScopeRef) -> None:
        """What a kept object holds is kept."""
        for owner in self._evaluator.classes.info(cls).mro:
            for name, stores in self._evaluator.classes.fields.get(owner, {}).items():
                place = FieldPlace(owner, name)
                for store in stores:
                    if store.value is not None:
                        items = self._evaluator.evaluate(store.ref, store.value, store.event.region)
                        self._mark_items(
                            items, Holder(place, store.ref.path, store.event.pos, "held by"), made_elsewhere=True
                        )
            for part, binding in self._parts.get(owner, ()):
                holder = Holder(FieldPlace(owner, part), owner.path, binding.pos, "held by")
                self._mark_items(self._evaluator.binding(owner.path, binding), holder)
