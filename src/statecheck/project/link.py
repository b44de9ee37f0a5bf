"""All facts linked into one picture of the application: what rules ask about."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

from statecheck.facts.ir import FileFacts, Scope
from statecheck.model import Location
from statecheck.project.call_reader import read_calls
from statecheck.project.calls import CallGraph
from statecheck.project.entries import Entry
from statecheck.project.entry_finder import EntryFinder
from statecheck.project.evaluate import Evaluator
from statecheck.project.knowledge import Knowledge
from statecheck.project.lifetimes import Lifetimes
from statecheck.project.modules import ModuleIndex
from statecheck.project.phases import RUNTIME, Phases
from statecheck.project.tables import Tables
from statecheck.project.values import ScopeRef

T = TypeVar("T")


class Project:
    """One linked tree. Everything a rule may ask is reached from here; nothing in it changes any more."""

    def __init__(self, files: Mapping[str, FileFacts], roles: Mapping[str, str], knowledge: Knowledge) -> None:
        self.files = files
        self.roles = roles
        self.knowledge = knowledge
        self.modules = ModuleIndex(files, files)
        self.tables = Tables(files)
        self.evaluator = Evaluator(self.tables, self.modules, knowledge)
        self.graph = read_calls(self.evaluator)
        self.entries: list[Entry] = EntryFinder(self.evaluator, self.graph).find()
        handlers = {entry.ref: entry.types for entry in self.entries if entry.types and self._is_bare(entry.ref)}
        if handlers:  # what their parameters are changes what the calls inside them are
            self.evaluator.hand(handlers)
            self.graph, self.entries = CallGraph(), []  # large: the old one goes before the new one is made
            self.graph = read_calls(self.evaluator)
            self.entries = EntryFinder(self.evaluator, self.graph).find()
        self.phases = Phases(self.evaluator, self.graph, self.entries, roles)
        self.lifetimes = Lifetimes(self.evaluator, self.phases)
        self._application = frozenset(
            path for path in files if roles.get(path, "app") == "app" and path not in self.evaluator.vendored
        )
        self._made: dict[object, object] = {}

    def once(self, make: Callable[[Project], T]) -> T:
        """What ``make`` gives for the project, made when it is first asked for: detectors share their tables."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(T, self._made[make])

    def _is_bare(self, ref: ScopeRef) -> bool:
        """Does a function say nothing of the types of its parameters?"""
        return any(param.annotation is None and param.name not in ("self", "cls") for param in self.scope(ref).params)

    def location(self, path: str, start: int, end: int) -> Location:
        """The span between two offsets of a file, in lines and columns from 1."""
        starts = self.files[path].line_starts
        first, last = bisect_right(starts, start), bisect_right(starts, max(start, end - 1))
        return Location(path, first, start - starts[first - 1] + 1, last, max(end, start + 1) - starts[last - 1] + 1)

    def scope(self, ref: ScopeRef) -> Scope:
        """The facts of a scope."""
        return self.tables.scope(ref)

    def qualified(self, ref: ScopeRef, name: str = "") -> str:
        """The dotted name of a scope, or of a name in it, from the top of its package."""
        parts = (self.modules.name(ref.path), self.scope(ref).qualname, name)
        return ".".join(part for part in parts if part)

    def is_application(self, path: str) -> bool:
        """Is the file part of the application, and not a test, a migration or a copy of a framework?"""
        return path in self._application

    def frameworks(self) -> dict[str, int]:
        """Entry points by framework, those of tests left out."""
        return dict(sorted(Counter(entry.framework for entry in self.phases.entries).items()))

    def imported_packages(self) -> frozenset[str]:
        """Top-level names that files of the application import from outside the tree."""
        return frozenset(
            row.module.partition(".")[0]
            for path, facts in self.files.items()
            if self.is_application(path)
            for row in facts.imports
            if row.level == 0
        )

    def silent_frameworks(self) -> list[str]:
        """Frameworks that serve and are imported, though no entry point of theirs was found."""
        found, imported = self.frameworks(), self.imported_packages()
        return sorted(
            {
                framework
                for package, framework in self.knowledge.packages.items()
                if package in imported and framework not in found and self._serves(framework)
            }
        )

    def _serves(self, framework: str) -> bool:
        """Does it hand requests or jobs to the code? One that only runs commands has nothing to follow."""
        return any(
            known.framework == framework and known.entry.phase in RUNTIME
            for rows in self.knowledge.entries.values()
            for known in rows
        )

    def _is_own(self, path: str, dotted: str) -> bool:
        """Does the first part of a module's name stand for a package of the tree?"""
        top = self.modules.find(path, dotted.partition(".")[0]) or ""
        return top.endswith("__init__.py")

    def unresolved_imports(self) -> list[str]:
        """Imports that should lead into the tree and do not: relative ones, and those of its own packages."""
        missing: set[str] = set()
        for path, facts in self.files.items():
            for row in facts.imports:
                if row.level and self.modules.relative(path, row.level, row.module) is None:
                    missing.add(f"{path}: {'.' * row.level}{row.module}")
                elif not row.level and self._is_own(path, row.module) and self.modules.find(path, row.module) is None:
                    missing.add(f"{path}: {row.module}")
        return sorted(missing)


def link(files: Mapping[str, FileFacts], roles: Mapping[str, str], knowledge: Knowledge) -> Project:
    """Link the facts of a tree. ``roles``: app, test or migration, by path."""
    return Project({path: facts for path, facts in sorted(files.items()) if facts.failure is None}, roles, knowledge)


def failures(files: Mapping[str, FileFacts]) -> Iterable[tuple[str, FileFacts]]:
    """The files that could not be analysed, in order of path."""
    return ((path, facts) for path, facts in sorted(files.items()) if facts.failure is not None)
