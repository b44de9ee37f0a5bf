"""All settings of a project by key: settings modules, configuration of application objects, settings classes.

A settings module of a test or development profile does not count where others exist, nor does what an ``if DEBUG``
holds. Of several modules that build on each other by star imports, the last one is asked, with what it inherits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Display, Expr, Name, Sub
from statecheck.facts.walk import iter_expr, span
from statecheck.project.link import Project
from statecheck.project.settings_modules import (
    OTHER_PROFILES,
    SettingsModules,
    is_for_debugging,
    profile,
    profile_of_name,
)
from statecheck.project.sources import Located, Sources
from statecheck.project.tables import Binding, FileTable, Store
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, ModuleValue, ScopeRef
from statecheck.rules.schema import SettingsHolder

__all__ = ["OTHER_PROFILES", "Setting", "Settings", "profile"]

FAR = 1 << 60


class Setting(NamedTuple):
    """A key that gets a value. ``start``/``end`` is where the key stands; ``module``: it is of a settings module."""

    key: tuple[str, ...]
    value: Located
    path: str
    start: int
    end: int
    module: bool = False
    field: bool = False  # of a settings class: the value is only the default of a variable

    @property
    def dotted(self) -> str:
        """The key path as it is written in rules."""
        return ".".join(self.key)


class Settings:
    """The settings that count in production."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.modules = SettingsModules(project)
        self.rows: list[Setting] = [*self._of_modules(), *self._of_holders(), *self._of_classes()]
        self.is_open = self.modules.is_open or self._is_filled()
        self._by_key: dict[str, list[Setting]] = defaultdict(list)
        for row in self.rows:
            self._by_key[row.key[0]].append(row)

    def _is_filled(self) -> bool:
        """Does an application object take settings from a file or the environment, which nobody can see here?"""
        fillers = {name for holder in self._project.knowledge.settings if holder.names for name in holder.fillers}
        return any(
            use.name in fillers and self._project.is_application(use.ref.path) for use in self._project.graph.uses
        )

    def find(self, pattern: str) -> list[Setting]:
        """The settings that a key path fits: ``CACHES.*.BACKEND``. A key may itself hold dots."""
        parts = tuple(pattern.split("."))
        found: list[Setting] = []
        for number in range(1, len(parts) + 1):
            for row in self._by_key.get(".".join(parts[:number]), ()):
                found += self._inside(row, parts[number:])
        return found

    def address(self) -> Setting | None:
        """Where an absent setting would stand: the marker of the most production-like settings module."""
        markers = self.modules.markers
        rows = [row for row in self.rows if row.module and len(row.key) == 1 and row.key[0] in markers]
        return min(rows, key=lambda row: (markers.index(row.key[0]), row.path, row.start), default=None)

    def strings(self) -> Iterator[str]:
        """Texts in lists of settings: names of applications, middleware, backends."""
        for row in self.rows:
            if row.module:
                texts = (node for node in iter_expr(row.value.expr) if isinstance(node, Const) and node.kind == "str")
                yield from (node.value for node in texts)

    def _inside(self, row: Setting, rest: tuple[str, ...]) -> Iterator[Setting]:
        held = row.key[1:]
        if any(want not in ("*", have) for want, have in zip(rest, held, strict=False)):
            return
        if len(rest) < len(held):
            return
        left = rest[len(held) :]
        if not left:
            yield row
        for key, value in Sources(self._project).inside(row.value, left) if left else ():
            start, end = span(key)
            path = value.ref.path
            yield row._replace(key=(row.key[0], *rest), value=value, path=path, start=start, end=end)

    # -- settings modules --------------------------------------------------------------------------------------------

    def _of_modules(self) -> Iterator[Setting]:
        seen: set[tuple[str, int]] = set()
        for path in self.modules.production:
            taken: set[str] = set()
            for base in (path, *self.modules.inherited(path)):
                table = self._project.tables.files[base]
                names = {name for scope, name in table.bindings if scope == 0 and name.isupper()}
                for name in sorted(names - taken):
                    for row in self._of_name(table, name):
                        if (base, row.start) not in seen:
                            seen.add((base, row.start))
                            yield row
                taken |= names
                for row in self._of_items(table, names):
                    if (base, row.start) not in seen:
                        seen.add((base, row.start))
                        yield row

    def _of_name(self, table: FileTable, name: str) -> Iterator[Setting]:
        for binding in table.reaching(0, name, table.facts.scopes[0].region, FAR):
            if binding.kind == "value" and binding.value is not None and not is_for_debugging(table, binding.region):
                yield self._row(table, binding, name)

    def _row(self, table: FileTable, binding: Binding, name: str) -> Setting:
        assert binding.value is not None
        at = Located(ScopeRef(table.path, binding.scope), binding.value, binding.region)
        return Setting((name,), at, table.path, binding.pos, binding.pos + len(name), True)

    def _of_items(self, table: FileTable, names: set[str]) -> Iterator[Setting]:
        """``DATABASES["default"] = {…}`` in the body of the module."""
        for store in table.stores:
            if store.ref.scope == 0 and store.value is not None and not is_for_debugging(table, store.event.region):
                key = item_key(store.target)
                if key and key[0] in names:
                    yield self._of_store(store, key, True)

    def _of_store(self, store: Store, key: tuple[str, ...], module: bool) -> Setting:
        assert store.value is not None
        start, end = span(store.target)
        at = Located(store.ref, store.value, store.event.region)
        return Setting(key, at, store.ref.path, start, end, module)

    # -- application objects and classes -----------------------------------------------------------------------------

    def _of_holders(self) -> Iterator[Setting]:
        holders = {name: holder for holder in self._project.knowledge.settings for name in holder.names}
        for table in self._project.tables.files.values():
            if self._project.is_application(table.path):
                for store in table.stores:
                    yield from self._stored(store, holders)
        filling = {f"{name}.{method}" for name, holder in holders.items() for method in holder.updates}
        filling.update(name for holder in holders.values() for name in holder.objects)
        spelled: dict[str, list[str]] = {}  # the few names that fill settings, by the name of the call
        for use in self._project.graph.uses:
            if use.name not in spelled:
                spellings = self._project.knowledge.spellings(use.name)
                spelled[use.name] = [spelling for spelling in spellings if spelling in filling]
            if spelled[use.name] and self._project.is_application(use.ref.path):
                for spelling in spelled[use.name]:
                    yield from self._updated(spelling, use.ref, use.call, use.event.region, holders)

    def _holder(
        self, ref: ScopeRef, expr: Expr, region: int, holders: dict[str, SettingsHolder]
    ) -> SettingsHolder | None:
        for item in self._project.evaluator.evaluate(ref, expr, region):
            if isinstance(item.value, (Foreign, ForeignInstance)):
                for spelling in self._project.knowledge.spellings(item.value.name):
                    if spelling in holders:
                        return holders[spelling]
        return None

    def _stored(self, store: Store, holders: dict[str, SettingsHolder]) -> Iterator[Setting]:
        if store.value is None:
            return
        target = store.target
        if isinstance(target, Attr):
            if isinstance(target.value, (Name, Attr)):
                holder = self._holder(store.ref, target.value, store.event.region, holders)
                if holder is not None and holder.attributes:
                    yield self._of_store(store, (target.attr,), False)
            return
        base: Expr = target
        keys: list[str] = []
        while isinstance(base, Sub):
            if not (isinstance(base.index, Const) and base.index.kind == "str"):
                return
            keys.append(base.index.value)
            base = base.value
        if self._holder(store.ref, base, store.event.region, holders):
            yield self._of_store(store, tuple(reversed(keys)), False)

    def _updated(
        self, name: str, ref: ScopeRef, call: Call, region: int, holders: dict[str, SettingsHolder]
    ) -> Iterator[Setting]:
        owner, _, method = name.rpartition(".")
        if owner in holders and method in holders[owner].updates:
            for keyword in call.keywords:
                if keyword.name != "**":
                    start, end = span(keyword.value)
                    yield Setting((keyword.name,), Located(ref, keyword.value, region), ref.path, start, end)
            for given in call.args[:1]:
                yield from self._of_dict(Located(ref, given, region))
        elif any(name in holder.objects for holder in holders.values()) and call.args:
            yield from self._of_object(Located(ref, call.args[0], region))

    def _of_dict(self, at: Located) -> Iterator[Setting]:
        for source in Sources(self._project).sources(at):
            if isinstance(source.expr, Display) and source.expr.kind == "dict":
                for key, value in zip(source.expr.keys, source.expr.items, strict=False):
                    if isinstance(key, Const):
                        yield Setting((key.value,), replace(source, expr=value), source.ref.path, key.pos, key.end)

    def _of_object(self, at: Located) -> Iterator[Setting]:
        """``from_object``: a class, a module, or the dotted name of one."""
        for item in self._project.evaluator.evaluate(at.ref, at.expr, at.region):
            if isinstance(item.value, ClassValue):
                for cls in self._project.evaluator.classes.info(item.value.ref).mro:
                    yield from self._of_scope(cls)
            elif isinstance(item.value, ModuleValue) and item.value.path in self._project.files:
                yield from self._of_scope(ScopeRef(item.value.path, 0))
        if isinstance(at.expr, Const) and at.expr.kind == "str":
            head, _, last = at.expr.value.replace(":", ".").rpartition(".")
            for dotted, name in ((at.expr.value, ""), (head, last)):
                path = self._project.modules.find(at.ref.path, dotted) if dotted else None
                if path in self._project.files and path is not None:
                    yield from self._named_object(path, name)

    def _named_object(self, path: str, name: str) -> Iterator[Setting]:
        if not name:
            yield from self._of_scope(ScopeRef(path, 0))
        for item in self._project.evaluator.member(path, name) if name else ():
            if isinstance(item.value, ClassValue):
                for cls in self._project.evaluator.classes.info(item.value.ref).mro:
                    yield from self._of_scope(cls)

    def _of_scope(self, ref: ScopeRef) -> Iterator[Setting]:
        """The UPPERCASE names (for a configuration of lower-case keys: all names) of a class or module."""
        if profile(ref.path) in OTHER_PROFILES or profile_of_name(self._project.scope(ref).name) in OTHER_PROFILES:
            return
        table = self._project.tables.files[ref.path]
        for (scope, name), bindings in table.bindings.items():
            if scope == ref.scope and not name.startswith("_"):
                for binding in bindings:
                    if binding.kind == "value" and binding.value is not None:
                        yield self._row(table, binding, name)._replace(module=False)

    def _of_classes(self) -> Iterator[Setting]:
        wanted = {name for holder in self._project.knowledge.settings for name in holder.classes}
        for cls in self._project.evaluator.classes.refs if wanted else ():
            bases = self._project.evaluator.classes.info(cls).foreign
            if self._project.is_application(cls.path) and not wanted.isdisjoint(bases):
                for row in self._of_scope(cls):
                    yield row._replace(key=(row.key[0].upper(),), field=True)


def item_key(target: Expr) -> tuple[str, ...]:
    """The key path of ``NAME["a"]["b"]``; () for anything else."""
    keys: list[str] = []
    while isinstance(target, Sub):
        if not isinstance(target.index, Const):
            return ()
        keys.append(target.index.value)
        target = target.value
    return (target.id, *reversed(keys)) if isinstance(target, Name) and keys else ()
