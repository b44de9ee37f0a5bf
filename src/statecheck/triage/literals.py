"""String literals in a form that does not show how they were quoted."""

from __future__ import annotations

import re
from typing import Final

from statecheck.facts.lexing import quote_at, string_end

# An escape in a plain body; a line break, however it is spelled in the file; a quote, which needs no escape any more.
_PART: Final = re.compile(r"\\(?:\r\n|[\s\S])|\r\n?|\n")
_HEX: Final = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})")


def split_prefix(token: str) -> tuple[str, str]:
    """The letters before the opening quote, and the rest."""
    letters = token.rstrip("\"'")
    return letters, token[len(letters) :]


def string_close(text: str, quote: int) -> tuple[int, int]:
    """Where the body of the string whose quote is at ``quote`` ends, and how long its quotes are."""
    width = len(quote_at(text, quote))
    end = string_end(text, quote)
    return (end - width if end >= 0 else len(text)), width


def plain_string(body: str, raw: bool) -> str:
    """The body without needless escapes: of quotes, and of line ends that continue it. Hex escapes in small letters."""
    if raw:
        body = body.replace("\\", "\\\\")
        return body.replace("\r\n", "\\n").replace("\r", "\\n").replace("\n", "\\n")
    return _PART.sub(_part, _HEX.sub(lambda match: match[0][:2] + match[0][2:].lower(), body))


def _part(match: re.Match[str]) -> str:
    part = match[0]
    if part[0] != "\\":
        return "\\n"
    if part[1:] in ("\r\n", "\r", "\n"):
        return ""
    return part[1] if part[1] in "\"'" else part
