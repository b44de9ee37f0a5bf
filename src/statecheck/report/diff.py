"""A unified diff for people: secrets in it are masked, as everywhere."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from statecheck.report.mask import mask
from statecheck.report.source import escape
from statecheck.report.style import Paint, Style

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_STYLES: dict[str, Style] = {"-": "high", "+": "good", "@": "gutter"}
_COMMAND = re.compile(r"^([ +-][ \t]*)(::|##\[)")  # what a code host takes for an order to itself


def diff(path: str, before: str, after: str, secret: Collection[int], paint: Paint, terminal: bool) -> str:
    """The changes of a file. ``secret`` are the lines before (from 1) that hold secrets; "" where nothing changed.

    Without secrets, and not for a terminal, it is exact: a program can apply it.
    """
    python = path.endswith((".py", ".pyw"))
    masked = [mask(line, number in secret, python) for number, line in enumerate(_lines(before), 1)]
    kept = dict(zip(_lines(before), masked, strict=True))
    new = [kept.get(line, line) for line in _lines(after)]
    rows = [*difflib.unified_diff(masked, new, f"a/{path}", f"b/{path}")]
    return "".join(_row(row, paint, terminal, head=number < 2) for number, row in enumerate(rows))


def _lines(text: str) -> list[str]:
    return [line for line in _LINE.findall(text) if line]


def _row(row: str, paint: Paint, terminal: bool, head: bool) -> str:
    body = row.rstrip("\r\n")
    end = row[len(body) :]
    if terminal or head:
        body, end = escape(body), "\n"
    body = _COMMAND.sub(r"\1\\\2", body)
    style: Style | None = "strong" if head else _STYLES.get(body[:1])
    return (paint(body, style) if style else body) + (end or "\n\\ No newline at end of file\n")
