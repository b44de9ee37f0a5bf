"""The text of files as their facts count it: lines and columns of a location lead to the same characters."""

from __future__ import annotations

import re
from collections.abc import Callable

from statecheck.facts.documents.text import decode as decode_document
from statecheck.facts.ir import ParseFailure
from statecheck.facts.source import decode
from statecheck.model import Location

Read = Callable[[str], bytes]  # the content of a file of the tree; raises OSError

_NEWLINE = re.compile(r"\r\n?|\n")


def is_python(path: str) -> bool:
    """Is the file Python, and no document?"""
    return path.endswith((".py", ".pyw"))


class Texts:
    """Decoded texts by path, read when asked for. "" for what cannot be read."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._texts: dict[str, str] = {}
        self._starts: dict[str, list[int]] = {}

    def text(self, path: str) -> str:
        """The whole text of a file."""
        if path not in self._texts:
            self._texts[path] = self._decoded(path)
        return self._texts[path]

    def is_plain(self, path: str) -> bool:
        """Is the text all that the file holds, in UTF-8?"""
        try:
            return self._read(path) == self.text(path).encode("utf-8", "surrogatepass")
        except OSError:
            return False

    def starts(self, path: str) -> list[int]:
        """The offset of each line."""
        if path not in self._starts:
            self._starts[path] = [0, *[match.end() for match in _NEWLINE.finditer(self.text(path))]]
        return self._starts[path]

    def span(self, where: Location) -> tuple[int, int]:
        """The offsets of a location."""
        return self._offset(where.path, where.line, where.column), self._offset(
            where.path, where.end_line, where.end_column
        )

    def snippet(self, where: Location) -> str:
        """The text of a location."""
        start, end = self.span(where)
        return self.text(where.path)[start:end]

    def _offset(self, path: str, line: int, column: int) -> int:
        starts = self.starts(path)
        return starts[line - 1] + column - 1 if 1 <= line <= len(starts) else len(self.text(path))

    def _decoded(self, path: str) -> str:
        try:
            data = self._read(path)
        except OSError:
            return ""
        if not is_python(path):
            document = decode_document(data)
            return "" if isinstance(document, ParseFailure) else document
        found = decode(data)
        return "" if isinstance(found, ParseFailure) else found.text
