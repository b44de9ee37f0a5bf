"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cases import CHANGED, START_UP, WARM
from tables import BASELINE, COLD, ratio_table, table

# Title, case, compared with, what: the ratios that the design sets a budget for.
RATIOS = (
    ("CPU, cold : bare parse (budget 1.30)", COLD, BASELINE, "cpu"),
    ("CPU, nothing changed : cold (budget 0.10)", WARM, COLD, "cpu"),
    ("CPU, one file changed : cold (budget 0.15)", CHANGED, COLD, "cpu"),
    ("wall, cold : bandit (budget 0.50)", COLD, "bandit", "wall"),
    ("wall, cold : flake8-bugbear (budget 1.00)", COLD, "flake8-bugbear", "wall"),
    ("wall, cold : pylint (budget 1.00)", COLD, "pylint", "wall"),
    ("wall, cold : fixit (budget 1.00)", COLD, "fixit", "wall"),
    ("wall, cold : semgrep (budget 1.00)", COLD, "semgrep", "wall"),
    ("wall, cold : ruff", COLD, "ruff", "wall"),
)


def lines_of(results: Mapping[str, Any]) -> list[str]:
    """The report, line by line."""
    by_size = sorted(results["trees"], key=lambda each: each["lines"])
    trees = [each["name"] for each in by_size]
    runs, machine = results["runs"], results["machine"]
    scans = [case for case in results["cases"] if case not in START_UP]
    starts = [case for case in results["cases"] if case in START_UP]
    sizes = ", ".join(f"{each['lines']:,} lines in {each['files']:,} files" for each in by_size)
    head = [
        f"Measured on {results['date']}: {machine['system']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, CPython {machine['python']}. {results['note']}".rstrip(),
        "",
        f"Trees: {sizes}.",
        "",
        "Commands: " + ", then ".join(f"`{command}`" for command in results["commands"]) + ".",
        "",
        "Versions: " + "; ".join(f"{name} {version}" for name, version in sorted(results["versions"].items())) + ".",
    ]
    parts = [
        ("Wall time, seconds", table(runs, trees, scans, "wall")),
        ("CPU time over all processes, seconds", table(runs, trees, scans, "cpu")),
        ("Memory at the peak over all processes, MiB", table(runs, trees, scans, "peak")),
        ("Ratios, medians of those within one round", ratio_table(runs, trees, RATIOS)),
        ("Commands that read no tree, wall time in seconds", table(runs, trees[:1], starts, "wall")),
    ]
    for title, rows in parts:
        if len(rows) > 2:
            head += ["", f"**{title}**", "", *rows]
    return head


def write_report(results: Mapping[str, Any], target: Path) -> None:
    target.write_text("\n".join(lines_of(results)) + "\n", encoding="utf-8")
