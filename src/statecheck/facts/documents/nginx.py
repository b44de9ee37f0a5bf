"""nginx configuration, also snippets and templates of it: a tokenizer and a stack, no knowledge of directives.

A directive is a node whose key is its name and whose value is its arguments joined by blanks; a block is such a node
with children. What is unbalanced is tolerated: a snippet may close a block that another file opens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from statecheck.facts.documents import templates
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Kind, Span, TooMuchError, comments
from statecheck.facts.documents.text import decode
from statecheck.facts.ir import ParseFailure

_TOKEN = re.compile(
    r"""(?P<break>\n)|(?P<blank>[ \t\f\v]+)|(?P<comment>\#[^\n]*)|(?P<punct>[;{}])"""
    r"""|(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>(?:\$\{[^}\s]*\}|\\.|[^\s;{}\\]|\\\Z)+)""",
    re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    span: Span


def read(data: bytes) -> DocumentFacts:
    """Facts of an nginx file."""
    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts("nginx", failure=text)
    blanked = templates.blank(text) if templates.has_actions(text) else templates.Blanked(text, frozenset())
    builder = Builder()
    builder.start("", "map", "", Span(1, 1, 1, 2))
    failure = None
    try:
        _build(builder, _tokens(blanked.text))
    except TooMuchError as error:
        failure = ParseFailure(builder.rows[-1][5].line, 1, str(error))
    return DocumentFacts("nginx", builder.nodes(), comments(text), bool(blanked.inserts), failure)


def _build(builder: Builder, tokens: Iterator[_Token]) -> None:
    words: list[_Token] = []
    for token in tokens:
        if token.kind != "punct":
            words.append(token)
            continue
        if words and token.text in ";{":
            _directive(builder, words, token)
        if token.text == "{":
            if not words:
                builder.start("", "map", "", token.span)
            elif words[0].text.endswith("_by_lua_block"):
                _skip_block(tokens)
                builder.end()
        elif token.text == "}" and len(builder.open) > 1:
            builder.end()
        words = []


def _directive(builder: Builder, words: list[_Token], stop: _Token) -> None:
    first, last = words[0].span, words[-1].span
    span = Span(first.line, first.column, last.end_line, last.end_column)
    value = templates.value_of(" ".join(word.text for word in words[1:]))
    kind: Kind = "map" if stop.text == "{" else "value" if value.known else "unknown"
    add = builder.start if stop.text == "{" else builder.add
    add(words[0].text, kind, value.text, span, value.templated)


def _skip_block(tokens: Iterator[_Token]) -> None:
    depth = 1
    for token in tokens:
        if token.kind == "punct":
            depth += {"{": 1, "}": -1}.get(token.text, 0)
        if depth == 0:
            return


def _tokens(text: str) -> Iterator[_Token]:
    line, start = 1, 0  # start: offset of the line
    at = 0
    while match := _TOKEN.match(text, at):
        kind, token, at = str(match.lastgroup), match.group(), match.end()
        column = match.start() - start + 1
        if kind == "break":
            line, start = line + 1, at
        elif kind in ("punct", "word", "quoted"):
            first = line
            if "\n" in token:
                line += token.count("\n")
                start = match.start() + token.rfind("\n") + 1
            body = token[1:-1] if kind == "quoted" else token
            yield _Token("punct" if kind == "punct" else "word", body, Span(first, column, line, at - start + 1))


_VCL_COMMENT = re.compile(r'"[^"\n]*"|/\*.*?\*/|//[^\n]*', re.DOTALL)


def read_vcl(data: bytes) -> DocumentFacts:
    """Facts of a Varnish configuration, which has nginx's statements and blocks, and C's comments."""
    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts("vcl", failure=text)
    plain = _VCL_COMMENT.sub(lambda match: _kept(match.group()), text)
    return msgspec.structs.replace(read(plain.encode()), format="vcl", comments=comments(text))


def _kept(part: str) -> str:
    return part if part.startswith('"') else re.sub(r"[^\n]", " ", part)
