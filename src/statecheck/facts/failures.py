"""Why a file could not be parsed, and where: LibCST's errors in one line."""

from __future__ import annotations

import re
from bisect import bisect_right
from types import MappingProxyType

from statecheck.facts.ir import ParseFailure

_PARSER = re.compile(r"parser error: error at (\d+):(\d+)(?:: expected (.*))?", re.DOTALL)
_TOKENIZER = re.compile(r"tokenizer error: (.*)", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<comment>#[^\r\n]*)"
    r"|(?P<string>(?:[bBfFrRtTuU]{1,2})?(?:'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'(?!'')[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*'"
    r'|"(?!"")[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"))'
    r"|(?P<word>\w+)|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_CLOSING = MappingProxyType({")": "(", "]": "[", "}": "{"})


def failure(error: Exception, text: str, line_starts: tuple[int, ...]) -> ParseFailure:
    """Return ``error`` as a place and one line of text."""
    if isinstance(error, RecursionError):
        return ParseFailure(1, 1, "the code is nested too deeply")
    message = str(getattr(error, "message", None) or error).strip()
    parser = _PARSER.match(message)
    if parser:
        offset = _token_before(text, line_starts, int(parser.group(1)), int(parser.group(2)))
        return _at(offset, line_starts, _expectation(parser.group(3) or ""))
    tokenizer = _TOKENIZER.match(message)
    if tokenizer:
        reason = " ".join(tokenizer.group(1).split())
        indentation = "dedent" in reason or "tabs and spaces" in reason
        offset = _bad_indentation(text) if indentation else _scan(text, reason)
        return _at(offset, line_starts, reason)
    first_line = message.splitlines()[0] if message else type(error).__name__
    return ParseFailure(1, 1, first_line[:200])


def _at(offset: int, line_starts: tuple[int, ...], message: str) -> ParseFailure:
    line = bisect_right(line_starts, offset) - 1
    return ParseFailure(line + 1, offset - line_starts[line] + 1, message)


def _expectation(expected: str) -> str:
    words = expected.removeprefix("one of ")
    if not words or words.count(",") > 3:  # LibCST lists every token that could follow
        return "invalid syntax"
    return f"invalid syntax, expected {expected.strip()}"


def _token_before(text: str, line_starts: tuple[int, ...], line: int, column: int) -> int:
    """Return the start of the last token before a place: LibCST reports where the token after the wrong one begins."""
    end = min(line_starts[min(line, len(line_starts)) - 1] + column, len(text))
    begin_line = bisect_right(line_starts, end) - 1
    while begin_line >= 0:
        tokens = _TOKEN.finditer(text, line_starts[begin_line], end)
        places = [token.start() for token in tokens if token.lastgroup not in ("space", "comment")]
        if places:
            return places[-1]
        begin_line -= 1
    return 0


def _scan(text: str, reason: str) -> int:
    """Return where the tokenizer stopped, found again by a scan of the tokens; 0 if it cannot be."""
    quoted = re.match(r"""(['"])(.+)\1 is not a valid""", reason)
    wanted = quoted.group(2).replace("\\0", "\0") if quoted else ""
    brackets: list[str] = []
    for token in _TOKEN.finditer(text):
        value, at = token.group(), token.start()
        if token.lastgroup != "other":
            continue
        if value in "'\"" and "string literal" in reason:
            return at
        if value == wanted:
            return at
        if value in "([{":
            brackets.append(value)
        elif value in _CLOSING:
            matches = bool(brackets) and brackets.pop() == _CLOSING[value]
            if not matches and reason.startswith(("unmatched", "closing")):
                return at
        elif value == "\\" and "line continuation" in reason:
            newline = re.compile(r"\r\n?|\n").match(text, at + 1)
            if newline is None or not text[newline.end() :].strip():
                return at
    return 0


def _bad_indentation(text: str) -> int:
    """Return the first statement whose indentation fits no block, or mixes tabs and spaces differently; 0 if none."""
    open_blocks = [(0, 0)]  # widths with tabs of eight columns and of one
    depth = 0
    fresh = True
    for token in _TOKEN.finditer(text):
        value, kind = token.group(), token.lastgroup
        if kind in ("space", "comment"):
            fresh = fresh or (kind == "space" and depth == 0 and ("\n" in value or "\r" in value))
            continue
        if fresh:
            fresh = False
            line = re.split(r"[\r\n]", text[max(token.start() - 500, 0) : token.start()])[-1]
            wide, narrow = len(line.expandtabs(8)), len(line)
            if wide > open_blocks[-1][0] and narrow > open_blocks[-1][1]:
                open_blocks.append((wide, narrow))
            while wide < open_blocks[-1][0]:
                open_blocks.pop()
            if (wide, narrow) != open_blocks[-1]:
                return token.start()
        depth += (value in "([{") - (value in ")]}")
    return 0
