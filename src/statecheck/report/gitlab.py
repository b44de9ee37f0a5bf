"""GitLab's code quality report: what a merge request shows beside the changed lines."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from statecheck.model import Finding, Level, Problem, Report
from statecheck.report.hosted import repository_path, told
from statecheck.report.options import Options
from statecheck.report.source import SourceReader, escape

_SEVERITIES: dict[Level, str] = {"high": "critical", "medium": "major", "low": "minor"}


def render(report: Report, sources: SourceReader, options: Options) -> str:  # noqa: ARG001 - all renderers are called alike
    """A JSON array in ASCII. GitLab shows one entry of a fingerprint: each has its own."""
    entries = [_finding(finding, options.prefix) for finding in report.findings]
    entries += [_problem(problem, options.prefix) for problem in report.errors]
    seen: dict[str, int] = {}
    for entry in entries:
        fingerprint = entry["fingerprint"]
        seen[fingerprint] = seen.get(fingerprint, 0) + 1
        if seen[fingerprint] > 1:
            entry["fingerprint"] = _digest(fingerprint, str(seen[fingerprint]))
    return json.dumps(entries, indent=2) + "\n"


def _finding(finding: Finding, prefix: str) -> dict[str, Any]:
    where = finding.location
    parts = (finding.fingerprint,) if finding.fingerprint else (finding.rule, finding.symbol, finding.message)
    return {
        "description": f"{finding.rule} {told(finding)}",
        "check_name": finding.name,
        "fingerprint": _digest(prefix + where.path, *parts),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": repository_path(where.path, prefix),
            "lines": {"begin": where.line, "end": where.end_line},
        },
    }


def _problem(problem: Problem, prefix: str) -> dict[str, Any]:
    """What could not be done is no finding, but must not look clean."""
    return {
        "description": escape(problem.message),
        "check_name": "statecheck",
        "fingerprint": _digest("error", prefix + problem.path, problem.message),
        "severity": "critical",
        "location": {"path": repository_path(problem.path, prefix) if problem.path else ".", "lines": {"begin": 1}},
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
