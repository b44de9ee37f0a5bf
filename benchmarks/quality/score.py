#!/usr/bin/env python3
"""Score a `statecheck check --output-format json` report against labelled lines.

    score.py LABELS.jsonl REPORT.json [--include GLOB ...] [--exclude GLOB ...] [--strip PREFIX]
             [--show miss|false|all] [--json]

A label says of one line of a real application whether it breaks a stateless deployment
("violation"), is tempting but fine ("ok"), or cannot be decided ("unsure").  The files named by
--include were labelled exhaustively, so a finding there that meets no label is a false alarm.

Only what the tool shouts counts: findings of severity high or medium, as shown by default.

* recall    = high and medium violations that some finding meets / all of them; rows of one `group` are one violation
* precision = findings that meet a high or medium violation / those plus findings that meet an `ok` or nothing
* findings that meet only a `low` or an `unsure` label, and violations labelled `low`, count neither way
* a finding meets a label when the families agree (`family_also` names a second acceptable one) and a position of the
  finding lies within one line of a position of the label.  Positions of a finding: its own lines, and steps of its code
  flow whose role is `definition` or `write` (calls, reads and entry points prove the finding, they do not collect
  labels).  Positions of a label: `line`, `mutated_at`, `defined_at`, `alt`, `also_at`, written "path:line" where they
  lie in another file.  For state held under a name, the same file and the same symbol also meet.
* repeats   = findings per violation met: one cause should give one finding

Only the standard library is needed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

FAMILIES = ("memory", "disk", "affinity", "config")
LOUD = ("high", "medium")
NAMED_STATE = ("mutated-global", "rebound-global", "class-state", "singleton-state", "process-cache", "hidden-state")


@lru_cache
def glob_regex(pattern: str) -> re.Pattern[str]:
    """`**/` crosses folders, `*` and `?` do not."""
    out = ""
    for token in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern):
        out += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(token) or re.escape(token)
    return re.compile(out + r"\Z")


def matches(path: str, globs: Sequence[str]) -> bool:
    return any(glob_regex(glob).match(path) for glob in globs)


def tail(symbol: str | None) -> str:
    """Last dotted component of a symbol, without call brackets or subscripts."""
    text = (symbol or "").split("(")[0].split("[")[0].strip().strip("'\"")
    return text.rsplit(".", 1)[-1].lower()


def as_list(value: object) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]


def finding_positions(finding: dict) -> set[tuple[str, int]]:
    own = range(finding["line"], min(finding.get("end_line") or finding["line"], finding["line"] + 30) + 1)
    proof = (step for step in finding.get("flow") or () if step.get("role") in ("definition", "write"))
    return {(finding["path"], line) for line in own} | {(step["path"], step["line"]) for step in proof}


def label_positions(label: dict) -> set[tuple[str, int]]:
    found = {(label["file"], int(label["line"]))}
    for entry in [e for key in ("mutated_at", "defined_at", "alt", "also_at") for e in as_list(label.get(key))]:
        path, _, line = str(entry).rpartition(":")
        if line.isdigit():
            found.add((path or label["file"], int(line)))
    return found


def meets(finding: dict, label: dict) -> bool:
    also = label.get("family_also") or ()
    if finding["family"] not in {label["family"], *([also] if isinstance(also, str) else also)}:
        return False
    wanted = label_positions(label)
    for path, line in finding_positions(finding):
        if any(path == want_path and abs(line - want_line) <= 1 for want_path, want_line in wanted):
            return True
    named = label["family"] == finding["family"] == "memory" and label["kind"] in NAMED_STATE
    return named and finding["path"] == label["file"] and "" != tail(finding.get("symbol")) == tail(label.get("symbol"))


@dataclass
class Score:
    """Labels and findings of one family, sorted into what was found, missed, and falsely raised."""

    found: list[dict] = field(default_factory=list)
    missed: list[dict] = field(default_factory=list)
    true_alarms: list[dict] = field(default_factory=list)
    false_alarms: list[tuple[dict, list[dict]]] = field(default_factory=list)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.found + other.found,
            self.missed + other.missed,
            self.true_alarms + other.true_alarms,
            self.false_alarms + other.false_alarms,
        )

    def row(self) -> dict:
        labelled, raised = len(self.found) + len(self.missed), len(self.true_alarms) + len(self.false_alarms)
        return {
            "labelled": labelled,
            "found": len(self.found),
            "recall": len(self.found) / labelled if labelled else None,
            "true_alarms": len(self.true_alarms),
            "false_alarms": len(self.false_alarms),
            "precision": len(self.true_alarms) / raised if raised else None,
            "repeats": len(self.true_alarms) / len(self.found) if self.found else None,
        }


def score(
    labels: list[dict], findings: list[dict], include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> dict[str, Score]:
    result: dict[str, Score] = defaultdict(Score)
    hit: set[int] = set()
    for finding in findings:
        path, family = finding["path"], finding["family"]
        if family not in FAMILIES or finding["severity"] not in LOUD:
            continue
        met = [label for label in labels if meets(finding, label)]
        violations = [label for label in met if label["verdict"] == "violation"]
        hit.update(id(label) for label in violations)
        if any(label["severity"] in LOUD for label in violations):
            result[family].true_alarms.append(finding)
        elif violations or any(label["verdict"] == "unsure" for label in met):
            continue
        elif not include or (matches(path, include) and not matches(path, exclude)):
            result[family].false_alarms.append((finding, met))
    causes: dict[object, list[dict]] = defaultdict(list)
    for label in labels:
        if label["verdict"] == "violation":
            causes[label.get("group") or id(label)].append(label)
    for rows in causes.values():
        if loud := [label for label in rows if label["severity"] in LOUD]:
            family = result[loud[0]["family"]]
            (family.found if any(id(label) in hit for label in rows) else family.missed).append(loud[0])
    return result


def ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def figures(result: dict[str, Score]) -> dict[str, dict]:
    """The row of each family, and of `all` families together."""
    total = sum((result[family] for family in FAMILIES), Score())
    return {**{family: result[family].row() for family in FAMILIES}, "all": total.row()}


def table(result: dict[str, Score]) -> str:
    lines = ["family    labelled found recall  true false precision repeats"]
    for family, row in figures(result).items():
        lines.append(
            f"{family:9} {row['labelled']:8} {row['found']:5} {ratio(row['recall']):>6} {row['true_alarms']:5} "
            f"{row['false_alarms']:5} {ratio(row['precision']):>9} {ratio(row['repeats']):>7}"
        )
    return "\n".join(lines)


def miss(label: dict) -> str:
    kind = f"{label['family']}/{label['kind']} {label['severity']}"
    return f"MISS  {label['file']}:{label['line']} {kind} {label.get('symbol')}: {label.get('why', '')}"


def false_alarm(finding: dict, met: list[dict]) -> str:
    why = met[0].get("why", "") if met else "no label on this line"
    rule = f"{finding['rule']} {finding['severity']} {finding.get('symbol')}"
    return f"FALSE {finding['path']}:{finding['line']} {rule}: {why}"


def details(result: dict[str, Score], show: str) -> str:
    lines = []
    for family in FAMILIES:
        if show in ("miss", "all"):
            lines += [miss(label) for label in result[family].missed]
        if show in ("false", "all"):
            lines += [false_alarm(finding, met) for finding, met in result[family].false_alarms]
    return "\n".join(lines)


def load_report(path: Path, strip: str = "") -> list[dict]:
    findings = json.loads(path.read_text())["findings"]
    for finding in findings:
        for place in (finding, *(finding.get("flow") or ())):
            place["path"] = place["path"].removeprefix(strip).lstrip("/")
    return findings


def load_labels(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("labels", type=Path)
    ap.add_argument("report", type=Path)
    ap.add_argument("--include", action="append", default=[], help="glob of exhaustively labelled files (repeatable)")
    ap.add_argument("--exclude", action="append", default=[])
    ap.add_argument("--strip", default="", help="prefix to take off the report's paths")
    ap.add_argument("--show", choices=("miss", "false", "all"))
    ap.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = ap.parse_args()
    result = score(load_labels(args.labels), load_report(args.report, args.strip), args.include, args.exclude)
    if args.json:
        print(json.dumps(figures(result), indent=1))
    else:
        print(table(result))
    if args.show:
        print(details(result, args.show))
    return 0


if __name__ == "__main__":
    sys.exit(main())
