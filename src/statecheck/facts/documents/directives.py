"""Configuration with one directive a line: HAProxy, Apache, Caddyfile, keepalived, squid. No knowledge of directives.

A directive is a node whose key is its name and whose value is its arguments joined by blanks; a section or block is
such a node with children. No maintained parser reads these formats. They differ in how a section begins and ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from statecheck.facts.documents import templates
from statecheck.facts.documents.filled import filled
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Kind, Span

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|(?:\\.|[^\s"\'\\]|"(?:[^"\\]|\\.)*")+|\S')
_SECTIONS = frozenset({
    "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "program", "cache",
    "mailers", "http-errors", "ring", "fcgi-app", "log-forward",
})  # fmt: skip
_APACHE_OPEN = re.compile(r"<\s*(?P<name>\w+)\s*(?P<rest>[^>]*)>?\Z")


class _Line:
    """A line that says something: its words, and where they stand."""

    __slots__ = ("indent", "number", "span", "text", "words")

    def __init__(self, text: str, raw: str, number: int, last: int) -> None:
        self.text = text
        self.number = number
        self.indent = len(raw) - len(raw.lstrip())
        self.words = [_unquoted(match.group()) for match in _WORD.finditer(text)]
        start = self.indent + 1
        end = start + len(text) if last == number else len(raw.rstrip().rstrip("\\").rstrip()) + 1
        self.span = Span(number, start, number, max(end, start + 1))


Take = Callable[[Builder, _Line], None]


def haproxy(data: bytes) -> DocumentFacts:
    """Facts of a HAProxy configuration: ``backend web`` opens a section that the next one closes."""
    return _read(data, "haproxy", _haproxy_line)


def apache(data: bytes) -> DocumentFacts:
    """Facts of an Apache configuration. Names of directives and sections, which know no case, are in lower case."""
    return _read(data, "apache", _apache_line)


def caddyfile(data: bytes) -> DocumentFacts:
    """Facts of a Caddyfile: a block opens at the end of a line and closes on a line of its own."""
    return _read(data, "caddyfile", _brace_line)


def keepalived(data: bytes) -> DocumentFacts:
    """Facts of a keepalived configuration, which has the blocks of a Caddyfile."""
    return _read(data, "keepalived", _brace_line, "#!")


def squid(data: bytes) -> DocumentFacts:
    """Facts of a squid configuration, which has no blocks."""
    return _read(data, "squid", _add)


def _read(data: bytes, format: str, take: Take, marks: str = "#") -> DocumentFacts:
    def fill(builder: Builder, text: str) -> None:
        for line in _lines(text, marks):
            take(builder, line)

    return filled(data, format, fill)


def _lines(text: str, marks: str) -> list[_Line]:
    found: list[_Line] = []
    parts: list[str] = []
    first = (0, "")
    for number, raw in enumerate(text.split("\n"), 1):
        body = _without_comment(raw, marks).strip()
        if not parts:
            first = (number, raw)
        goes_on = body.endswith("\\")
        if body:
            parts.append(body.rstrip("\\").rstrip())
        if parts and not goes_on:
            found.append(_Line(" ".join(parts), first[1], first[0], number))
            parts = []
    if parts:
        found.append(_Line(" ".join(parts), first[1], first[0], first[0]))
    return [line for line in found if line.words]


def _without_comment(line: str, marks: str) -> str:
    """A comment begins with the line or after a blank, outside of quotes."""
    if not any(mark in line for mark in marks):
        return line
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in marks and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def _node(builder: Builder, line: _Line, words: list[str], opens: bool) -> None:
    value = templates.value_of(" ".join(words[1:]))
    kind: Kind = "map" if opens else "value" if value.known else "unknown"
    (builder.start if opens else builder.add)(words[0], kind, value.text, line.span, value.templated)


def _add(builder: Builder, line: _Line) -> None:
    _node(builder, line, line.words, False)


def _haproxy_line(builder: Builder, line: _Line) -> None:
    name = line.words[0]
    opens = name in _SECTIONS and (line.indent == 0 or name in ("frontend", "backend", "listen", "defaults", "global"))
    if opens and len(builder.open) > 1:
        builder.end()
    _node(builder, line, line.words, opens)


def _apache_line(builder: Builder, line: _Line) -> None:
    if line.text.startswith("</"):
        if len(builder.open) > 1:
            builder.end()
        return
    section = _APACHE_OPEN.match(line.text)
    if section:
        _node(builder, line, [section["name"].lower(), section["rest"].strip().strip('"')], True)
    else:
        _node(builder, line, [line.words[0].lower(), *line.words[1:]], False)


def _brace_line(builder: Builder, line: _Line) -> None:
    words = line.words
    if words[0] == "}":
        if len(builder.open) > 1:
            builder.end()
        words = words[1:]
    if not words:
        return
    opens = words[-1] == "{" or (words[-1].endswith("{") and not words[-1].startswith("{") and "}" not in words[-1])
    if opens:
        words = [*words[:-1], words[-1][:-1]] if words[-1] != "{" else words[:-1]
        _node(builder, line, words or [""], True)
        return
    closes = words[-1] == "}"
    _node(builder, line, words[:-1] if closes and len(words) > 1 else words, False)
    if closes and len(builder.open) > 1:
        builder.end()
