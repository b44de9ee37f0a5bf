"""Names: what a name of a scope, a member of a module or an import may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from statecheck.facts.ir import Const, Display, Expr, Name, Sub
from statecheck.project.tables import Binding
from statecheck.project.values import (
    CellPlace,
    ClassPlace,
    ClassValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    GlobalPlace,
    Instance,
    Item,
    Items,
    ModuleValue,
    Place,
    ScopeRef,
    Value,
)

if TYPE_CHECKING:
    from statecheck.project.evaluate import Evaluator


class Names:
    """Looks names up by Python's rules, across files."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._definitions: dict[ScopeRef, Items] = {}
        self._builtins: dict[str, Items] = {}  # one answer for each: a third of all names are built in

    def name(self, ref: ScopeRef, expr: Name, region: int) -> Iterable[Item]:
        """What a name may be where it stands."""
        table = self._evaluator.tables.files[ref.path]
        home = table.lookup(ref.scope, expr.id)
        if home is None:
            return self._outside(ref.path, expr.id)
        if home == 0:
            return self._module_items(ref, expr, region)
        scope, place = table.facts.scopes[home], None
        if scope.kind == "class":
            place = ClassPlace(ScopeRef(ref.path, home), expr.id)
            return self.held(self.bound_items(ref.path, table.bindings[home, expr.id]), place)
        around = self._evaluator.tables.function_around
        if ref.scope == home or around(ref) == around(ScopeRef(ref.path, home)):
            if ref.scope != home:  # a comprehension reads a local of the function around it
                region = table.facts.scopes[ref.scope].defined_in
            bindings = table.reaching(home, expr.id, region if region >= 0 else scope.region, expr.pos)
            return self.bound_items(ref.path, bindings)
        return self.held(
            self.bound_items(ref.path, table.bindings[home, expr.id]),
            CellPlace(around(ScopeRef(ref.path, home)), expr.id),
        )

    def _module_items(self, ref: ScopeRef, expr: Name, region: int) -> Iterable[Item]:
        """A module-level name: code of the module body sees what was bound before, all other code any of it."""
        table = self._evaluator.tables.files[ref.path]
        if ref.scope == 0 and region >= 0:
            bindings = table.reaching(0, expr.id, region, expr.pos)
            return self.held(self.bound_items(ref.path, bindings), GlobalPlace(ref.path, expr.id))
        return self.member(ref.path, expr.id)

    def member(self, path: str, name: str) -> Items:
        """What ``name`` of a module is: bound there, imported there with a star, or a submodule."""
        key = (path, name)
        return self._evaluator.ask(key, lambda: self._find_member(path, name))

    def dotted(self, path: str, text: str) -> Items:
        """What a dotted string in the file names, where it names something of the tree that is no module."""
        module, _, name = text.replace(":", ".").rpartition(".")
        target = self._evaluator.modules.find(path, module) if module and name.isidentifier() else None
        found = self.member(target, name) if target else ()
        return tuple(item for item in found if not isinstance(item.value, ModuleValue))

    def setting(self, name: str) -> Items:
        """What the settings modules of the tree set, where ``name`` is an attribute of the object that reads them."""
        holder, _, key = name.rpartition(".")
        kinds = {kind for row in self._evaluator.knowledge.settings if holder in row.read_by for kind in row.modules}
        found = [
            item
            for path, table in (self._evaluator.tables.files.items() if kinds else ())
            if (0, key) in table.bindings and any(fnmatchcase(part, kind) for part in _parts(path) for kind in kinds)
            for item in self.member(path, key)
        ]
        return tuple(found)

    def find_vendored(self) -> dict[str, str]:
        """Modules that are a copy of a one-file framework (``app/bottle.py`` with class ``Bottle``), and its name."""
        found: dict[str, str] = {}
        for path, table in self._evaluator.tables.files.items():
            package = self._evaluator.modules.name(path).rpartition(".")[2]
            if package in self._evaluator.knowledge.packages and any(
                scope.kind == "class" and scope.parent == 0 and self._evaluator.knowledge.defines(package, scope.name)
                for scope in table.facts.scopes
            ):
                found[path] = package
        return found

    def _is_of_request(self, item: Item) -> bool:
        foreign = item.value.name if isinstance(item.value, (Foreign, ForeignInstance)) else ""
        return "request" in self._evaluator.knowledge.lives(foreign)

    def _find_member(self, path: str, name: str) -> Iterable[Item]:
        if path in self._evaluator.vendored:
            return (self.foreign(self._evaluator.knowledge.canonical(f"{self._evaluator.vendored[path]}.{name}")),)
        table = self._evaluator.tables.files.get(path)  # None: a folder without __init__.py
        taught = self._evaluator.knowledge.taught
        if taught and table is not None and (full := f"{self._evaluator.modules.name(path)}.{name}") in taught:
            return (self.foreign(full),)
        if table is not None and (0, name) in table.bindings:
            bindings = table.bindings[0, name]
            found = self.bound_items(path, bindings)
            if all(binding.kind == "import" for binding in bindings) and any(map(self._is_of_request, found)):
                return found  # what stands for the request at hand: nothing lives in its name
            return self.held(found, GlobalPlace(path, name))
        if table is not None:
            for star in table.stars:
                found = self._star_member(path, star.level, star.module, name)
                if found:
                    return found
        submodule = self._evaluator.modules.submodule(path, name)
        return (Item(ModuleValue(submodule)),) if submodule else ()

    def _star_member(self, path: str, level: int, module: str, name: str) -> Items:
        target = (
            self._evaluator.modules.relative(path, level, module)
            if level
            else self._evaluator.modules.find(path, module)
        )
        return (
            () if target is None or target == path or not self._is_exported(target, name) else self.member(target, name)
        )

    def _is_exported(self, path: str, name: str) -> bool:
        """Does a star import of the module give the name? ``__all__`` decides where it is one plain list."""
        table = self._evaluator.tables.files.get(path)
        rows = table.bindings.get((0, "__all__"), []) if table is not None else []
        listed = rows[0].value if len(rows) == 1 else None
        if isinstance(listed, Display) and all(isinstance(item, Const) for item in listed.items) and not listed.elided:
            return any(isinstance(item, Const) and item.value == name for item in listed.items)
        return not name.startswith("_")

    def _outside(self, path: str, name: str) -> Iterable[Item]:
        for star in self._evaluator.tables.files[path].stars:
            if found := self._star_member(path, star.level, star.module, name):
                return found
        if name not in self._builtins:
            self._builtins[name] = (Item(Foreign(f"builtins.{name}")),)
        return self._builtins[name]

    def held(self, items: Iterable[Item], place: Place) -> Iterable[Item]:
        """Items read from ``place``: a fresh value now lives there; an alias keeps the place it came from."""
        found = [
            Item(item.value, place, item.depth, item.via)
            if item.place is None and not _is_definition(item.value)
            else item
            for item in items
        ]
        return found or (Item(None, place),)

    def bound_items(self, path: str, bindings: Sequence[Binding]) -> Sequence[Item]:
        """What any of the bindings gives its name."""
        if len(bindings) == 1:
            return self.binding(path, bindings[0])
        return [item for binding in bindings for item in self.binding(path, binding)]

    def assigned(self, ref: ScopeRef, name: str) -> tuple[ScopeRef, Expr] | None:
        """The one expression that a name is bound to, where it is one subscript or name; imports are followed."""
        table = self._evaluator.tables.files[ref.path]
        home = table.lookup(ref.scope, name)
        bindings = table.bindings[home, name] if home is not None else []
        if len(bindings) != 1:
            return None
        row, path = bindings[0], ref.path
        for _ in range(5):
            if row.imported is None or not row.imported.name:
                break
            target = (
                self._evaluator.modules.relative(path, row.imported.level, row.imported.module)
                if row.imported.level
                else self._evaluator.modules.find(path, row.imported.module)
            )
            other = self._evaluator.tables.files.get(target or "")
            rows = other.bindings.get((0, row.imported.name), []) if other is not None else []
            if target is None or len(rows) != 1:
                return None
            row, path = rows[0], target
        if row.kind != "value" or row.unpack or not isinstance(row.value, (Sub, Name)):
            return None
        return ScopeRef(path, row.scope), row.value

    def binding(self, path: str, binding: Binding) -> Items:
        """What one binding gives its name."""
        kind = binding.kind
        if kind == "import":
            return self._imported(path, binding) if binding.imported is not None else ()
        if kind in ("def", "class"):
            return self._defined(ScopeRef(path, binding.ref), kind)
        ref = ScopeRef(path, binding.scope)
        if kind == "value" and binding.value is not None:
            found = self._unpacked(ref, binding)
            return found or self._evaluator.parameters.annotated(ref, binding.annotation)
        if kind == "param" and binding.param is not None:
            return self._evaluator.parameters.parameter(ref, binding.param)
        if kind == "declared":
            return self._evaluator.parameters.annotated(ref, binding.annotation)
        if kind == "element" and binding.value is not None:
            return self._unpack(
                self._evaluator.contents.elements(self._evaluator.evaluate(ref, binding.value, binding.region)),
                len(binding.unpack),
            )
        if kind == "context" and binding.value is not None:
            return self.entered(self._evaluator.evaluate(ref, binding.value, binding.region))
        return ()

    def _defined(self, ref: ScopeRef, kind: str) -> Items:
        """What a def or class statement gives its name: the same answer for all that read it."""
        found = self._definitions.get(ref)
        if found is None:
            value = FunctionValue(ref) if kind == "def" else ClassValue(ref)
            taught = self.taught(ref)
            found = self._definitions[ref] = (self.foreign(taught) if taught else Item(value),)
        return found

    def _imported(self, path: str, binding: Binding) -> Items:
        row = binding.imported
        assert row is not None
        if not row.name:
            top = row.module.partition(".")[0]
            dotted = top if row.bound == top else row.module
            target = self._evaluator.modules.find(path, dotted)
            return (
                (Item(ModuleValue(target)),)
                if target
                else (Item(Foreign(self._evaluator.knowledge.canonical(dotted))),)
            )
        target = (
            self._evaluator.modules.relative(path, row.level, row.module)
            if row.level
            else self._evaluator.modules.find(path, row.module)
        )
        if target is None or (target == path and not path.endswith("__init__.py")):  # redis.py means the library
            name = self._evaluator.knowledge.canonical(f"{row.module}.{row.name}")
            return () if row.level else (self.foreign(name),)
        if target == path:  # a package importing its own submodule: not the name being bound
            submodule = self._evaluator.modules.submodule(path, row.name)
            return (Item(ModuleValue(submodule)),) if submodule else ()
        return self.member(target, row.name)

    def foreign(self, name: str) -> Item:
        """A foreign name: an object where a model says so (``flask.current_app``), else the thing itself."""
        typed = self._evaluator.knowledge.instance_type(name)
        return Item(ForeignInstance(typed) if typed else Foreign(name))

    def taught(self, ref: ScopeRef) -> str:
        """The dotted name of a function or class of the tree that the settings speak of, else ""."""
        if not self._evaluator.knowledge.taught:
            return ""
        full = f"{self._evaluator.modules.name(ref.path)}.{self._evaluator.tables.scope(ref).qualname}"
        return full if full in self._evaluator.knowledge.taught else ""

    def _unpacked(self, ref: ScopeRef, binding: Binding) -> Items:
        value = binding.value
        assert value is not None
        for number, step in enumerate(binding.unpack):
            if not (isinstance(value, Display) and step < len(value.items) and not value.elided):
                return self._unpack(self._evaluator.evaluate(ref, value, binding.region), len(binding.unpack) - number)
            value = value.items[step]
        return self._evaluator.evaluate(ref, value, binding.region)

    def _unpack(self, items: Items, times: int) -> Items:
        for _ in range(times):
            pairs = [item for item in items if self._is_pair(item)]
            items = self._evaluator.contents.elements(items)
            items = (*items, *pairs) if pairs else items
        return items

    def _is_pair(self, item: Item) -> bool:
        """Was it made by a call that gives two ends of one thing?"""
        return isinstance(item.value, ForeignInstance) and self._evaluator.knowledge.effect(item.value.name) == "pair"

    def entered(self, items: Items) -> Items:
        """What ``with x as y`` binds: the object itself, or what its ``__enter__`` returns."""
        found: list[Item] = []
        for item in items:
            if isinstance(item.value, Instance):
                enter = self._evaluator.classes.method(item.value.cls, "__enter__") or self._evaluator.classes.method(
                    item.value.cls, "__aenter__"
                )
                found += (self._evaluator.returned(enter) if enter else ()) or (item,)
            else:
                found.append(item)
        return tuple(found)


def _parts(path: str) -> list[str]:
    """The last folder and the name of a file."""
    return path.removesuffix(".py").split("/")[-2:]


def _is_definition(value: Value) -> bool:
    return isinstance(value, (FunctionValue, ClassValue, ModuleValue, Foreign))
