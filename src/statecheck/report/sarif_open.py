"""SARIF with the open findings only.

GitHub code scanning opens an alert for each result: for suppressed ones, and for what is gone, too.
"""

from __future__ import annotations

from msgspec.structs import replace

from statecheck.model import Report
from statecheck.report import sarif
from statecheck.report.options import Options
from statecheck.report.source import SourceReader


def render(report: Report, sources: SourceReader, options: Options) -> str:
    """As ``sarif``, without what is suppressed, known or gone."""
    return sarif.render(replace(report, suppressed=(), unchanged=(), absent=()), sources, options)
