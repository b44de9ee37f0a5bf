"""SARIF 2.1.0: all that is known of a run, suppressed and known findings included."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from statecheck import __version__
from statecheck.model import BaselineEntry, Finding, Fix, Location, Report, Step
from statecheck.report.hosted import repository_uri, told
from statecheck.report.options import Options
from statecheck.report.sarif_rules import LEVELS, descriptors
from statecheck.report.source import SourceReader, escape

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT = "statecheckCause"  # never primaryLocationLineHash: code hosts compute that themselves
_WRITE_FINGERPRINT = "statecheckWrite"
_LINK = re.compile(r"\[([^\[\]]*)\](?=\()")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def render(report: Report, sources: SourceReader, options: Options) -> str:  # noqa: ARG001 - all renderers are called alike
    """A SARIF log with one run: indented JSON in ASCII."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_Run(report, options).as_json()]}
    return json.dumps(log, indent=2) + "\n"


def plain(text: str) -> str:
    """One line in which nothing is a link or a placeholder, whatever the scanned tree says."""
    return _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\\[\1\\]", escape(text)))


class _Run:
    """One run; places are URIs relative to the root of the repository."""

    def __init__(self, report: Report, options: Options) -> None:
        self._report = report
        self._prefix = options.prefix
        self._rules = descriptors(report, options.rules)
        self._index = {rule["id"]: index for index, rule in enumerate(self._rules)}
        self._codes = {rule["name"]: rule["id"] for rule in self._rules}

    def as_json(self) -> dict[str, Any]:
        report = self._report
        found = sorted((*report.findings, *report.suppressed, *report.unchanged), key=Finding.sort_key)
        return {
            "tool": {"driver": {"name": "statecheck", "version": __version__, "rules": self._rules}},
            "language": "en-US",
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "SRCROOT": {"description": {"text": "The root of the repository; of the project where there is none."}}
            },
            "invocations": [self._invocation()],
            "results": [*map(self._result, found), *map(self._absent, report.absent)],
        }

    def _invocation(self) -> dict[str, Any]:
        errors = [self._notification("error", problem.message, problem.path) for problem in self._report.errors]
        warnings = [self._notification("warning", text) for text in self._report.summary.warnings]
        whole = all(problem.path for problem in self._report.errors)  # else a part of the tool broke
        return {"executionSuccessful": whole, "toolExecutionNotifications": [*errors, *warnings]}

    def _notification(self, level: str, message: str, path: str = "") -> dict[str, Any]:
        place = {"locations": [{"physicalLocation": {"artifactLocation": self._artifact(path)}}]} if path else {}
        return {"level": level, "message": {"text": plain(message)}, **place}

    def _result(self, finding: Finding) -> dict[str, Any]:
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": self._index[finding.rule],
            "level": LEVELS[finding.severity],
            "message": {"text": plain(told(finding))},
            "locations": [{**self._place(finding.location), "logicalLocations": [_symbol(finding)]}],
        }
        if finding.fingerprint:
            result["partialFingerprints"] = _fingerprint(_FINGERPRINT, finding.fingerprint)
        if finding.flow:
            steps = [self._step(number, step) for number, step in enumerate(finding.flow, start=1)]
            result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
        if finding.fix:
            result["fixes"] = [self._fix(finding.fix)]
        if self._report.suppressed:  # either every result has the list, or none
            result["suppressions"] = _suppressions(finding)
        if self._report.compared:
            result["baselineState"] = finding.baseline or "new"
        return {**result, "properties": _properties(finding)}

    def _absent(self, entry: BaselineEntry) -> dict[str, Any]:
        """What the baseline knows and nothing is left of: it has a file, and no line any more."""
        code = self._codes[entry.rule]
        result = {
            "ruleId": code,
            "ruleIndex": self._index[code],
            "level": "none",
            "kind": "pass",
            "message": {"text": plain(f"`{entry.symbol}` is in the baseline, and was not found any more.")},
            "locations": [{"physicalLocation": {"artifactLocation": self._artifact(entry.path)}}],
            "partialFingerprints": _fingerprint(_FINGERPRINT, entry.fp),
            "baselineState": "absent",
        }
        return {**result, "suppressions": []} if self._report.suppressed else result

    def _step(self, number: int, step: Step) -> dict[str, Any]:
        return {
            "location": {**self._place(step.location), "message": {"text": plain(step.message)}},
            "kinds": [step.role],
            "executionOrder": number,
            "importance": "essential" if step.role == "write" else "important",
            **({"properties": _fingerprint(_WRITE_FINGERPRINT, step.fingerprint)} if step.fingerprint else {}),
        }

    def _fix(self, fix: Fix) -> dict[str, Any]:
        replacements = [
            {
                "deletedRegion": {"charOffset": edit.start, "charLength": edit.end - edit.start},
                "insertedContent": {"text": edit.text},
            }
            for edit in fix.edits
        ]
        return {
            "description": {"text": plain(fix.message)},
            "artifactChanges": [{"artifactLocation": self._artifact(fix.path), "replacements": replacements}],
            "properties": {"applicability": fix.applicability},
        }

    def _place(self, where: Location) -> dict[str, Any]:
        region = {
            "startLine": where.line,
            "startColumn": where.column,
            "endLine": where.end_line,
            "endColumn": where.end_column,
        }
        return {"physicalLocation": {"artifactLocation": self._artifact(where.path), "region": region}}

    def _artifact(self, path: str) -> dict[str, str]:
        return {"uri": repository_uri(path, self._prefix), "uriBaseId": "SRCROOT"}


def _fingerprint(name: str, value: str) -> dict[str, str]:
    """SARIF puts the version into the key: v1:00ff → {"statecheckCause/v1": "00ff"}."""
    version, _, digest = value.rpartition(":")
    return {f"{name}/{version or 'v1'}": digest}


def _symbol(finding: Finding) -> dict[str, str]:
    return {"name": escape(finding.local_symbol or finding.symbol), "fullyQualifiedName": escape(finding.symbol)}


def _suppressions(finding: Finding) -> list[dict[str, str]]:
    if finding.suppressed is None:
        return []
    reason = {"justification": plain(finding.suppressed)} if finding.suppressed else {}
    return [{"kind": "inSource", "status": "accepted", **reason}]


def _properties(finding: Finding) -> dict[str, Any]:
    known: Mapping[str, str | list[str] | None] = {
        "harm": finding.harm,
        "form": finding.form,
        "entryPoints": [escape(entry) for entry in finding.entry_points],
    }
    return {
        "tags": [finding.family],
        "severity": finding.severity,
        "confidence": finding.confidence,
        **{name: value for name, value in known.items() if value},
    }
