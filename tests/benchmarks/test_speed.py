"""The pure parts of the speed benchmark: medians, ratios, tables, points; and what a run leaves behind."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SPEED = Path(__file__).parents[2] / "benchmarks" / "speed"
MODULES = ("cases", "measure", "prepare", "publish", "report", "spent", "tables")


@pytest.fixture(scope="module")
def speed() -> Iterator[dict[str, Any]]:
    """The modules as their scripts see them, beside each other."""
    sys.path.insert(0, str(SPEED))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(SPEED))
        for name in MODULES:
            sys.modules.pop(name, None)


def run(case: str, tree: str, turn: int, wall: float, cpu: float = 1.0, over: bool = False) -> dict[str, Any]:
    return {
        "case": case, "tree": tree, "round": turn, "wall": wall, "cpu": cpu, "peak": 2**20, "code": 0, "over": over,
    }  # fmt: skip


RUNS = [
    *(run("a", "10k", turn, wall, cpu) for turn, wall, cpu in ((0, 3.0, 30.0), (1, 1.0, 10.0), (2, 2.0, 90.0))),
    *(run("b", "10k", turn, wall, cpu) for turn, wall, cpu in ((0, 6.0, 10.0), (1, 1.0, 10.0), (2, 8.0, 10.0))),
    run("a", "50k", 0, 12.34),
    run("b", "50k", 0, 60.0, over=True),
]


def test_figures_are_medians_and_nothing_where_the_limit_was_met(speed: dict[str, Any]) -> None:
    found = speed["tables"].figures(RUNS)
    assert found["10k", "a"] == (2.0, 30.0, 2**20, 3)
    assert found["50k", "b"] == (None, None, None, 1)


def test_ratios_are_taken_within_a_round(speed: dict[str, Any]) -> None:
    ratios = speed["tables"].ratios
    assert ratios(RUNS, "a", "b", "wall") == {"10k": 0.5}  # of 0.5, 1 and 0.25, not 2 of 6
    assert ratios(RUNS, "a", "nobody", "wall") == {}


def test_a_table_has_a_row_for_each_case_and_a_column_for_each_tree(speed: dict[str, Any]) -> None:
    assert speed["tables"].table(RUNS, ["10k", "50k", "1M"], ["a", "b", "unused"], "wall") == [
        "|  | 10k lines | 50k lines | 1M lines |",
        "|---|---:|---:|---:|",
        "| a | 2.00 | 12.3 | - |",
        "| b | 6.00 | over the limit | - |",
    ]
    assert speed["tables"].table(RUNS, ["10k"], ["a"], "peak")[2] == "| a | 1 |"


@pytest.mark.parametrize(("value", "text"), [(0.123, "0.12"), (9.994, "9.99"), (12.34, "12.3"), (1234.5, "1,234")])
def test_seconds_have_three_digits(speed: dict[str, Any], value: float, text: str) -> None:
    assert speed["tables"].seconds(value) == text


def test_points_go_from_small_to_large_and_leave_out_what_has_no_figure(speed: dict[str, Any]) -> None:
    found = speed["tables"].points(RUNS, {"50k": 50_123, "10k": 10_001}, ["a", "b"], "wall")
    assert found == {"a": [(10_001, 2.0), (50_123, 12.34)], "b": [(10_001, 6.0)]}


def test_the_report_says_machine_versions_and_command(speed: dict[str, Any]) -> None:
    tables = speed["tables"]
    results = {
        "date": "2030-01-02", "commands": ["run.py FOLDER", "run.py FOLDER --add"], "note": "Idle.",
        "versions": {"ruff": "1.2"},
        "machine": {"system": "Linux x86_64", "cores": 2, "memory_gib": 24, "python": "3.11.7"},
        "cases": [tables.BASELINE, tables.COLD], "trees": [{"name": "10k", "files": 7, "lines": 10_001}],
        "runs": [run(tables.BASELINE, "10k", 0, 2.0, 2.0), run(tables.COLD, "10k", 0, 2.0, 3.0)],
    }  # fmt: skip
    text = "\n".join(speed["report"].lines_of(results))
    assert "Measured on 2030-01-02: Linux x86_64, 2 cores, 24 GiB, CPython 3.11.7. Idle." in text
    assert "Commands: `run.py FOLDER`, then `run.py FOLDER --add`." in text
    assert "10,001 lines in 7 files" in text
    assert "ruff 1.2" in text
    assert "| CPU, cold : bare parse (budget 1.30) | 1.50 |" in text
    assert "bandit" not in text  # it was not run


def test_a_tree_grows_by_whole_files(speed: dict[str, Any]) -> None:
    files = [(name, b"x\n" * lines) for name, lines in (("a", 3), ("b", 4), ("c", 5))]
    names = {size: [name for name, _ in speed["prepare"].grown(files, size)] for size in (1, 3, 4, 8)}
    assert names == {1: ["a"], 3: ["a"], 4: ["a", "b"], 8: ["a", "b", "c"]}


def test_the_changed_file_is_put_right_again_also_after_a_failure(speed: dict[str, Any], tmp_path: Path) -> None:
    for name, lines in (("small.py", 1), ("middle.py", 5), ("large.py", 50)):
        (tmp_path / name).write_text("x = 1\n" * lines)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    cases = speed["cases"]
    case = cases.Case("changed", "statecheck", ("true",), cases.changed)

    def broken() -> None:
        with cases.ready(case, tmp_path):
            now = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
            assert [name for name in now if now[name] != before[name]] == ["middle.py"]
            compile(now["middle.py"], "middle.py", "exec")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_page_gets_the_new_figures_between_its_marks(speed: dict[str, Any]) -> None:
    page = "# Speed\n<!-- figures -->\nold\n<!-- end of figures -->\nrest\n"
    replaced = speed["publish"].replaced
    assert replaced(page, "figures", "new\n") == "# Speed\n<!-- figures -->\nnew\n<!-- end of figures -->\nrest\n"
    with pytest.raises(ValueError, match="no place for spent"):
        replaced(page, "spent", "new\n")


def test_the_phases_of_timing_are_read_and_shown(speed: dict[str, Any]) -> None:
    spent = speed["spent"]
    lines = ("phase   seconds  CPU", "start            0.200", "detector state   1.0  0.5", "extract  9.0  4.0")
    found = spent.parsed("\n".join([*lines, "total  10.2  4.7"]))
    assert found == {"start": 0.2, "detector state": 0.5, "extract": 4.0, "total": 4.7}
    warm = {"start": 0.21, "total": 0.21}
    table = spent.phase_table({"cold": found, "one file changed": found, "nothing changed": warm})
    assert table[2] == "| start | 0.20 | 0.20 | 0.21 |"
    assert table[4] == "| extract | 4.00 | 4.00 | - |"
    assert table[-1] == "| total | 4.70 | 4.70 | 0.21 |"


def test_every_tool_and_tree_is_pinned(speed: dict[str, Any]) -> None:
    read = speed["prepare"].read_toml
    peers, trees = read(SPEED / "peers.toml"), read(SPEED / "trees.toml")
    for table in (peers["harness"], *peers["tool"].values()):
        assert all("==" in requirement for requirement in table["requirements"])
    assert all(len(bytes.fromhex(package["sha256"])) == 32 for package in trees["package"])
    assert list(trees["sizes"].values()) == sorted(trees["sizes"].values())


PARENT = """
import subprocess, sys, time
burn = "import time\\nend = time.process_time() + 0.5\\nwhile time.process_time() < end: pass"
subprocess.run([sys.executable, "-c", burn])
held = bytearray(b"x" * 60_000_000)
time.sleep(0.5)
sys.exit(3)
"""


def test_cpu_and_memory_of_all_processes_are_counted(speed: dict[str, Any], tmp_path: Path) -> None:
    found = speed["measure"].measure([sys.executable, "-c", PARENT], tmp_path, limit=60)
    assert (found.code, found.over) == (3, False)
    assert 0.5 <= found.cpu < 5
    assert found.wall >= 1.0
    assert 60_000_000 < found.peak < 300_000_000


def test_a_run_over_the_limit_is_stopped_with_all_it_started(speed: dict[str, Any], tmp_path: Path) -> None:
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    found = speed["measure"].measure([sys.executable, "-c", code], tmp_path, limit=0.5)
    assert found.over
    assert 0.5 <= found.wall < 10
