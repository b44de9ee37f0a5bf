"""What an expression may be: a demand-driven evaluator over names, attributes, calls and returns of the whole tree.

There is no whole-program points-to analysis: a question is followed backwards from the expression that asks it, each
answer is remembered, and a question that leads back to itself gives nothing. Fields and containers have one summary
each. Copies end an alias.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from statecheck.facts.ir import (
    Attr, Await, Call, Choice, Comp, Const, Display, Expr, FString, Func, Keyword, Name, Op, Param, Sub, Yield,
)
from statecheck.project.classes import Classes
from statecheck.project.knowledge import Knowledge
from statecheck.project.modules import ModuleIndex
from statecheck.project.tables import Binding, Store, Tables
from statecheck.project.values import (
    CellPlace, ClassPlace, ClassValue, ConstantValue, ContainerValue, DefaultPlace, FieldPlace, Foreign, ForeignInstance,
    ForeignPlace, FunctionPlace, FunctionValue, GlobalPlace, Instance, Item, Items, ModuleValue, Place, ScopeRef, Site,
    Value,
)

MAX_DEPTH = 40  # questions within questions; deeper chains do not occur in code that people read
MAX_ITEMS = 12  # possible values kept for one expression
MAX_CALL_SITES = 12  # callers asked for what a parameter may be
DISPLAYS = {"list": "builtins.list", "dict": "builtins.dict", "set": "builtins.set", "tuple": "builtins.tuple",
            "generator": "builtins.generator"}
WRAPPING_ANNOTATIONS = frozenset({"typing.Optional", "typing.Union", "typing.Annotated", "typing.Final", "typing.ClassVar",
                                  "typing_extensions.Annotated", "typing.Required", "typing.NotRequired"})
IMMUTABLE_KINDS = frozenset({"builtins.tuple", "builtins.generator", "builtins.frozenset"})


class CallSite(NamedTuple):
    """A call of a function of the tree. ``bound``: the receiver fills the first parameter."""

    caller: ScopeRef
    region: int
    call: Call
    bound: bool


class Evaluator:
    """Answers questions about one linked tree. ``call_sites`` is filled in by the call graph once it is known."""

    def __init__(self, tables: Tables, modules: ModuleIndex, knowledge: Knowledge) -> None:
        self.tables = tables
        self.modules = modules
        self.knowledge = knowledge
        self.classes = Classes(tables, self.evaluate)
        self.call_sites: Mapping[ScopeRef, list[CallSite]] = {}
        self.vendored = self._find_vendored()
        self._known: dict[int, Items] = {}
        self._made: list[Expr] = []  # expressions made from string annotations: kept, since ids name them
        self._members: dict[tuple[str, str], Items] = {}
        self._returned: dict[ScopeRef, Items] = {}
        self._params: dict[tuple[ScopeRef, str], Items] = {}
        self._busy: set[object] = set()
        self._depth = 0

    def forget(self, call_sites: Mapping[ScopeRef, list[CallSite]]) -> None:
        """Start afresh with the callers of each function known: parameters can now be followed to arguments."""
        self.call_sites = call_sites
        for memory in (self._known, self._members, self._returned, self._params):
            memory.clear()

    def evaluate(self, ref: ScopeRef, expr: Expr, region: int = -1) -> Items:
        """What ``expr``, standing in scope ``ref`` and ``region``, may be. Empty: nothing is known."""
        key = id(expr)
        if key in self._known:
            return self._known[key]
        if key in self._busy or self._depth > MAX_DEPTH:
            return ()
        self._busy.add(key)
        self._depth += 1
        try:
            found = tuple(dict.fromkeys(self._dispatch(ref, expr, region)))[:MAX_ITEMS]
        finally:
            self._depth -= 1
            self._busy.discard(key)
        self._known[key] = found
        return found

    def _dispatch(self, ref: ScopeRef, expr: Expr, region: int) -> Iterable[Item]:
        kind = type(expr)
        if isinstance(expr, Name):
            return self._name(ref, expr, region)
        if isinstance(expr, Attr):
            return self._attribute(self.evaluate(ref, expr.value, region), expr.attr)
        if isinstance(expr, Call):
            return self._call(ref, expr, region)
        if isinstance(expr, Sub):
            return self._subscript(ref, expr, region)
        if isinstance(expr, (Display, Comp)):
            return (Item(ContainerValue(DISPLAYS[expr.kind], Site(ref.path, expr.pos))),)
        if isinstance(expr, Const):
            return (Item(ConstantValue(expr.kind, expr.value)),)
        if isinstance(expr, Choice):
            return [item for part in expr.items for item in self.evaluate(ref, part, region)]
        if isinstance(expr, Func):
            return (Item(FunctionValue(ScopeRef(ref.path, expr.scope))),)
        if isinstance(expr, Await):
            return self.evaluate(ref, expr.value, region)
        if isinstance(expr, Op) and expr.op == "|":
            return self._union(ref, expr, region)
        if isinstance(expr, Op) and expr.op == "/":
            return self._divided(ref, expr, region)
        return () if kind is not FString else (Item(ConstantValue("fstring", "")),)

    # -- names -----------------------------------------------------------------------------------------------------

    def _name(self, ref: ScopeRef, expr: Name, region: int) -> Iterable[Item]:
        table = self.tables.files[ref.path]
        home = table.lookup(ref.scope, expr.id)
        if home is None:
            return self._outside(ref.path, expr.id)
        if home == 0:
            return self._module_items(ref, expr, region)
        scope, place = table.facts.scopes[home], None
        if scope.kind == "class":
            place = ClassPlace(ScopeRef(ref.path, home), expr.id)
            return self._held(self._bound_items(ref.path, table.bindings[home, expr.id]), place)
        here, there = self.tables.function_around(ref), self.tables.function_around(ScopeRef(ref.path, home))
        if here == there:
            if ref.scope != home:  # a comprehension reads a local of the function around it
                region = table.facts.scopes[ref.scope].defined_in
            bindings = table.reaching(home, expr.id, region if region >= 0 else scope.region, expr.pos)
            return self._bound_items(ref.path, bindings)
        return self._held(self._bound_items(ref.path, table.bindings[home, expr.id]), CellPlace(there, expr.id))

    def _module_items(self, ref: ScopeRef, expr: Name, region: int) -> Iterable[Item]:
        """A module-level name: code of the module body sees what was bound before, all other code any of it."""
        table = self.tables.files[ref.path]
        if ref.scope == 0 and region >= 0:
            bindings = table.reaching(0, expr.id, region, expr.pos)
            return self._held(self._bound_items(ref.path, bindings), GlobalPlace(ref.path, expr.id))
        return self.member(ref.path, expr.id)

    def member(self, path: str, name: str) -> Items:
        """What ``name`` of a module is: bound there, imported there with a star, or a submodule."""
        key = (path, name)
        if key not in self._members:
            if key in self._busy:
                return ()
            self._busy.add(key)
            self._members[key] = tuple(self._find_member(path, name))
            self._busy.discard(key)
        return self._members[key]

    def _find_vendored(self) -> dict[str, str]:
        """Modules that are a copy of a one-file framework (``app/bottle.py`` with its class ``Bottle``), with its name."""
        found: dict[str, str] = {}
        for path, table in self.tables.files.items():
            package = self.modules.name(path).rpartition(".")[2]
            if package in self.knowledge.packages and any(
                    scope.kind == "class" and scope.parent == 0 and self.knowledge.defines(package, scope.name)
                    for scope in table.facts.scopes):
                found[path] = package
        return found

    def _find_member(self, path: str, name: str) -> Iterable[Item]:
        if path in self.vendored:
            return (self._foreign(self.knowledge.canonical(f"{self.vendored[path]}.{name}")),)
        table = self.tables.files.get(path)
        if table is not None and (0, name) in table.bindings:
            return self._held(self._bound_items(path, table.bindings[0, name]), GlobalPlace(path, name))
        if table is not None:
            for star in table.stars:
                found = self._star_member(path, star.level, star.module, name)
                if found:
                    return found
        submodule = self.modules.submodule(path, name)
        return (Item(ModuleValue(submodule)),) if submodule else ()

    def _star_member(self, path: str, level: int, module: str, name: str) -> Items:
        target = self.modules.relative(path, level, module) if level else self.modules.find(path, module)
        return () if target is None or target == path or name.startswith("_") else self.member(target, name)

    def _outside(self, path: str, name: str) -> Iterable[Item]:
        for star in self.tables.files[path].stars:
            if found := self._star_member(path, star.level, star.module, name):
                return found
        return (Item(Foreign(f"builtins.{name}")),)

    def _held(self, items: Iterable[Item], place: Place) -> Iterable[Item]:
        """Items read from ``place``: a fresh value now lives there; an alias keeps the place it came from."""
        found = [item._replace(place=place) if item.place is None and not _is_definition(item.value) else item for item in items]
        return found or (Item(None, place),)

    def _bound_items(self, path: str, bindings: Iterable[Binding]) -> list[Item]:
        return [item for binding in bindings for item in self.binding(path, binding)]

    def binding(self, path: str, binding: Binding) -> Items:
        """What one binding gives its name."""
        ref = ScopeRef(path, binding.scope)
        if binding.kind == "value" and binding.value is not None:
            found = self._unpacked(ref, binding)
            return found or self.annotated(ref, binding.annotation)
        if binding.kind == "declared":
            return self.annotated(ref, binding.annotation)
        if binding.kind == "element" and binding.value is not None:
            return self._unpack(self._elements(self.evaluate(ref, binding.value, binding.region)), len(binding.unpack))
        if binding.kind == "context" and binding.value is not None:
            return self._entered(self.evaluate(ref, binding.value, binding.region))
        if binding.kind == "param" and binding.param is not None:
            return self.parameter(ref, binding.param)
        if binding.kind == "import" and binding.imported is not None:
            return self._imported(path, binding)
        if binding.kind == "def":
            return (Item(FunctionValue(ScopeRef(path, binding.ref))),)
        if binding.kind == "class":
            return (Item(ClassValue(ScopeRef(path, binding.ref))),)
        return ()

    def _imported(self, path: str, binding: Binding) -> Items:
        row = binding.imported
        assert row is not None
        if not row.name:
            top = row.module.partition(".")[0]
            dotted = top if row.bound == top else row.module
            target = self.modules.find(path, dotted)
            return (Item(ModuleValue(target)),) if target else (Item(Foreign(self.knowledge.canonical(dotted))),)
        target = self.modules.relative(path, row.level, row.module) if row.level else self.modules.find(path, row.module)
        if target is None:
            name = self.knowledge.canonical(f"{row.module}.{row.name}")
            return () if row.level else (self._foreign(name),)
        if target == path:  # a package importing its own submodule: not the name being bound
            submodule = self.modules.submodule(path, row.name)
            return (Item(ModuleValue(submodule)),) if submodule else ()
        return self.member(target, row.name)

    def _foreign(self, name: str) -> Item:
        """A foreign name: an object where a model says so (``flask.current_app``), else the thing itself."""
        typed = self.knowledge.instance_type(name)
        return Item(ForeignInstance(typed) if typed else Foreign(name))

    def _unpacked(self, ref: ScopeRef, binding: Binding) -> Items:
        value = binding.value
        assert value is not None
        for number, step in enumerate(binding.unpack):
            if not (isinstance(value, Display) and step < len(value.items) and not value.elided):
                return self._unpack(self.evaluate(ref, value, binding.region), len(binding.unpack) - number)
            value = value.items[step]
        return self.evaluate(ref, value, binding.region)

    def _unpack(self, items: Items, times: int) -> Items:
        for _ in range(times):
            items = self._elements(items)
        return items

    def _entered(self, items: Items) -> Items:
        """What ``with x as y`` binds: the object itself, or what its ``__enter__`` returns."""
        found: list[Item] = []
        for item in items:
            if isinstance(item.value, Instance):
                enter = self.classes.method(item.value.cls, "__enter__") or self.classes.method(item.value.cls, "__aenter__")
                found += (self.returned(enter) if enter else ()) or (item,)
            else:
                found.append(item)
        return tuple(found)

    # -- parameters and annotations --------------------------------------------------------------------------------

    def parameter(self, ref: ScopeRef, param: Param) -> Items:
        """What a parameter may be: the receiver, what its annotation names, a provided dependency, what callers pass."""
        key = (ref, param.name)
        if key in self._params:
            return self._params[key]
        if key in self._busy or self._depth > MAX_DEPTH:
            return ()
        self._busy.add(key)
        self._depth += 1
        found = tuple(dict.fromkeys(self._parameter(ref, param)))[:MAX_ITEMS]
        self._depth -= 1
        self._busy.discard(key)
        self._params[key] = found
        return found

    def _parameter(self, ref: ScopeRef, param: Param) -> list[Item]:
        scope = self.tables.scope(ref)
        if scope.params and scope.params[0].name == param.name and (receiver := self.classes.receiver(ref)):
            cls, kind = receiver
            return [Item(Instance(cls) if kind == "instance" else ClassValue(cls))]
        if param.kind in ("star", "double-star"):
            kind = "builtins.tuple" if param.kind == "star" else "builtins.dict"
            return [Item(ContainerValue(kind, Site(ref.path, param.pos)))]
        around = ScopeRef(ref.path, scope.parent)
        found = self._provided(around, param)
        found += self._passed(ref, param)
        if not found:
            found += self.annotated(around, param.annotation)
        if param.default is not None and isinstance(param.default, (Display, Call)):
            made = [item for item in self.evaluate(around, param.default, scope.defined_in) if isinstance(item.value, ContainerValue)]
            found += [item._replace(place=DefaultPlace(ref, param.name)) for item in made]
        elif param.default is not None and not found:
            found += self.evaluate(around, param.default, scope.defined_in)
        return found

    def _provided(self, around: ScopeRef, param: Param) -> list[Item]:
        """A dependency: the default or an annotation's metadata calls a framework function with the provider."""
        candidates = [param.default] if isinstance(param.default, Call) else []
        if isinstance(param.annotation, Sub) and isinstance(param.annotation.index, Display):
            candidates += [part for part in param.annotation.index.items[1:] if isinstance(part, Call)]
        found: list[Item] = []
        for call in candidates:
            assert isinstance(call, Call)
            for item in self.evaluate(around, call.func):
                if not isinstance(item.value, Foreign):
                    continue
                for known in self.knowledge.entries_for(item.value.name, "call"):
                    given = argument(call, known.entry.argument, known.entry.position)
                    for provider in self.evaluate(around, given) if given is not None else ():
                        found += self.called(provider)
        return found

    def _passed(self, ref: ScopeRef, param: Param) -> list[Item]:
        """What the callers known so far pass for a parameter."""
        sites = self.call_sites.get(ref, ())
        if not sites or len(sites) > MAX_CALL_SITES:
            return []
        params = [other.name for other in self.tables.scope(ref).params if other.kind in ("normal", "positional")]
        found: list[Item] = []
        for site in sites:
            offset = 1 if site.bound else 0
            position = params.index(param.name) - offset if param.name in params else None
            given = argument(site.call, param.name, position)
            if given is not None:
                found += self.evaluate(site.caller, given, site.region)
        return found

    def annotated(self, ref: ScopeRef, annotation: Expr | None) -> Items:
        """An instance of the class that an annotation names (through strings, Optional, Annotated, unions)."""
        if annotation is None:
            return ()
        if isinstance(annotation, Const):
            parsed = dotted_expression(annotation.value) if annotation.kind == "str" else None
            if parsed is None:
                return ()
            self._made.append(parsed)
            annotation = parsed
        if isinstance(annotation, Op) and annotation.op == "|":
            return tuple(item for part in annotation.operands for item in self.annotated(ref, part))
        if isinstance(annotation, Sub):
            heads = {item.value.name for item in self.evaluate(ref, annotation.value) if isinstance(item.value, Foreign)}
            if heads.isdisjoint(WRAPPING_ANNOTATIONS):
                return ()
            parts = annotation.index.items if isinstance(annotation.index, Display) else (annotation.index,)
            parts = parts[:1] if any(head.endswith(".Annotated") for head in heads) else parts
            return tuple(item for part in parts for item in self.annotated(ref, part))
        found: list[Item] = []
        for item in self.evaluate(ref, annotation):
            if isinstance(item.value, ClassValue):
                found.append(Item(Instance(item.value.ref)))
            elif isinstance(item.value, Foreign) and not item.value.name.startswith(("builtins.", "typing.")):
                found.append(Item(ForeignInstance(item.value.name)))
        return tuple(found)

    def _union(self, ref: ScopeRef, expr: Op, region: int) -> list[Item]:
        return [item for part in expr.operands for item in self.evaluate(ref, part, region)
                if isinstance(item.value, (ClassValue, Foreign, ContainerValue))]

    def _divided(self, ref: ScopeRef, expr: Op, region: int) -> list[Item]:
        """``folder / name``: what the models say of ``__truediv__``, or of the last operand's ``__rtruediv__``."""
        for operand, method in ((expr.operands[0], "__truediv__"), (expr.operands[-1], "__rtruediv__")):
            names = [name for item in self.evaluate(ref, operand, region) for name in self.foreign_types(item)]
            typed = [made for name in names if (made := self.knowledge.returned_type(f"{name}.{method}"))]
            if typed:
                return [Item(ForeignInstance(name)) for name in dict.fromkeys(typed)]
        return []

    # -- attributes ------------------------------------------------------------------------------------------------

    def _attribute(self, items: Items, name: str) -> list[Item]:
        found: list[Item] = []
        for item in items:
            found += self.attribute(item, name)
        return found

    def attribute(self, item: Item, name: str) -> Iterable[Item]:
        """What ``item.name`` may be."""
        value = item.value
        if isinstance(value, ModuleValue):
            return self.member(value.path, name)
        if isinstance(value, Foreign):
            if isinstance(item.place, ForeignPlace):
                return self.foreign_attribute(value.name, name, item)
            return (self._foreign(self.knowledge.canonical(f"{value.name}.{name}"))._replace(place=item.place, depth=item.depth, via=item.via),)
        if isinstance(value, ClassValue):
            return self._class_attribute(value.ref, name, item)
        if isinstance(value, Instance):
            return self._instance_attribute(value, name, item)
        if isinstance(value, ForeignInstance):
            return self.foreign_attribute(value.name, name, item)
        if isinstance(value, FunctionValue):
            return (Item(None, FunctionPlace(value.ref, name)),)
        if isinstance(value, ContainerValue) and value.kind.partition(".")[0] not in ("builtins", "collections"):
            method = Item(Foreign(self.knowledge.canonical(f"{value.kind}.{name}")))
            return (method, Item(None, item.place, item.depth + 1, item.via)) if item.place is not None else (method,)
        if item.place is not None:
            return (Item(None, item.place, item.depth + 1, item.via),)
        return ()

    def _class_attribute(self, cls: ScopeRef, name: str, item: Item) -> Iterable[Item]:
        member = self.classes.member(cls, name)
        if member is None:
            stores = self.class_stores(cls, name)
            if stores:
                found = [out for store in stores if store.value is not None
                         for out in self.evaluate(store.ref, store.value, store.event.region)]
                return self._held(found, ClassPlace(cls, name))
            return [Item(Foreign(self.knowledge.canonical(f"{base}.{name}"))) for base in self.classes.info(cls).foreign]
        owner, method = member
        if method >= 0:
            return (Item(FunctionValue(ScopeRef(owner.path, method), cls)),)
        bindings = self.tables.files[owner.path].bindings[owner.scope, name]
        return self._held(self._bound_items(owner.path, bindings), ClassPlace(owner, name))

    def class_stores(self, cls: ScopeRef, name: str) -> list[Store]:
        """Stores to ``Class.name`` from anywhere, where the body of the class does not bind the name."""
        found = []
        for store in self.tables.attribute_stores.get(name, ()):
            assert isinstance(store.target, Attr)
            if isinstance(store.target.value, Name):
                items = self.evaluate(store.ref, store.target.value, store.event.region)
                if any(isinstance(item.value, ClassValue) and item.value.ref in self.classes.info(cls).mro for item in items):
                    found.append(store)
        return found

    def _instance_attribute(self, value: Instance, name: str, item: Item) -> Iterable[Item]:
        via = (*item.via, item.place) if item.place is not None else item.via
        member = self.classes.member(value.cls, name)
        if member is not None and member[1] >= 0:
            method = ScopeRef(member[0].path, member[1])
            if self.is_property(method):
                return [out._replace(via=(*out.via, *via)) for out in self.returned(method)]
            return (Item(FunctionValue(method, value.cls), None, 0, via),)
        owner = self.classes.field_owner(value.cls, name)
        if owner is not None:
            found: list[Item] = []
            for store in self.classes.field_stores(value.cls, name):
                if store.value is not None:
                    found += self.evaluate(store.ref, store.value, store.event.region)
            return [out._replace(via=(*out.via, *via)) for out in self._held(found, FieldPlace(owner, name))]
        if member is not None:
            return [out._replace(via=(*out.via, *via)) for out in self._class_attribute(value.cls, name, item)]
        foreign = self.classes.info(value.cls).foreign
        if foreign:
            return [out for base in foreign[:2] for out in self.foreign_attribute(base, name, item)]
        return (Item(None, FieldPlace(value.cls, name), 0, via),)

    def foreign_attribute(self, owner: str, name: str, item: Item) -> Iterable[Item]:
        """An attribute of an object of a foreign class: its type where a model tells, and what the tree stored there."""
        full = self.knowledge.canonical(f"{owner}.{name}")
        typed = self.knowledge.instance_type(full)
        if typed is not None:
            return (Item(ForeignInstance(typed), None, 0, item.via),)
        if not self.owners(item):
            return (Item(Foreign(full), item.place, item.depth, item.via),)
        place = ForeignPlace(self.knowledge.root(owner), name)
        found: list[Item] = []
        if ("stored", place) not in self._busy:
            self._busy.add(("stored", place))
            for store in self.tables.attribute_stores.get(name, ())[:MAX_CALL_SITES]:
                if store.value is not None and self._stores_to(store, place):
                    found += self.evaluate(store.ref, store.value, store.event.region)
            self._busy.discard(("stored", place))
        return [Item(Foreign(full), place, 0, item.via), *(out if out.place else out._replace(place=place) for out in found)]

    def _stores_to(self, store: Store, place: ForeignPlace) -> bool:
        assert isinstance(store.target, Attr)
        bases = self.evaluate(store.ref, store.target.value, store.event.region)
        return any(place.owner == self.knowledge.root(owner) for base in bases for owner in self.owners(base))

    def owners(self, item: Item) -> list[str]:
        """The foreign classes and foreign attributes whose attributes are places: of an application, of its state."""
        if isinstance(item.value, Foreign) and isinstance(item.place, ForeignPlace):
            return [item.value.name]
        return [name for name in self.foreign_types(item) if "process" in self.knowledge.lives(name)]

    def foreign_types(self, item: Item) -> list[str]:
        """The foreign classes that an object is an instance of: its own, or the bases of its class."""
        if isinstance(item.value, ForeignInstance):
            return [item.value.name]
        if isinstance(item.value, Instance):
            return list(self.classes.info(item.value.cls).foreign)
        return []

    def is_property(self, method: ScopeRef) -> bool:
        """Is a method read like an attribute?"""
        for decorator in self.tables.scope(method).decorators:
            last = decorator.id if isinstance(decorator, Name) else decorator.attr if isinstance(decorator, Attr) else ""
            if last.endswith("property"):
                return True
        return False

    def decorator_names(self, around: ScopeRef, decorator: Expr, region: int) -> list[str]:
        """The foreign names that a decorator may be: itself, what it calls, or what a helper of the tree returns."""
        exprs = [decorator.func, decorator] if isinstance(decorator, Call) else [decorator]
        names = [item.value.name for expr in exprs for item in self.evaluate(around, expr, region)
                 if isinstance(item.value, (Foreign, ForeignInstance))]
        return list(dict.fromkeys(names))

    # -- items of containers ---------------------------------------------------------------------------------------

    def _subscript(self, ref: ScopeRef, expr: Sub, region: int) -> Iterable[Item]:
        items = self.evaluate(ref, expr.value, region)
        kept = [item for item in items if isinstance(item.value, (ClassValue, Foreign))]  # Generic[T], list[int]
        if isinstance(expr.index, Op) and expr.index.op == "slice":  # a copy
            return [item._replace(place=None, depth=0, via=()) for item in items if isinstance(item.value, ContainerValue)]
        return [*kept, *self._elements(tuple(item for item in items if item not in kept), ("__getitem__",))]

    def _elements(self, items: Items, methods: tuple[str, ...] = ("__iter__", "__getitem__")) -> Items:
        """What lies inside containers: the contents that statements of the tree put there, else only the place."""
        found: list[Item] = []
        for item in items:
            if isinstance(item.value, (ConstantValue, ClassValue, ModuleValue, FunctionValue)):
                continue
            if isinstance(item.value, Instance):
                getter = self.classes.method(item.value.cls, "__getitem__") or self.classes.method(item.value.cls, "__iter__")
                found += self.returned(getter) if getter else ()
                continue
            if typed := self._element_type(item, methods):
                found.append(Item(ForeignInstance(typed), item.place, item.depth + 1, item.via))
            elif item.place is not None:
                inside = self._contents(item.place) if item.depth == 0 else []
                found += [out._replace(place=item.place, depth=item.depth + 1, via=item.via) for out in inside]
                found.append(Item(None, item.place, item.depth + 1, item.via))
        return tuple(found)

    def _element_type(self, item: Item, methods: tuple[str, ...]) -> str | None:
        """The class of what lies inside an object of a foreign class, where a model tells."""
        return next((typed for name in self.foreign_types(item) for method in methods
                     if (typed := self.knowledge.returned_type(f"{name}.{method}"))), None)

    def _contents(self, place: Place) -> list[Item]:
        """Objects put into the container at ``place`` by ``x[key] = value`` somewhere in the tree."""
        key = ("contents", place)
        if key in self._busy:
            return []
        self._busy.add(key)
        found: list[Item] = []
        for store in self.tables.item_stores.get(place.name, ())[:MAX_CALL_SITES]:
            if store.value is None or not isinstance(store.target, Sub):
                continue
            if any(item.place == place for item in self.evaluate(store.ref, store.target.value, store.event.region)):
                found += [item for item in self.evaluate(store.ref, store.value, store.event.region)
                          if isinstance(item.value, (Instance, FunctionValue, ClassValue))]
        self._busy.discard(key)
        return found

    # -- calls -----------------------------------------------------------------------------------------------------

    def _call(self, ref: ScopeRef, call: Call, region: int) -> list[Item]:
        found: list[Item] = []
        for item in self.evaluate(ref, call.func, region):
            if isinstance(item.value, Foreign):
                found += self._call_foreign(ref, call, region, item)
            else:
                found += self.called(item, Site(ref.path, call.pos))
        if isinstance(call.func, Attr):
            found += self._call_method(ref, call, region)
        return found

    def called(self, item: Item, site: Site | None = None) -> Items:
        """What calling ``item`` gives: a new instance, or what the function returns."""
        value = item.value
        if isinstance(value, ClassValue):
            return (Item(Instance(value.ref, site)),)
        if isinstance(value, FunctionValue):
            found = self.returned(value.ref)
            if item.via:
                found = tuple(out._replace(via=(*out.via, *item.via)) for out in found)
            return found
        if isinstance(value, Instance):
            method = self.classes.method(value.cls, "__call__")
            return self.returned(method) if method else ()
        if isinstance(value, Foreign):
            typed = self.knowledge.returned_type(value.name)
            return (Item(ForeignInstance(typed or value.name, site)),)
        if isinstance(value, ForeignInstance):
            return self.called(Item(Foreign(f"{value.name}.__call__")), site)
        return ()

    def _call_foreign(self, ref: ScopeRef, call: Call, region: int, item: Item) -> Items:
        assert isinstance(item.value, Foreign)
        name = item.value.name
        site = Site(ref.path, call.pos)
        if name == "builtins.getattr" and len(call.args) >= 2 and isinstance(call.args[1], Const):
            return tuple(self._attribute(self.evaluate(ref, call.args[0], region), call.args[1].value))
        if name == "builtins.super":
            method = self.tables.function_around(ref)
            cls = self.tables.class_around(method)
            return self._parents(cls) if cls else ()
        effect = self.knowledge.effect(name)
        if effect == "identity" and call.args:  # cast, wraps: gives its last argument back
            return self.evaluate(ref, call.args[-1], region)
        if effect == "partial" and call.args:
            return self.evaluate(ref, call.args[0], region)
        if self.knowledge.container(name):
            return (Item(ContainerValue(name, site)),)
        return self.called(item, site)

    def _parents(self, cls: ScopeRef) -> Items:
        info = self.classes.info(cls)
        found = [Item(Instance(parent)) for parent in info.mro[1:2]]
        return tuple(found or [Item(ForeignInstance(base)) for base in info.foreign[:1]])

    def _call_method(self, ref: ScopeRef, call: Call, region: int) -> Iterable[Item]:
        """Methods of containers that hand out what is inside: ``get``, ``setdefault``, ``values`` …"""
        assert isinstance(call.func, Attr)
        if call.func.attr not in self.knowledge.element_methods or call.func.attr == "copy":
            return ()
        base = self.evaluate(ref, call.func.value, region)
        held = tuple(item for item in base if item.place is not None and isinstance(item.value, (ContainerValue, type(None))))
        return self._elements(held)

    def returned(self, ref: ScopeRef) -> Items:
        """What a function returns, or yields where it is a generator."""
        if ref in self._returned:
            return self._returned[ref]
        key = ("returned", ref)
        if key in self._busy or self._depth > MAX_DEPTH:
            return ()
        self._busy.add(key)
        self._depth += 1
        scope = self.tables.scope(ref)
        found: list[Item] = []
        for event in scope.events:
            if event.op in ("return", "yield") and event.value is not None:
                value = event.value.value if isinstance(event.value, Yield) and event.value.value is not None else event.value
                found += self.evaluate(ref, value, event.region)
        if not found:
            found += self.annotated(ScopeRef(ref.path, scope.parent), scope.returns)
        if self.is_memo(ref):
            place = FunctionPlace(ref, "cache")
            found = [item._replace(place=place) if item.place is None else item for item in found]
        result = tuple(dict.fromkeys(found))[:MAX_ITEMS]
        self._depth -= 1
        self._busy.discard(key)
        self._returned[ref] = result
        return result

    def is_memo(self, ref: ScopeRef) -> bool:
        """Does a decorator keep what the function returned, so that all callers share it?"""
        scope = self.tables.scope(ref)
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            for item in self.evaluate(ScopeRef(ref.path, scope.parent), func):
                if isinstance(item.value, Foreign) and self.knowledge.effect(item.value.name) == "memo":
                    return True
        return False


def _is_definition(value: Value) -> bool:
    return isinstance(value, (FunctionValue, ClassValue, ModuleValue, Foreign))


def argument(call: Call, name: str, position: int | None) -> Expr | None:
    """The argument of a call by keyword, else by place; None when it is not there or hidden in ``*args``."""
    for keyword in call.keywords:
        if name and keyword.name == name:
            return keyword.value
    if position is not None and 0 <= position < len(call.args):
        if any(type(given).__name__ == "Star" for given in call.args[: position + 1]):
            return None
        return call.args[position]
    return None


def keywords(call: Call) -> dict[str, Keyword]:
    """The keyword arguments by name."""
    return {keyword.name: keyword for keyword in call.keywords}


def dotted_expression(text: str) -> Expr | None:
    """``"a.b.C"`` as an expression; None for anything that is no dotted name."""
    parts = text.strip().split("[")[0].split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    far = 1 << 60  # after every binding of the file
    made: Expr = Name(far, parts[0])
    for part in parts[1:]:
        made = Attr(far, far, made, part)
    return made
