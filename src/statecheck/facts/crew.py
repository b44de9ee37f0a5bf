"""Worker processes for files. One that dies or hangs costs the file it was at: the next worker takes up the rest.

Each worker has a pipe of its own and answers file by file, so the guilty file is always known, and a worker can be
killed without harm to the others. (An executor of the standard library breaks as a whole, and cannot kill.)
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from statecheck.facts.job import Outcome, bring_in, examine, roomy

if TYPE_CHECKING:  # Windows has no ForkContext
    from multiprocessing.context import ForkContext, SpawnContext

CRASHED: Final = "not analysed: the parser crashed on this file"
START_LIMIT: Final = 60.0  # seconds for a worker to report that it is ready

Keep = Callable[[int, Outcome], None]


class Task(Struct, frozen=True):
    """A file to work on: its place in the caller's order, where it is, and its bytes."""

    index: int
    path: str
    size: int


class Answer(Struct, frozen=True, array_like=True):
    """What a worker sends per file. The first one of a worker has index -1: "ready"."""

    index: int
    outcome: Outcome


class _Worker:
    """A running process, the files it has been given and not answered, and when it must have answered the first."""

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe
        self.pending: deque[Task] = deque()
        self.ready = False
        self.alone = False  # works on a second try
        self.deadline = time.monotonic() + START_LIMIT


class Crew:
    """Runs chunks of files over ``size`` processes. ``time_limit`` is in seconds for one file."""

    def __init__(self, size: int, time_limit: float, extractor: str) -> None:
        self.size = size
        self.time_limit = time_limit
        self.extractor = extractor
        self.context = _context()
        self.workers: list[_Worker] = []
        self.waiting: deque[tuple[Task, ...]] = deque()
        self.suspects: deque[Task] = deque()  # a worker died at these; each gets a second try, alone

    def run(self, chunks: Iterable[tuple[Task, ...]], keep: Keep) -> None:
        """Work through the chunks, handing each outcome to ``keep`` as it comes."""
        self.waiting.extend(chunks)
        try:
            for _ in range(min(self.size, len(self.waiting))):
                self._hire()
            while self.workers:
                self._turn(keep)
        finally:
            self._dismiss_all()

    def _turn(self, keep: Keep) -> None:
        """Wait for news of any worker and act on it."""
        now = time.monotonic()
        nearest = min(worker.deadline for worker in self.workers)
        heard = set(wait([worker.pipe for worker in self.workers], max(0.0, nearest - now)))
        for worker in list(self.workers):
            if worker.pipe in heard:
                self._hear(worker, keep)
            elif time.monotonic() >= worker.deadline:
                self._give_up(worker, keep)

    def _hear(self, worker: _Worker, keep: Keep) -> None:
        try:
            answer = msgspec.msgpack.decode(worker.pipe.recv_bytes(), type=Answer)
        except (EOFError, OSError):
            self._bury(worker, keep)
            return
        worker.deadline = time.monotonic() + self.time_limit
        if answer.index < 0:
            worker.ready = True
        else:
            worker.pending.popleft()
            keep(answer.index, answer.outcome)
        if not worker.pending:
            self._employ(worker)

    def _employ(self, worker: _Worker) -> None:
        """Give the worker its next files, or send it home."""
        if self.waiting:
            self._hand(worker, self.waiting.popleft())
        elif self.suspects and len(self.workers) == 1:
            worker.alone = True
            self._hand(worker, (self.suspects.popleft(),))
        else:
            self._dismiss(worker)

    def _hand(self, worker: _Worker, chunk: tuple[Task, ...]) -> None:
        worker.pending.extend(chunk)
        worker.deadline = time.monotonic() + self.time_limit
        with contextlib.suppress(OSError):  # a dead worker is noticed when its pipe is read
            worker.pipe.send_bytes(msgspec.msgpack.encode(chunk))

    def _bury(self, worker: _Worker, keep: Keep) -> None:
        """A worker died. Its first file is the one it died of, unless memory ran out for all: hence a second try."""
        self._dismiss(worker)
        if not worker.ready:
            self._abandon(worker, keep)
            return
        if worker.pending:
            guilty = worker.pending.popleft()
            if worker.alone:
                keep(guilty.index, Outcome(problem=CRASHED))
            else:
                self.suspects.append(guilty)
        self._replace(worker)

    def _give_up(self, worker: _Worker, keep: Keep) -> None:
        """A worker hangs."""
        self._dismiss(worker)
        if not worker.ready:
            self._abandon(worker, keep)
            return
        guilty = worker.pending.popleft()
        keep(guilty.index, Outcome(problem=f"not analysed: took longer than {self.time_limit:g} s"))
        self._replace(worker)

    def _replace(self, worker: _Worker) -> None:
        if worker.pending:
            self.waiting.appendleft(tuple(worker.pending))
        if self.waiting or (self.suspects and not self.workers):
            self._hire()

    def _abandon(self, worker: _Worker, keep: Keep) -> None:
        """A worker could not even start: the others do its work; without any, the files are reported."""
        if self.workers:
            return
        reason = f"not analysed: a worker process could not start (exit code {worker.process.exitcode})"
        for task in [*(task for chunk in self.waiting for task in chunk), *self.suspects]:
            keep(task.index, Outcome(problem=reason))
        self.waiting.clear()
        self.suspects.clear()

    def _hire(self) -> None:
        ours, theirs = self.context.Pipe()
        inherited = ours if self.context.get_start_method() == "fork" else None
        process = self.context.Process(target=_serve, args=(theirs, inherited, self.extractor), daemon=True)
        with _interrupts_held():
            process.start()
        theirs.close()
        self.workers.append(_Worker(process, ours))

    def _dismiss(self, worker: _Worker) -> None:
        """End a worker at once. It holds nothing that must be saved."""
        self.workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()

    def _dismiss_all(self) -> None:
        for worker in list(self.workers):
            self._dismiss(worker)


def _context() -> ForkContext | SpawnContext:
    """Fork where it is safe: on Linux, from a single thread. It shares LibCST, which spawned workers import anew."""
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Put off an interrupt until a new process ignores it: the process starts with the mask of its parent."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, inherited: Connection | None, extractor: str) -> None:
    """The life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us, without a traceback from each worker
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    if inherited is not None:
        inherited.close()  # else we should never see the parent's end of the pipe close
    bring_in(extractor)
    with contextlib.suppress(EOFError, OSError):
        roomy(lambda: _work(pipe, extractor))


def _work(pipe: Connection, extractor: str) -> None:
    gc.freeze()  # what was imported stays
    gc.disable()  # syntax trees have no cycles: looking for some costs a tenth of the time
    pipe.send_bytes(msgspec.msgpack.encode(Answer(-1, Outcome())))
    while True:
        gc.collect()
        for task in msgspec.msgpack.decode(pipe.recv_bytes(), type=tuple[Task, ...]):
            pipe.send_bytes(msgspec.msgpack.encode(Answer(task.index, examine(task.path, extractor))))
