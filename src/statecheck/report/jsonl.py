"""The report for programs that read line by line: each line is one JSON object, ``type`` says what it holds.

``run`` comes first, then ``finding`` (also those suppressed or known from the baseline), ``absent``, ``error``, and
``summary`` last: a reader that never sees it knows that the file was cut. Keys are those of the JSON report.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec.structs import replace

from statecheck import __version__
from statecheck.model import Finding, Report
from statecheck.report.options import Options
from statecheck.report.shape import SCHEMA, Tool, finding_row
from statecheck.report.source import SourceReader


def render(report: Report, sources: SourceReader, options: Options) -> str:  # noqa: ARG001 - all renderers are called alike
    """JSON lines in ASCII."""
    found = sorted((*report.findings, *report.suppressed, *report.unchanged), key=Finding.sort_key)
    summary = replace(report.summary, entry_points=dict(sorted(report.summary.entry_points.items())))
    return "".join([
        _line("run", {"schema": SCHEMA, "tool": Tool("statecheck", __version__)}),
        *(_line("finding", finding_row(finding)) for finding in found),
        *(_line("absent", entry) for entry in report.absent),
        *(_line("error", problem) for problem in report.errors),
        _line("summary", summary),
    ])  # fmt: skip


def _line(kind: str, content: Any) -> str:
    return json.dumps({"type": kind, **msgspec.to_builtins(content)}) + "\n"
