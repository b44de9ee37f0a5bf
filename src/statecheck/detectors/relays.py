"""Tables of what is connected to this process, where messages for the others come in from outside.

``async for message in pubsub.listen(): await connections[message["to"]].send(…)``: each process hears every message and
serves its own connections. What it keeps of them is no concern of another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from statecheck.project.accesses import Access
from statecheck.project.effects import effects_of
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

STEPS: Final = 3  # calls from the function that hears messages to the one that looks up whom they are for


class Relays:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._delivering = self._reached(self._hearing())

    def is_relayed(self, reads: Sequence[Access]) -> bool:
        """Does a message that all processes hear look something up here?"""
        return bool(self._delivering) and any(
            self._project.tables.function_around(read.ref) in self._delivering for read in reads
        )

    def _hearing(self) -> set[ScopeRef]:
        """The functions that take the messages of a channel as they come."""
        return set(map(self._project.tables.function_around, self._project.once(effects_of).doing("hear")))

    def _reached(self, functions: set[ScopeRef]) -> set[ScopeRef]:
        found, last = set(functions), functions
        for _ in range(STEPS):
            last = {edge.callee for ref in last for edge in self._project.graph.edges.get(ref, ())} - found
            found |= last
        return found
