"""Wrapped prose with `code` words set off."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from statecheck.report.source import escape
from statecheck.report.style import Paint, Style

_NARROWEST = 30


def hanging(label: str, style: Style, text: str, paint: Paint, width: int, indent: int = 2) -> list[str]:
    """``label`` in ``style`` and then the text, escaped and wrapped at ``width``; later lines are indented."""
    wrapped = textwrap.wrap(
        escape(text),
        max(width, _NARROWEST),
        initial_indent=" " * len(label),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    first, *rest = _mark_code(wrapped or [" " * len(label)], paint)
    return [paint(label, style) + first[len(label) :], *rest]


def _mark_code(lines: Sequence[str], paint: Paint) -> list[str]:
    marked, inside = [], False  # a `span` may go on in the next line
    for line in lines:
        head, *tail = line.split("`")
        out = paint(head, "code") if inside else head
        for piece in tail:
            inside = not inside
            out += "`" + (paint(piece, "code") if inside else piece)
        marked.append(out)
    return marked


def plural(number: int, noun: str) -> str:
    """The number and its noun: 1 file, 1,200 files, 2 entries."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else many}"


def listed(names: Sequence[str], most: int) -> str:
    """The first ``most`` names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
