"""When code runs, as rules ask: a command that builds and serves the application is its start-up, not one-shot."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from statecheck.facts.ir import Const
from statecheck.model import Phase
from statecheck.project.link import Project
from statecheck.project.settings import Settings
from statecheck.project.values import ScopeRef

ONE_SHOT: frozenset[Phase] = frozenset({"cli", "test"})
REACH = 60  # callers looked at before giving up


class Serving:
    """The phases of functions, with how sure each is."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._makers = frozenset(self._find_makers())
        self._known: dict[ScopeRef, bool] = {}
        self._loaded = self._find_loaded()
        hooks = [entry for entry in project.phases.entries if entry.phase == "startup"]
        self._imported = self._loaded | {path for entry in hooks for path in (entry.ref.path, entry.path)}

    def phases(self, ref: ScopeRef) -> dict[Phase, int]:
        """The phases in which the function can run; empty: nothing calls it."""
        reached: dict[Phase, int] = {phase: reach.certainty for phase, reach in self._project.phases.of(ref).items()}
        function = self._project.tables.function_around(ref)
        if "cli" in reached and "startup" not in reached and self._sets_up(function):
            reached["startup"] = reached["cli"]
        if set(reached) == {"import"} and function.path not in self._imported:
            return {"cli": reached["import"]}  # a script: nothing imports it, and no framework enters it
        return reached

    def is_one_shot(self, ref: ScopeRef) -> bool:
        """Does the code run only in commands and tests?"""
        reached = self.phases(ref)
        return bool(reached) and ONE_SHOT.issuperset(reached)

    def is_loaded(self, path: str) -> bool:
        """Does another file of the application load the file, or do requests enter it?"""
        return path in self._loaded

    def _sets_up(self, function: ScopeRef) -> bool:
        """Is the function, or one that calls it, among those that build the application?"""
        if function not in self._known:
            seen, queue = {function}, deque([function])
            while queue and len(seen) < REACH:
                current = queue.popleft()
                if current in self._makers:
                    break
                for edge in self._project.graph.callers.get(current, ()):
                    if edge.via in ("call", "inline", "property") and edge.caller not in seen:
                        seen.add(edge.caller)
                        queue.append(edge.caller)
            else:
                current = function
            self._known[function] = current in self._makers
        return self._known[function]

    def _find_makers(self) -> Iterator[ScopeRef]:
        """Functions that register handlers, make an application or run a server, and those of application classes."""
        project = self._project
        at = {(use.ref.path, use.call.pos): use.ref for use in project.graph.uses}
        for use in project.graph.uses:
            if use.name in project.knowledge.app_factories or use.name in project.knowledge.server_calls:
                yield project.tables.function_around(use.ref)
        for entry in project.phases.entries:
            if entry.phase == "request":
                place = at.get((entry.path, entry.pos)) or ScopeRef(entry.ref.path, project.scope(entry.ref).parent)
                if place.scope > 0 and project.scope(place).kind != "class":
                    yield project.tables.function_around(place)
        for cls in project.evaluator.classes.refs:
            if "process" in project.lifetimes.lives(cls):
                yield from project.evaluator.classes.methods(cls).values()

    def _find_named(self) -> Iterator[str]:
        """Files that a call names by dotted string: ``from_object("shop.settings")``."""
        project = self._project
        for use in project.graph.uses:
            for given in (*use.call.args, *(keyword.value for keyword in use.call.keywords)):
                if isinstance(given, Const) and given.kind == "str" and project.is_application(use.ref.path):
                    dotted = given.value.replace(":", ".")
                    if not dotted.replace(".", "_").isidentifier():
                        continue
                    for name in (dotted, dotted.rpartition(".")[0]):
                        if name and all(part.isidentifier() for part in name.split(".")):
                            target = project.modules.find(use.ref.path, name)
                            if target is not None and target != use.ref.path:
                                yield target

    def _find_loaded(self) -> frozenset[str]:
        """Files that another file of the application imports, that hold an entry point or that make an application."""
        project = self._project
        serving = [
            entry
            for entry in project.phases.entries
            if entry.phase == "request" or (entry.phase != "startup" and entry.pos == project.scope(entry.ref).pos)
        ]
        found = {path for entry in serving for path in (entry.ref.path, entry.path)}
        found |= {use.ref.path for use in project.graph.uses if use.name in project.knowledge.app_factories}
        found |= set(self._find_named())
        modules = project.once(Settings).modules
        found |= {base for path in modules.production for base in (path, *modules.inherited(path))}
        index = project.modules
        for path, facts in project.files.items():
            for row in facts.imports if project.is_application(path) else ():
                base = index.relative(path, row.level, row.module) if row.level else index.find(path, row.module)
                if base is None:
                    continue
                inner = index.submodule(base, row.name) if row.name not in ("", "*") else None
                found |= {target for target in (base, inner) if target is not None and target != path}
        return frozenset(found)
