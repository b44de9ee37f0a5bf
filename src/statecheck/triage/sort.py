"""What becomes of each finding: shown, hidden, suppressed, or known already."""

from __future__ import annotations

from collections.abc import Iterable

from statecheck.model import Finding, at_least
from statecheck.settings import Settings


def sort_out(findings: Iterable[Finding], settings: Settings) -> dict[str, tuple[Finding, ...]]:
    """Findings by what becomes of them, in the order of reports."""
    groups: dict[str, list[Finding]] = {"shown": [], "hidden": [], "suppressed": [], "unchanged": []}
    for finding in sorted(findings, key=Finding.sort_key):
        if finding.suppressed is not None:
            group = "suppressed"
        elif not _is_shown(finding, settings):
            group = "hidden"
        else:
            group = "unchanged" if finding.baseline == "unchanged" else "shown"
        groups[group].append(finding)
    return {name: tuple(group) for name, group in groups.items()}


def _is_shown(finding: Finding, settings: Settings) -> bool:
    return at_least(finding.severity, settings.min_severity) and at_least(finding.confidence, settings.min_confidence)
