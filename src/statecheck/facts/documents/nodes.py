"""What one deployment document says, in one shape for every format: a table of nodes in reading order.

A mapping key, a list item, a block and a directive are all nodes. Parents stand before their children, so a subtree is
a slice of the table: the descendants of node ``i`` are ``nodes[i + 1:nodes[i].last]``. A flat table survives nesting
that a tree of objects would not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from statecheck.facts.documents import commands
from statecheck.facts.ir import ParseFailure

Kind = Literal["map", "list", "value", "null", "unknown"]

REMARK = "#"  # key of the comment behind a number, which is its child
MAX_DEPTH = 200
MAX_NODES = 500_000
MAX_VALUE = 20_000  # characters of a value that are kept


class Span(NamedTuple):
    """Lines and columns from 1; the end is one past the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Node(Struct, frozen=True, array_like=True, gc=False):
    """One node. Its span runs from the key (or a list item's value) to the end of a scalar, or of a collection's key.

    ``kind`` "unknown" is a value that only a template or a variable decides. A map may have a ``value`` of its own: the
    arguments of a block (``location /x {``). An empty list or map has the value "[]" or "{}".
    """

    key: str  # "" for a list item and for the root of a document
    kind: Kind
    value: str
    document: int  # ordinal of the document in the file
    parent: int  # -1 for the root of a document
    last: int  # one past the last descendant
    line: int
    column: int
    end_line: int
    end_column: int
    templated: bool = False  # part of it, or its default, comes from a template or a variable


class Comment(Struct, frozen=True, array_like=True, gc=False):
    """A comment that speaks to the tool (it holds ``statecheck:``), and its line."""

    line: int
    text: str


class Hole(Struct, frozen=True, array_like=True, gc=False):
    """What the text says at a place where the nodes hold less.

    A template action stands where it begins. At the place of a node stand a variable of which it holds the default or
    nothing (``${TAG:-1}``), and the tags ``!reset`` and ``!override``.
    """

    line: int
    column: int
    text: str


class DocumentFacts(Struct, frozen=True, array_like=True, gc=False):
    """Everything said by one file. ``nodes`` may hold what was read before a ``failure``."""

    format: str  # yaml, helm-template, hcl, nginx …
    nodes: tuple[Node, ...] = ()
    comments: tuple[Comment, ...] = ()
    open: bool = False  # a template inserts keys that are not seen here
    failure: ParseFailure | None = None
    embedded: tuple[DocumentFacts, ...] = ()  # files that it holds as text, with places in this one: a ConfigMap
    holes: tuple[Hole, ...] = ()  # of YAML, in order


def children(nodes: Sequence[Node], index: int) -> Iterator[int]:
    """Indices of the direct children of a node."""
    child, last = index + 1, nodes[index].last
    while child < last:
        yield child
        child = nodes[child].last


def roots(nodes: Sequence[Node]) -> Iterator[int]:
    """Indices of the documents' roots."""
    root = 0
    while root < len(nodes):
        yield root
        root = nodes[root].last


def path(nodes: Sequence[Node], index: int) -> tuple[str, ...]:
    """Keys from the root of the document to the node, list items left out."""
    keys: list[str] = []
    while index >= 0:
        if nodes[index].key:
            keys.append(nodes[index].key)
        index = nodes[index].parent
    return tuple(reversed(keys))


def comments(text: str) -> tuple[Comment, ...]:
    """The comments that speak to the tool, in any format that has ``#`` or ``//`` comments."""
    if "statecheck:" not in text:
        return ()
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        at = line.find("statecheck:")
        start = max(line.rfind("#", 0, at), line.rfind("//", 0, at)) if at >= 0 else -1
        if start >= 0:
            found.append(Comment(number, line[start:].rstrip()))
    return tuple(found)


class TooMuchError(Exception):
    """The document is nested too deeply or has too many nodes."""


