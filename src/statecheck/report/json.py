"""The report for programs. Its shape is a promise: see ``shape``."""

from __future__ import annotations

import json

import msgspec
from msgspec.structs import replace

from statecheck import __version__
from statecheck.model import Report
from statecheck.report.options import Options
from statecheck.report.shape import SCHEMA, Baseline, Document, Tool, finding_row, shown_and_suppressed
from statecheck.report.source import SourceReader


def render(report: Report, sources: SourceReader, options: Options) -> str:  # noqa: ARG001 - all renderers are called alike
    """Indented JSON in ASCII, so that no terminal or encoding can be upset by what a scanned tree says."""
    document = Document(
        schema=SCHEMA,
        tool=Tool("statecheck", __version__),
        summary=replace(report.summary, entry_points=dict(sorted(report.summary.entry_points.items()))),
        findings=shown_and_suppressed(report),
        baseline=Baseline(tuple(map(finding_row, report.unchanged)), report.absent) if report.compared else None,
        errors=report.errors,
    )
    return json.dumps(msgspec.to_builtins(document), indent=2) + "\n"
