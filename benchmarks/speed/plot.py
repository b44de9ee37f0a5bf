"""The plot of the results, drawn in the environment of the harness: plot.py RESULTS.json OUT.svg"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib
from cases import START_UP
from tables import BASELINE, points

TITLES = {"wall": "wall time, s", "cpu": "CPU time, s", "peak": "memory at the peak, MiB"}


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    draw(json.loads(source.read_text(encoding="utf-8")), target)


def draw(results: dict[str, object], target: Path) -> None:
    """One panel each for wall, CPU and memory over the lines of the tree, both axes logarithmic."""
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "statecheck"  # the same figures give the same file
    from matplotlib import pyplot

    lines = {tree["name"]: tree["lines"] for tree in results["trees"]}  # type: ignore[attr-defined]
    cases = [case for case in results["cases"] if case not in START_UP]  # type: ignore[attr-defined]
    coloured = [case for case in cases if case != BASELINE]
    figure, panels = pyplot.subplots(1, 3, figsize=(15, 5.5), sharex=True)
    for panel, (what, title) in zip(panels, TITLES.items(), strict=True):
        for case, series in points(results["runs"], lines, cases, what).items():  # type: ignore[arg-type]
            scale = 2**20 if what == "peak" else 1
            ours = case.startswith("statecheck")
            style = "-" if ours else ":" if case == BASELINE else "--"
            xs, ys = [x for x, _ in series], [y / scale for _, y in series]
            colour = "black" if case == BASELINE else f"C{coloured.index(case)}"
            panel.plot(
                xs, ys, style, marker="o", markersize=4, color=colour, linewidth=2.2 if ours else 1.3, label=case
            )
        panel.set(xscale="log", yscale="log", title=title, xlabel="lines of Python")
        panel.grid(True, which="major", alpha=0.3)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=5, frameon=False)
    figure.tight_layout(rect=(0, 0.12, 1, 1))
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main()
