"""One run of a command: wall time, CPU and memory of it and of everything that it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

INTERVAL = 0.1  # seconds between two looks at the processes


class Measured(NamedTuple):
    """Seconds of wall and CPU time, bytes of memory at the peak. ``over``: stopped at the limit."""

    wall: float
    cpu: float
    peak: int
    code: int
    over: bool = False


def measure(command: Sequence[str], folder: Path, limit: float, variables: Mapping[str, str] | None = None) -> Measured:
    """Run a command in a folder, for ``limit`` seconds at most. What it prints is thrown away.

    CPU is what the system counted for the process and all that were waited for, or what was last seen of each process
    while it ran, whichever is more: a process that nobody waited for is only seen. Memory is the sum over all
    processes that run at one time, pages that they share counted once where the system says so (PSS), else RSS.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **(variables or {})}, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    before = _children()
    seen: dict[tuple[int, float], float] = {}
    peak = 0
    over = False
    while process.poll() is None:
        peak = max(peak, _look(process.pid, seen))
        if time.perf_counter() - start > limit:
            over = True
            _stop(process)
            break
        with suppress(subprocess.TimeoutExpired):
            process.wait(INTERVAL)
    wall = time.perf_counter() - start
    return Measured(wall, max(_children() - before, sum(seen.values())), peak, process.returncode, over)


def _children() -> float:
    """CPU seconds of the children of this process that have ended, and of theirs that they waited for."""
    times = os.times()
    return times.children_user + times.children_system


def _look(pid: int, seen: dict[tuple[int, float], float]) -> int:
    """Note the CPU of each process; the memory of all."""
    memory = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for each in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                used = each.cpu_times()
                seen[each.pid, each.create_time()] = used.user + used.system
                memory += _memory(each)
    return memory


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started: they have a session of their own."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
