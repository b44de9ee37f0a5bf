"""The facts of many files: in this process when they are few and small, else in workers that may die or hang."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from statecheck.facts.crew import Crew, Keep, Task
from statecheck.facts.ir import FileFacts, ParseFailure
from statecheck.facts.job import EXTRACTOR, Outcome, bring_in, decode_facts, examine, is_safe_here, roomy
from statecheck.facts.kept import Kept
from statecheck.facts.sharing import WORTHWHILE, Sharing
from statecheck.model import Problem
from statecheck.timing import Timed, untimed

if TYPE_CHECKING:
    from concurrent.futures import Executor

# Below this a worker costs more (a fork or spawn, 20 to 300 ms) than it saves: LibCST reads about 1 MB in 1.5 s.
IN_PROCESS_BYTES: Final = 150_000
BYTES_PER_WORKER: Final = 200_000

# A message to a worker names so many bytes of files at most, so that the last ones do not keep one worker busy alone.
CHUNK_BYTES: Final = 100_000
CHUNK_FILES: Final = 40

# A file takes under 30 s within the bounds of bounds.py; more means that the parser hangs.
TIME_LIMIT: Final = 60.0

Progress = Callable[[int, int], None]


class Extraction(Struct, frozen=True):
    """The facts of every file, in the order asked for, and what went wrong on the way."""

    facts: dict[str, FileFacts]
    problems: tuple[Problem, ...] = ()


def extract_files(
    files: Sequence[tuple[str, Path]],
    jobs: int | None = None,
    progress: Progress | None = None,
    *,
    time_limit: float = TIME_LIMIT,
    extractor: str = EXTRACTOR,
    cache: Path | None = None,
    timed: Timed = untimed,
    executor: Executor | None = None,
) -> Extraction:
    """Facts of files given as (name in reports, path on disk). The result does not depend on ``jobs``.

    An ``executor`` works in the place of our own processes, as far as it can; its workers need not see our disk.
    Raises ExecutorError where it does not work at all.

    ``time_limit`` is in seconds of wall time for one file. ``extractor`` is ``module:function`` with the signature of
    :func:`statecheck.facts.python.extract`. ``cache`` is the folder of facts kept between runs.
    """
    with timed("known facts"):
        sharing = Sharing() if sum(_size(path) for _, path in files) > WORTHWHILE else None
        kept = Kept(cache, [path for _, path in files], sharing) if cache is not None else None
    known = kept.known if kept is not None else {}
    tasks = [Task(index, str(path), _size(path)) for index, (_, path) in enumerate(files) if index not in known]
    outcomes: dict[int, Outcome] = {}

    def keep(index: int, outcome: Outcome) -> None:
        outcomes[index] = outcome
        if progress is not None:
            progress(len(known) + len(outcomes), len(files))

    with timed("extract"):
        try:
            tasks = _without_crew(tasks, executor, time_limit, extractor, keep)
            if tasks:
                bring_in(extractor)  # forked workers inherit what has been imported
                Crew(workers_for(tasks, jobs), time_limit, extractor).run(_chunks(tasks), keep)
        finally:  # who stops a long run does not lose what it has done
            if kept is not None:
                kept.add(outcomes.values())
        return _gathered(files, outcomes, known, sharing)


def workers_for(tasks: Sequence[Task], jobs: int | None) -> int:
    """How many workers pay off: as many as asked for or as there are cores, but not more than the bytes keep busy."""
    wanted = jobs if jobs is not None and jobs > 0 else _cores()
    busy = 1 + sum(task.size for task in tasks) // BYTES_PER_WORKER
    return max(1, min(wanted, busy, len(tasks)))


def _without_crew(
    tasks: list[Task], executor: Executor | None, time_limit: float, extractor: str, keep: Keep
) -> list[Task]:
    """Work on what needs no processes of our own; the files that are left for them."""
    if executor is not None and tasks:
        from statecheck.facts.elsewhere import extract_elsewhere

        return extract_elsewhere(executor, _chunks(tasks), time_limit, extractor, keep)
    if sum(task.size for task in tasks) <= IN_PROCESS_BYTES:
        return _here(tasks, extractor, keep)
    return tasks


def _here(tasks: Iterable[Task], extractor: str, keep: Keep) -> list[Task]:
    """Work on the files in this process; those left over might take it down and need a worker."""
    left: list[Task] = []
    safe: list[Task] = []
    for task in tasks:
        (safe if is_safe_here(task.path) else left).append(task)
    if safe:
        bring_in(extractor)
    outcomes: list[Outcome] = []

    def work() -> None:
        outcomes.extend(examine(task.path, extractor) for task in safe)

    roomy(work)
    for task, outcome in zip(safe, outcomes, strict=True):
        keep(task.index, outcome)
    return left


def _chunks(tasks: Sequence[Task]) -> list[tuple[Task, ...]]:
    """Large files first, each by itself; small ones in groups, so that messages are few."""
    chunks: list[tuple[Task, ...]] = []
    group: list[Task] = []
    weight = 0
    for task in sorted(tasks, key=lambda task: (-task.size, task.index)):
        if group and (weight + task.size > CHUNK_BYTES or len(group) >= CHUNK_FILES):
            chunks.append(tuple(group))
            group, weight = [], 0
        group.append(task)
        weight += task.size
    if group:
        chunks.append(tuple(group))
    return chunks


def _gathered(
    files: Sequence[tuple[str, Path]],
    outcomes: dict[int, Outcome],
    known: Mapping[int, FileFacts],
    sharing: Sharing | None,
) -> Extraction:
    """``outcomes`` is emptied on the way: the memory need not hold all facts twice."""
    facts: dict[str, FileFacts] = {}
    problems: list[Problem] = []
    for index, (name, _) in enumerate(files):
        if index in known:
            facts[name] = known[index]
            continue
        outcome = outcomes.pop(index)
        if outcome.problem is not None:
            facts[name] = FileFacts(failure=ParseFailure(1, 1, outcome.problem))
            problems.append(Problem(name, outcome.problem))
            continue
        decoded = decode_facts(outcome.facts)
        facts[name] = sharing.share(decoded) if sharing is not None else decoded
    return Extraction(facts, tuple(problems))


def _size(path: Path) -> int:
    """Bytes of a file; 0 when it cannot be asked, which the reading will report."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
