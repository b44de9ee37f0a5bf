"""A progress bar on stderr, for scans that last."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 1.0  # seconds before anything is shown


class ProgressBar:
    """Called with (stage, done, total); total 0 means unknown. Shows nothing in the first second."""

    def __init__(self, color: bool) -> None:
        self._start = time.monotonic()
        self._color = color
        self._bar: Progress | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say how far the scan is."""
        if self._bar is None:
            if time.monotonic() - self._start < _PATIENCE:
                return
            self._bar = _make_bar(self._color)
        if not self._bar.tasks:
            self._bar.add_task(stage, total=None)
        self._bar.update(self._bar.tasks[0].id, description=stage, completed=done, total=total or None)


def _make_bar(color: bool) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, no_color=not color)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True)
    bar.start()
    return bar
