"""The values of string literals, without evaluating anything."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

KEPT = 200  # characters of a string that facts keep
_HUGE = 100_000  # above this only the beginning is decoded

_ESCAPE = re.compile(
    r"\\(?:(\r\n|[\r\n])|([\\'\"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    r"|N\{([^}]*)\})"
)
_SIMPLE = str.maketrans("abfnrtv", "\a\b\f\n\r\t\v")
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode_literal(source: str) -> tuple[Literal["str", "bytes"], str, int]:
    """Return the kind, the value (at most :data:`KEPT` characters) and the length of one string literal.

    The value of a bytes literal is its source text.
    """
    quote_at = min(at for at in (source.find("'"), source.find('"')) if at >= 0)
    prefix = source[:quote_at].lower()
    if "b" in prefix:
        return "bytes", source[:KEPT], len(source)
    width = 3 if source.startswith(source[quote_at] * 3, quote_at) and len(source) - quote_at >= 6 else 1
    inner = source[quote_at + width : -width]
    return "str", *decode_text(inner, raw="r" in prefix)


def decode_text(inner: str, *, raw: bool) -> tuple[str, int]:
    """Return the value (its beginning) and the length of the text between the quotes."""
    length = -1
    if len(inner) > _HUGE:
        length = len(inner)
        inner = inner[: KEPT * 10]
    if "\r" in inner:
        inner = inner.replace("\r\n", "\n").replace("\r", "\n")
    if not raw and "\\" in inner:
        inner = _ESCAPE.sub(_unescaped, inner)
    value = inner[:KEPT]
    if not value.isascii():
        value = _SURROGATE.sub("\ufffd", value)  # a lone surrogate cannot be stored
    return value, len(inner) if length < 0 else length


def _unescaped(match: re.Match[str]) -> str:
    newline, simple, octal, two, four, eight, name = match.groups()
    if newline:
        return ""
    if simple:
        return simple.translate(_SIMPLE)
    if name is not None:
        try:
            return unicodedata.lookup(name)
        except KeyError:
            return match.group()
    code = int(octal, 8) if octal else int(two or four or eight, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
