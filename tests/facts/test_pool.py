"""Facts of many files, whatever happens to the workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
import standins

from statecheck.facts import crew, job, pool
from statecheck.facts.ir import FileFacts, ParseFailure
from statecheck.facts.pool import Extraction, extract_files
from statecheck.model import Problem

CRASHED = "not analysed: the parser crashed on this file"


def written(folder: Path, **texts: str) -> list[tuple[str, Path]]:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return [(f"{name}.py", folder / f"{name}.py") for name in texts]


@pytest.fixture
def always_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IN_PROCESS_BYTES", -1)
    monkeypatch.setattr(pool, "BYTES_PER_WORKER", 1)


def run(files: list[tuple[str, Path]], jobs: int = 2, time_limit: float = 30) -> Extraction:
    return extract_files(files, jobs, time_limit=time_limit, extractor=standins.OBEDIENT)


def test_no_files_no_facts() -> None:
    assert extract_files([]) == Extraction({}, ())


def test_facts_are_in_the_order_asked_for_and_equal_for_any_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"m{i}": f"import a{i}\nX = {{}}\ndef f(x):\n    X[x] = {i}\n" * (1 + i % 5) for i in range(60)}
    files = written(tmp_path, **texts, bad="def f(:\n", latin="x")
    files.reverse()
    here = extract_files(files)
    assert list(here.facts) == [name for name, _ in files]
    assert here.facts["m7.py"].imports[0].module == "a7"
    assert here.facts["bad.py"].failure is not None
    monkeypatch.setattr(pool, "IN_PROCESS_BYTES", -1)
    monkeypatch.setattr(pool, "BYTES_PER_WORKER", 1)
    assert extract_files(files, 1) == here
    assert extract_files(files, 3) == here
    assert list(extract_files(files, 3).facts) == list(here.facts)


@pytest.mark.usefixtures("always_workers")
def test_a_spawned_worker_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(tmp_path, a="X = 1\n", b="Y = 2\n")
    forked = extract_files(files, 1)
    monkeypatch.setattr(crew, "_context", lambda: multiprocessing.get_context("spawn"))
    assert extract_files(files, 1) == forked


def test_a_second_thread_forbids_fork() -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert crew._context().get_start_method() == "spawn"
    finally:
        release.set()
        thread.join()


@pytest.mark.usefixtures("always_workers")
def test_progress_counts_every_file_once(tmp_path: Path) -> None:
    files = written(tmp_path, **{f"m{i}": "x" * i for i in range(30)})
    seen: list[tuple[int, int]] = []
    extract_files(files, 2, lambda done, total: seen.append((done, total)), extractor=standins.OBEDIENT)
    assert seen == [(i + 1, 30) for i in range(30)]


@pytest.mark.usefixtures("always_workers")
def test_a_worker_that_dies_costs_only_its_file(tmp_path: Path) -> None:
    files = written(tmp_path, **{f"m{i}": "CRASH" if i in (3, 11) else "x" * i for i in range(20)})
    found = run(files)
    assert [problem.path for problem in found.problems] == ["m3.py", "m11.py"]
    assert {problem.message for problem in found.problems} == {CRASHED}
    assert found.facts["m3.py"] == FileFacts(failure=ParseFailure(1, 1, CRASHED))
    assert all(found.facts[f"m{i}.py"].length == i for i in range(20) if i not in (3, 11))


@pytest.mark.usefixtures("always_workers")
def test_files_that_all_crash_are_all_named(tmp_path: Path) -> None:
    files = written(tmp_path, **{f"m{i}": "CRASH" for i in range(5)})
    assert [problem.path for problem in run(files).problems] == [f"m{i}.py" for i in range(5)]


@pytest.mark.usefixtures("always_workers")
def test_a_worker_that_hangs_is_ended_and_costs_only_its_file(tmp_path: Path) -> None:
    files = written(tmp_path, a="x", b="HANG", c="xyz", d="RAISE")
    started = time.monotonic()
    found = run(files, time_limit=1.5)
    assert time.monotonic() - started < 15
    assert found.problems == (
        Problem("b.py", "not analysed: took longer than 1.5 s"),
        Problem("d.py", "not analysed: internal error, KeyError: 'a defect'"),
    )
    assert (found.facts["a.py"].length, found.facts["c.py"].length) == (1, 3)
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("always_workers")
def test_workers_that_cannot_start_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_serve", _quit)
    found = run(written(tmp_path, a="x", b="y"), jobs=2)
    assert [problem.path for problem in found.problems] == ["a.py", "b.py"]
    assert found.problems[0].message == "not analysed: a worker process could not start (exit code 3)"


def _quit(*_: object) -> None:
    os._exit(3)


@pytest.mark.parametrize("workers", [False, True], ids=["here", "in a worker"])
def test_files_that_cannot_be_read_get_one_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: bool
) -> None:
    if workers:
        monkeypatch.setattr(pool, "IN_PROCESS_BYTES", -1)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "dangling.py").symlink_to("nowhere")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "huge.py").touch()
    os.truncate(tmp_path / "huge.py", 200_000_000)
    os.mkfifo(tmp_path / "pipe.py")
    written(tmp_path, good="x")
    names = ["folder.py", "dangling.py", "loop.py", "huge.py", "pipe.py", "gone.py", "good.py"]
    found = run([(name, tmp_path / name) for name in names])
    assert {problem.path: problem.message for problem in found.problems} == {
        "folder.py": "not analysed: is a directory",
        "dangling.py": "cannot be read: no such file (removed meanwhile, or a dangling link)",
        "loop.py": "cannot be read: too many levels of symbolic links",
        "huge.py": "not analysed: too large to read (200.0 MB)",
        "pipe.py": "not analysed: is not a regular file",
        "gone.py": "cannot be read: no such file (removed meanwhile, or a dangling link)",
    }
    assert list(found.facts) == names
    assert found.facts["good.py"].length == 1
    assert found.facts["folder.py"].failure == ParseFailure(1, 1, "not analysed: is a directory")


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    files = written(tmp_path, a="x")
    monkeypatch.setattr(job, "read", forbidden)
    assert run(files).problems == (Problem("a.py", "cannot be read: permission denied"),)


def test_the_recursion_limit_and_stack_size_are_put_back(tmp_path: Path) -> None:
    before = sys.getrecursionlimit(), threading.stack_size()
    extract_files(written(tmp_path, a="x"))
    assert (sys.getrecursionlimit(), threading.stack_size()) == before


def test_work_that_asks_for_room_itself_finds_the_stack_size_of_the_process() -> None:
    before = threading.stack_size()
    seen = [job.roomy(lambda: (threading.stack_size(), job.roomy(threading.stack_size))) for _ in range(50)]
    assert set(seen) == {(before, before)}
    assert threading.stack_size() == before


def test_workers_grow_with_bytes_and_are_capped_by_jobs() -> None:
    def workers(sizes: list[int], jobs: int | None) -> int:
        return pool.workers_for([crew.Task(i, "", size) for i, size in enumerate(sizes)], jobs)

    assert workers([100] * 10, 8) == 1
    assert workers([1_000_000] * 10, 8) == 8
    assert workers([1_000_000] * 3, 8) == 3
    assert workers([1_000_000] * 64, None) == pool._cores()


SCRIPT = """
    import multiprocessing, sys
    from pathlib import Path
    from statecheck.facts import crew, pool
    pool.IN_PROCESS_BYTES = -1
    if {spawn}:
        crew._context = lambda: multiprocessing.get_context("spawn")
    def main():
        files = [(name, Path(name)) for name in sys.argv[1:]]
        print("ready", flush=True)
        found = pool.extract_files(files, 2, extractor="standins:obedient")
        print(sorted(found.facts), found.problems)
    if __name__ == "__main__":
        sys.exit(main())
