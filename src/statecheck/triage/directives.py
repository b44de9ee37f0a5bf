"""Comments that suppress: ``# statecheck: ignore[name] -- reason`` and ``# statecheck: ignore-file[name] -- reason``.

A comment after code speaks of the places on its line; on the first or last line of a statement, of the whole of it.
A comment on a line of its own speaks of the next statement: of a def or class, of its head and decorators.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from msgspec import Struct

from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.facts.ir import FileFacts
from statecheck.model import Location
from statecheck.triage.statements import Statement, after, around, statements
from statecheck.triage.texts import Texts

_DIRECTIVE = re.compile(
    r"(?:#|//)[ \t]*statecheck:[ \t]*(?P<word>[\w-]*)[ \t]*(?P<list>\[(?P<names>[^\]\r\n]*)\])?"
    r"(?P<rest>(?:(?!(?:#|//)[ \t]*statecheck:)[^\r\n])*)"
)
_REASON = re.compile(r"[ \t]*--[ \t]*(?P<reason>.*?)[ \t]*(?:[ \t]#.*)?\Z")
WORDS = ("ignore", "ignore-file")


class Directive(Struct, frozen=True, order=True):
    """One comment. ``line`` is where it speaks, ``first`` and ``last`` the statement that it covers (0: only the line).

    ``names`` is None where no list was given. Lines count from 1.
    """

    path: str
    place: Location
    word: str
    names: tuple[str, ...] | None
    reason: str
    line: int
    first: int = 0
    last: int = 0

    def covers(self, where: Location) -> bool:
        """Does the comment speak of this place?"""
        if where.path != self.path or self.names is None:
            return False
        if self.word == "ignore-file":
            return True
        on_line = where.line <= self.line <= where.end_line
        return self.word == "ignore" and (on_line or self.first <= where.line <= self.last)


def directives(
    files: Mapping[str, FileFacts], documents: Mapping[str, DocumentFacts], texts: Texts
) -> tuple[Directive, ...]:
    """The suppressing comments of a tree, by place."""
    found: list[Directive] = []
    for path, facts in files.items():
        if facts.comments and facts.failure is None:
            found += in_python(path, texts.text(path), [comment.pos for comment in facts.comments])
    for path, document in documents.items():
        if document.comments:
            lines = texts.text(path).split("\n")
            for comment in document.comments:
                found += _in_document(path, lines, comment.line, comment.text)
    return tuple(sorted(found))


def in_python(path: str, text: str, comments: Iterable[int]) -> list[Directive]:
    """The directives in the comments that begin at these offsets."""
    table = statements(text)
    starts = [0, *[match.end() for match in re.finditer(r"\r\n?|\n", text)]]
    found: list[Directive] = []
    for offset in comments:
        number = bisect_right(starts, offset)
        start = starts[number - 1]
        end = starts[number] if number < len(starts) else len(text)
        own_line = not text[start:offset].strip()
        line, first, last = _speaks_of(text, starts, table, number, own_line)
        comment = text[offset:end].rstrip("\r\n")
        found += _parsed(path, comment, number, offset - start, line, first, last)
    return found


def _speaks_of(
    text: str, starts: list[int], table: list[Statement], number: int, own_line: bool
) -> tuple[int, int, int]:
    """The line and the statement that a comment on line ``number`` speaks of."""
    inside = around(table, number)
    if inside is None:
        target = after(table, number)
        return (target.first, target.first, target.last) if target else (number, 0, 0)
    if not own_line:
        return (number, *inside) if number in inside else (number, 0, 0)
    lines = range(number, inside.last)
    below = (at + 1 for at in lines if not _is_blank(text, starts, at + 1))
    line = next(below, number)
    if text[starts[inside.first - 1] :].lstrip().startswith("@"):
        return line, inside.first, inside.last
    return line, 0, 0


def _is_blank(text: str, starts: list[int], number: int) -> bool:
    end = starts[number] if number < len(starts) else len(text)
    line = text[starts[number - 1] : end].strip()
    return not line or line.startswith("#")


def _in_document(path: str, lines: list[str], number: int, comment: str) -> list[Directive]:
    """A comment on a line of its own speaks of the next line that says something."""
    text = lines[number - 1] if number <= len(lines) else ""
    column = max(0, text.find(comment))
    line = number
    if not text[:column].strip():
        below = range(number + 1, len(lines) + 1)
        line = next((at for at in below if lines[at - 1].strip() and not _is_note(lines[at - 1])), number)
    return _parsed(path, comment, number, column, line, 0, 0)


def _is_note(line: str) -> bool:
    return line.lstrip().startswith(("#", "//"))


def _parsed(path: str, comment: str, number: int, column: int, line: int, first: int, last: int) -> list[Directive]:
    found = []
    for match in _DIRECTIVE.finditer(comment):
        given = match["names"]
        names = None if given is None else tuple(name.strip() for name in given.split(",") if name.strip())
        reason = _REASON.match(match["rest"])
        place = Location(
            path, number, column + match.start() + 1, number, column + match.start() + len(match[0].rstrip()) + 1
        )
        text = reason["reason"] if reason else ""
        found.append(Directive(path, place, match["word"], names or None, text, line, first, last))
    return found
