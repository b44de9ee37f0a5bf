"""Where the tokens of a file stand: LibCST's tree has no offsets, so a cursor finds them in the text.

The walk visits the tokens in source order. :class:`TokenCursor` skips what lies between two of them and checks that the
text agrees; on the first disagreement it raises :class:`MismatchError`, and the file is walked again with a
:class:`TableCursor`, whose offsets come from LibCST's own (much slower) code generator.
"""

# ruff: noqa: D102, ARG002  (both cursors share the protocol that documents them; each needs its own arguments)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, cast

from libcst._nodes.internal import CodegenState

# Frozen: the result must not depend on the interpreter that runs the tool. `lambda`, `await`, `yield` and the soft
# keywords are missing because the walk takes them itself; `True`, `False` and `None` are names for LibCST.
_KEYWORDS = (
    "and|as|assert|async|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|"
    "nonlocal|not|or|pass|raise|return|try|while|with"
)
_SPACE = r" \t\f\r\n\\"
_WORD = rf"(?:#[^\r\n]*|(?:{_KEYWORDS})\b)"
_COMMENT = r"#[^\r\n]*"


def _unrolled(characters: str, other: str) -> Callable[[str, int], re.Match[str]]:
    """What matches the longest run of these at an offset. The run may be empty, so there is always a match."""
    return cast("Callable[[str, int], re.Match[str]]", re.compile(rf"[{characters}]*(?:{other}[{characters}]*)*").match)


_OPERATORS = r":;,=+\-*/%&|^~<>!@"
_BETWEEN = _unrolled(_SPACE + "." + _OPERATORS, _WORD)  # before a name or literal: brackets stop it
_BETWEEN_DOTLESS = _unrolled(_SPACE + _OPERATORS, _WORD)  # before `.5` and `...`
_BEFORE_STATEMENT = _unrolled(_SPACE + ":;", _COMMENT)
_BEFORE_CLOSE = _unrolled(_SPACE + ":,*/", _COMMENT)  # a trailing comma, an empty slice, a bare `*` or `/`
_TRIVIA = _unrolled(_SPACE, _COMMENT)


class MismatchError(Exception):
    """The text at the cursor is not what the tree says."""


class Cursor(Protocol):
    """The place of the last token taken, and the ways to take the next one. ``node`` is the node it belongs to."""

    pos: int  # one past the last token

    def leaf(self, node: Any, value: str) -> int:
        """Take ``value``, the first token of ``node``, after any operators and keywords; return its start."""

    def dotted_leaf(self, node: Any, value: str) -> int:
        """Like :meth:`leaf`, for a literal that begins with a dot."""

    def exact(self, node: Any, value: str) -> int:
        """Take ``value``, the text of ``node``, right here."""

    def after(self, node: Any, token: str) -> int:
        """Take ``token``, the whole of ``node``, after white space and comments; return its start."""

    def step(self, token: str) -> None:
        """Take ``token``, which has no node of its own, after white space and comments."""

    def close(self, node: Any, token: str) -> int:
        """Take the bracket ``token`` that ends ``node`` (``None``: nobody asks where); return the end."""

    def begin(self, node: Any) -> int:
        """Go to where the statement, clause or empty tuple ``node`` begins; return the place."""

    def before(self, node: Any, token: str, low: int, high: int) -> int:
        """Return the start of ``node``, whose first token is the operator ``token`` between two offsets."""

    def opaque(self, node: Any) -> tuple[int, int]:
        """Take a whole node that the walk does not know; return its span."""