class Builder:
    """Collects nodes in reading order. Used by the readers while they read, then thrown away."""

    def __init__(self, has_commands: bool = True) -> None:
        self.has_commands = has_commands
        self.rows: list[tuple[str, Kind, str, int, int, Span, bool]] = []
        self.last: list[int] = []
        self.open: list[int] = []
        self.document = -1

    def add(
        self, key: str, kind: Kind, value: str, span: Span, templated: bool = False, body: int | None = None
    ) -> int:
        """Append a node without children under the innermost open one; a command gets its lines as children.

        ``body`` is the line on which a value of several lines begins.
        """
        index = self._append(key, kind, value, span, templated)
        if kind == "value" and value and self.has_commands and self._is_command(key):
            self.open.append(index)
            self._commands(value, span, templated, body)
            self.end()
        return index

    def _is_command(self, key: str) -> bool:
        """Is a value under this key, in the innermost open node, a command or script?"""
        above = self.rows[self.open[-1]][0] if self.open else ""
        if key == commands.SHELL:
            return False
        if not key and above:
            return commands.is_script(above)
        return commands.plain(key) in commands.KEYS or commands.plain(above) in commands.PROCESSES

    def _commands(self, text: str, span: Span, templated: bool, body: int | None) -> None:
        if "\n" not in text.strip():
            self._append(commands.SHELL, "value", text.strip(), span, templated)
            return
        for line in commands.logical_lines(text, body or span.line):
            number = line.number if body else span.line
            place = Span(number, 1, number, 2) if body else span
            self._append(commands.SHELL, "value", line.text, place, templated)

    def _append(self, key: str, kind: Kind, value: str, span: Span, templated: bool) -> int:
        if len(self.rows) >= MAX_NODES:
            raise TooMuchError(f"more than {MAX_NODES:,} nodes")
        if not self.open:
            self.document += 1
        parent = self.open[-1] if self.open else -1
        self.rows.append((key, kind, value[:MAX_VALUE], self.document, parent, span, templated))
        self.last.append(len(self.rows))
        return len(self.rows) - 1

    def start(self, key: str, kind: Kind, value: str, span: Span, templated: bool = False) -> int:
        """Append a node and open it: what follows are its children, until :meth:`end`."""
        if len(self.open) >= MAX_DEPTH:
            raise TooMuchError(f"nested more than {MAX_DEPTH} levels deep")
        index = self._append(key, kind, value, span, templated)
        self.open.append(index)
        return index

    def end(self) -> int:
        """Close the innermost open node. A list of the words of a command gets the whole line as its last child."""
        index = self.open[-1]
        key, kind = self.rows[index][0], self.rows[index][1]
        if (
            kind == "list"
            and key
            and self.has_commands
            and commands.plain(key) in commands.KEYS
            and not commands.is_script(key)
        ):
            self._words(index)
        self.open.pop()
        self.last[index] = len(self.rows)
        return index

    def _words(self, index: int) -> None:
        rows = [row for row in self.rows[index + 1 :] if row[4] == index and row[1] in ("value", "unknown")]
        if rows:
            text = commands.joined([row[2] or "?" for row in rows])
            self._append(commands.SHELL, "value", text, rows[0][5], any(row[6] for row in rows))

    def copy(self, index: int, key: str, span: Span) -> None:
        """Append a copy of the closed subtree at ``index``, renamed. Its descendants keep their places in the text."""
        first, last = index, self.last[index]
        shift = len(self.rows) - first
        if len(self.rows) + last - first > MAX_NODES:
            raise TooMuchError(f"more than {MAX_NODES:,} nodes")
        for row in range(first, last):
            _, kind, value, _, parent, place, templated = self.rows[row]
            name, at, above = self.rows[row][0], place, parent + shift
            if row == first:
                name, at, above = key, span, self.open[-1] if self.open else -1
            self.rows.append((name, kind, value, self.document, above, at, templated))
            self.last.append(self.last[row] + shift)

    def nodes(self) -> tuple[Node, ...]:
        """The table. Nodes still open are closed."""
        while self.open:
            self.end()
        table = []
        for index, ((key, kind, value, document, parent, span, templated), last) in enumerate(
            zip(self.rows, self.last, strict=True)
        ):
            text = "" if value in ("{}", "[]") and last > index + 1 else value
            table.append(Node(key, kind, text, document, parent, last, *span, templated))
        return tuple(table)
