"""From the bytes of a file to its text, as Python itself would decode it (PEP 263)."""

from __future__ import annotations

import codecs
import re
from typing import Final

from msgspec import Struct

from statecheck.facts.ir import ParseFailure

_CODING: Final = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK_OR_COMMENT: Final = re.compile(rb"[ \t\f]*(?:#.*)?\Z")
_LINE: Final = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_NEWLINE: Final = re.compile(rb"\r\n|\r|\n")

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_WIDE_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

# Codecs for host names. They take quadratic time, and no Python source was ever written in them.
_NOT_FOR_SOURCE: Final = frozenset({"idna", "punycode"})

# Bytes that no text holds: control characters other than tab, newlines, form feed, backspace and escape.
_CONTROLS: Final = bytes(set(range(32)) - {8, 9, 10, 11, 12, 13, 27})
_BINARY_SHARE: Final = 50  # more than one control byte in so many bytes is a binary file, not a slip in a text


class Decoded(Struct, frozen=True):
    """The text of a file, newlines as they are, without its byte order mark; ``text.encode(encoding)`` is the file."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded | ParseFailure:
    """Decode a source file by its byte order mark, its coding line, or as UTF-8."""
    for mark, name in _WIDE_MARKS:
        if data.startswith(mark):
            return ParseFailure(1, 1, f"{name} text: Python sources must be UTF-8 or declare their coding")
    marked = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if marked else data
    if b"\0" in body:
        return _nul_bytes(body)
    declared = _declaration(body)
    if declared is None:
        return _decoded(body, "utf-8-sig" if marked else "utf-8", None)
    name, line = declared
    known = _codec(name, line)
    if isinstance(known, ParseFailure):
        return known
    if marked and known != "utf-8":
        return ParseFailure(line, 1, f"coding {_shown(name)} contradicts the UTF-8 byte order mark")
    try:
        return _decoded(body, "utf-8-sig" if marked else known, name)
    except LookupError:  # rot13, zlib, hex: codecs, but not from bytes to text
        return ParseFailure(line, 1, f"{_shown(name)} in the coding line is not a text encoding")


def _declaration(body: bytes) -> tuple[str, int] | None:
    """Name and line of the coding declaration in the first two lines."""
    position = 0
    for number in (1, 2):
        line = _LINE.match(body, position)
        if line is None:
            return None
        if match := _CODING.match(line[1]):
            return match[1].decode("ascii"), number
        if not _BLANK_OR_COMMENT.match(line[1]):
            return None
        position = line.end()
    return None


def _codec(name: str, line: int) -> str | ParseFailure:
    """The codec's own name, or why it cannot decode a source."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError, OSError):
        return ParseFailure(line, 1, f"unknown encoding {_shown(name)} in the coding line")
    # "utf-8-sig" in a coding line means UTF-8; the mark has been looked at already.
    if known.startswith("utf-8"):
        return "utf-8"
    if known in _NOT_FOR_SOURCE:
        return ParseFailure(line, 1, f"{_shown(name)} in the coding line is not a text encoding")
    return known


def _decoded(body: bytes, encoding: str, declared: str | None) -> Decoded | ParseFailure:
    try:
        text = body.decode("utf-8" if encoding == "utf-8-sig" else encoding)
        if declared is not None and encoding not in ("utf-8", "utf-8-sig"):
            text.encode()  # escapes in the exotic encodings can make lone surrogates, which no parser takes
    except UnicodeDecodeError as error:
        return _undecodable(body, error.start, declared)
    except UnicodeError:
        return ParseFailure(1, 1, f"cannot be decoded as {_shown(declared or encoding)}")
    return Decoded(text, encoding)


def _undecodable(body: bytes, offset: int, declared: str | None) -> ParseFailure:
    line, column = _place(body, offset)
    byte = f"byte 0x{body[offset]:02X}" if offset < len(body) else "the end of the file"
    if declared is None:
        return ParseFailure(line, column, f"{byte} is not UTF-8, and no coding line names another encoding")
    return ParseFailure(line, column, f"{byte} is not valid in {_shown(declared)}, the encoding of the coding line")


def _nul_bytes(body: bytes) -> ParseFailure:
    offset = body.index(0)
    line, column = _place(body, offset)
    controls = len(body) - len(body.translate(None, _CONTROLS))
    if controls * _BINARY_SHARE > len(body):
        return ParseFailure(line, column, "binary file, not Python source")
    return ParseFailure(line, column, f"contains NUL bytes at line {line}")


def _place(body: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, from 1; the column in characters as far as the line is UTF-8."""
    line, start = 1, 0
    for newline in _NEWLINE.finditer(body, 0, offset):
        line, start = line + 1, newline.end()
    return line, len(body[start:offset].decode("utf-8", "replace")) + 1


def _shown(name: str) -> str:
    """A name from the file, short enough for one line."""
    return f'"{name}"' if len(name) <= 40 else f'"{name[:40]}…"'
