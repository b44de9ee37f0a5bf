"""The exit codes, from outside: one table for the command as users call it, the same for every format."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import SHOP, call

from statecheck.cli.outputs import Format

CLEAN = "def double(number):\n    return 2 * number\n"
BROKEN = "def (:\n"
TABLE: dict[str, tuple[str, tuple[str, ...], int]] = {
    "clean": (CLEAN, (), 0),
    "findings": (SHOP, (), 1),
    "findings below --fail-on": ("x = 1  # statecheck: ignore[secret]\n", ("--min-severity", "low"), 0),
    "findings under --exit-zero": (SHOP, ("--exit-zero",), 0),
    "a file that does not parse": (BROKEN, (), 1),
    "a file that does not parse, whatever is selected": (BROKEN, ("--select", "config"), 1),
    "no Python file among the arguments": (SHOP, ("notes.md",), 0),
    "a path that is missing": (SHOP, ("no.py",), 2),
    "a path that is missing beside one that is there": (SHOP, ("app.py", "no.py"), 2),
    "an option that does not exist": (SHOP, ("--no-such-option",), 2),
    "a rule that does not exist": (SHOP, ("--select", "no-such-rule"), 2),
    "a setting that does not exist": (SHOP, ("--config", "no-such-key=1"), 2),
    "a commit that does not exist": (SHOP, ("--since", "no-such-ref"), 2),
}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "statecheck.toml").write_text("")
    (tmp_path / "notes.md").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outside(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "statecheck", *arguments],
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=60, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize(("text", "arguments", "code"), TABLE.values(), ids=TABLE.keys())
def test_the_table(root: Path, text: str, arguments: tuple[str, ...], code: int) -> None:
    (root / "app.py").write_text(text)
    done = outside("check", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if code == 2:
        assert outside("check", "--exit-zero", *arguments).returncode == 2


@pytest.mark.parametrize("form", [each.value for each in Format])
def test_the_table_holds_for_every_format(root: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    for name, (text, arguments, code) in TABLE.items():
        (root / "app.py").write_text(text)
        assert call(capsys, "check", "--jobs", "1", "--output-format", form, *arguments)[0] == code, name


def test_what_was_not_analysed_is_a_finding_and_is_counted(root: Path) -> None:
    (root / "app.py").write_text(SHOP)
    (root / "broken.py").write_text(BROKEN)
    report = json.loads(outside("check", "--output-format", "json").stdout)
    assert [row["path"] for row in report["findings"] if row["name"] == "parse-error"] == ["broken.py"]
    assert report["summary"]["unparsed"] == ["broken.py"]
    assert "not parsed  1: broken.py" in outside("check").stdout


def test_no_python_file_is_told(root: Path) -> None:
    (root / "app.py").write_text(SHOP)
    done = outside("check", "notes.md")
    assert (done.returncode, done.stdout) == (0, "Nothing was checked: no Python file was found.\n")


def test_check_is_what_is_meant_without_a_command(root: Path) -> None:
    (root / "app.py").write_text(SHOP)
    assert outside().stdout == outside("check").stdout
    assert outside("app.py").returncode == 1