class TokenCursor:
    """A cursor over the text itself: fast, and exact or silent."""

    __slots__ = ("pos", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 1 if text.startswith("\ufeff") else 0

    def leaf(self, node: Any, value: str) -> int:
        start = _BETWEEN(self.text, self.pos).end()
        if not self.text.startswith(value, start):
            raise MismatchError(start)
        self.pos = start + len(value)
        return start

    def dotted_leaf(self, node: Any, value: str) -> int:
        return self._take(_BETWEEN_DOTLESS(self.text, self.pos), value)

    def exact(self, node: Any, value: str) -> int:
        start = self.pos
        if not self.text.startswith(value, start):
            raise MismatchError(start)
        self.pos = start + len(value)
        return start

    def after(self, node: Any, token: str) -> int:
        return self._take(_TRIVIA(self.text, self.pos), token)

    def step(self, token: str) -> None:
        if self.text.startswith(token, self.pos):
            self.pos += len(token)
        else:
            self._take(_TRIVIA(self.text, self.pos), token)

    def close(self, node: Any, token: str) -> int:
        if self.text.startswith(token, self.pos):
            self.pos += len(token)
        else:
            self._take(_BEFORE_CLOSE(self.text, self.pos), token)
        return self.pos

    def begin(self, node: Any) -> int:
        self.pos = start = _BEFORE_STATEMENT(self.text, self.pos).end()
        return start

    def before(self, node: Any, token: str, low: int, high: int) -> int:
        start = self.text.rfind(token, low, high)
        if self.text.find("#", low, high) >= 0:  # a comment might hold the token as well
            found = re.compile(rf"#[^\r\n]*|{re.escape(token)}").finditer(self.text, low, high)
            start = max((match.start() for match in found if match.group() == token), default=-1)
        if start < 0:
            raise MismatchError(low)
        return start

    def opaque(self, node: Any) -> tuple[int, int]:
        raise MismatchError(self.pos)

    def _take(self, skipped: re.Match[str], token: str) -> int:
        start = skipped.end()
        if not self.text.startswith(token, start):
            raise MismatchError(start)
        self.pos = start + len(token)
        return start


class TableCursor:
    """A cursor over the spans that LibCST's code generator gives its nodes."""

    __slots__ = ("_spans", "pos")

    def __init__(self, module: Any, line_starts: Sequence[int], length: int) -> None:
        state = _SpanState(module, line_starts, length)
        module._codegen(state)
        self._spans = state.spans
        self.pos = 0

    def leaf(self, node: Any, value: str) -> int:
        start = self._spans[id(node)][0]
        self.pos = start + len(value)
        return start

    dotted_leaf = exact = leaf

    def after(self, node: Any, token: str) -> int:
        self.pos = self._spans[id(node)][1]
        return self.pos - len(token)

    def step(self, token: str) -> None:
        pass

    def close(self, node: Any, token: str) -> int:
        if node is not None:
            self.pos = self._spans[id(node)][1]
        return self.pos

    def begin(self, node: Any) -> int:
        self.pos = self._spans[id(node)][0]
        return self.pos

    def before(self, node: Any, token: str, low: int, high: int) -> int:
        return self._spans[id(node)][0]

    def opaque(self, node: Any) -> tuple[int, int]:
        self.pos = self._spans[id(node)][1]
        return self._spans[id(node)]


_NEWLINE = re.compile(r"\r\n?|\n")


class _SpanState(CodegenState):
    """Counts lines and columns while LibCST writes its tree down, and notes the span of every node.

    Lines and columns rather than a running offset: where LibCST does not give back a file exactly, the error ends
    with the line.
    """

    def __init__(self, module: Any, line_starts: Sequence[int], length: int) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.spans: dict[int, tuple[int, int]] = {}
        self._line_starts = line_starts
        self._length = length
        self._line = 0
        self._column = 0
        self._open: list[int] = []

    def _offset(self) -> int:
        line = min(self._line, len(self._line_starts) - 1)
        return min(self._line_starts[line] + self._column, self._length)

    def add_token(self, value: str) -> None:
        breaks = list(_NEWLINE.finditer(value))
        if breaks:
            self._line += len(breaks)
            self._column = len(value) - breaks[-1].end()
        else:
            self._column += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def before_codegen(self, node: Any) -> None:
        self._open.append(self._offset())

    def after_codegen(self, node: Any) -> None:
        start = self._open.pop()
        self.spans.setdefault(id(node), (start, self._offset()))

    @contextmanager
    def record_syntactic_position(self, node: Any, *, start_node: Any = None, end_node: Any = None) -> Iterator[None]:
        start = self._offset()
        yield
        end = self._offset()
        if start_node is not None:
            start = self.spans[id(start_node)][0]
        if end_node is not None:
            end = self.spans[id(end_node)][1]
        self.spans[id(node)] = (start, end)
