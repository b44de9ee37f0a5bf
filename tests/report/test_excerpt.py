"""Source lines: reading, escaping, marking, masking."""

from __future__ import annotations

from pathlib import Path

import pytest

from statecheck.model import Location
from statecheck.report.excerpt import excerpt
from statecheck.report.mask import mask
from statecheck.report.source import SourceReader, cells, escape


@pytest.mark.parametrize(
    ("line", "column", "end", "text", "marks"),
    [
        ("CARTS = {}", 1, 6, "CARTS = {}", "^^^^^"),
        ("\tCARTS = {}", 2, 7, "    CARTS = {}", "    ^^^^^"),
        ("日本 = x", 6, 7, "日本 = x", "       ^"),
        ("日本 = x", 1, 3, "日本 = x", "^^^^"),
        ("a\x07b = x", 3, 4, "a\\x07b = x", "     ^"),
        ("x = 1   ", 5, 99, "x = 1", "    ^"),
        ("x", 1, 1, "x", "^"),
        ("x", 9, 12, "x", ""),
        ("", 1, 2, "", ""),
    ],
)
def test_marks_stand_under_the_span(line: str, column: int, end: int, text: str, marks: str) -> None:
    assert excerpt(line, Location("a.py", 1, column, 1, end), 80) == (text, marks)


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    assert excerpt("x = {", Location("a.py", 1, 5, 9, 2), 80) == ("x = {", "    ^")


@pytest.mark.parametrize("column", [1, 30, 500, 990, 1000])
def test_a_long_line_is_cut_around_the_span(column: int) -> None:
    line = "".join("#" if number == column else "." for number in range(1, 1001))
    text, marks = excerpt(line, Location("a.py", 1, column, 1, column + 1), 40)
    assert len(text) <= 40
    assert text[marks.index("^")] == "#"


def test_escape_leaves_ordinary_text_alone() -> None:
    assert escape("naïve 日本語 [bold]") == "naïve 日本語 [bold]"
    assert escape("a\x1b[0m\u202eb\udcff\x85") == "a\\x1b[0m\\u202eb\\udcff\\x85"


def test_cells_count_what_a_terminal_shows() -> None:
    assert [cells(text) for text in ("abc", "日本", "e\u0301", "")] == [3, 4, 1, 0]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("é = 1\n".encode(), "é = 1"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1"),
        (b"# -*- coding: latin-1 -*-\n\xe9 = 1\n", "# -*- coding: latin-1 -*-"),
        (b"\xe9 = 1\n", "\ufffd = 1"),
        (b"# coding: nonsense\n", "# coding: nonsense"),
    ],
)
def test_the_first_line_of_any_encoding(tmp_path: Path, raw: bytes, line: str) -> None:
    (tmp_path / "a.py").write_bytes(raw)
    assert SourceReader(tmp_path).line("a.py", 1) == line


def test_a_declared_encoding_is_used(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nx = '\xe9'\n")
    assert SourceReader(tmp_path).line("a.py", 3) == "x = 'é'"


def test_lines_are_counted_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("a\r\nb\rc\x0cd\u2028e\nf".encode())
    reader = SourceReader(tmp_path)
    assert [reader.line("a.py", number) for number in range(6)] == ["", "a", "b", "c\x0cd\u2028e", "f", ""]


def test_a_binary_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\n\0\xff")
    assert SourceReader(tmp_path).line("a.py", 1) == ""


def test_an_unreadable_file_has_no_lines(tmp_path: Path) -> None:
    assert SourceReader(tmp_path).line("no.py", 1) == ""


@pytest.mark.parametrize(
    ("line", "sensitive", "python", "masked"),
    [
        ('KEY = "abc"', True, True, 'KEY = "***"'),
        ('KEY = "abc"', False, True, 'KEY = "abc"'),
        ('f(\'a\', b"c\\"d")', True, True, "f('*', b\"****\")"),
        ('KEY = """abc', True, True, 'KEY = """***'),
        ("password: abc", True, False, "password: ***"),
        ("PASSWORD=abc=d", True, False, "PASSWORD=*****"),
        ('password = "a b"', True, False, 'password = "***"'),
        ("url = 'redis://:pw@host/0'", False, True, "url = 'redis://:**@host/0'"),
        ("URL=postgres://me:pw@host/db", False, False, "URL=postgres://me:**@host/db"),
        ("http://host:80/x@y", False, False, "http://host:80/x@y"),
    ],
)
def test_mask(line: str, sensitive: bool, python: bool, masked: str) -> None:
    assert mask(line, sensitive, python) == masked
