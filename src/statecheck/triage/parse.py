"""Files that could not be analysed, as findings: an unparsed file is never counted as clean."""

from __future__ import annotations

from collections.abc import Iterable

from statecheck.facts.ir import FileFacts
from statecheck.model import Finding, Location, Step
from statecheck.rules.schema import Pack

NAME = "parse-error"


def parse_failures(pack: Pack, failed: Iterable[tuple[str, FileFacts]]) -> list[Finding]:
    """A finding of rule ``parse-error`` for each file that could not be read as Python."""
    rule = pack.rules[NAME]
    found = []
    for path, facts in failed:
        assert facts.failure is not None
        where = Location(path, facts.failure.line, facts.failure.column, facts.failure.line, facts.failure.column + 1)
        message = rule.message.format_map(
            {
                "detail": facts.failure.message,
                "symbol": path,
                "entries": "",
                "readers": "",
                "writers": "",
                "harm": "",
                "form": "",
            }
        )
        found.append(
            Finding(
                rule=rule.code,
                name=rule.name,
                family="tool",
                severity=rule.severity,
                confidence="high",
                location=where,
                symbol=path,
                message=message,
                instead=rule.instead,
                flow=(Step("definition", where, facts.failure.message),),
            )
        )
    return found
