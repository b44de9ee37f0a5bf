"""Names that a file has imported, and where an import that it lacks belongs."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from typing import NamedTuple

from statecheck.facts.ir import Const, FileFacts
from statecheck.model import Edit
from statecheck.triage.statements import around, statements

_FUTURE = "__future__"
_NEWLINE = re.compile(r"\r\n?|\n")
_IMPORT = re.compile(r"(?:from\s+(?P<module>\.*[\w.]*)\s+)?import\s+(?P<name>[\w.]+)?")
_DEFINITION = re.compile(r"@|(async\s+)?(def|class)\b")
_HEADER = re.compile(r"#!|#.*coding[:=]")


def spelled(facts: FileFacts, dotted: str, before: int) -> str | None:
    """How the body of the file can write a dotted name by what it imports above ``before``; None where it cannot."""
    for row in facts.imports:
        if row.scope or row.region != facts.scopes[0].region or row.pos >= before or row.level or row.name == "*":
            continue
        whole = f"{row.module}.{row.name}" if row.name else row.module
        if not row.name and row.bound == row.module.partition(".")[0]:
            whole = row.bound  # import a.b binds a
        if dotted == whole or dotted.startswith(f"{whole}."):
            return row.bound + dotted[len(whole) :]
    return None


def reaches(facts: FileFacts, name: str, scope: int) -> bool:
    """Does code in this scope find the name in the module, and not in a function or class on the way?"""
    while scope > 0:
        if name in facts.scopes[scope].binds:
            return False
        scope = facts.scopes[scope].parent
    return True


def bound_by(statement: str) -> str:
    """The name that an import statement binds."""
    match = _IMPORT.match(statement)
    return (match["name"] or "").partition(".")[0] if match else ""


class _Line(NamedTuple):
    """An import statement at the top of a file."""

    first: int
    last: int
    is_from: bool
    module: str

    @property
    def is_standard(self) -> bool:
        return self.module.partition(".")[0] in sys.stdlib_module_names


def added(text: str, facts: FileFacts, statement: str, before: int) -> Edit | None:
    """The edit that adds an import: in order among its like, else above the first import or statement.

    None where no line of its own is free for it in front of the offset ``before``.
    """
    page = _Page(text, facts)
    for edit in (page.among(statement), page.above_imports(statement), page.above_statements(statement)):
        if edit is not None and edit.start <= before:
            return edit
    return None


class _Page:
    """The head of a file."""

    def __init__(self, text: str, facts: FileFacts) -> None:
        self.text = text
        self._starts = facts.line_starts
        self._newline = (_NEWLINE.search(text) or ["\n"])[0]
        self._table = statements(text)
        self._floor = self._end_of_head(facts)
        self._groups = self._grouped()

    def among(self, statement: str) -> Edit | None:
        """In the group of its like: the standard library's imports stand apart from others."""
        new = self._parsed(statement, 0, 0)
        group = next((rows for rows in self._groups if any(row.is_standard == new.is_standard for row in rows)), None)
        if group is None:
            return None if new.is_standard or not self._groups else self._after(self._groups[-1][-1], statement, True)
        like = [row for row in group if row.is_from == new.is_from]
        if not like:
            return self._after(group[-1], statement) if new.is_from else self._above(group[0].first, statement, "")
        above = next((row for row in like if row.module.lower() > new.module.lower()), None)
        return self._above(above.first, statement, "") if above else self._after(like[-1], statement)

    def above_imports(self, statement: str) -> Edit | None:
        """In a group of its own, in front of all others."""
        return self._above(self._groups[0][0].first, statement, self._newline) if self._groups else None

    def above_statements(self, statement: str) -> Edit | None:
        """In front of the first statement and the comments that belong to it."""
        first = next((row.first for row in self._table if row.first > self._floor), None)
        if first is None:
            return None
        gap = self._newline * (2 if _DEFINITION.match(self._line(first)) else 1)
        line = first
        while line - 1 > self._floor and self._line(line - 1).startswith("#"):
            line -= 1
        if any(_HEADER.match(self._line(number)) for number in range(line, min(first, 3))):
            line = first
        edit = self._above(line, statement, gap)
        lead = self._newline if edit and line > 1 and self._line(line - 1).strip() else ""
        return edit and Edit(edit.start, edit.end, lead + edit.text)

    def _end_of_head(self, facts: FileFacts) -> int:
        """The last line of the docstring and of what must stand in front of other imports."""
        ends = [row.end for row in facts.imports if row.module == _FUTURE]
        events = facts.scopes[0].events
        if events and events[0].op == "expr" and isinstance(events[0].value, Const) and events[0].value.kind == "str":
            ends.append(events[0].end)
        inside = [around(self._table, bisect_right(self._starts, max(end - 1, 0))) for end in ends]
        return max((row.last for row in inside if row is not None), default=0)

    def _grouped(self) -> list[list[_Line]]:
        """The first run of import statements, cut at blank lines."""
        groups: list[list[_Line]] = []
        for row in self._table:
            if row.first <= self._floor:
                continue
            if not self._line(row.first).startswith(("import ", "from ")):
                if groups:
                    break
                continue
            found = self._parsed(self._line(row.first), row.first, row.last)
            if not groups or self._is_apart(groups[-1][-1].last, row.first):
                groups.append([])
            groups[-1].append(found)
        return groups

    def _is_apart(self, last: int, first: int) -> bool:
        return any(not self._line(number).strip() for number in range(last + 1, first))

    def _parsed(self, line: str, first: int, last: int) -> _Line:
        match = _IMPORT.match(line)
        module = (match["module"] or match["name"] or "") if match else ""
        return _Line(first, last, bool(match and match["module"]), module)

    def _above(self, line: int, statement: str, gap: str) -> Edit:
        at = self._starts[line - 1]
        return Edit(at, at, f"{statement}{self._newline}{gap}")

    def _after(self, row: _Line, statement: str, apart: bool = False) -> Edit | None:
        if row.last >= len(self._starts):
            return None  # the last line of the file has no end
        at = self._starts[row.last]
        return Edit(at, at, f"{self._newline if apart else ''}{statement}{self._newline}")

    def _line(self, number: int) -> str:
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")
