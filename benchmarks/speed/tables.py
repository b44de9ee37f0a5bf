"""From single runs to medians, a table and the points of a plot. Nothing here touches the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

Run = Mapping[str, Any]  # case, tree, round, wall, cpu, peak, code, over: as in the JSON file

BASELINE = "libcst.parse_module"
COLD = "statecheck, cold"
NONE = "-"
OVER = "over the limit"


class Figures(NamedTuple):
    """Medians over the rounds. None: at least one round was stopped at the limit."""

    wall: float | None
    cpu: float | None
    peak: float | None
    rounds: int


def figures(runs: Iterable[Run]) -> dict[tuple[str, str], Figures]:
    """By tree and case, in the order of the runs."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run["tree"], run["case"]), []).append(run)
    return {key: _figures(group) for key, group in groups.items()}


def _figures(group: Sequence[Run]) -> Figures:
    if any(run["over"] for run in group):
        return Figures(None, None, None, len(group))
    wall, cpu, peak = (median(run[name] for run in group) for name in ("wall", "cpu", "peak"))
    return Figures(wall, cpu, peak, len(group))


def ratios(runs: Iterable[Run], case: str, other: str, what: str) -> dict[str, float]:
    """By tree: the median over the rounds of case : other. Both ran in the same round, under the same load."""
    by: dict[tuple[str, int], dict[str, float]] = {}
    for run in runs:
        if not run["over"]:
            by.setdefault((run["tree"], run["round"]), {})[run["case"]] = run[what]
    found: dict[str, list[float]] = {}
    for (tree, _), values in by.items():
        if values.get(other) and case in values:
            found.setdefault(tree, []).append(values[case] / values[other])
    return {tree: median(values) for tree, values in found.items()}


def table(runs: Sequence[Run], trees: Sequence[str], cases: Sequence[str], what: str) -> list[str]:
    """A Markdown table: a row for each case, a column for each tree."""
    found = figures(runs)
    shown = [case for case in cases if any((tree, case) in found for tree in trees)]
    rows = [[case, *(_cell(found.get((tree, case)), what) for tree in trees)] for case in shown]
    return markdown(["", *(f"{tree} lines" for tree in trees)], rows)


def ratio_table(runs: Sequence[Run], trees: Sequence[str], wanted: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """Rows of (title, case, other, what), a column for each tree."""
    rows = []
    for title, case, other, what in wanted:
        found = ratios(runs, case, other, what)
        if found:
            rows.append([title, *(f"{found[tree]:.2f}" if tree in found else NONE for tree in trees)])
    return markdown(["", *(f"{tree} lines" for tree in trees)], rows)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Numbers stand to the right."""
    line = "|---|" + "---:|" * (len(head) - 1)
    return ["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)]


def points(
    runs: Sequence[Run], lines: Mapping[str, int], cases: Sequence[str], what: str
) -> dict[str, list[tuple[int, float]]]:
    """By case: lines of each tree and the median, smallest tree first; what was over the limit has no point."""
    found = figures(runs)
    value: Callable[[Figures], float | None] = lambda each: getattr(each, what)  # noqa: E731
    series: dict[str, list[tuple[int, float]]] = {}
    for tree, count in sorted(lines.items(), key=lambda item: item[1]):
        for case in cases:
            each = found.get((tree, case))
            if each is not None and (height := value(each)) is not None:
                series.setdefault(case, []).append((count, height))
    return series


def _cell(each: Figures | None, what: str) -> str:
    if each is None:
        return NONE
    value = getattr(each, what)
    if value is None:
        return OVER
    return f"{value / 2**20:,.0f}" if what == "peak" else seconds(value)


def seconds(value: float) -> str:
    """Three digits are enough."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"
