"""Masking of secrets in excerpts. Masked text keeps its length, so that marks under it stay in place."""

from __future__ import annotations

import re

_URL_PASSWORD = re.compile(r"(?<=://)([^\s:/@'\"]*):([^\s/@'\"]+)(?=@)")
_LITERAL = re.compile(r"('''|\"\"\"|'|\")((?:\\.|(?!\1).)*)(\1|$)")
_VALUE = re.compile(r"^([^:=]*[:=]\s*)(.*)$")


def mask(line: str, sensitive: bool, python: bool) -> str:
    """Hide passwords in URLs; in a sensitive line every string literal, or the value of a document's key."""
    line = _URL_PASSWORD.sub(lambda match: f"{match[1]}:{'*' * len(match[2])}", line)
    if not sensitive:
        return line
    if python or _LITERAL.search(line):
        return _LITERAL.sub(lambda match: match[1] + "*" * len(match[2]) + match[3], line)
    return _VALUE.sub(lambda match: match[1] + "*" * len(match[2]), line)
