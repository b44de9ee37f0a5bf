"""Text with edits spliced in at their offsets, and the edits that take an argument out of a call."""

from __future__ import annotations

import re
from collections.abc import Iterable

from statecheck.facts.ir import Call, Expr
from statecheck.facts.lexing import BRACKETS, fstring_end, is_interpolated, string_end
from statecheck.facts.walk import span
from statecheck.model import Edit, Fix

_COMMA = re.compile(r"\s*,[ \t]*(?:\r\n?|\n)?[ \t]*")
_KEYWORD = re.compile(r"\w+\s*=\s*\Z")


def spliced(text: str, fixes: Iterable[Fix]) -> tuple[str, list[Fix]]:
    """The text after as many of the fixes as do not touch each other, the first ones first; and those fixes.

    Fixes may share an edit: two that need the same import add it once.
    """
    done: list[Fix] = []
    edits: set[Edit] = set()
    for fix in sorted(fixes, key=lambda fix: fix.edits[::-1]):  # an import comes first, and is shared
        new = set(fix.edits) - edits
        if not any(_touch(edit, other) for edit in new for other in edits):
            done.append(fix)
            edits |= new
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text, done


def _touch(one: Edit, other: Edit) -> bool:
    if one.start == one.end and other.start == other.end:
        return one.start == other.start
    return one.start < other.end and other.start < one.end


def has_comment(text: str) -> bool:
    """Does a piece of code that begins outside of strings hold a comment?"""
    at = 0
    while match := BRACKETS.search(text, at):
        at = match.end()
        if match[0].startswith("#"):
            return True
        if match[0] in ("'", '"'):
            start = match.start()
            end = fstring_end(text, start)[0] if is_interpolated(text, start) else string_end(text, start)
            at = end if end >= 0 else at
    return False


def argument_edit(text: str, call: Call, given: Expr) -> Edit | None:
    """The edit that takes an argument out of a call with a comma beside it. None where more than that is in the way."""
    start, end = span(given)
    ends = [span(other)[1] for other in (*call.args, *(keyword.value for keyword in call.keywords))]
    left = max((other for other in ends if other <= start), default=span(call.func)[1])
    if keyword := _KEYWORD.search(text, left, start):
        start = keyword.start()
    between = text[left:start].strip()
    comma = _COMMA.match(text, end)
    right = comma.end() if comma else end
    if text[right : call.end].strip() != ")":
        return Edit(start, right, "") if comma else None
    if between == ",":
        return Edit(left, end, "")
    return Edit(start, right, "") if between == "(" else None
