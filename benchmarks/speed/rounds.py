"""The order in which everything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cases import START_UP, Case, ready
from measure import measure
from prepare import Tree

# Nothing is sent anywhere while it is measured.
SILENT = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0", "NO_COLOR": "1"}


def rounds(tree: Tree, cases: Sequence[Case], repeat: int, limit: float, late: set[str]) -> Iterator[dict[str, Any]]:
    """Each case once in each round. Groups that are over the limit come into ``late`` and end there."""
    for group in dict.fromkeys(case.group for case in cases if case.group in late):
        for case in cases:
            if case.group == group and case.name not in START_UP:
                yield _row(tree, case, 0, (limit, limit, 0, None, True))
    for turn in range(repeat):
        for case in cases:
            if case.group in late:
                continue
            with ready(case, tree.root):
                found = measure(case.command, tree.root, limit, SILENT)
            if found.over:
                late.add(case.group)
            yield _row(tree, case, turn, tuple(found))


def _row(tree: Tree, case: Case, turn: int, found: tuple[Any, ...]) -> dict[str, Any]:
    names = ("wall", "cpu", "peak", "code", "over")
    return {"tree": tree.name, "case": case.name, "round": turn, **dict(zip(names, found, strict=True))}
