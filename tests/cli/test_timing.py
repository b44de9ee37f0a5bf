"""``--timing`` says where the time went, and changes nothing else."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from helpers import SHOP, call

from statecheck.pipeline import Analysis, check
from statecheck.request import Request
from statecheck.timing import Stopwatch

WORK = ("import", "rules", "known facts", "extract", "documents", "link", "triage", "fixes")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "statecheck.toml").write_text("")
    (tmp_path / "app.py").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def phases(table: str) -> dict[str, list[str]]:
    rows = [line.rsplit(maxsplit=2) for line in table.splitlines()[2:]]
    return {name: numbers for name, *numbers in rows}


def test_a_table_of_phases_goes_to_stderr(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    plain = call(capsys, "check", "--no-cache")
    code, out, table = call(capsys, "check", "--timing")
    assert (code, out) == plain[:2]
    assert table.splitlines()[0].split() == ["phase", "seconds", "CPU"]
    found = phases(table)
    assert found.keys() >= {
        "discover",
        "known report",
        *WORK,
        "detector state",
        "rule mutated-global",
        "render",
        "other",
        "total",
    }
    assert list(found)[-2:] == ["other", "total"]
    seconds = {name: float(numbers[0]) for name, numbers in found.items()}
    assert sum(seconds.values()) - seconds["total"] == pytest.approx(seconds["total"], abs=0.02)


def test_a_known_report_needs_few_phases(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    plain = call(capsys, "check")
    code, out, table = call(capsys, "check", "--timing")
    assert (code, out) == plain[:2]
    assert list(phases(table)) == ["discover", "known report", "render", "other", "total"]


def test_the_rules_are_in_the_table_beside_what_they_share(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    both = ("mutated-global,rebound-global", ["detector state"])
    for select, detectors in (
        both,
        ("mutated-global", []),
        ("host-port,secret", ["detector literal", "detector document"]),
    ):
        found = phases(call(capsys, "check", "--timing", "--no-cache", "--select", select)[2])
        assert [name for name in found if name.startswith("detector")] == detectors
    found = phases(call(capsys, "check", "--timing", "--no-cache")[2])
    rules = {name.partition(" ")[2] for name in found if name.startswith("rule ")}
    assert {"mutated-global", "sticky-session", "env-branch"} <= rules


def test_without_it_nothing_is_said(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    assert call(capsys, "check")[2] == ""


def test_an_inner_phase_interrupts_the_outer() -> None:
    watch = Stopwatch()
    with watch("outer"):
        with watch("inner"):
            sum(range(2_000_000))
        with watch("inner"):
            pass
    spent = watch.spent
    assert list(spent) == ["outer", "inner"]
    assert spent["inner"].cpu > 10 * spent["outer"].cpu >= 0


def test_time_of_workers_counts() -> None:
    watch = Stopwatch()
    with watch("work"):
        subprocess.run([sys.executable, "-c", "sum(range(5_000_000))"], check=True)
    assert watch.spent["work"].cpu > 0.02


def test_what_was_analysed_is_freed_unless_the_process_ends_with_it(shop: Path) -> None:
    kept: list[object] = []
    report = check(Request(shop))
    assert check(Request(shop, keep=kept.append)) == report
    [analysis] = kept
    assert isinstance(analysis, Analysis)
    place = weakref.ref(analysis.project)
    gc.unfreeze()
    del analysis, kept
    gc.collect()
    assert place() is None


def test_a_command_prints_all_and_ends_well_with_everything_alive(shop: Path) -> None:  # noqa: ARG001
    command = [sys.executable, "-m", "statecheck", "check", "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONDEVMODE": "1"})
    assert (done.returncode, done.stderr) == (1, "")
    assert "mutated-global" in done.stdout
