"""TOML with line numbers: the one place that knows the parser. Settings and rule packs are read through it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli
from msgspec import Struct

Key = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n]*)
    | (?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
    | (?P<newline>\n)
    | (?P<mark>[\[\]{},=.])
    | (?P<bare>[^\s\[\]{},=.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


class TomlError(Exception):
    """A file that cannot be read as TOML. ``line`` is 0 when there is none; its text is "path:line: message"."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        place = f"{path}:{line}" if line else str(path)
        super().__init__(f"{place}: {message}")
        self.path, self.line, self.message = path, line, message


class Document(Struct, frozen=True):
    """Parsed TOML and its text."""

    path: Path
    text: str
    data: dict[str, Any]

    def line_of(self, *keys: str | int) -> int:
        """Line (from 1) of a key path; arrays are indexed by number. Of the nearest known parent if it has none."""
        index = _index(self.text)  # built on demand: lines are only asked for when something is wrong
        path = next(keys[:size] for size in range(len(keys), -1, -1) if keys[:size] in index)
        return index[path]


def read(path: Path) -> Document:
    """Read a TOML file. Raises TomlError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TomlError(path, 0, f"cannot be read: {error.strerror or error}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TomlError(path, raw.count(b"\n", 0, error.start) + 1, "is not UTF-8") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Document:
    """Parse TOML text; ``path`` is only named in errors. Raises TomlError."""
    try:
        return Document(path, text, tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        place = _PLACE.search(str(error))  # older parsers give the place only in the text
        line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
        raise TomlError(path, line, f"is not valid TOML: {_PLACE.sub('', str(error))}") from None
    except RecursionError:
        raise TomlError(path, 0, "is not valid TOML: nested too deeply") from None


class _Tokens:
    """The tokens of a *valid* document, comments left out, with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._stream: Iterator[re.Match[str]] = (m for m in _TOKEN.finditer(text) if m.lastgroup != "comment")
        self.now = next(self._stream, None)

    def __bool__(self) -> bool:
        return self.now is not None

    def text(self) -> str:
        return self.now[0] if self.now else ""

    def line(self) -> int:
        return bisect_left(self._newlines, self.now.start()) + 1 if self.now else len(self._newlines) + 1

    def advance(self) -> str:
        text = self.text()
        self.now = next(self._stream, None)
        return text

    def skip_newlines(self) -> None:
        while self.text() == "\n":
            self.advance()

    def key(self) -> list[str]:
        """A dotted key, up to the token that is no part of it."""
        parts = [_unquote(self.advance())]
        while self.text() == ".":
            self.advance()
            parts.append(_unquote(self.advance()))
        return parts


def _unquote(token: str) -> str:
    if token[:1] in "\"'" and token:
        return str(tomli.loads(f"key = {token}")["key"])
    return token


def _index(text: str) -> dict[Key, int]:
    """Key path → line, of a valid document."""
    tokens = _Tokens(text)
    lines: dict[Key, int] = {(): 1}
    counts: dict[Key, int] = {}  # arrays of tables: how many so far
    base: Key = ()
    while tokens:
        if tokens.text() == "\n":
            tokens.advance()
        elif tokens.text() == "[":
            base = _header(tokens, lines, counts)
        else:
            _pair(tokens, base, lines)
    return lines


def _header(tokens: _Tokens, lines: dict[Key, int], counts: dict[Key, int]) -> Key:
    line = tokens.line()
    tokens.advance()
    array = tokens.text() == "["
    if array:
        tokens.advance()
    parts = tokens.key()
    path: Key = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        lines.setdefault(path, line)
        if array and position == len(parts) - 1:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
            lines.setdefault(path, line)
    while tokens.text() == "]":
        tokens.advance()
    return path


def _record_key(tokens: _Tokens, base: Key, lines: dict[Key, int]) -> Key:
    line = tokens.line()
    path = base
    for part in tokens.key():
        path = (*path, part)
        lines.setdefault(path, line)
    tokens.advance()  # "="
    return path


def _pair(tokens: _Tokens, base: Key, lines: dict[Key, int]) -> None:
    """One ``key = value``. Not recursive: a valid document may nest as deep as the parser allows."""
    path = _record_key(tokens, base, lines)
    open_: list[tuple[Key, int]] = []  # enclosing values: path, and the index of the next item (-1: an inline table)
    while True:
        if tokens.text() in ("[", "{"):
            open_.append((path, 0 if tokens.advance() == "[" else -1))
        else:
            while tokens and tokens.text() not in ("\n", ",", "]", "}"):
                tokens.advance()  # a scalar: one token or, for numbers and dates, several
        # After a value or an opening bracket: close what closes, then find the path of the next value.
        if open_:
            tokens.skip_newlines()
        while open_ and tokens.text() in ("]", "}"):
            tokens.advance()
            open_.pop()
            if open_:
                tokens.skip_newlines()
        if not open_ or not tokens:
            return
        if tokens.text() == ",":
            tokens.advance()
            tokens.skip_newlines()
            if tokens.text() in ("]", "}"):  # trailing comma: closed on the next round
                continue
        path = _next_path(tokens, open_, lines)


def _next_path(tokens: _Tokens, open_: list[tuple[Key, int]], lines: dict[Key, int]) -> Key:
    parent, item = open_[-1]
    if item < 0:
        return _record_key(tokens, parent, lines)
    open_[-1] = (parent, item + 1)
    path = (*parent, item)
    lines.setdefault(path, tokens.line())
    return path
