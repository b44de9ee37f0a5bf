"""What the readers built on tree-sitter grammars share: parsing, and places in lines and characters."""

from __future__ import annotations

from typing import Any

from statecheck.facts.documents.nodes import Span


class Source:
    """A text and its syntax tree. Places are lines and characters from 1; the grammar counts bytes from 0."""

    def __init__(self, text: str, language: object) -> None:
        from tree_sitter import Language, Parser

        self.root: Any = Parser(Language(language)).parse(text.encode()).root_node
        self._lines = None if text.isascii() else text.encode().split(b"\n")

    def span(self, first: Any, last: Any) -> Span:
        """From the start of one node to the end of another, or to the end of its first character."""
        line, column = first.start_point
        end_line, end_column = last.end_point
        if end_line != last.start_point[0]:
            end_line, end_column = last.start_point[0], last.start_point[1] + 1
        return Span(line + 1, self._column(line, column), end_line + 1, self._column(end_line, end_column))

    def _column(self, line: int, byte: int) -> int:
        if self._lines is None or line >= len(self._lines):
            return int(byte) + 1
        return len(self._lines[line][:byte].decode("utf-8", "replace")) + 1


def text_of(node: Any) -> str:
    """The source of a node."""
    return str(node.text.decode("utf-8", "replace"))
