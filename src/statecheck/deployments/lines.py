"""Command lines as words that know where they stand, whether a document writes them as a text or as a list."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.tree import Datum
from statecheck.facts.documents.templates import FILLER
from statecheck.model import Location

MAX_TEXT = 20_000  # characters of a command that are read
_BREAKS = frozenset(";&|")
_QUOTED_OR_COMMENT = re.compile(r"""\\.|"(?:[^"\\]|\\.)*"|'[^']*'|(?P<comment>(?:^|(?<=\s))#)""")


class Word(NamedTuple):
    """A word of a command line, and the line that it stands on."""

    text: str
    location: Location

    @property
    def known(self) -> bool:
        """Is all of it there, and not decided by a template, a variable or another command?"""
        return FILLER not in self.text and "$" not in self.text


Line = tuple[Word, ...]


def lines_of(datum: Datum | None) -> list[Line]:
    """The commands of a value: the words of a list are one command, a text may hold several."""
    if datum is None:
        return []
    if datum.kind == "list":
        words = tuple(Word(item.value, item.location) for item in datum.items if not item.key and item.kind == "value")
        return [words] if words else []
    if datum.kind == "map" and not datum.value:
        return []
    return list(split(datum.value, datum.location))


def split(text: str, location: Location) -> Iterator[Line]:
    """The commands of a script, each as its words. Never fails: what no shell would read is split at blanks."""
    for line in text[:MAX_TEXT].replace("\\\n", " ").split("\n"):
        command: list[Word] = []
        for word in _words(_without_comment(line)):
            if word and _BREAKS.issuperset(word):
                if command:
                    yield tuple(command)
                command = []
            else:
                command.append(Word(word, location))
        if command:
            yield tuple(command)


def tokens(text: str, location: Location) -> Iterator[Word]:
    """All words of a line, those that part commands among them."""
    return (Word(word, location) for word in _words(_without_comment(text[:MAX_TEXT])))


def _without_comment(line: str) -> str:
    """A comment begins with the line or behind a blank, outside of quotes."""
    marks = (match.start() for match in _QUOTED_OR_COMMENT.finditer(line) if match["comment"])
    return line[: next(marks, len(line))]


def _words(line: str) -> Sequence[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # an open quote
        return line.split()
