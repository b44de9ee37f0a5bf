#!/usr/bin/env python3
"""Where the time of statecheck goes: spent.py FOLDER [--size 50k] [--repeat 3]

FOLDER is that of run.py, after a run with that size. Prints Markdown, and writes it to spent.md there: CPU seconds
(medians) by phase of a cold run, of one with one file changed and of one with nothing changed, as
`check --timing --jobs 1` says, and what the extraction consists of, measured step by step over the same files.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from cases import changed
from prepare import executable
from tables import markdown, seconds

KINDS = ("cold", "one file changed", "nothing changed")

# Run by the Python that statecheck is installed for, in the tree.
STEPS = """
import gc, json, sys, time
from pathlib import Path
import libcst, msgspec
from statecheck.facts.bounds import Bounded, bound
from statecheck.facts.job import decode_facts, roomy
from statecheck.facts.parsing import parse_lightly
from statecheck.facts.positions import MismatchError, TokenCursor
from statecheck.facts.python import line_starts_of, walk_module
from statecheck.facts.source import decode

def work():
    names = ("decode and bound", "parse as LibCST does", "parse into light nodes")
    names += ("positions and walk", "encode the facts")
    spent = dict.fromkeys(names, 0.0)
    gc.disable()
    for index, path in enumerate(sorted(Path().rglob("*.py"))):
        if index % 40 == 0:
            gc.collect()  # as the workers do
        marks = [time.process_time()]
        bounded = bound(getattr(decode(path.read_bytes()), "text", ""))
        marks.append(time.process_time())
        if not isinstance(bounded, Bounded):
            continue
        try:
            libcst.parse_module(bounded.text)
            marks.append(time.process_time())
            module = parse_lightly(bounded.text)
            marks.append(time.process_time())
            cursor = TokenCursor(bounded.text)
            facts = walk_module(module, cursor, bounded.text, "utf-8", bounded.elided, line_starts_of(bounded.text))
        except (libcst.ParserSyntaxError, MismatchError):
            continue
        marks.append(time.process_time())
        msgspec.msgpack.encode(facts)
        marks.append(time.process_time())
        for name, start, end in zip(names, marks, marks[1:]):
            spent[name] += end - start
    return spent

print(json.dumps(roomy(work)))
"""


def parsed(text: str) -> dict[str, float]:
    """CPU seconds by phase from what ``--timing`` prints."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[-1].replace(".", "", 1).isdecimal():
            name = " ".join(word for word in words[:-1] if not word.replace(".", "", 1).isdecimal())
            found[name] = float(words[-1])
    return found


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """By phase; one that did not come up in a run took no time there."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: median(run.get(name, 0.0) for run in runs) for name in names}


def phase_table(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A row for each phase, in the order of the cold run; what took nothing anywhere is left out."""
    names = [name for name in dict.fromkeys(name for kind in KINDS for name in found[kind]) if name != "total"]
    rows = [
        [name, *(seconds(found[kind][name]) if found[kind].get(name, 0.0) >= 0.005 else "-" for kind in KINDS)]
        for name in names
        if any(found[kind].get(name, 0.0) >= 0.005 for kind in KINDS)
    ]
    return markdown(["phase", *KINDS], [*rows, ["total", *(seconds(found[kind]["total"]) for kind in KINDS)]])


def step_table(steps: Mapping[str, float]) -> list[str]:
    """The steps of the extraction beside LibCST's own parse, which is not one of them."""
    bare = steps["parse as LibCST does"]
    rows = [[name, seconds(value), f"{value / bare:.2f}"] for name, value in steps.items()]
    return markdown(["step", "CPU, s", ": LibCST's parse"], rows)


def timing(tool: Path, tree: Path, kept: Path) -> dict[str, float]:
    command = [str(tool), "check", ".", "--isolated", "--quiet", "--exit-zero", "--jobs", "1", "--timing"]
    done = subprocess.run([*command, "--cache-dir", str(kept), "-o", str(kept.with_name("out"))],
        cwd=tree, capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        sys.exit(f"error: {done.stderr.strip()}")
    return parsed(done.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="50k")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    tree = args.folder.resolve() / "trees" / args.size
    ours, kept = args.folder.resolve() / "envs" / "statecheck", args.folder.resolve() / "kept"
    if not tree.is_dir():
        sys.exit(f"error: {tree} is not there: run.py {args.folder} --sizes {args.size}")
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    steps = []
    for _ in range(args.repeat):
        shutil.rmtree(kept, ignore_errors=True)
        tool = executable(ours, "statecheck")
        found["cold"].append(timing(tool, tree, kept))
        found["nothing changed"].append(timing(tool, tree, kept))
        undo = changed(tree)
        try:
            found["one file changed"].append(timing(tool, tree, kept))
        finally:
            undo()
        done = subprocess.run([executable(ours, "python"), "-c", STEPS], cwd=tree, stdout=subprocess.PIPE, text=True)
        steps.append(json.loads(done.stdout))
    phases = {kind: medians(runs) for kind, runs in found.items()}
    text = "\n".join([*phase_table(phases), "", *step_table(medians(steps))]) + "\n"
    (args.folder / "spent.md").write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
