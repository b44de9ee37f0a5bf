"""From the text of a Python file to its facts: one parse, one walk."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from statecheck.facts.ir import Comment, FileFacts, ParseFailure

if TYPE_CHECKING:
    from statecheck.facts.positions import Cursor

MARKER = "statecheck:"
_NEWLINE = re.compile(r"\r\n?|\n")


def extract(text: str, encoding: str = "utf-8", elided: frozenset[int] = frozenset()) -> FileFacts:
    """Return the facts of one file; a file that cannot be read has a ``failure``.

    ``elided`` holds the offsets of the opening brackets of displays whose inside has been blanked. Deeply nested code
    needs a deep stack: the caller gives this function a thread with one. The process must be our own: what LibCST is
    asked for in other threads meanwhile would come out wrong.
    """
    from statecheck.facts.parsing import parse_lightly

    return _extract(text, encoding, elided, parse_lightly)


def extract_beside_others(text: str, encoding: str = "utf-8", elided: frozenset[int] = frozenset()) -> FileFacts:
    """Like :func:`extract`, and slower, for a process in which others may use LibCST at the same time."""
    import libcst

    return _extract(text, encoding, elided, libcst.parse_module)


def _extract(text: str, encoding: str, elided: frozenset[int], parse: Callable[[str], Any]) -> FileFacts:
    line_starts = line_starts_of(text)
    try:
        return _facts(text, encoding, elided, line_starts, parse)
    except Exception as error:  # whatever LibCST or a too deep tree raises costs this file only
        from statecheck.facts.failures import failure

        found = failure(error, text, line_starts)
    return FileFacts(line_starts=line_starts, length=len(text), encoding=encoding, failure=found)


def line_starts_of(text: str) -> tuple[int, ...]:
    """Return the offset of the first character of each line."""
    return (0, *[match.end() for match in _NEWLINE.finditer(text)])


def _facts(
    text: str,
    encoding: str,
    elided: frozenset[int],
    line_starts: tuple[int, ...],
    parse: Callable[[str], Any],
) -> FileFacts:
    from statecheck.facts.positions import MismatchError, TableCursor, TokenCursor

    try:
        return walk_module(parse(text), TokenCursor(text), text, encoding, elided, line_starts)
    except MismatchError:
        import libcst

        module = libcst.parse_module(text)  # only LibCST's own nodes can be written back
        cursor = TableCursor(module, line_starts, len(text))
        return walk_module(module, cursor, text, encoding, elided, line_starts)


def walk_module(
    module: Any, cursor: Cursor, text: str, encoding: str, elided: frozenset[int], line_starts: tuple[int, ...]
) -> FileFacts:
    """Walk a parsed module with ``cursor`` into facts."""
    from statecheck.facts.building import Builder
    from statecheck.facts.expressions import Expressions
    from statecheck.facts.statements import Statements

    builder = Builder(0, len(text))
    expressions = Expressions(cursor, builder, elided)
    Statements(cursor, builder, expressions).block(module)
    return FileFacts(
        scopes=tuple([scope.frozen() for scope in builder.scopes]),
        regions=builder.frozen_regions(),
        imports=tuple(builder.imports),
        comments=_comments(text, expressions.strings) if MARKER in text else (),
        line_starts=line_starts,
        length=len(text),
        encoding=encoding,
    )


def _comments(text: str, strings: list[tuple[int, int]]) -> tuple[Comment, ...]:
    """Return the comments that speak to the tool; a ``#`` inside one of ``strings`` begins no comment."""
    outer: list[tuple[int, int]] = []
    for span in sorted(strings):  # those inside an f-string do not count
        if not outer or span[0] >= outer[-1][1]:
            outer.append(span)
    starts = [start for start, _ in outer]
    found = []
    at = text.find("#")
    while at >= 0:
        index = bisect_right(starts, at) - 1
        if index >= 0 and at < outer[index][1]:
            end = outer[index][1]
        else:
            newline = _NEWLINE.search(text, at)
            end = newline.start() if newline else len(text)
            if MARKER in text[at:end]:
                found.append(Comment(at, text[at:end]))
        at = text.find("#", end)
    return tuple(found)


__all__ = ["FileFacts", "ParseFailure", "extract", "extract_beside_others", "line_starts_of", "walk_module"]
