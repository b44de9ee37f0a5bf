"""Extraction in any executor: the same facts, whoever does the work and whatever becomes of the workers."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import standins
from distributed import Client, LocalCluster

from statecheck.facts import elsewhere
from statecheck.facts.cache import salt
from statecheck.facts.elsewhere import ExecutorError
from statecheck.facts.job import Outcome, examine_content
from statecheck.facts.pool import Extraction, extract_files
from statecheck.model import Problem

Files = list[tuple[str, Path]]


class Made(Executor):
    """Runs each piece of work at once, in the way given."""

    def __init__(self, run: Callable[..., Any]) -> None:
        self.run = run

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(self.run(fn, *args))
        except Exception as error:
            future.set_exception(error)
        return future


def written(folder: Path, texts: dict[str, str]) -> Files:
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [(name, folder / name) for name in texts]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    texts = {f"m{i}.py": f"import a{i}\nX = {{}}\ndef f(x):\n    X[x] = {i}\n" * (1 + i % 5) for i in range(90)}
    deep = "x = " + "a." * 200 + "b\n"
    found = written(tmp_path, {**texts, "bad.py": "def f(:\n", "deep.py": deep, "empty.py": "", "crlf.py": "a = 1\r\n"})
    return [*reversed(found), ("gone.py", tmp_path / "gone.py")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A scheduler and two workers behind a TCP address, in threads of this process to save time."""
    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=False, host="127.0.0.1", protocol="tcp://", dashboard_address=":0"
    ) as running:
        yield running


def by_dask(files: Files, cluster: LocalCluster) -> Extraction:
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        return extract_files(files, executor=client.get_executor(pure=False))


def test_a_dask_cluster_sees_the_same_facts(files: Files, cluster: LocalCluster) -> None:
    here = extract_files(files)
    there = by_dask(files, cluster)
    assert there == here
    assert list(there.facts) == [name for name, _ in files]
    assert there.facts["m7.py"].imports[0].module == "a7"
    assert [problem.path for problem in there.problems] == ["gone.py"]


def test_threads_see_the_same_facts(files: Files) -> None:
    with ThreadPoolExecutor(4) as executor:
        assert extract_files(files, executor=executor) == extract_files(files)


def test_processes_see_the_same_facts(files: Files) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        assert extract_files(files, executor=executor) == extract_files(files)


def test_workers_get_contents_and_no_paths(files: Files, tmp_path: Path) -> None:
    sent: list[bytes] = []

    def recorded(work: Callable[..., Any], *words: Any) -> Any:
        sent.append(pickle.dumps((work, words)))
        return work(*words)

    extract_files(files, executor=Made(recorded))
    assert len(sent) > 2
    assert b"import a7" in b"".join(sent)
    assert not any(str(tmp_path).encode() in each for each in sent)


def test_progress_counts_every_file_once(files: Files) -> None:
    seen: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as executor:
        extract_files(files, progress=lambda done, total: seen.append((done, total)), executor=executor)
    assert seen == [(i + 1, len(files)) for i in range(len(files))]


def test_facts_from_elsewhere_are_kept(files: Files, tmp_path: Path) -> None:
    asked: list[object] = []

    def recorded(work: Callable[..., Any], *words: Any) -> Any:
        asked.append(work)
        return work(*words)

    first = extract_files(files, executor=Made(recorded), cache=tmp_path / "kept")
    assert elsewhere.answer in asked
    asked.clear()
    assert extract_files(files[:-1], executor=Made(recorded), cache=tmp_path / "kept").facts == {
        name: facts for name, facts in first.facts.items() if name != "gone.py"
    }
    assert asked == []


