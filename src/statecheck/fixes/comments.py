"""Fix of a suppressing comment that suppresses nothing: the name goes, and with its last name the comment."""

from __future__ import annotations

import re
from collections.abc import Collection

from statecheck.model import Edit

_LIST = re.compile(r"\[(?P<names>[^\]\r\n]*)\]")
_OTHER = re.compile(r"[ \t]+#")
_BREAK = re.compile(r"\r\n?|\n")


def comment_edit(text: str, start: int, end: int, useless: Collection[str]) -> Edit | None:
    """The edit for the comment from ``start`` to ``end``. None for a comment without a list of names."""
    names = _LIST.search(text, start, end)
    if names is None:
        return None
    kept = [name for name in names["names"].split(",") if name.strip() and name.strip() not in useless]
    if kept:
        return Edit(names.start() + 1, names.end() - 1, ",".join(kept).strip())
    other = _OTHER.search(text, names.end(), end)  # another tool's comment behind it
    stop = other.end() - 1 if other else end
    line = text.rfind("\n", 0, start) + 1
    line = max(line, text.rfind("\r", 0, start) + 1)
    before = text[line:start]
    rest = _BREAK.search(text, stop)
    behind = text[stop : rest.start() if rest else len(text)]
    if behind.strip():
        return Edit(start, stop, "")
    if before.strip():
        return Edit(line + len(before.rstrip()), stop + len(behind), "")
    return Edit(line, rest.end() if rest else len(text), "")
