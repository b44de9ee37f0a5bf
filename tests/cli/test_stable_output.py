"""What a report says depends on the code alone: not on the number of processes, nor on where a thing stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers import SHOP, call

FILLER = "".join(
    f"def filler_{number}(value):\n    return [value + {number}, {{'key': value}}]\n\n\n" for number in range(1000)
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "statecheck.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json"])
def test_any_number_of_processes_prints_the_same_bytes(
    root: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    for number in range(6):  # enough to keep three processes busy
        (root / f"service_{number}.py").write_text(SHOP + FILLER)
    (root / "broken.py").write_text("def (:\n")
    code, one, _ = call(capsys, "check", "--jobs", "1", "--output-format", form)
    assert code == 1
    assert call(capsys, "check", "--jobs", "4", "--output-format", form)[1] == one


def sarif(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(call(capsys, "check", "--output-format", "sarif")[1])["runs"][0][
        "results"
    ]
    return results


def test_fingerprints_are_the_same_when_lines_are_inserted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "app.py").write_text(SHOP)
    [before] = sarif(capsys)
    (root / "app.py").write_text('"""A shop."""\n\nLIMIT = 3\n' + SHOP)
    [after] = sarif(capsys)
    assert list(before["partialFingerprints"]) == ["statecheckCause/v1"]  # GitHub computes its own from the line
    assert after["partialFingerprints"] == before["partialFingerprints"]
    lines = [row["locations"][0]["physicalLocation"]["region"]["startLine"] for row in (before, after)]
    assert lines[1] == lines[0] + 3


def test_text_for_the_log_and_sarif_in_a_file_from_one_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "app.py").write_text(SHOP)
    code, out, err = call(capsys, "check", "--report", "sarif:out.sarif")
    assert (code, err) == (1, "")
    assert out == call(capsys, "check")[1]
    assert json.loads((root / "out.sarif").read_text()) == json.loads(
        call(capsys, "check", "--output-format", "sarif")[1]
    )
