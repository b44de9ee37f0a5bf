"""Rules as SARIF describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from statecheck.model import Level, Report
from statecheck.report.source import escape
from statecheck.rules.schema import Rule

LEVELS: Mapping[Level, str] = MappingProxyType({"high": "error", "medium": "warning", "low": "note"})
_GITHUB_SEVERITY = {"high": "error", "medium": "warning", "low": "recommendation"}

_LINK_IN_PACK = re.compile(r"\[([^\[\]]*)\]\(\.[^()]*\.md\)")  # of no use outside the pack


def descriptors(report: Report, rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The rules that ran and those that are named in the report, by code."""
    found = {finding.rule: finding.name for finding in (*report.findings, *report.suppressed, *report.unchanged)}
    named = {*report.ran, *found.values(), *(entry.rule for entry in report.absent)}
    known = {rule.code: _descriptor(rule) for rule in rules if rule.name in named}
    bare = {code: _bare(code, name) for code, name in found.items()}
    described = {rule["name"] for rule in (*known.values(), *bare.values())}
    gone = {name: _bare(name, name) for name in named - described}  # an entry of a rule that is no more
    return [rule for _, rule in sorted({**gone, **bare, **known}.items())]


def _bare(code: str, name: str) -> dict[str, Any]:
    """A rule of which no more is known. Code hosts refuse one without these texts."""
    text = {"text": escape(name)}
    return {"id": code, "name": name, "shortDescription": text, "fullDescription": text, "help": text}


def _descriptor(rule: Rule) -> dict[str, Any]:
    page = "\n".join(escape(line) for line in rule.page.strip().splitlines())
    uri = next((reference for reference in rule.references if reference.startswith("https://")), None)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": escape(rule.summary)},
        "fullDescription": {"text": f"{escape(rule.summary).rstrip('.')}. {escape(rule.instead)}".strip()},
        **({"helpUri": uri} if uri else {}),
        "help": {
            "text": escape(rule.instead or rule.summary),
            "markdown": _LINK_IN_PACK.sub(r"\1", page) or escape(rule.summary),
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": [rule.family, "stateless"],
            "severity": rule.severity,
            "problem.severity": _GITHUB_SEVERITY[rule.severity],
        },
    }
