"""Source lines for excerpts, and the escaping of everything that comes from a scanned tree."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

# Controls, line and paragraph separators, bidirectional overrides, zero-width marks and lone surrogates: what can move
# the cursor, restyle the terminal or show text in another order than it stands.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_LINE_END = re.compile("\r\n|\r|\n")  # as Python counts lines; str.splitlines knows more
_TAB = "    "
_MARKS = ("Mn", "Me", "Cf")


def escape(text: str) -> str:
    """One line of text that a terminal shows and does not obey."""
    return _UNSAFE.sub(_spell, text.replace("\t", _TAB))


def _spell(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def cells(text: str) -> int:
    """How many terminal cells the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in _MARKS else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


class SourceReader:
    """Lines of the files below ``root``, read when asked for and kept as long as the reader.

    ``replaced`` says where the content of some of them lies instead.
    """

    def __init__(self, root: Path, replaced: Mapping[str, Path] = MappingProxyType({})) -> None:
        self._root = root
        self._replaced = replaced
        self._lines: dict[str, list[str]] = {}

    def line(self, path: str, number: int) -> str:
        """Text of a line (from 1), raw: not escaped. "" when there is none or the file cannot be read."""
        if path not in self._lines:
            self._lines[path] = _read(self._replaced.get(path) or self._root / path)
        lines = self._lines[path]
        return lines[number - 1] if 1 <= number <= len(lines) else ""


def _read(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
    except (OSError, ValueError):  # no file has such a name
        return []
    if b"\0" in raw:  # a binary file has no lines to show
        return []
    try:
        text = raw.decode(_encoding(raw), "replace")
    except (LookupError, UnicodeError):
        text = raw.decode("latin-1")
    return _LINE_END.split(text)


def _encoding(raw: bytes) -> str:
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    for line in raw.split(b"\n", 2)[:2]:
        match = _CODING.match(line)
        if match:
            return match[1].decode("ascii")
    return "utf-8"
