"""Workflow commands of GitHub Actions: the text report for the log, and an annotation for each finding.

GitHub shows ten annotations of a level and step and drops the rest without a word: the surest come first, and the log
holds them all.
"""

from __future__ import annotations

import hashlib

from statecheck.model import LEVELS, Finding, Level, Report
from statecheck.report import text
from statecheck.report.hosted import repository_path, told
from statecheck.report.options import Options
from statecheck.report.source import SourceReader, escape

_COMMANDS: dict[Level, str] = {"high": "error", "medium": "warning", "low": "notice"}


def render(report: Report, sources: SourceReader, options: Options) -> str:
    """The text report, in which nothing is a command, and then one line an annotation."""
    surest = sorted(report.findings, key=lambda finding: -LEVELS.index(finding.confidence))
    lines = [_annotation(finding, options.prefix) for finding in surest]
    lines += [_problem("error", problem.message, problem.path, options.prefix) for problem in report.errors]
    lines += [_problem("warning", message) for message in report.summary.warnings]
    return _for_the_log(text.render(report, sources, options)) + "".join(f"{line}\n" for line in lines)


def _for_the_log(full: str) -> str:
    """Commands are off between two lines that the text cannot hold: it would have to hold its own hash."""
    if not full:
        return ""
    token = hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"::stop-commands::{token}\n{full}::{token}::\n"


def _annotation(finding: Finding, prefix: str) -> str:
    where = finding.location
    place: dict[str, str | int] = {"file": repository_path(where.path, prefix), "line": where.line}
    place["endLine"] = where.end_line
    if where.line == where.end_line:  # columns are refused for more than one line
        place |= {"col": where.column, "endColumn": where.end_column}
    return _command(_COMMANDS[finding.severity], {**place, "title": f"{finding.rule} {finding.name}"}, told(finding))


def _problem(command: str, message: str, path: str = "", prefix: str = "") -> str:
    place: dict[str, str | int] = {"file": repository_path(path, prefix)} if path else {}
    return _command(command, {**place, "title": "statecheck"}, escape(message))


def _command(name: str, properties: dict[str, str | int], message: str) -> str:
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
