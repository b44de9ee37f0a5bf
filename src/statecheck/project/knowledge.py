"""The models of the rule packs, and what the settings teach, indexed for the linker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from statecheck.project.spellings import Spellings
from statecheck.rules.objects import Saying
from statecheck.rules.schema import Container, EntryPoint, Model, Pack, Reader, Safe


class KnownEntry:
    """An entry point of a model, with the framework it belongs to."""

    __slots__ = ("entry", "framework")

    def __init__(self, framework: str, entry: EntryPoint) -> None:
        self.framework = framework
        self.entry = entry


class Knowledge(Spellings):
    """Look-ups by canonical dotted name. Names of methods are found on foreign base classes too."""

    def __init__(self, pack: Pack, taught: Iterable[Model] = ()) -> None:
        taught = list(taught)
        models = [*pack.models.values(), *taught]
        super().__init__(models)
        self.rules = pack.rules  # what one rule lists, detectors of another may ask for
        self.taught = frozenset(
            name
            for model in taught
            for names in (  # taken for foreign, though the tree may define them
                *(row.names for row in model.entries),
                *(row.names for row in model.lifetimes),
                *(row.names for row in model.safe),
            )
            for name in names
        )
        self.packages: dict[str, str] = {name: model.framework for model in models for name in model.packages}
        self.entries = self._collect_entries(models)
        self.shapes = tuple(known for (match, _), rows in self.entries.items() if match == "shape" for known in rows)
        self._modelled = frozenset(known.framework for rows in self.entries.values() for known in rows)
        self._classes = frozenset(
            name
            for rows in self.entries.values()
            for known in rows
            for full in known.entry.names
            for name in (full, full.rpartition(".")[0])
        )
        self._commands = self._modelled - {
            known.framework for rows in self.entries.values() for known in rows if known.entry.phase != "cli"
        }
        self._callers = {
            self.canonical(name): entry for model in models for entry in model.callers for name in entry.names
        }
        self._returns = {
            self.canonical(name): self.canonical(row.type)
            for model in models
            for row in model.returns
            for name in row.names
            if row.type
        }
        self._passed = {
            self.canonical(name): (row.argument, row.dotted)
            for model in models
            for row in model.returns
            for name in row.names
            if row.argument is not None
        }
        self._instances = {
            self.canonical(name): self.canonical(cls) for model in models for name, cls in model.instances.items()
        }
        self._fields = frozenset(self.canonical(name) for model in models for name in model.fields)
        self.path_types = frozenset(self.canonical(name) for model in models for name in model.path_types)
        self._path_names = tuple(self.path_types)
        self._data = frozenset(self.canonical(name) for model in models for name in model.data)
        self._shared = frozenset(base for cls in self._instances.values() for base in self.lineage(cls))
        self._containers = {
            self.canonical(name): row for model in models for row in model.containers for name in row.names
        }
        self._lifetimes = self._collect_lifetimes(models)
        self._declared = self._collect_declared(models)
        self._effects = {
            self.canonical(name): row.kind for model in models for row in model.effects for name in row.names
        }
        self._bare = self._collect_bare_names(models)
        self._safe = self._collect_safe(models)
        self.settings = tuple(row for model in models for row in model.settings)
        self.readers = {self.canonical(name): row for model in models for row in model.readers for name in row.names}
        self.app_factories = frozenset(self.canonical(name) for model in models for name in model.app_factories)
        self.server_calls = frozenset(
            self.canonical(name) for model in models for server in model.servers for name in server.call
        )
        self.startup_names = frozenset(name for model in models for name in model.startup_names)
        self.element_methods = frozenset(
            name for row in self._containers.values() for name in (*row.mutating, *row.reading)
        )
        self.changing_methods = frozenset(
            name
            for kind in ("builtins.dict", "builtins.list", "builtins.set", "collections.deque")
            if kind in self._containers
            for name in self._containers[kind].mutating
        )
        self.mutating_methods = self.changing_methods.union(*(row.mutating for row in self._containers.values()))

    def entries_for(self, name: str, match: str) -> list[KnownEntry]:
        """The entry points that a decorator, call, base class or attribute of this name makes."""
        for spelling in self.spellings(name):
            if found := self.entries.get((match, spelling)):
                return found
        if match == "subclass":
            for base in self.lineage(name)[1:]:
                if found := self.entries.get((match, base)):
                    return found
        return []

    def subclass_entries(self, name: str) -> list[KnownEntry]:
        """All entry points of a foreign base class and of its own bases."""
        return [entry for base in self.lineage(name) for entry in self.entries.get(("subclass", base), ())]

    def caller(self, name: str) -> EntryPoint | None:
        """The foreign function that calls its function argument before it returns."""
        return self._first(self._callers, name)

    def returned_type(self, name: str) -> str | None:
        """The class that calling (or reading) the foreign ``name`` gives an instance of, where it is not ``name``."""
        return self._first(self._returns, name)

    def passed(self, name: str) -> tuple[int, bool] | None:
        """The position of the argument that calling the foreign ``name`` gives back, where it is one that does.

        Second: is the argument a dotted string, and given is what it names?
        """
        return self._first(self._passed, name)

    def instance_type(self, name: str) -> str | None:
        """The class that the foreign ``name`` (a module's object, an attribute) is an instance of."""
        return self._first(self._instances, name)

    def objects_of(self, classes: Collection[str]) -> dict[str, str]:
        """The foreign objects that are instances of one of the classes, each with its class."""
        return {name: cls for name, cls in self._instances.items() if cls in classes}

    def container(self, name: str) -> Container | None:
        """The container type of this name, or the one among its bases."""
        for base in self.lineage(name):
            if base in self._containers:
                return self._containers[base]
        return None

    def lives(self, name: str) -> frozenset[str]:
        """How long an instance of this foreign class lives, as the models of the class and of its bases say."""
        return frozenset(lives for base in self.lineage(name) for lives in self._lifetimes.get(base, ()))

    def is_kept(self, name: str) -> bool:
        """Do attributes of ``name`` (a foreign class, or an attribute of one) live as long as the process?"""
        while name:
            if "process" in self.lives(name):
                return True
            name = name.rpartition(".")[0]
        return False

    def is_field(self, name: str) -> bool:
        """Does calling ``name`` declare a column, relation, trait or form field in the body of a class?"""
        for base in self.lineage(name):
            while base:
                if base in self._fields:
                    return True
                base = base.rpartition(".")[0]
        return False

    def is_data(self, name: str) -> bool:
        """Are objects of this foreign class data, whatever made them?"""
        return any(base in self._data for base in self.lineage(name))

    def is_of_path(self, name: str) -> bool:
        """Is the foreign ``name`` a class whose objects are paths, or a method or attribute of one?"""
        return name.startswith(self._path_names)

    def is_reached_from_handlers(self, name: str) -> bool:
        """Can a handler get at an object of this class through what its framework gives it: ``request.app``?"""
        return any(base in self._shared for base in self.lineage(name))

    def root(self, owner: str) -> str:
        """One name for the attributes that a class shares with its bases: ``FastAPI.state`` is ``Starlette.state``."""
        head, _, tail = owner.rpartition(".")
        if "process" in self.lives(owner) or not head:
            return next(
                (base for base in reversed(self.lineage(owner)) if "process" in self._lifetimes.get(base, ())), owner
            )
        return f"{self.root(head)}.{tail}" if self.is_kept(head) else owner

    def declares(self, name: str, attribute: str) -> bool:
        """Is this attribute of the foreign class a declaration that its framework reads, and not state?"""
        return any(not row or attribute in row for base in self.lineage(name) for row in self._declared.get(base, ()))

    def effect(self, name: str) -> str | None:
        """What calling the foreign ``name`` does: io, db, time …"""
        return self._first(self._effects, name)

    def bare_names(self, kind: Saying) -> frozenset[str]:
        """The methods that say this, whatever has them."""
        return self._bare.get(kind, frozenset())

    def reader(self, name: str) -> Reader | None:
        """How the foreign ``name`` reads the environment, if it does."""
        return self._first(self.readers, name)

    def names_of_effect(self, kind: str) -> list[str]:
        """The foreign names that have an effect."""
        return [name for name, effect in self._effects.items() if effect == kind]

    def defines(self, package: str, name: str) -> bool:
        """Is ``package.name`` a class that some model speaks of?"""
        return f"{package}.{name}" in self._classes

    def is_neutral(self, name: str, listed: bool = False) -> bool:
        """A decorator, base class or function of this name (or module) never hands user code on to be run later.

        Names of a modelled framework that no model lists are taken for such, unless ``listed`` asks for proof.
        """
        top = name.partition(".")[0]
        return (
            self.effect(name) in ("neutral", "memo", "identity", "partial")
            or self._effects.get(top) == "neutral"
            or (not listed and self.packages.get(top) in self._modelled)
        )

    def is_command_line(self, name: str) -> bool:
        """Does the name belong to a framework that makes nothing but commands?"""
        return self.packages.get(name.partition(".")[0]) in self._commands

    def safe(self, match: str, name: str) -> list[Safe]:
        """The look-alikes named so."""
        return [
            row
            for spelling in (*self.spellings(name), *self.lineage(name)[1:])
            for row in self._safe.get((match, spelling), ())
        ]

    def _collect_entries(self, models: list[Model]) -> dict[tuple[str, str], list[KnownEntry]]:
        entries: dict[tuple[str, str], list[KnownEntry]] = defaultdict(list)
        for model in models:
            for entry in model.entries:
                for name in dict.fromkeys(self.canonical(name) for name in entry.names or (entry.id,)):
                    entries[entry.match, name].append(KnownEntry(model.framework, entry))
        return dict(entries)

    def _collect_lifetimes(self, models: list[Model]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for model in models:
            for row in model.lifetimes:
                for name in row.names if not row.attributes else ():
                    found[self.canonical(name)].add(row.lives)
        return dict(found)

    def _collect_declared(self, models: list[Model]) -> dict[str, list[frozenset[str]]]:
        found: dict[str, list[frozenset[str]]] = defaultdict(list)
        for model in models:
            for row in model.lifetimes:
                for name in row.names if row.lives == "declarative" else ():
                    found[self.canonical(name)].append(frozenset(row.attributes))
        return dict(found)

    def _collect_bare_names(self, models: list[Model]) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for model in models:
            for row in model.bare_names:
                found[row.kind].update(row.names)
        return {kind: frozenset(names) for kind, names in found.items()}

    def _collect_safe(self, models: list[Model]) -> dict[tuple[str, str], list[Safe]]:
        safe: dict[tuple[str, str], list[Safe]] = defaultdict(list)
        for model in models:
            for row in model.safe:
                for name in dict.fromkeys(self.canonical(name) for name in row.names):
                    safe[row.match, name].append(row)
        return dict(safe)
