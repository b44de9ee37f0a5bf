"""When output is coloured."""

from __future__ import annotations

import pytest

from statecheck.report.style import painter, use_color


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "colored"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "0"}, False),
        ("auto", False, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_use_color(choice: str, terminal: bool, environment: dict[str, str], colored: bool) -> None:
    assert use_color(choice, terminal, environment) is colored


def test_paint() -> None:
    assert painter(False)("x", "high") == "x"
    assert painter(True)("x", "high") == "\x1b[1;31mx\x1b[0m"
    assert painter(True)("", "high") == ""
