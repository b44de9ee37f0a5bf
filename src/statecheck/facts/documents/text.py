"""From bytes to text, the same for every document format."""

from __future__ import annotations

import codecs
import re

from statecheck.facts.ir import ParseFailure

MAX_BYTES = 8_000_000

# What a YAML reader refuses, and line breaks that editors do not count as such.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def decode(data: bytes) -> str | ParseFailure:
    """The text, with ``\\n`` line ends and no byte order mark. What is not UTF-8 becomes a replacement character."""
    if len(data) > MAX_BYTES:
        return ParseFailure(1, 1, f"larger than {MAX_BYTES // 1_000_000} MB")
    encoding = "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in data:
        return ParseFailure(1, 1, "binary data")
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(" ", text)
