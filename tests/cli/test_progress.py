"""The progress bar shows only in scans that last."""

from __future__ import annotations

import pytest

from statecheck.cli import progress
from statecheck.cli.progress import ProgressBar


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich draws for a terminal only
    monkeypatch.setenv("TERM", "xterm")
    return clock


def test_nothing_in_the_first_second(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(color=True) as bar:
        clock.now = 0.9
        bar("Reading", 1, 10)
    assert capsys.readouterr() == ("", "")


def test_stage_and_count_after_it_on_stderr(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(color=False) as bar:
        clock.now = 1.1
        bar("Reading", 3, 10)
        bar("Linking", 0, 0)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Linking" in err
