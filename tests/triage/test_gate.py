"""The exit-code table."""

from __future__ import annotations

import pytest

from statecheck.model import Finding, Level, Location, Problem, Report
from statecheck.triage.gate import exit_code


def finding(severity: Level, name: str = "mutated-global") -> Finding:
    return Finding(
        rule="STC101", name=name, family="memory", severity=severity, confidence="high",
        location=Location("a.py"), symbol="x", message="m",
    )  # fmt: skip


HIGH, MEDIUM, LOW = (finding(level) for level in ("high", "medium", "low"))
UNPARSED = finding("low", "parse-error")


@pytest.mark.parametrize(
    ("report", "fail_on", "code"),
    [
        (Report(root="/"), "low", 0),
        (Report(root="/", findings=(LOW,)), "low", 1),
        (Report(root="/", findings=(LOW,)), "medium", 0),
        (Report(root="/", findings=(LOW, MEDIUM)), "medium", 1),
        (Report(root="/", findings=(MEDIUM,)), "high", 0),
        (Report(root="/", findings=(HIGH,)), "high", 1),
        (Report(root="/", hidden=(HIGH,)), "low", 0),
        (Report(root="/", findings=(UNPARSED,)), "high", 1),
        (Report(root="/", hidden=(UNPARSED,)), "high", 1),
        (Report(root="/", errors=(Problem("a.py", "cannot be read"),)), "high", 1),
        (Report(root="/", errors=(Problem("data", "cannot be read"),)), "low", 0),
        (Report(root="/", errors=(Problem("", "a detector crashed"),)), "high", 2),
        (Report(root="/", errors=(Problem("", "a detector crashed"),), findings=(HIGH,)), "high", 2),
    ],
)
def test_exit_code(report: Report, fail_on: Level, code: int) -> None:
    assert exit_code(report, fail_on) == code
    assert exit_code(report, fail_on, exit_zero=True) == (2 if code == 2 else 0)
