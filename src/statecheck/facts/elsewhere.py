"""Extraction in any ``concurrent.futures.Executor``: threads, processes, or the machines of a cluster.

Files travel by value, as the workers may see another disk. What has the shape of files that took parsers down is left
to our own processes, which may die at it; so is what a worker failed at. A worker with another extractor, LibCST or
Python than ours is refused: it might see other facts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from concurrent.futures import TimeoutError as NoAnswerError  # the builtin one from Python 3.11
from itertools import islice
from typing import Final, TypeVar

from statecheck import __version__
from statecheck.facts.cache import salt
from statecheck.facts.content import read
from statecheck.facts.crew import Keep, Task
from statecheck.facts.job import (
    EXTRACTOR,
    SHARED_EXTRACTOR,
    Outcome,
    bring_in,
    examine_content,
    is_safe_content,
    one_line,
    roomy,
    unreadable,
)

AT_ONCE: Final = 256  # messages under way, of 100 KB each: enough for a large cluster, and bounded in memory
START_LIMIT: Final = 30.0  # seconds until a worker must have answered at all
STALL_LIMIT: Final = 600.0  # seconds without any answer, after which nobody works any more

T = TypeVar("T")

# What goes to a worker, and what it answers for each file: None is "not here".
Contents = tuple[bytes, ...]
Answers = list[Outcome | None]

# Threads of one process would disturb each other's recursion limit, and gain nothing: they share one interpreter.
_one_at_a_time: Final = threading.Lock()


class ExecutorError(Exception):
    """The executor cannot be used. The text is one line."""


def extract_elsewhere(
    executor: Executor, chunks: Sequence[tuple[Task, ...]], time_limit: float, extractor: str, keep: Keep
) -> list[Task]:
    """Work through the chunks, handing each outcome to ``keep`` as it comes; the files that are left for us.

    ``time_limit`` is in seconds of wall time for one file. Raises ExecutorError.
    """
    _vet(executor)
    extractor = SHARED_EXTRACTOR if extractor == EXTRACTOR else extractor
    left: list[Task] = []
    waiting = _read(chunks, keep)
    running: dict[Future[Answers], tuple[Task, ...]] = {}
    try:
        while True:
            for tasks, contents in islice(waiting, AT_ONCE - len(running)):
                running[_submitted(executor, answer, contents, time_limit, extractor)] = tasks
            if not running:
                return sorted(left, key=lambda task: task.index)
            done, _ = wait(running, STALL_LIMIT, FIRST_COMPLETED)
            if not done:
                raise ExecutorError(f"no worker has answered for {STALL_LIMIT:g} s")
            for future in done:
                left += _heard(future, running.pop(future), keep)
    finally:
        for future in running:
            future.cancel()


def answer(contents: Contents, time_limit: float, extractor: str) -> Answers:
    """The work of a worker."""
    return [_facts(data, time_limit, extractor) for data in contents]


def _facts(data: bytes, time_limit: float, extractor: str) -> Outcome | None:
    if not is_safe_content(data):
        return None
    bring_in(extractor)
    with _one_at_a_time:
        try:
            return roomy(lambda: examine_content(data, extractor), time_limit)
        except TimeoutError:
            return Outcome(problem=f"not analysed: took longer than {time_limit:g} s")


def _vet(executor: Executor) -> None:
    """Raises ExecutorError unless there is a worker that extracts as we do."""
    install = f"statecheck {__version__} must be installed there, with the same Python and LibCST as here"
    try:
        theirs = _submitted(executor, salt).result(START_LIMIT)
    except ExecutorError:
        raise
    except NoAnswerError:
        raise ExecutorError(f"no worker has answered for {START_LIMIT:g} s: are there any?") from None
    except (BrokenExecutor, CancelledError):
        raise ExecutorError("the connection to the workers is lost") from None
    except Exception as error:  # of whatever kind the executor has
        raise ExecutorError(f"its workers cannot run statecheck: {one_line(error)}; {install}") from None
    if theirs != salt():
        raise ExecutorError(f"its workers have another version: {install}")


def _read(chunks: Iterable[tuple[Task, ...]], keep: Keep) -> Iterator[tuple[tuple[Task, ...], Contents]]:
    """The chunks with what is in the files; those that cannot be read are dealt with."""
    for chunk in chunks:
        found: list[tuple[Task, bytes]] = []
        for task in chunk:
            try:
                found.append((task, read(task.path)))
            except (OSError, ValueError) as error:
                keep(task.index, unreadable(error))
        if found:
            yield tuple(task for task, _ in found), tuple(data for _, data in found)


def _submitted(executor: Executor, work: Callable[..., T], *words: object) -> Future[T]:
    try:
        return executor.submit(work, *words)
    except Exception as error:  # shut down, or broken
        raise ExecutorError(f"it takes no work: {one_line(error)}") from None


def _heard(future: Future[Answers], tasks: tuple[Task, ...], keep: Keep) -> list[Task]:
    """Keep what a worker answered; what it did not work on."""
    try:
        answers = future.result()
    except (BrokenExecutor, CancelledError):
        raise ExecutorError("the connection to the workers is lost") from None
    except Exception:  # a worker died, whatever its executor calls that: what we sent raises nothing
        return list(tasks)
    for task, outcome in zip(tasks, answers, strict=True):
        if outcome is not None:
            keep(task.index, outcome)
    return [task for task, outcome in zip(tasks, answers, strict=True) if outcome is None]
