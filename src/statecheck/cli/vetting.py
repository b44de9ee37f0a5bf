"""Complaints about settings that speak of rules and options that do not exist."""

from __future__ import annotations

from statecheck.cli.guard import UsageError, complain
from statecheck.cli.target import Target
from statecheck.settings import Settings


def vet_settings(target: Target, settings: Settings, quiet: bool) -> None:
    """Raises UsageError for the first error; warnings are printed. Reads the rule pack only if any rule is named."""
    for path in () if quiet else target.overlooked:
        complain(
            f"warning: {path} does not hold in this run: the paths belong to several projects; check each by itself"
        )
    spoken_of = (settings.select, settings.extend_select, settings.ignore, settings.per_file_ignores)
    if not any((*spoken_of, settings.severities, settings.rules)):
        return
    errors, warnings = faults(target, settings)
    if errors:
        raise UsageError(errors[0])
    for warning in () if quiet else warnings:
        complain(f"warning: {warning}")


def faults(target: Target, settings: Settings) -> tuple[list[str], list[str]]:
    """Errors and warnings, each with its place. Raises PackError for rules that cannot be read."""
    from statecheck.pipeline import load_rules
    from statecheck.triage.vet import located, vet

    verdict = vet(load_rules(settings, target.loaded.root), settings)
    return [located(fault, target.layers) for fault in verdict.errors], [
        located(fault, target.layers) for fault in verdict.warnings
    ]
