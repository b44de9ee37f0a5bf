"""TOML through its tree-sitter grammar: the standard library's parser has no positions and stops at the first error."""

from __future__ import annotations

import re
from typing import Any

from statecheck.facts.documents import templates
from statecheck.facts.documents.grammar import Source, text_of
from statecheck.facts.documents.nodes import Builder, DocumentFacts, TooMuchError, comments
from statecheck.facts.documents.templates import value_of
from statecheck.facts.documents.text import decode
from statecheck.facts.ir import ParseFailure

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read(data: bytes) -> DocumentFacts:
    """Facts of a TOML file. A table that is opened twice, as `[a.b]` and `[a.c]` open `a`, stands twice as sibling."""
    import tree_sitter_toml

    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts("toml", failure=text)
    templated = templates.has_actions(text)
    source = Source(templates.blank(text).text if templated else text, tree_sitter_toml.language())
    builder = Builder()
    failure = None
    try:
        _document(builder, source)
    except TooMuchError as error:
        failure = ParseFailure(builder.rows[-1][5].line if builder.rows else 1, 1, str(error))
    nodes = builder.nodes()
    if not failure and source.root.has_error and not templated:
        failure = _failure(source.root)
    return DocumentFacts("toml", nodes, comments(text), templated, failure)


def _failure(root: Any) -> ParseFailure:
    work = [root]
    while work:
        node = work.pop()
        if node.is_error or node.is_missing:
            return ParseFailure(node.start_point[0] + 1, node.start_point[1] + 1, "not TOML from here on")
        work.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    return ParseFailure(1, 1, "not TOML")


def _document(builder: Builder, source: Source) -> None:
    root = source.root
    if not root.named_children:
        return
    builder.start("", "map", "", source.span(root.named_children[0], root.named_children[0]))
    for child in root.named_children:
        if child.type == "pair":
            _pairs(builder, source, [child])
        elif child.type in ("table", "table_array_element"):
            keys = [part for part in child.named_children if part.type in ("bare_key", "quoted_key", "dotted_key")][:1]
            names = [name for key in keys for name in _keys(key)]
            for name, node in names:
                builder.start(name, "map", "{}", source.span(node, node))
            _pairs(builder, source, [part for part in child.named_children if part.type == "pair"])
            for _ in names:
                builder.end()
    builder.end()


def _keys(node: Any) -> list[tuple[str, Any]]:
    """The names that a key consists of."""
    if node.type == "dotted_key":
        return [row for child in node.named_children for row in _keys(child)]
    return [(text_of(node).strip("\"'"), node)]


def _pairs(builder: Builder, source: Source, pairs: list[Any]) -> None:
    """Add ``key = value`` rows with everything in them, by a stack: ``None`` closes a collection."""
    work: list[Any] = list(reversed(pairs))
    while work:
        node = work.pop()
        if node is None:
            builder.end()
            continue
        names: list[tuple[str, Any]] = [("", node)]
        if node.type == "pair":
            if len(node.named_children) < 2:
                continue
            names, node = _keys(node.named_children[0]), node.named_children[1]
        for name, place in names[:-1]:
            builder.start(name, "map", "{}", source.span(place, place))
            work.append(None)
        name, place = names[-1]
        if node.type in ("inline_table", "array"):
            is_map = node.type == "inline_table"
            builder.start(name, "map" if is_map else "list", "{}" if is_map else "[]", source.span(place, place))
            work.append(None)
            work.extend(child for child in reversed(node.named_children) if child.type != "comment")
        elif node.type not in ("comment", "ERROR"):
            judged = value_of(_scalar(node))
            span = source.span(place, node)
            builder.add(name, "value" if judged.known else "unknown", judged.text, span, judged.templated)


def _scalar(node: Any) -> str:
    text = text_of(node)
    if node.type != "string":
        return text
    for quotes in ('"""', "'''"):
        if text.startswith(quotes):
            text = text[3:-3].removeprefix("\n")
            break
    else:
        quotes, text = text[:1], text[1:-1]
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text) if quotes[0] == '"' else text
