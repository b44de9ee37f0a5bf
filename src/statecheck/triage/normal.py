"""The normal form of a piece of Python: what a formatter may change does not count.

White space, comments, line breaks, the style of quotes, trailing commas and redundant parentheses are gone; a changed
name, literal or operator always shows. Works on tokens and on any fragment, without a parse: the result must not
depend on the interpreter that runs the tool.
"""

from __future__ import annotations

import re
from typing import Final

from statecheck.triage.grouping import Items, Level, closed, flat
from statecheck.triage.literals import plain_string, split_prefix, string_close

SEPARATOR: Final = "\x1f"

_SKIP: Final = re.compile(r"(?:[ \t\f\r\n]|\\(?:\r\n|\r|\n)|#[^\r\n]*)+")
_TOKEN: Final = re.compile(
    r"(?P<string>[A-Za-z]{0,2}(?:\"|'))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<number>0[xXoObB]\w+|(?:\d|\.\d)(?:[eE][-+]?\d|[\w.])*)"
    r"|(?P<operator>\*\*=?|//=?|>>=?|<<=?|:=|->|!=|==|<=|>=|[-+*/%@&|^]=|\.\.\.|[\s\S])"
)
_PREFIXES: Final = frozenset({"", "r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"})
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


def normal(text: str) -> str:
    """The normal form of a fragment of Python."""
    tokens, _ = _tokens(text, 0, "")
    return SEPARATOR.join(tokens)


def _tokens(text: str, at: int, stops: str) -> tuple[list[str], int]:
    """Tokens from ``at`` to the first of the characters ``stops`` outside brackets, and where that is."""
    levels = [Level("", "", [])]
    while at < len(text):
        if skipped := _SKIP.match(text, at):
            at = skipped.end()
            continue
        if len(levels) == 1 and text[at] in stops and not text.startswith("!=", at):
            break
        match = _TOKEN.match(text, at)
        assert match is not None  # the last branch takes any character
        token, kind = match.group(), match.lastgroup
        if kind == "string" and split_prefix(token)[0].lower() not in _PREFIXES:
            token, kind = token[:-1], "name"  # a word that a quote follows: "in'abc'"
        at += len(token)
        if kind == "string":
            at = _string(text, at - 1, token[:-1], levels[-1].items)
        elif kind == "number":
            levels[-1].items.append(token.lower())
        elif token in ("(", "[", "{"):
            levels.append(Level(token, _before(levels[-1].items), []))
        elif token in _PAIRS and len(levels) > 1 and levels[-1].bracket == _PAIRS[token]:
            level = levels.pop()
            levels[-1].items.append(closed(level))
        else:
            levels[-1].items.append(token)
    while len(levels) > 1:  # an unclosed bracket: the fragment was cut there
        level = levels.pop()
        levels[-1].items.extend([level.bracket, *flat(level.items, "call")])
    return flat(levels[0].items, ""), at


def _before(items: Items) -> str:
    return items[-1] if items and isinstance(items[-1], str) else ")" if items else ""


def _string(text: str, quote: int, prefix: str, items: Items) -> int:
    """Append the string whose quote is at ``quote``, joined to a string before it. Gives its end."""
    prefix = prefix.lower()
    if "f" in prefix or "t" in prefix:
        body, end = _interpolated(text, quote, "r" in prefix)
    else:
        stop, width = string_close(text, quote)
        body, end = plain_string(text[quote + width : stop], "r" in prefix), min(len(text), stop + width)
    kind = "b" if "b" in prefix else "t" if "t" in prefix else ""
    token = f'{kind}"{body}"'
    last = items[-1] if items else None
    if isinstance(last, str) and last.startswith(f'{kind}"'):  # adjacent literals are one
        items[-1] = last[:-1] + body + '"'
    else:
        items.append(token)
    return end


def _interpolated(text: str, quote: int, raw: bool) -> tuple[str, int]:
    """The body of an f-string: its text, and each field as the normal form of the expression."""
    opening = text[quote] * 3 if text.startswith(text[quote] * 3, quote) else text[quote]
    at = start = quote + len(opening)
    parts: list[str] = []
    while at < len(text):
        if text.startswith(opening, at):
            return "".join([*parts, plain_string(text[start:at], raw)]), at + len(opening)
        if text[at] == "\\" and not (raw and text[at + 1 : at + 2] in ("{", "}")):
            named = text.startswith("\\N{", at) and not raw
            at = text.find("}", at) + 1 or len(text) if named else at + (1 if text[at + 1 : at + 2] in "{}" else 2)
        elif text.startswith(("{{", "}}"), at):
            parts.append(plain_string(text[start : at + 1], raw))
            at = start = at + 2
        elif text[at] == "{":
            parts.append(plain_string(text[start:at], raw))
            field, at = _field(text, at + 1)
            parts.append(field)
            start = at
        else:
            at += 1
    return "".join([*parts, plain_string(text[start:], raw)]), len(text)


def _field(text: str, at: int) -> tuple[str, int]:
    """A replacement field after its brace; its format may hold fields of its own."""
    tokens, at = _tokens(text, at, "}:!")
    body = SEPARATOR.join(tokens)
    if text[at : at + 1] == "!":
        body += text[at : at + 2]
        at += 2
    if text[at : at + 1] == ":":
        form, at = _format(text, at + 1)
        body += f":{form}"
    return f"\x1d{body}\x1e", at + 1


def _format(text: str, at: int) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(text) and text[at] != "}":
        if text[at] == "{":
            field, at = _field(text, at + 1)
            parts.append(field)
        else:
            parts.append(text[at])
            at += 1
    return "".join(parts), at
