"""The report for programs. Its shape is a promise: ``schema`` counts up when a reader could break."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from statecheck import __version__
from statecheck.model import Finding, Location, Report, Step
from statecheck.report.options import Options
from statecheck.report.source import SourceReader

SCHEMA = 1


def render(report: Report, sources: SourceReader, options: Options) -> str:  # noqa: ARG001 - all renderers are called alike
    """Indented JSON in ASCII, so that no terminal or encoding can be upset by what a scanned tree says."""
    envelope = {
        "schema": SCHEMA,
        "tool": {"name": "statecheck", "version": __version__},
        "summary": _summary(report),
        "findings": [_finding(finding) for finding in _in_order((*report.findings, *report.suppressed))],
        "baseline": _baseline(report),
        "errors": [{"path": problem.path, "message": problem.message} for problem in report.errors],
    }
    return json.dumps(envelope, indent=2) + "\n"


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=Finding.sort_key)


def _baseline(report: Report) -> dict[str, Any] | None:
    """What is known from the baseline; None where there is none."""
    if not report.compared:
        return None
    return {
        "unchanged": [_finding(finding) for finding in report.unchanged],
        "absent": [msgspec.to_builtins(entry) for entry in report.absent],
    }


def _summary(report: Report) -> dict[str, Any]:
    summary: dict[str, Any] = msgspec.to_builtins(report.summary)
    return {**summary, "entry_points": dict(sorted(report.summary.entry_points.items()))}


def _place(location: Location) -> dict[str, str | int]:
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "family": finding.family,
        "severity": finding.severity,
        "confidence": finding.confidence,
        **_place(finding.location),
        "symbol": finding.symbol,
        "scope": finding.scope,
        "message": finding.message,
        "instead": finding.instead,
        "harm": finding.harm,
        "entry_points": list(finding.entry_points),
        "flow": [_step(step) for step in finding.flow],
        "form": finding.form,
        "fingerprint": finding.fingerprint,
        "fix": msgspec.to_builtins(finding.fix),
        "suppressed": finding.suppressed,
        "baseline_state": finding.baseline,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "role": step.role,
        **_place(step.location),
        "message": step.message,
        "fingerprint": step.fingerprint,
        "baseline_state": step.baseline,
    }
