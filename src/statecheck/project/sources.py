"""Where a value comes from: the expressions behind a name, and what stands in a dict."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from statecheck.facts.ir import Attr, Await, Call, Choice, Const, Display, Expr, Name
from statecheck.project.link import Project
from statecheck.project.tables import Binding
from statecheck.project.values import ClassValue, Instance, ModuleValue, ScopeRef

MAX_FOLLOWED = 24  # steps through names and calls for one question
MAX_SOURCES = 8


class Located(Struct, frozen=True, gc=False):
    """An expression with the scope and region that it stands in."""

    ref: ScopeRef
    expr: Expr
    region: int


class Sources:
    """Follows the names of one question; a name that leads back to itself leads nowhere."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._seen: set[int] = set()

    def sources(self, at: Located) -> list[Located]:
        """The expressions that give ``at`` its value, names followed. One that leads nowhere stands for itself."""
        expr = at.expr
        if isinstance(expr, Await):
            return self.sources(replace(at, expr=expr.value))
        if not isinstance(expr, (Name, Attr)):
            return [at]
        if id(expr) in self._seen or len(self._seen) > MAX_FOLLOWED:
            return [at]
        self._seen.add(id(expr))
        found = self._name(at, expr) if isinstance(expr, Name) else self._attribute(at, expr)
        return [source for step in found[:MAX_SOURCES] for source in self.sources(step)] or [at]

    def _name(self, at: Located, expr: Name) -> list[Located]:
        table = self._project.tables.files[at.ref.path]
        home = table.lookup(at.ref.scope, expr.id)
        if home is None:
            return self._star(at.ref.path, expr.id)
        if home == at.ref.scope and at.region >= 0:
            bindings = table.reaching(home, expr.id, at.region, expr.pos)
        else:
            bindings = table.bindings[home, expr.id]
        return [found for binding in bindings for found in self._binding(at.ref.path, binding)]

    def _binding(self, path: str, binding: Binding) -> Iterator[Located]:
        ref = ScopeRef(path, binding.scope)
        value = binding.value
        if binding.kind == "value" and value is not None:
            for step in binding.unpack:
                if not (isinstance(value, Display) and step < len(value.items) and not value.elided):
                    return
                value = value.items[step]
            yield Located(ref, value, binding.region)
        elif binding.kind == "import" and binding.imported is not None and binding.imported.name:
            row, modules = binding.imported, self._project.modules
            target = modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)
            if target is not None and target != path:
                yield from self.member(target, row.name)
        elif binding.kind == "param" and binding.param is not None and binding.param.default is not None:
            scope = self._project.scope(ref)
            yield Located(ScopeRef(path, scope.parent), binding.param.default, scope.defined_in)

    def member(self, path: str, name: str) -> list[Located]:
        """The expressions bound to a module-level name, through imports and star imports."""
        table = self._project.tables.files.get(path)
        if table is None:
            return []
        if (0, name) in table.bindings:
            return [found for binding in table.bindings[0, name] for found in self._binding(path, binding)]
        return self._star(path, name)

    def _star(self, path: str, name: str) -> list[Located]:
        key = hash((path, name))
        if key in self._seen:
            return []
        self._seen.add(key)
        modules = self._project.modules
        for row in self._project.tables.files[path].stars:
            target = modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)
            if target is not None and target != path and (found := self.member(target, name)):
                return found
        return []

    def _attribute(self, at: Located, expr: Attr) -> list[Located]:
        found: list[Located] = []
        for item in self._evaluator.evaluate(at.ref, expr.value, at.region):
            value = item.value
            if isinstance(value, ModuleValue):
                found += self.member(value.path, expr.attr)
            elif isinstance(value, (ClassValue, Instance)):
                cls = value.ref if isinstance(value, ClassValue) else value.cls
                if isinstance(value, ClassValue) or "row" not in self._project.lifetimes.lives(cls):
                    found += self._class_member(cls, expr.attr)  # of a row, only the database knows
        return found

    def _class_member(self, cls: ScopeRef, name: str) -> list[Located]:
        classes = self._evaluator.classes
        found = [
            Located(store.ref, store.value, store.event.region)
            for store in classes.field_stores(cls, name)
            if store.value is not None
        ]
        member = classes.member(cls, name)
        if member is not None and member[1] < 0:
            bindings = self._project.tables.files[member[0].path].bindings[member[0].scope, name]
            found += [step for binding in bindings for step in self._binding(member[0].path, binding)]
        return found

    def inside(self, at: Located, path: tuple[str, ...]) -> list[tuple[Expr, Located]]:
        """What stands at a key path inside the dict ``at``, with the expression of the last key. ``*`` is any key."""
        if not path:
            return [(at.expr, at)]
        found: list[tuple[Expr, Located]] = []
        for source in self.sources(at):
            for key, value in self._pairs(source):
                if (taken := _taken(path, key[0])) == 0:
                    continue
                deeper = self.inside(replace(source, expr=value), path[taken:])
                found += [(key[1], value_at) for _, value_at in deeper] if len(path) == taken else deeper
        return found

    def is_open(self, at: Located) -> bool:
        """Can the dict hold more than its text shows: is it made elsewhere, or does it take in another?"""
        sources = self.sources(at)
        return not sources or any(
            not (isinstance(source.expr, Display) and source.expr.kind == "dict" and None not in source.expr.keys)
            for source in sources
        )

    def _pairs(self, at: Located) -> Iterator[tuple[tuple[str, Expr], Expr]]:
        """The keys of a dict display or ``dict(…)`` with their values; ``**other`` is followed."""
        expr = at.expr
        if isinstance(expr, Display) and expr.kind == "dict":
            for key, value in zip(expr.keys, expr.items, strict=False):
                if key is None:
                    for source in self.sources(replace(at, expr=value)):
                        yield from self._pairs(source)
                elif isinstance(key, Const):
                    yield (key.value, key), value
        elif isinstance(expr, Call) and isinstance(expr.func, Name) and expr.func.id == "dict":
            for keyword in expr.keywords:
                yield (keyword.name, keyword.value), keyword.value
        elif isinstance(expr, Display):  # a list: only "*" names its items
            yield from ((("", item), item) for item in expr.items)
        elif isinstance(expr, Choice):
            for part in expr.items:
                yield from self._pairs(replace(at, expr=part))


def _taken(path: tuple[str, ...], key: str) -> int:
    """How many parts of the key path a key stands for; a key may itself hold dots."""
    if path[0] in ("*", key):
        return 1
    number = key.count(".") + 1
    return number if number > 1 and ".".join(path[:number]) == key else 0
