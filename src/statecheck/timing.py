"""How long each phase of a run takes. Phases tell ``Timed`` that they begin; who does not care passes ``untimed``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

Timed = Callable[[str], AbstractContextManager[None]]


class Spent(NamedTuple):
    """Seconds: on the wall clock, and of CPU in this process and those it has waited for."""

    wall: float
    cpu: float


def untimed(_phase: str) -> AbstractContextManager[None]:
    """Measures nothing."""
    return nullcontext()


class Stopwatch:
    """Measures phases by name. One within another interrupts it, so that all add up to the whole."""

    def __init__(self) -> None:
        self._spent: dict[str, Spent] = {}
        self._running: list[str] = []
        self._since = _now()

    def __call__(self, phase: str) -> AbstractContextManager[None]:
        """The time inside goes to this phase."""
        return self._phase(phase)

    @property
    def spent(self) -> dict[str, Spent]:
        """What was measured, in the order of the beginnings."""
        return dict(self._spent)

    @contextmanager
    def _phase(self, phase: str) -> Iterator[None]:
        self._turn()
        self._spent.setdefault(phase, Spent(0.0, 0.0))
        self._running.append(phase)
        try:
            yield
        finally:
            self._turn()
            self._running.pop()

    def _turn(self) -> None:
        """What went by since the last turn belongs to the innermost phase."""
        now = _now()
        if self._running:
            name = self._running[-1]
            old = self._spent[name]
            self._spent[name] = Spent(old.wall + now.wall - self._since.wall, old.cpu + now.cpu - self._since.cpu)
        self._since = now


def _now() -> Spent:
    times = os.times()
    return Spent(time.perf_counter(), time.process_time() + times.children_user + times.children_system)
