"""What a lock guards: only things of its own process, or something that other processes change as well.

A lock that keeps others out of a read and a write of one shared thing (rows of a table, a file, a remote record) keeps
out only the threads of its own process. So does one that turns a request away because the work is under way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from statecheck.detectors.matching import site_of
from statecheck.detectors.spots import MethodCall, Spot, Spots
from statecheck.facts.ir import Attr, Call, Const, Event, Expr, Name, Sub
from statecheck.facts.walk import dotted, iter_expr, last_name
from statecheck.project.calls import Use
from statecheck.project.effects import Effects
from statecheck.project.link import Project
from statecheck.project.phases import SURE
from statecheck.project.tables import expressions
from statecheck.project.values import ScopeRef, Site

SHARED = frozenset({"db", "io", "storage", "network"})
READING_SQL = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)
CHANGING_SQL = re.compile(r"\s*(?:insert|update|delete|replace|merge|upsert)\b", re.IGNORECASE)
WRITE_MODE = re.compile(r"[rwax+bt]*[wax+][rwax+bt]*")
ENTERING = frozenset({"acquire", "locked"})
SIGNALS = frozenset({"set", "wait"})


class Guarded(NamedTuple):
    """A stretch of a function that runs under a lock: regions below ``region``, from ``start`` on."""

    ref: ScopeRef
    region: int
    start: int
    end: int
    claim: bool = False  # whoever comes while it is taken is turned away


class Locks:
    """Answers for one project. Where locks are taken is collected once."""

    def __init__(self, project: Project, effects: Effects) -> None:
        self._project = project
        self._effects = effects
        named = project.knowledge.bare_names
        self._preparing, self._saving = named("prepare"), named("save")
        self._changing = re.compile(rf"a?(?:{'|'.join(sorted(named('change')))})(?:_.*)?")  # add_all, and asave too
        self._taken: dict[Site, list[Guarded]] | None = None
        self._signals: dict[str, list[MethodCall]] | None = None

    def guards_shared(self, spot: Spot) -> bool:
        """Does the lock guard what other processes change too, in code that runs while the process serves?"""
        return self.where(spot) is not None

    def where(self, spot: Spot) -> Guarded | None:
        """The first such stretch of code."""
        for guarded in self.stretches(spot):
            if self._project.phases.runtime(guarded.ref) == SURE and self._is_shared(guarded):
                return guarded
        return None

    def stretches(self, spot: Spot) -> list[Guarded]:
        """Where the lock that is made at the place is taken."""
        if self._taken is None:
            self._taken = {}
            for site, guarded in self._find():
                self._taken.setdefault(site, []).append(guarded)
        return self._taken.get(Site(spot.ref.path, spot.start), [])

    def signals(self, spot: Spot) -> bool:
        """Does one request set the event, and another function that serves wait for it?"""
        if self._signals is None:
            self._signals = Spots(self._project).method_calls(SIGNALS)
        made = Site(spot.ref.path, spot.start)
        setting = {row.ref for row in self._signals.get("set", ()) if self._is_of(row, made)}
        setting = {ref for ref in setting if self._certainty(ref, "request") == SURE}
        waiting = {row.ref for row in self._signals.get("wait", ()) if self._is_of(row, made)} - setting
        return bool(setting) and any(self._certainty(ref, "request") == SURE for ref in waiting)

    def _certainty(self, ref: ScopeRef, phase: str) -> int:
        return next((reach.certainty for name, reach in self._project.phases.of(ref).items() if name == phase), 0)

    def _is_of(self, row: MethodCall, made: Site) -> bool:
        items = self._project.evaluator.evaluate(row.ref, row.receiver, row.event.region)
        return any(site_of(item) == made for item in items)

    # -- where locks are taken ---------------------------------------------------------------------------------------

    def _find(self) -> Iterator[tuple[Site, Guarded]]:
        for path, facts in self._project.files.items():
            for index, region in enumerate(facts.regions if self._project.is_application(path) else ()):
                if region.kind == "with" and isinstance(region.test, (Name, Attr, Sub)):
                    ref = ScopeRef(path, region.scope)
                    for site in self._sites(ref, region.test, region.parent):
                        yield site, Guarded(ref, index, region.pos, facts.scopes[region.scope].body_end)
        for row in self._project.tables.rows:
            for call in row.calls:
                if isinstance(call.func, Attr) and call.func.attr in ENTERING and self._counts(row.ref):
                    scope = self._project.scope(row.ref)
                    for site in self._sites(row.ref, call.func.value, row.event.region):
                        claim = self._turns_away(row.ref, row.event, call)
                        yield site, Guarded(row.ref, scope.region, row.event.pos, scope.body_end, claim)

    def _counts(self, ref: ScopeRef) -> bool:
        return self._project.is_application(ref.path)

    def _sites(self, ref: ScopeRef, expr: Expr, region: int) -> Iterator[Site]:
        for item in self._project.evaluator.evaluate(ref, expr, region):
            site = site_of(item)
            if site is not None:
                yield site

    def _turns_away(self, ref: ScopeRef, event: Event, call: Call) -> bool:
        """``if not lock.acquire(blocking=False): return …``, ``if lock.locked(): return …``"""
        if event.op != "test":
            return False
        regions = self._project.files[ref.path].regions
        return any(
            row.scope == ref.scope
            and row.kind == "if"
            and row.leaves
            and row.test is not None
            and any(node == call for node in iter_expr(row.test))
            for row in regions
        )

    # -- what happens under them -------------------------------------------------------------------------------------

    def _is_shared(self, guarded: Guarded) -> bool:
        """Is one kind of shared thing both read and written; for a claim: is anything shared written?"""
        if self._is_lazy(guarded):
            return False
        reads: set[str] = set()
        writes: set[str] = set()
        for use in self._uses(guarded):
            kind = self._project.knowledge.effect(use.name)
            if kind == "claim":
                if not _is_plain_set(use.call):
                    return False  # the store itself keeps the others out
                writes.add("db")
            elif kind in SHARED and last_name(use.call.func) not in self._preparing and last_name(use.call.func) != "":
                (writes if self.changes(use.call) else reads).add(kind)
        if "db" in reads and self._saves(guarded):
            writes.add("db")
        for text in self._statements(guarded):
            if CHANGING_SQL.match(text):
                writes.add("db")
            elif READING_SQL.match(text):
                reads.add("db")
        return bool(writes) if guarded.claim else bool(reads & writes)

    def _uses(self, guarded: Guarded) -> Iterator[Use]:
        """The foreign calls in the stretch, and in all functions that it calls."""
        graph = self._project.graph
        for use in graph.uses_in(guarded.ref):
            if self._inside(guarded, use.call.pos, use.event.region):
                yield use
        for edge in graph.edges.get(guarded.ref, ()):
            if edge.via in ("call", "inline", "property") and self._inside(guarded, edge.pos, edge.region):
                yield from self._effects.uses(edge.callee)

    def _inside(self, guarded: Guarded, pos: int, region: int) -> bool:
        if not guarded.start <= pos <= guarded.end:
            return False
        regions = self._project.files[guarded.ref.path].regions
        while region >= 0 and region != guarded.region:
            region = regions[region].parent
        return region == guarded.region

    def _events(self, guarded: Guarded) -> Iterator[Event]:
        for event in self._project.scope(guarded.ref).events:
            if self._inside(guarded, event.pos, event.region):
                yield event

    def _statements(self, guarded: Guarded) -> Iterator[str]:
        """SQL that calls in the stretch are given, whatever they are called on."""
        for event in self._events(guarded):
            for top in expressions(event):
                for node in iter_expr(top):
                    if isinstance(node, Call) and node.args:
                        first = node.args[0]
                        text = first.args[0] if isinstance(first, Call) and len(first.args) == 1 else first  # text("…")
                        if isinstance(text, Const) and text.kind == "str":
                            yield text.value

    def _saves(self, guarded: Guarded) -> bool:
        """``job.save()``: of a row whose type is not known."""
        return any(
            isinstance(node, Call) and last_name(node.func) in self._saving
            for event in self._events(guarded)
            for top in expressions(event)
            for node in iter_expr(top)
        )

    def _is_lazy(self, guarded: Guarded) -> bool:
        """Is something made on first use, and kept in this process: ``if x is None: x = …``?"""
        asked: set[str] = set()
        kept: set[str] = set()
        for event in self._events(guarded):
            if event.op == "test" and event.value is not None:
                asked |= {dotted(node) for node in iter_expr(event.value) if isinstance(node, (Name, Attr))}
            for target in event.targets if event.op in ("assign", "annotated", "augmented") else ():
                kept.add(dotted(target.value if isinstance(target, Sub) else target))
        scope = self._project.scope(guarded.ref)
        shared = {name for name in kept if "." in name or name not in scope.binds} - {""}
        return not asked.isdisjoint(shared)

    def changes(self, call: Call) -> bool:
        """Does the call change something, as far as its name, its mode or its SQL tells?"""
        name = last_name(call.func)
        if name == "open":
            given = [*call.args[-1:], *(word.value for word in call.keywords if word.name == "mode")]
            return any(isinstance(expr, Const) and WRITE_MODE.fullmatch(expr.value) for expr in given)
        if name.startswith("execute"):
            texts = [node.value for expr in call.args for node in iter_expr(expr) if isinstance(node, Const)]
            return any(CHANGING_SQL.match(text) for text in texts)
        return bool(self._changing.fullmatch(name))


def _is_plain_set(call: Call) -> bool:
    """Does a call that could claim something, put it there whoever else has?"""
    return last_name(call.func) == "set" and all(word.name != "nx" for word in call.keywords)
