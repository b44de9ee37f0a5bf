"""``--timing``: where the time of a run went, as a table on stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from statecheck.cli.guard import complain
from statecheck.timing import Spent, Stopwatch, Timed, untimed

START = "start"
OTHER = "other"


@contextmanager
def measured(wanted: bool) -> Iterator[Timed]:
    """Measure what is done inside, and say so at the end. Where it is not wanted, nothing is measured."""
    if not wanted:
        yield untimed
        return
    start = time.process_time()  # nobody measured before, but the CPU time is known
    stopwatch = Stopwatch()
    with stopwatch(OTHER):
        yield stopwatch
    for line in table(stopwatch.spent, start):
        complain(line)


def table(spent: Mapping[str, Spent], start: float) -> list[str]:
    """Lines of phase, seconds and seconds of CPU. ``start``: of CPU, before the first phase."""
    phases = [name for name in spent if name != OTHER]
    rows = [(START, "", f"{start:.3f}")]
    rows += [(name, f"{spent[name].wall:.3f}", f"{spent[name].cpu:.3f}") for name in (*phases, OTHER) if name in spent]
    wall, cpu = sum(each.wall for each in spent.values()), start + sum(each.cpu for each in spent.values())
    rows = [("phase", "seconds", "CPU"), *rows, ("total", f"{wall:.3f}", f"{cpu:.3f}")]
    width = max(len(name) for name, _, _ in rows)
    return [f"{name:<{width}}  {wall:>8}  {cpu:>8}" for name, wall, cpu in rows]