"""


def _script(folder: Path, spawn: bool) -> list[str]:
    """A file like that of a console script: no suffix, nothing to import it by."""
    script = folder / "tool"
    script.write_text(textwrap.dedent(SCRIPT.format(spawn=spawn)))
    return [sys.executable, str(script)]


def _environment() -> dict[str, str]:
    source = Path(pool.__file__).parents[2]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), str(Path(standins.__file__).parent)])}


@pytest.mark.parametrize("spawn", [False, True], ids=["fork", "spawn"])
def test_works_from_a_console_script(tmp_path: Path, spawn: bool) -> None:
    written(tmp_path, a="x", b="y")
    done = subprocess.run(
        [*_script(tmp_path, spawn), "a.py", "b.py"],
        cwd=tmp_path, env=_environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("ready\n['a.py', 'b.py'] ()\n", "", 0)


@pytest.mark.parametrize("spawn", [False, True], ids=["fork", "spawn"])
def test_an_interrupt_ends_the_workers_at_once_and_quietly(tmp_path: Path, spawn: bool) -> None:
    written(tmp_path, a="HANG", b="HANG" + " " * 300_000)
    running = subprocess.Popen(
        [*_script(tmp_path, spawn), "a.py", "b.py"], cwd=tmp_path, env=_environment(), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    time.sleep(2.5 if spawn else 1.0)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    started = time.monotonic()
    _, errors = running.communicate(timeout=20)  # ends when no worker holds the pipes any more
    assert time.monotonic() - started < 3
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
