"""Enough of Python's tokens to tell code from strings and comments, at the speed of compiled regular expressions.

Only text that LibCST's tokenizer accepts needs to be read right: it refuses the rest before it recurses.
"""

from __future__ import annotations

import re
from typing import Final

# A string without interpolation, unrolled: the loop turns once for each escape, not for each character, and at most
# fifty times, because sre keeps a record of each turn (a plain loop took 605 MB on a string of 5 MB). Longer ones, and
# f-strings, are left to string_end and fstring_end.
_ESCAPE: Final = r"\\(?:\r\n|[\s\S])"
_NO_F_BEFORE: Final = r"(?<![fFtT])(?<![fFtT][rR])"
STRING: Final = (
    rf'{_NO_F_BEFORE}(?:"""[^"\\]*(?:(?:{_ESCAPE}|"(?!""))[^"\\]*){{0,50}}"""'
    rf"|'''[^'\\]*(?:(?:{_ESCAPE}|'(?!''))[^'\\]*){{0,50}}'''"
    rf'|"(?!"")[^"\\\r\n]*(?:{_ESCAPE}[^"\\\r\n]*){{0,50}}"'
    rf"|'(?!'')[^'\\\r\n]*(?:{_ESCAPE}[^'\\\r\n]*){{0,50}}')"
)
COMMENT: Final = r"#[^\r\n]*"

# The look-ahead lets sre skip to the next interesting character three times as fast.
BRACKETS: Final = re.compile(rf"""(?=[\[(\{{\]\)}}#"'])(?:[\[({{\])}}]|{COMMENT}|{STRING}|["'])""")

_ENDS: Final = {
    quote: re.compile(rf"{_ESCAPE}|{quote}" + (r"|[\r\n]" if len(quote) == 1 else ""))
    for quote in ('"', "'", '"""', "'''")
}
# Inside an f-string: literal text up to a field or the end; a field's expression; a field's format.
_LITERAL: Final = {
    quote: re.compile(r"\\N\{[^{}]*\}|\{\{|\}\}|\\(?:\r\n|[^{}])|\{|" + quote + (r"|[\r\n]" if len(quote) == 1 else ""))
    for quote in ('"', "'", '"""', "'''")
}
_FIELD: Final = re.compile(rf"""[\[({{\])}}:]|{COMMENT}|{STRING}|["']""")
_FORMAT: Final = re.compile(r"[{}]")


def quote_at(text: str, position: int) -> str:
    """The one or three quote characters that open a string at ``position``."""
    char = text[position]
    return char * 3 if text.startswith(char * 3, position) else char


def is_interpolated(text: str, quote: int) -> bool:
    """Has the string whose quote is at ``quote`` an f or t in its prefix? (``if"…"`` has none.)"""
    start = quote
    while start > 0 and quote - start < 3 and text[start - 1].isalpha():
        start -= 1
    prefix = text[start:quote].lower()
    return ("f" in prefix or "t" in prefix) and prefix in ("f", "t", "fr", "rf", "tr", "rt")


def string_end(text: str, start: int) -> int:
    """One past the end of the plain string whose quote is at ``start``; -1 if it has none."""
    quote = quote_at(text, start)
    find = _ENDS[quote].search
    match = find(text, start + len(quote))
    while match is not None and text[match.start()] == "\\":
        match = find(text, match.end())
    return match.end() if match is not None and match[0] == quote else -1


def fstring_end(text: str, start: int) -> tuple[int, int]:
    """End of the f-string whose quote is at ``start`` (-1 for none), and how deep brackets and strings nest in it.

    The stack holds quotes of f-strings, ``{`` for a field, ``:`` for its format and ``(`` for any bracket in a field.
    """
    quote = quote_at(text, start)
    stack, position, deepest = [quote], start + len(quote), 1
    while stack:
        match = _mode(stack[-1]).search(text, position)
        if match is None:
            return -1, deepest
        position = match.end()
        position = _step(stack, text, match.start(), position)
        if position < 0:
            return -1, deepest
        deepest = max(deepest, len(stack))
    return position, deepest


def _mode(top: str) -> re.Pattern[str]:
    if top == ":":
        return _FORMAT
    return _FIELD if top in ("{", "(") else _LITERAL[top]


def _step(stack: list[str], text: str, start: int, end: int) -> int:
    """Let one token act on the stack; the position to go on from, -1 if the text is no Python."""
    top, char = stack[-1], text[start]
    if top in ("{", "("):
        return _step_in_field(stack, text, start, end)
    if top == ":":
        if char == "{":
            stack.append("{")
        else:
            del stack[-2:]
    elif char == "{" and end - start == 1:
        stack.append("{")
    elif char in "\r\n":
        return -1
    elif text.startswith(top, start):
        stack.pop()
    return end


def _step_in_field(stack: list[str], text: str, start: int, end: int) -> int:
    char = text[start]
    if char in "([{":
        stack.append("(")
    elif char in ")]}":
        stack.pop()
    elif char == ":":
        if stack[-1] == "{":
            stack.append(":")
    elif char in "\"'" and end - start == 1:
        if not is_interpolated(text, start):
            return string_end(text, start)
        quote = quote_at(text, start)
        stack.append(quote)
        return start + len(quote)
    return end
