"""Logical lines of a Python text: where a statement, or the head of a compound one, begins and ends."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from statecheck.facts.lexing import BRACKETS, fstring_end, is_interpolated, string_end

_NEWLINE = re.compile(r"\r\n?|\n")


class Statement(NamedTuple):
    """A logical line, decorators and what they decorate as one. ``last`` is the line that it ends in; from 1."""

    first: int
    last: int


def statements(text: str) -> list[Statement]:
    """All statements in order. Blank and comment lines belong to none."""
    starts = [0, *[match.end() for match in _NEWLINE.finditer(text)]]
    inner = inner_breaks(text)
    found: list[Statement] = []
    first = 0
    decorated = 0
    for number, start in enumerate(starts, 1):
        end = starts[number] if number < len(starts) else len(text)
        line = text[start:end].strip()
        if not first and (not line or line.startswith("#")):
            continue
        first = first or number
        if number < len(starts) and end in inner:
            continue
        if text[starts[first - 1] : end].lstrip().startswith("@"):
            decorated = decorated or first
        else:
            found.append(Statement(decorated or first, number))
            decorated = 0
        first = 0
    return found


def around(found: list[Statement], line: int) -> Statement | None:
    """The statement that a line belongs to."""
    at = bisect_right(found, (line, 1 << 60)) - 1
    return found[at] if at >= 0 and found[at].last >= line else None


def after(found: list[Statement], line: int) -> Statement | None:
    """The first statement that begins below a line."""
    at = bisect_right(found, (line, 1 << 60))
    return found[at] if at < len(found) else None


def inner_breaks(text: str) -> dict[int, str]:
    """Line breaks that end no statement: the offset after each, and what it stands in (bracket, string, backslash)."""
    found: dict[int, str] = {}
    depth, at = 0, 0
    while True:
        match = BRACKETS.search(text, at)
        stop = match.start() if match else len(text)
        for newline in _NEWLINE.finditer(text, at, stop):
            if text[newline.start() - 1 : newline.start()] == "\\":
                found[newline.end()] = "backslash"
            elif depth:
                found[newline.end()] = "bracket"
        if match is None:
            return found
        token, at = match[0], match.end()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(0, depth - 1)
        elif token[0] in "\"'":
            if len(token) == 1:
                end = fstring_end(text, stop)[0] if is_interpolated(text, stop) else string_end(text, stop)
                at = end if end >= 0 else at
            found.update((newline.end(), "string") for newline in _NEWLINE.finditer(text, stop, at))