def test_what_a_dead_worker_was_at_is_done_here(tmp_path: Path) -> None:
    def deadly(work: Callable[..., Any], *words: Any) -> Any:
        if work is elsewhere.answer and any(b"CRASH" in data for data in words[0]):
            raise RuntimeError("KilledWorker")
        return work(*words)

    files = written(tmp_path, {"a.py": "x", "b.py": "CRASH", "c.py": "xyz"})
    found = extract_files(files, 1, extractor=standins.OBEDIENT, executor=Made(deadly))
    assert (found.facts["a.py"].length, found.facts["c.py"].length) == (1, 3)


def test_a_file_that_hangs_costs_only_itself(tmp_path: Path) -> None:
    files = written(tmp_path, {"a.py": "x", "b.py": "HANG", "c.py": "RAISE"})
    with ThreadPoolExecutor(2) as executor:
        found = extract_files(files, time_limit=0.5, extractor=standins.OBEDIENT, executor=executor)
    assert found.facts["a.py"].length == 1
    assert found.problems == (
        Problem("b.py", "not analysed: took longer than 0.5 s"),
        Problem("c.py", "not analysed: internal error, KeyError: 'a defect'"),
    )


def test_shapes_that_took_parsers_down_do_not_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "is_safe_content", lambda data: b"risky" not in data)
    parsed: list[bytes] = []

    def recorded(data: bytes, extractor: str) -> Outcome:
        parsed.append(data)
        return examine_content(data, extractor)

    monkeypatch.setattr(elsewhere, "examine_content", recorded)
    files = written(tmp_path, {"a.py": "risky = 1\n", "b.py": "x = 1\n"})
    with ThreadPoolExecutor(1) as executor:
        assert extract_files(files, executor=executor) == extract_files(files)
    assert parsed == [b"x = 1\n"]


def refused(files: Files, executor: Executor) -> str:
    with pytest.raises(ExecutorError) as caught:
        extract_files(files, executor=executor)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_worker_with_another_version_is_refused(files: Files) -> None:
    def other(work: Callable[..., Any], *words: Any) -> Any:
        return b"another" if work is salt else work(*words)

    assert refused(files, Made(other)).startswith("its workers have another version: statecheck 0")


def test_a_worker_without_statecheck_is_refused(files: Files) -> None:
    def bare(*_: Any) -> Any:
        raise ModuleNotFoundError("No module named 'statecheck'")

    message = refused(files, Made(bare))
    assert message.startswith("its workers cannot run statecheck: ModuleNotFoundError: No module named 'statecheck'; ")
    assert message.endswith("must be installed there, with the same Python and LibCST as here")


def test_an_executor_that_was_shut_down_is_refused(files: Files) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    assert refused(files, executor).startswith("it takes no work: RuntimeError: ")


def test_a_cluster_without_workers_is_refused(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "START_LIMIT", 0.2)

    class Silent(Executor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            return Future()

    assert refused(files, Silent()) == "no worker has answered for 0.2 s: are there any?"


KILLING = """
import sys
from distributed import Client
from statecheck.facts import elsewhere
from statecheck.facts.pool import extract_files
from pathlib import Path

client = Client(sys.argv[1], timeout=10, set_as_default=False)
executor = client.get_executor(pure=False)
files = [(path.name, path) for path in Path(sys.argv[2]).iterdir()]
stopped = []
def stop(done, total):
    if not stopped:
        stopped.append(done)
        print("half", flush=True)
        sys.stdin.readline()
try:
    extract_files(files, None, stop, executor=executor)
except elsewhere.ExecutorError as error:
    print(error, flush=True)
    client.close(timeout=1)
"""


def test_a_scheduler_that_dies_is_one_clear_error(tmp_path: Path) -> None:
    written(tmp_path, {f"m{i}.py": f"X = {i}\n" * 5_000 for i in range(40)})
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, host="127.0.0.1", protocol="tcp://", dashboard_address=":0"
    ) as running:
        process = subprocess.Popen(
            [sys.executable, "-c", KILLING, running.scheduler_address, str(tmp_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
    out, _ = process.communicate("go on\n", timeout=60)
    assert out in ("the connection to the workers is lost\n", "it takes no work: RuntimeError: client is closed\n")
