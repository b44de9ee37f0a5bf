#!/usr/bin/env python3
"""Measure statecheck and its peers on the same trees: run.py FOLDER

FOLDER (outside the repository) keeps the environments, the archives and the trees; the first run needs a package
index. The results are written there as results.json, results.md and results.svg. One round runs every tool once on a
tree, one after the other, so that ratios within a round are taken under the same load.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from prepare import HERE, TOP, BenchmarkError, Tree, environment, executable, read_toml, tree
from report import write_report


def arguments(tools: list[str], sizes: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (default: 5)")
    parser.add_argument("--limit", type=float, default=600.0, metavar="SECONDS", help="for one run (default: 600)")
    parser.add_argument("--tools", default=",".join(tools), metavar="NAMES", help=f"default: {','.join(tools)}")
    parser.add_argument("--sizes", default=",".join(sizes), metavar="NAMES", help=f"default: {','.join(sizes)}")
    parser.add_argument("--add", action="store_true", help="keep the runs that results.json has already")
    parser.add_argument("--note", default="", help="what else the reader should know, for the report")
    return parser.parse_args()


def chosen(words: str, known: list[str], option: str) -> list[str]:
    """The names of a comma list, in the usual order."""
    names = [word.strip() for word in words.split(",") if word.strip()]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise BenchmarkError(f"{option}: expected some of {', '.join(known)}, got {', '.join(unknown) or 'nothing'}")
    return [name for name in known if name in names]


def main() -> int:
    peers, trees = read_toml(HERE / "peers.toml"), read_toml(HERE / "trees.toml")
    known = ["baseline", "statecheck", *peers["tool"]]
    args = arguments(known, list(trees["sizes"]))
    folder = args.folder.resolve()
    try:
        tools = chosen(args.tools, known, "--tools")
        sizes = chosen(args.sizes, list(trees["sizes"]), "--sizes")
        if folder == TOP or TOP in folder.parents:
            raise BenchmarkError(f"{args.folder}: choose a folder outside the repository")
        folder.mkdir(parents=True, exist_ok=True)
        harness = environment(folder, "harness", peers["harness"]["requirements"])
        if Path(sys.prefix).resolve() != harness.resolve():  # the measuring itself needs packages
            return subprocess.run([executable(harness, "python"), __file__, *sys.argv[1:]]).returncode
        environments = {"statecheck": environment(folder, "statecheck", [str(TOP)], fresh=True)} | {
            name: environment(folder, name, peers["tool"][name]["requirements"])
            for name in tools
            if name in peers["tool"]
        }
        made = [tree(folder, name, trees["sizes"][name], trees["package"]) for name in sizes]
        return measured(args, folder, tools, environments, peers["tool"], made)
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def measured(
    args: argparse.Namespace, folder: Path, tools: list[str], environments: dict[str, Path], peers: dict[str, Any],
    trees: list[Tree],
) -> int:  # fmt: skip
    """All rounds on all trees. The results are written after each tree: a long run may be stopped."""
    from cases import all_cases
    from rounds import rounds

    cases = [case for case in all_cases(folder, environments, peers) if case.group in tools]
    target = folder / "results.json"
    old = json.loads(target.read_text(encoding="utf-8")) if args.add and target.is_file() else {}
    results = {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "machine": machine(),
        "versions": {**old.get("versions", {}), **versions(environments, peers)},
        "commands": [*old.get("commands", []), shlex.join(["benchmarks/speed/run.py", "FOLDER", *options()])],
        "limit": args.limit,
        "note": args.note,
        "cases": list(dict.fromkeys([*old.get("cases", []), *(case.name for case in cases)])),
        "trees": [each for each in old.get("trees", []) if each["name"] not in [one.name for one in trees]],
        "runs": old.get("runs", []),
    }
    late: set[str] = set()  # what was over the limit is not tried in a larger tree
    for one in trees:
        results["trees"].append({"name": one.name, "files": one.files, "lines": one.lines})
        for run in rounds(one, cases, args.repeat, args.limit, late):
            results["runs"].append(run)
            print(
                f"{run['tree']} {run['round']} {run['case']}: {run['wall']:.2f} s, CPU {run['cpu']:.2f} s", flush=True
            )
            target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write_report(results, folder / "results.md")
    subprocess.run([sys.executable, str(HERE / "plot.py"), str(target), str(folder / "results.svg")], check=True)
    print(f"written: {folder}/results.json, results.md, results.svg")
    return 0


def options() -> list[str]:
    """The command line without the folder and the note."""
    words = sys.argv[2:]
    return words[: words.index("--note")] if "--note" in words else words


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    import psutil

    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def versions(environments: dict[str, Path], peers: dict[str, Any]) -> dict[str, str]:
    """By distribution: what is pinned, and what of ours was installed."""
    code = "from importlib.metadata import version; print(version('libcst'), version('statecheck'))"
    libcst, ours = _printed([str(executable(environments["statecheck"], "python")), "-c", code]).split()
    pinned = [each for name in environments if name in peers for each in peers[name]["requirements"]]
    found = dict(each.split("==") for each in pinned)
    commit = _printed(["git", "-C", str(TOP), "describe", "--always"])
    return {**found, "libcst": libcst, "statecheck": f"{ours} ({commit})"}


def _printed(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "?"
    except OSError:
        return "?"


if __name__ == "__main__":
    sys.exit(main())
