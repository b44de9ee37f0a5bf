"""When each function can run: import, startup, request, worker, cli or test, with the call that proves it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from msgspec import Struct

from statecheck.facts.ir import Call, Scope
from statecheck.model import Phase
from statecheck.project.calls import CallGraph, Edge
from statecheck.project.callsites import CallSite
from statecheck.project.conditions import is_main_guard
from statecheck.project.entries import Entry
from statecheck.project.evaluate import Evaluator
from statecheck.project.nearest import nearest_entries
from statecheck.project.server_targets import ServerTargets
from statecheck.project.startup import StartUp
from statecheck.project.values import ScopeRef

SURE, POSSIBLE, GUESS = 3, 2, 1
RUNTIME: tuple[Phase, ...] = ("request", "worker")
SETUP: tuple[Phase, ...] = ("import", "startup")
ENTRIES_KEPT = 8  # of one function


class Reach(Struct, frozen=True, gc=False):
    """How a function comes to run in a phase: ``by`` is the call or entry point before it, None for a module body."""

    certainty: int
    by: Edge | Entry | None


class Phases:
    """The phases of every scope. ``roles`` gives the role of each file (app, test, migration)."""

    def __init__(
        self, evaluator: Evaluator, graph: CallGraph, entries: Iterable[Entry], roles: Mapping[str, str]
    ) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._graph = graph
        self._roles = roles
        self._startup = StartUp(evaluator, graph)
        self._app_makers = self._startup.factories
        known = [row for rows in evaluator.knowledge.entries.values() for row in rows]
        self._own = frozenset((row.framework, row.entry.id) for row in known if row.entry.own_process)
        kept = [entry for entry in entries if roles.get(entry.ref.path) not in ("test", "migration")]
        self._servers = ServerTargets(evaluator, graph, kept, self._app_makers)
        self.entries = list(map(self._servers.settled, kept))
        self._by_function: dict[ScopeRef, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            self._by_function[entry.ref].append(entry)
        self._registrars = {
            self._tables.function_around(ScopeRef(entry.ref.path, self._tables.scope(entry.ref).parent))
            for entry in self.entries
            if entry.phase == "request" and self._tables.scope(entry.ref).parent > 0
        }
        self._registrars |= {
            self._tables.function_around(entry.where)
            for entry in self.entries
            if entry.where and entry.phase == "request"
        }
        self.reach: dict[ScopeRef, dict[Phase, Reach]] = defaultdict(dict)
        self._nearest: dict[ScopeRef, list[Entry]] | None = None
        self._spread()

    def of(self, ref: ScopeRef) -> Mapping[Phase, Reach]:
        """The phases of a function, with how each is reached; empty: nothing calls it."""
        return self.reach.get(self._tables.function_around(ref)) or self.reach.get(ref, {})

    def runtime(self, ref: ScopeRef) -> int:
        """How sure it is that the function runs while the process serves: SURE, POSSIBLE, GUESS, or 0."""
        reached = self.of(ref)
        return max((reached[phase].certainty for phase in RUNTIME if phase in reached), default=0)

    def is_own_process(self, entry: Entry) -> bool:
        """Does a child process run the entry point, started for it alone?"""
        return (entry.framework, entry.id) in self._own

    def is_made_anew(self, cls: ScopeRef) -> bool:
        """Do only functions that serve requests make objects of the class: the responder of a middleware?"""
        makers = [
            site.caller
            for each in (cls, *self._evaluator.classes.subclasses(cls))
            for site in self._graph.made.get(each, ())
            if not self.is_apart(site.caller.path)
        ]
        known = [reached for maker in makers if (reached := self.of(maker).keys() - {"test"})]  # others nothing calls
        return bool(known) and all(reached == {"request"} for reached in known)

    def is_start_up_of_child(self, function: ScopeRef) -> bool:
        """Does only a child process run, for its own copy, what each process that serves runs at start-up?"""
        reached = self.of(function)
        if "request" in reached or reached.keys().isdisjoint(SETUP):
            return False
        entries = self.entries_to(function)
        return bool(entries) and all(map(self.is_own_process, entries))

    def is_once(self, caller: ScopeRef, region: int, pos: int) -> bool:
        """Does the call that stands there fill a variable of the module or class for the first time?"""
        return self._startup.is_once(caller, region, pos)

    def entries_at(self, ref: ScopeRef) -> list[Entry]:
        """The entry points that call this very function."""
        return self._by_function.get(ref, [])

    def makers(self, cls: ScopeRef) -> list[CallSite]:
        """The calls that make objects of the class."""
        return self._graph.made.get(cls, [])

    def chain(self, ref: ScopeRef, phases: Iterable[Phase] = RUNTIME) -> list[Edge | Entry]:
        """The way from an entry point to the function, entry first: the surest one."""
        reached = self.of(ref)
        order = sorted((phase for phase in phases if phase in reached), key=lambda phase: -reached[phase].certainty)
        if not order:
            return []
        steps: list[Edge | Entry] = []
        current, phase = self._tables.function_around(ref), order[0]
        seen: set[tuple[ScopeRef, Phase]] = set()
        while (current, phase) not in seen:
            seen.add((current, phase))
            step = self.reach.get(current, {}).get(phase)
            if step is None or step.by is None:
                break
            steps.append(step.by)
            if isinstance(step.by, Entry):
                break
            current = step.by.caller
            if phase not in self.reach.get(current, {}):
                phase = next(
                    (other for other in ("import", "startup", "cli") if other in self.reach.get(current, {})), phase
                )
        return steps[::-1]

    def entries_to(self, ref: ScopeRef) -> list[Entry]:
        """The run-time entry points from which the function is reached, nearest first, at most ``ENTRIES_KEPT``."""
        if self._nearest is None:
            self._nearest = nearest_entries(
                [entry for entry in self.entries if entry.phase in RUNTIME],
                self._graph.edges,
                lambda edge: edge.via != "guess" and self._passes(edge),
                ENTRIES_KEPT,
            )
        return self._nearest.get(self._tables.function_around(ref), [])

    def _passes(self, edge: Edge) -> bool:
        return edge.via != "callback" or self._evaluator.knowledge.caller(edge.registered) is not None

    def _spread(self) -> None:
        levels: dict[int, deque[tuple[ScopeRef, Phase, Edge | Entry | None]]] = {
            level: deque() for level in (SURE, POSSIBLE, GUESS)
        }
        for root, first, certainty, entry in self._roots():
            levels[certainty].append((root, first, entry))
        for level in (SURE, POSSIBLE, GUESS):
            queue = levels[level]
            if level == POSSIBLE:
                queue.extendleft((ref, phase, None) for ref, phase in self._escaped())
                queue.extend((ref, "request", None) for ref in self._overriding())
            while queue:
                ref, phase, by = queue.popleft()
                if phase in self.reach[ref]:
                    continue
                self.reach[ref][phase] = Reach(level, by)
                for edge in self._graph.edges.get(ref, ()):
                    step = self._step(edge, phase, level)
                    if step is not None and step[0] not in self.reach.get(edge.callee, {}):
                        levels[step[1]].append((edge.callee, step[0], edge))

    def is_apart(self, path: str) -> bool:
        """Is the file one of tests or migrations, which no process that serves ever loads?"""
        return self._roles.get(path) in ("test", "migration")

    def _roots(self) -> Iterable[tuple[ScopeRef, Phase, int, Entry | None]]:
        for entry in self.entries:
            yield entry.ref, entry.phase, SURE, entry
        for ref, scope in self._tables.scopes():
            role = self._roles.get(ref.path, "app")
            if role == "test":
                yield ref, "test", SURE, None
            elif role == "migration":
                yield ref, "cli", SURE, None
            elif scope.kind == "module":
                yield ref, "import", SURE, None
            elif scope.kind in ("def", "lambda") and not self._called(ref):
                if ref in self._app_makers or (self._startup.is_hook(ref) and ref not in self._by_function):
                    yield ref, "startup", SURE, None
                elif self._is_command(ref, scope):
                    yield ref, "cli", SURE, None
                elif (
                    ref not in self._graph.escaped and ref not in self._by_function and self._is_registered(ref, scope)
                ):
                    yield ref, "request", POSSIBLE, None

    def _escaped(self) -> Iterable[tuple[ScopeRef, Phase]]:
        """Functions that nothing calls by name, handed on as values. What only commands hand on stays with them."""
        for ref in sorted(self._graph.escaped):
            if (
                ref in self._by_function
                or ref in self._app_makers
                or self._startup.is_hook(ref)
                or self._called(ref)
                or self.is_apart(ref.path)
            ):
                continue
            given = {phase for place in self._graph.escaped[ref] for phase in self.of(place)}
            yield ref, "cli" if given and given <= {"cli", "test"} else "request"

    def _overriding(self) -> list[ScopeRef]:
        """Methods that nothing reaches, of objects that requests make, where a class above has the method too.

        What takes the object calls them by the name that the class above gave them.
        """
        classes = self._evaluator.classes
        found: dict[ScopeRef, None] = {}
        for cls in sorted(self._graph.made):
            above = classes.info(cls).mro[1:]
            if not above or not any(self.runtime(site.caller) == SURE for site in self._graph.made[cls]):
                continue
            for name in sorted({name for base in above for name in classes.methods(base) if not name.startswith("_")}):
                method = classes.method(cls, name)
                if method is not None and not self.reach.get(method) and self._overrides(method, name, above):
                    found[method] = None
        return list(found)

    def _overrides(self, method: ScopeRef, name: str, above: Iterable[ScopeRef]) -> bool:
        """Has a class above another method of the name?"""
        return any(self._evaluator.classes.method(base, name) not in (None, method) for base in above)

    def _called(self, ref: ScopeRef) -> bool:
        return any(
            edge.caller != ref and self._roles.get(edge.caller.path) != "test" and self._is_call(edge)
            for edge in self._graph.callers.get(ref, ())
        )

    def _is_call(self, edge: Edge) -> bool:
        """Does the edge run the function there and then? A sort key is called by what it is given to."""
        return edge.via in ("call", "override", "property") or (
            edge.via == "callback" and bool(edge.registered) and self._passes(edge)
        )

    def _is_command(self, ref: ScopeRef, scope: Scope) -> bool:
        """Does a decorator of a command-line framework (an option, an argument) stand on it?"""
        around = ScopeRef(ref.path, scope.parent)
        return any(
            self._evaluator.knowledge.is_command_line(name)
            for decorator in scope.decorators
            for name in self._evaluator.decorator_names(around, decorator, scope.defined_in)
        )

    def _is_registered(self, ref: ScopeRef, scope: Scope) -> bool:
        """Nothing calls it here, but a decorator or a base class that we know nothing of may see to that."""
        around = ScopeRef(ref.path, scope.parent)
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            names = self._evaluator.decorator_names(around, decorator, scope.defined_in)
            unknown = not names and not self._evaluator.evaluate(around, func, scope.defined_in)
            if unknown or any(not self._evaluator.knowledge.is_neutral(name, listed=True) for name in names):
                return True
        cls = self._tables.class_around(ref)
        if cls is None or scope.name.startswith("_"):
            return False
        info = self._evaluator.classes.info(cls)
        strange = [
            base
            for base in info.foreign
            if not self._evaluator.knowledge.is_neutral(base) and not self._evaluator.knowledge.subclass_entries(base)
        ]
        return bool(strange)

    def _step(self, edge: Edge, phase: Phase, level: int) -> tuple[Phase, int] | None:
        """The phase and certainty that an edge hands on. Code of tests runs in tests only."""
        if phase != "test" and self._roles.get(edge.callee.path) == "test":
            return None
        if phase == "import" and self._in_main_guard(edge):
            phase = "cli"
        if phase != "test" and (
            edge.callee in self._app_makers
            or (phase in RUNTIME and self._startup.is_once(edge.caller, edge.region, edge.pos))
        ):
            return "startup", level
        if phase == "cli" and (edge.callee in self._registrars or self._servers.precedes(edge)):
            return "startup", level  # a main function that sets handlers up and serves
        if edge.via == "guess":
            return phase, GUESS
        if edge.via == "dynamic":
            return phase, min(level, POSSIBLE)
        if edge.via != "callback" or phase == "test":
            return phase, level
        knowledge = self._evaluator.knowledge
        later = phase in SETUP and knowledge.effect(edge.registered) == "partial"  # runs where the result is called
        if edge.registered and knowledge.caller(edge.registered) is not None and not later:
            return phase, level
        if edge.registered and (
            knowledge.entries_for(edge.registered, "call") or knowledge.is_neutral(edge.registered)
        ):
            return None  # an entry point of its own, in the phase that its model gives
        return ("request" if phase in (*SETUP, "cli") else phase), min(level, POSSIBLE)

    def _in_main_guard(self, edge: Edge) -> bool:
        table = self._tables.files[edge.caller.path]
        region = edge.region
        while region >= 0:
            if is_main_guard(table.facts.regions[region]):
                return True
            region = table.facts.regions[region].parent
        return False
