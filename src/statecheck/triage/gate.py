"""The exit code of a run. It depends on the report alone, not on how it is printed."""

from __future__ import annotations

from statecheck.model import Finding, Level, Report, at_least
from statecheck.triage.parse import NAME as PARSE_ERROR

CLEAN, FOUND, BROKEN = 0, 1, 2


def exit_code(report: Report, fail_on: Level, exit_zero: bool = False, fail_on_stale: bool = False) -> int:
    """0: nothing at or above ``fail_on``. 1: findings, or a Python file not analysed. 2: the tool itself failed.

    Hidden, suppressed and known findings do not count, nor do stale entries of a baseline without ``fail_on_stale``,
    but a file that was not parsed does: it must never pass as clean.
    """
    if any(not problem.path for problem in report.errors):  # not about a file: a part of the tool broke
        return BROKEN
    if exit_zero:
        return CLEAN
    failing = any(at_least(finding.severity, fail_on) or _unparsed(finding) for finding in report.findings)
    unread = any(problem.path.endswith((".py", ".pyw")) for problem in report.errors)
    stale = fail_on_stale and bool(report.absent)
    return FOUND if failing or unread or stale or any(map(_unparsed, report.hidden)) else CLEAN


def _unparsed(finding: Finding) -> bool:
    return finding.name == PARSE_ERROR
