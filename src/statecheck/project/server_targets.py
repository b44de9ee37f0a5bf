"""Threads and processes that are the program itself: ``Process(target=main)`` where ``main`` starts the server."""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cached_property

from statecheck.project.calls import CallGraph, Edge
from statecheck.project.conditions import is_main_guard
from statecheck.project.entries import Entry
from statecheck.project.evaluate import Evaluator
from statecheck.project.values import ScopeRef

DEEP = 2  # calls between what is started and the server


class ServerTargets:
    """Answers for one project, from the calls alone: phases are not known yet."""

    def __init__(
        self, evaluator: Evaluator, graph: CallGraph, entries: Iterable[Entry], makers: Container[ScopeRef]
    ) -> None:
        self._tables = evaluator.tables
        self._knowledge = evaluator.knowledge
        self._graph = graph
        self._makers = makers  # functions that make the application
        self._started: dict[ScopeRef, frozenset[int]] = {}
        self._commands = {entry.ref for entry in entries if entry.phase == "cli"}

    def settled(self, entry: Entry) -> Entry:
        """The entry, as start-up where it runs the program: what its function does before it serves is set-up."""
        own_process = self._starting.get((entry.framework, entry.id))
        if entry.phase != "worker" or own_process is None:
            return entry
        is_program = self._is_command(entry.ref) or self._serves(entry.ref) or (own_process and self._makes(entry.ref))
        return entry._replace(phase="startup") if is_program else entry

    @cached_property
    def _starting(self) -> dict[tuple[str, str], bool]:
        """The models' ways to start a thread or a process: is it a process of its own?"""
        known = [row for rows in self._knowledge.entries.values() for row in rows]
        return {
            (row.framework, row.entry.id): row.entry.own_process
            for row in known
            if (row.entry.beside or row.entry.own_process) and row.entry.match == "call"
        }

    @cached_property
    def _servers(self) -> frozenset[ScopeRef]:
        names = self._knowledge.server_calls
        return frozenset(self._tables.function_around(use.ref) for use in self._graph.uses if use.name in names)

    def _is_command(self, ref: ScopeRef) -> bool:
        """Does the main guard, or a command of the project, call it as well?"""
        return ref in self._commands or any(map(self._is_guarded, self._graph.callers.get(ref, ())))

    def _is_guarded(self, edge: Edge) -> bool:
        regions, region = self._tables.files[edge.caller.path].facts.regions, edge.region
        while edge.via == "call" and region >= 0:
            if is_main_guard(regions[region]):
                return True
            region = regions[region].parent
        return False

    def _makes(self, ref: ScopeRef) -> bool:
        """A child process that makes the application serves it."""
        return ref in self._makers or any(edge.callee in self._makers for edge in self._graph.edges.get(ref, ()))

    def precedes(self, edge: Edge) -> bool:
        """Does the call stand in a function that then starts a server, and in no branch that the server is not in?"""
        if edge.via != "call" or self._tables.scope(edge.caller).kind != "def" or self._serves(edge.callee):
            return False
        regions = self._tables.files[edge.caller.path].facts.regions
        for at in self._starts(edge.caller):
            while at >= 0 and at != edge.region:
                at = regions[at].parent
            if at >= 0:
                return True
        return False

    def _starts(self, ref: ScopeRef) -> frozenset[int]:
        """The regions in which a function starts a server, itself or through what it calls."""
        if ref not in self._started:
            own = {use.event.region for use in self._graph.uses_in(ref) if use.name in self._knowledge.server_calls}
            edges = [edge for edge in self._graph.edges.get(ref, ()) if edge.via == "call"]
            own |= {edge.region for edge in edges if self._serves(edge.callee)}
            self._started[ref] = frozenset(own)
        return self._started[ref]

    def _serves(self, ref: ScopeRef) -> bool:
        """Does it start a server, at most a few calls below?"""
        level = {ref}
        for _ in range(DEEP + 1):
            if not self._servers.isdisjoint(level):
                return True
            level = {edge.callee for each in level for edge in self._graph.edges.get(each, ()) if edge.via == "call"}
        return False
