"""Keep what would crash or stall LibCST's native parser away from it. What is refused is reported, never passed over.

Two passes. The first looks at brackets only and costs about two per cent of a parse. The second (weight.py) looks at
every token and is made only for files with long expressions, where alone the other dangers are.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from statecheck.facts.ir import ParseFailure
from statecheck.facts.lexing import BRACKETS, fstring_end, is_interpolated, string_end
from statecheck.facts.weight import Weight, weigh

# CPython's own limit. LibCST takes 7 KB of stack a level, and time and memory by the square of the depth.
MAX_NESTING: Final = 200

# A pattern of this depth takes LibCST two seconds, each level more four times as long.
MAX_PATTERN_NESTING: Final = 10

# Chains, ternaries and the like are harmless in lines and brackets shorter than this many characters.
LONG_LINE: Final = 2_000
LONG_BRACKET: Final = 4_000

# So many lines continued by a backslash may be one long expression.
MANY_CONTINUED: Final = 100

# Files above this are weighed whatever they hold: they may be too large to parse.
LARGE: Final = 1_000_000

# Code tokens outside strings, comments and elided displays. LibCST takes 2 to 4 KB and 15 to 30 µs for each: this many
# need up to 3 GB and 25 s. No module of the standard library has a third of it.
MAX_TOKENS: Final = 750_000

# LibCST makes an object for each blank line, too, and takes 10 µs for it.
MAX_LINES: Final = 2_000_000

# Units of weight.py: tokens that LibCST copies again and again with the front of a chain, 0.3 to 1 µs each. A chain of
# 1,000 calls has 2 million; the heaviest real files met (lookup tables of polynomials) have 4.6 million and take 4 s.
MAX_CHAINS: Final = 6_000_000

# Operators that nest to the right (not, -, **, lambda, the else of a ternary) within one another, over all brackets
# that are open. LibCST takes stack like for a bracket and memory by the square: 200 MB for 1,000 ternaries.
MAX_DEEP: Final = 1_100

# Linear in LibCST, but each is nested in the one before it: 1 KB of stack each in the parser and in what follows.
MAX_ELIF: Final = 10_000

# Below these a file is parsed in the main process; above, only where a crash or a stall can be afforded.
SAFE_NESTING: Final = 60
SAFE_PATTERN_NESTING: Final = 6
SAFE_CHAINS: Final = 500_000
SAFE_DEEP: Final = 200
SAFE_ELIF: Final = 1_000

_CASE: Final = re.compile(r"[ \t\f]*case\b")
_NEWLINE: Final = re.compile(r"\r\n?|\n")
_LINE_OR_NEWLINE: Final = re.compile(r"[\r\n]|[^\r\n]+")
_ELIF: Final = re.compile(r"\belif\b")


class Bounded(Struct, frozen=True):
    """A text that can be parsed: as long as the original, the inside of large constant displays blanked.

    ``elided`` holds the offsets of their opening brackets. ``risky`` text is near the limits.
    """

    text: str
    elided: frozenset[int] = frozenset()
    risky: bool = False


class _Nesting(Struct):
    """What the first pass finds. ``deepest`` counts open brackets, ``deepest_case`` those in a pattern."""

    deepest: int = 0
    deepest_at: int = 0
    deepest_case: int = 0
    deepest_case_at: int = 0
    outermost: int = -1  # the outermost bracket last looked at,
    in_pattern: bool = False  # and whether it stands in a case pattern
    longest: int = 0  # characters in a pair of outermost brackets
    broken: bool = False  # a string has no end: the tokenizer will refuse the file


def bound(text: str) -> Bounded | ParseFailure:
    """Check the shape of a decoded file and blank its large constant displays."""
    if (lines := text.count("\n") + text.count("\r")) > MAX_LINES:
        return ParseFailure(1, 1, f"not analysed: too large ({lines:,} lines)")
    nesting = _nesting(text)
    if nesting.deepest > MAX_NESTING:
        return _refused(text, nesting.deepest_at, f"brackets nested deeper than {MAX_NESTING}")
    if nesting.deepest_case > MAX_PATTERN_NESTING:
        return _refused(text, nesting.deepest_case_at, f"patterns nested deeper than {MAX_PATTERN_NESTING}")
    elifs = text.count("elif")
    if elifs > MAX_ELIF and (found := [match.start() for match in _ELIF.finditer(text)]) and len(found) > MAX_ELIF:
        return _refused(text, found[MAX_ELIF], f"more than {MAX_ELIF:,} elif")
    risky = (
        nesting.broken
        or nesting.deepest > SAFE_NESTING
        or nesting.deepest_case > SAFE_PATTERN_NESTING
        or elifs > SAFE_ELIF
    )
    if not _needs_weighing(text, nesting):
        return Bounded(text, risky=risky)
    weight = weigh(text, MAX_TOKENS, MAX_CHAINS, MAX_DEEP)
    return _too_heavy(text, weight) or Bounded(
        _blanked(text, weight.blanks),
        frozenset(weight.elided),
        risky or weight.chains > SAFE_CHAINS or weight.deepest > SAFE_DEEP or weight.broken,
    )


def _nesting(text: str) -> _Nesting:
    """The first pass: how deep brackets and f-strings nest."""
    found = _Nesting()
    opened: list[int] = []
    position: int | None = 0
    while position is not None:
        start, position = position, None
        for match in BRACKETS.finditer(text, start):
            at = match.start()
            char = text[at]
            if char in "([{":
                opened.append(at)
                if len(opened) > SAFE_PATTERN_NESTING or len(opened) > found.deepest:
                    _deeper(found, text, opened, len(opened))
            elif char in ")]}":
                if opened:
                    first = opened.pop()
                    if not opened and at - first > found.longest:
                        found.longest = at - first
            elif char != "#" and match.end() - at == 1:
                position, depth = _odd_string(text, at)
                if position < 0:
                    found.broken = True
                    return found
                _deeper(found, text, [*opened, at], len(opened) + depth)
                break
    if opened:
        found.longest = max(found.longest, len(text) - opened[0])
    return found


def _odd_string(text: str, quote: int) -> tuple[int, int]:
    """End (-1 for none) and depth of a string that is interpolated, or has many escapes, or does not end."""
    if is_interpolated(text, quote):
        return fstring_end(text, quote)
    return string_end(text, quote), 0


def _deeper(found: _Nesting, text: str, opened: list[int], depth: int) -> None:
    if depth > found.deepest:
        found.deepest, found.deepest_at = depth, opened[-1]
    if depth > max(found.deepest_case, SAFE_PATTERN_NESTING):
        if found.outermost != opened[0]:
            found.outermost, found.in_pattern = opened[0], _in_pattern(text, opened[0])
        if found.in_pattern:
            found.deepest_case, found.deepest_case_at = depth, opened[-1]


def _in_pattern(text: str, bracket: int) -> bool:
    """Does the line of the bracket begin with ``case``? Looked for near by: lines may be long."""
    near = max(0, bracket - 400)
    line = max(text.rfind("\n", near, bracket), text.rfind("\r", near, bracket)) + 1
    return (line > 0 or near == 0) and _CASE.match(text, line) is not None


def _needs_weighing(text: str, nesting: _Nesting) -> bool:
    return (
        nesting.longest > LONG_BRACKET
        or len(text) > LARGE
        or max(map(len, text.split("\n"))) > LONG_LINE
        or text.count("\\\n") + text.count("\\\r") > MANY_CONTINUED
    )


def _too_heavy(text: str, weight: Weight) -> ParseFailure | None:
    if weight.tokens > MAX_TOKENS:
        return ParseFailure(1, 1, f"not analysed: too large ({len(text) / 1e6:.1f} MB of code)")
    if weight.chains > MAX_CHAINS:
        return _refused(text, weight.chains_at, "a chain of calls or operators is too long")
    if weight.deepest > MAX_DEEP:
        return _refused(text, weight.deepest_at, "operators, lambdas or conditional expressions nested too deep")
    return None


def _blanked(text: str, blanks: list[tuple[int, int]]) -> str:
    """The text with spans (in order, apart from each other) turned into spaces; newlines stay."""
    parts: list[str] = []
    position = 0
    for start, end in blanks:
        parts.append(text[position:start])
        lines = _LINE_OR_NEWLINE.finditer(text, start, end)
        parts.extend(match[0] if match[0] in "\r\n" else " " * (match.end() - match.start()) for match in lines)
        position = end
    parts.append(text[position:])
    return "".join(parts)


def _refused(text: str, position: int, reason: str) -> ParseFailure:
    line, start = 1, 0
    for match in _NEWLINE.finditer(text, 0, position):
        line, start = line + 1, match.end()
    return ParseFailure(line, position - start + 1, f"not analysed: {reason}")
