"""A source line with a span marked under it."""

from __future__ import annotations

from statecheck.model import Location
from statecheck.report.source import cells, escape

_CUT = "..."


def excerpt(line: str, location: Location, width: int) -> tuple[str, str]:
    """The line, cut to about ``width`` cells around the span, and the marks to put under it.

    A span that goes on in later lines is marked to the end of this one. No marks where the column is beyond the line.
    """
    stripped = line.rstrip()
    start = location.column - 1
    end = location.end_column - 1 if location.end_line == location.line else len(stripped)
    start, end = max(0, start), max(start + 1, min(end, len(stripped)))
    if start >= len(stripped):
        return _clip(escape(stripped), 0, width)[0], ""
    before, span, after = (escape(part) for part in (stripped[:start], stripped[start:end], stripped[end:]))
    text, shift = _clip(before + span + after, len(before), width)
    offset = cells(before[shift:]) + (len(_CUT) if shift else 0)
    return text, " " * offset + "^" * max(1, min(cells(span), width - offset))


def _clip(text: str, keep: int, width: int) -> tuple[str, int]:
    """The text cut at both ends so that position ``keep`` stays in sight, and how much was cut at the left."""
    if len(text) <= width:
        return text, 0
    room = width - len(_CUT)
    left = max(0, min(keep - width // 4, len(text) - room)) if keep > width * 3 // 4 else 0
    right = left + (room if left else width)
    if right >= len(text):
        return (_CUT if left else "") + text[left:], left
    return (_CUT if left else "") + text[left : right - len(_CUT)] + _CUT, left
