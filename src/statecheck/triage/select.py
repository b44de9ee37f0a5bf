"""Which rules run, with which options, and which of their findings a file does not want."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from statecheck.detectors.api import OptionValue
from statecheck.discovery import matcher
from statecheck.model import Finding
from statecheck.rules.schema import Pack, Rule
from statecheck.settings import Settings


def matches(rule: Rule, pattern: str) -> bool:
    """Is the rule meant by a name, alias, code, code prefix, family or ALL?"""
    if pattern == "ALL" or pattern == rule.family or pattern == rule.name or pattern in rule.aliases:
        return True
    letters = rule.code.rstrip("0123456789")
    return rule.code.startswith(pattern.upper()) and len(pattern) >= len(letters)  # "STC1", and "STC", but not "ST"


def unknown(pack: Pack, patterns: Iterable[str]) -> list[str]:
    """The patterns that no rule answers to."""
    return [pattern for pattern in patterns if not any(matches(rule, pattern) for rule in pack.rules.values())]


def selected(pack: Pack, settings: Settings) -> list[Rule]:
    """The rules to run, by code. Without a selection: every stable rule."""
    chosen = []
    for rule in sorted(pack.rules.values(), key=lambda rule: rule.code):
        wanted = (
            any(matches(rule, pattern) for pattern in settings.select) if settings.select else rule.status == "stable"
        )
        wanted = wanted or any(matches(rule, pattern) for pattern in settings.extend_select)
        if wanted and not any(matches(rule, pattern) for pattern in settings.ignore):
            chosen.append(rule)
    return chosen


def options_of(rules: Sequence[Rule], settings: Settings) -> Mapping[str, Mapping[str, OptionValue]]:
    """The options of each rule: its defaults under what the settings say."""
    return {
        rule.name: {
            **{name: option.default for name, option in rule.options.items()},
            **settings.rules.get(rule.name, {}),
        }
        for rule in rules
    }


def with_severity(finding: Finding, settings: Settings, pack: Pack) -> Finding:
    """The finding with the severity that the settings give its rule: what names one rule beats what names many."""
    rule = pack.rules.get(finding.name)
    found = [pattern for pattern in settings.severities if rule is not None and matches(rule, pattern)]
    if rule is None or not found:
        return finding
    narrowest = min(found, key=lambda pattern: sum(matches(other, pattern) for other in pack.rules.values()))
    return structs.replace(finding, severity=settings.severities[narrowest])


def ignored_in_file(finding: Finding, settings: Settings, pack: Pack) -> bool:
    """Do ``per-file-ignores`` take the finding out?"""
    rule = pack.rules.get(finding.name)
    if rule is None:
        return False
    return any(
        any(matches(rule, pattern) for pattern in patterns) and matcher([glob])(finding.location.path)
        for glob, patterns in settings.per_file_ignores.items()
    )
