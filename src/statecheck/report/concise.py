"""One line a finding: ``path:line:column: CODE name message``."""

from __future__ import annotations

import sys

import msgspec

from statecheck.model import Finding, Report
from statecheck.report.options import Options
from statecheck.report.source import SourceReader, escape
from statecheck.report.style import Paint, painter
from statecheck.report.summary import errors, stale, statistics, verdict, warnings


def render(report: Report, sources: SourceReader, options: Options) -> str:  # noqa: ARG001 - all renderers are called alike
    """Text that ends with a newline, or "" when there is nothing to say."""
    paint = painter(options.color)
    if options.statistics:
        lines = statistics(report, paint)
    else:
        lines = [_finding(finding, paint) for finding in report.findings]
    if not options.quiet:
        unwrapped = msgspec.structs.replace(options, width=sys.maxsize)
        for part in (errors, warnings, stale, verdict):
            lines += part(report, unwrapped, paint)
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding, paint: Paint) -> str:
    where = finding.location
    place = f"{escape(where.path)}:{where.line}:{where.column}:"
    mark = " (known, but for a new write)" if finding.baseline == "updated" else ""
    return f"{place} {paint(finding.rule, finding.severity)} {finding.name} {escape(finding.message)}{mark}"
