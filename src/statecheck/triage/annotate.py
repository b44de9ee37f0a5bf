"""Writing suppressing comments into Python files: text is spliced in at offsets, so that every other byte stays."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.facts.python import extract
from statecheck.model import Finding, Location
from statecheck.triage.directives import Directive, in_python
from statecheck.triage.parse import NAME as PARSE_ERROR
from statecheck.triage.rewrite import replace_content, rewritten, text_of
from statecheck.triage.statements import around, inner_breaks, statements
from statecheck.triage.suppress import places
from statecheck.triage.texts import is_python

_LONGEST = 100  # a longer line gets its comment above it
_NEWLINE = re.compile(r"\r\n?|\n")


class Site(NamedTuple):
    """A place that needs a comment, and the name of the rule."""

    where: Location
    rule: str


def sites(findings: Iterable[Finding]) -> dict[str, list[Site]]:
    """Where comments belong, by Python file: at the definition; at writes where there is none, or only they are new."""
    found: dict[str, list[Site]] = defaultdict(list)
    for finding in findings:
        if finding.name == PARSE_ERROR or finding.family == "tool":
            continue
        for where in _needed(finding):
            if is_python(where.path):
                found[where.path].append(Site(where, finding.name))
    return dict(sorted(found.items()))


def _needed(finding: Finding) -> list[Location]:
    new = [step.location for step in finding.flow if step.role == "write" and step.baseline == "new"]
    if finding.baseline == "updated":
        return new
    definitions, writes = places(finding)
    return [finding.location] if finding.location in definitions else writes


def annotated(path: Path, wanted: Iterable[Site], reason: str) -> int:
    """Add the comments to a file. Gives how many were added or extended. Raises RewriteError, OSError."""
    data = path.read_bytes()
    text, count = with_comments(text_of(path.name, data), wanted, reason)
    if count:
        replace_content(path, data, rewritten(path.name, data, text, "the reason"))
    return count


class _Home(NamedTuple):
    """Where a comment goes: after the code of a line, or on a line of its own above it."""

    line: int
    above: bool


def with_comments(text: str, wanted: Iterable[Site], reason: str) -> tuple[str, int]:
    """The text with the comments, and how many were added or extended."""
    comments = in_python("", text, [comment.pos for comment in extract(text).comments])
    page = _Page(text, f" -- {reason}" if reason else "")
    by_line: dict[int, set[str]] = defaultdict(set)
    extended: dict[Directive, set[str]] = defaultdict(set)
    for site in wanted:
        here = replace(site.where, path="")
        known = next((one for one in comments if one.word == "ignore" and one.covers(here)), None)
        if known is None:
            by_line[site.where.line].add(site.rule)
        elif site.rule not in (known.names or ()):
            extended[known].add(site.rule)
    homes: dict[_Home, set[str]] = defaultdict(set)
    for line, rules in by_line.items():
        homes[page.home(line, rules)].update(rules)
    edits = [page.edit(home, rules) for home, rules in homes.items()]
    edits += [page.extension(comment, rules) for comment, rules in extended.items()]
    for at, added in sorted(edits, reverse=True):
        text = text[:at] + added + text[at:]
    return text, len(edits)


class _Page:
    """A text and its statements."""

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        self.reason = reason
        self.starts = [0, *[match.end() for match in _NEWLINE.finditer(text)]]
        self.table = statements(text)
        self.breaks = inner_breaks(text)

    def home(self, line: int, rules: Iterable[str]) -> _Home:
        """Where a comment on these rules for something on this line goes."""
        code = self._line(line)
        if self._break(line) in (None, "bracket") and len(code) + 2 + len(self._comment(rules)) <= _LONGEST:
            return _Home(line, above=False)
        statement = around(self.table, line)
        if statement is None or line == statement.first or self._break(line - 1) == "bracket":
            return _Home(line, above=True)
        return _Home(statement.first, above=True)

    def edit(self, home: _Home, rules: Iterable[str]) -> tuple[int, str]:
        """The offset at which text goes in, and the text."""
        start, code = self.starts[home.line - 1], self._line(home.line)
        if not home.above:
            bare = code.rstrip()
            return start + len(bare), f"  {self._comment(rules)}"
        indent = code[: len(code) - len(code.lstrip())]
        newline = _NEWLINE.search(self.text, start) or _NEWLINE.search(self.text)
        return start, f"{indent}{self._comment(rules)}{newline[0] if newline else chr(10)}"

    def extension(self, comment: Directive, rules: Iterable[str]) -> tuple[int, str]:
        """The same for a comment that is there already: more names before its closing bracket."""
        start = self.starts[comment.place.line - 1] + comment.place.column - 1
        return self.text.index("]", start), f", {', '.join(sorted(rules))}"

    def _comment(self, rules: Iterable[str]) -> str:
        return f"# statecheck: ignore[{', '.join(sorted(rules))}]{self.reason}"

    def _line(self, line: int) -> str:
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        return self.text[self.starts[line - 1] : end].rstrip("\r\n")

    def _break(self, line: int) -> str | None:
        """What the line break at the end of a line stands in; None for the end of a statement."""
        return self.breaks.get(self.starts[line]) if 0 < line < len(self.starts) else None
