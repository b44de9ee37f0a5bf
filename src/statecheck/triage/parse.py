"""Files that could not be analysed, as findings: an unparsed file is never counted as clean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from statecheck.model import Finding, Level, Location, Step
from statecheck.rules.vocabulary import PLACEHOLDERS

if TYPE_CHECKING:  # the exit code of a kept report asks for no more than the name
    from statecheck.facts.documents.nodes import DocumentFacts
    from statecheck.facts.ir import FileFacts, ParseFailure
    from statecheck.rules.schema import Pack, Rule

NAME = "parse-error"


def parse_failures(pack: Pack, failed: Iterable[tuple[str, FileFacts]]) -> list[Finding]:
    """A finding of rule ``parse-error`` for each file that could not be read as Python."""
    rule = pack.rules[NAME]
    return [_finding(rule, path, facts.failure, rule.severity) for path, facts in failed if facts.failure is not None]


def document_failures(pack: Pack, documents: Mapping[str, DocumentFacts]) -> list[Finding]:
    """The same for documents, which are read up to the error. Low: of templates only the rendering can be wrong, and
    a file that begins with a text, not with keys, describes no deployment.
    """
    rule = pack.rules[NAME]
    return [
        _finding(rule, path, facts.failure, "low" if _is_template(path, facts) or _is_prose(facts) else "medium")
        for path, facts in sorted(documents.items())
        if facts.failure is not None
    ]


def _is_template(path: str, facts: DocumentFacts) -> bool:
    if any(part.rstrip("s") in ("template", "skeleton") for part in path.lower().split("/")[:-1]):
        return True
    return facts.open or facts.format == "helm-template" or any(node.templated for node in facts.nodes)


def _is_prose(facts: DocumentFacts) -> bool:
    return bool(facts.nodes) and all(node.kind == "value" and not node.key for node in facts.nodes)


def _finding(rule: Rule, path: str, failure: ParseFailure, severity: Level) -> Finding:
    where = Location(path, failure.line, failure.column, failure.line, failure.column + 1)
    said = {"detail": failure.message, "symbol": path}
    words = {**dict.fromkeys(PLACEHOLDERS, ""), **said}
    return Finding(
        rule=rule.code,
        name=rule.name,
        family="tool",
        severity=severity,
        confidence="high",
        location=where,
        symbol=path,
        message=rule.message.format_map(words),
        instead=rule.instead,
        flow=(Step("definition", where, failure.message),),
    )
