#!/usr/bin/env python3
"""Scan and score all applications of the corpus: score_corpus.py FOLDER

FOLDER is where `fetch.sh FOLDER` unpacked them. Each is scanned from its own root with
`statecheck check . --output-format json --exit-zero` and scored against its labels.
With `--floor FILE` the exit code is 1 when a figure is below the one in that file.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from score import FAMILIES, Score, details, figures, load_labels, ratio, score, table  # noqa: E402


class NoReportError(Exception):
    """An application is missing, or the tool gave no report for it."""


def read_toml(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def scan(command: str, root: Path) -> list[dict]:
    """The findings of `command` in the folder `root`. Raises NoReportError."""
    if not root.is_dir():
        raise NoReportError(f"{root} is missing: run {HERE / 'fetch.sh'} {root.parent} first")
    argv = [*shlex.split(command), "check", ".", "--output-format", "json", "--exit-zero"]
    try:
        done = subprocess.run(argv, cwd=root, capture_output=True, text=True, encoding="utf-8")
        return json.loads(done.stdout)["findings"]
    except OSError as error:
        raise NoReportError(f"cannot run {command}: {error.strerror}") from None
    except (ValueError, KeyError):
        raise NoReportError(f"no JSON report for {root.name}: exit {done.returncode}\n{done.stderr[-500:]}") from None


def below(rows: dict[str, dict], floor: dict[str, dict[str, float]]) -> list[str]:
    """One line for each figure under its floor. Figures have two digits, like those in the file; none counts as 0."""
    return [
        f"{family} {name} is {ratio(rows[family][name])}, the floor is {wanted:.2f}"
        for family, minimum in floor.items()
        for name, wanted in minimum.items()
        if round(rows[family][name] or 0.0, 2) < wanted
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--statecheck", default="statecheck", metavar="CMD", help="the command (default: statecheck)")
    parser.add_argument("--only", default="", metavar="NAME", help="only applications with this in their name")
    parser.add_argument("--show", choices=("miss", "false", "all"), help="list what was missed or falsely raised")
    parser.add_argument("--json", action="store_true", help="print the figures of all applications together as JSON")
    parser.add_argument("--floor", type=Path, metavar="FILE", help="TOML file with the least recall and precision")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    total: dict[str, Score] = defaultdict(Score)
    for package in read_toml(HERE / "packages.toml")["package"]:
        if args.only not in package["name"]:
            continue
        try:
            findings = scan(args.statecheck, args.folder.resolve() / package["root"])
        except NoReportError as error:
            print(error, file=sys.stderr)
            return 2
        result = score(load_labels(HERE / package["labels"]), findings, package["scope"], package["exclude"])
        for family in FAMILIES:
            total[family] += result[family]
        if not args.json:
            print(f"\n== {package['name']} {package['version']} ({package['framework']})\n{table(result)}")
            if args.show and (text := details(result, args.show)):
                print(text)
    rows = figures(total)
    print(json.dumps(rows, indent=1) if args.json else f"\n== all\n{table(total)}")
    failures = below(rows, read_toml(args.floor)) if args.floor else []
    for line in failures:
        print(f"below the floor: {line}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
