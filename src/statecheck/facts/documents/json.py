"""JSON, also with comments and trailing commas, through its tree-sitter grammar, which reads on after an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from statecheck.facts.documents import templates
from statecheck.facts.documents.grammar import Source, text_of
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Kind, TooMuchError, comments
from statecheck.facts.documents.templates import FILLER, value_of
from statecheck.facts.documents.text import decode
from statecheck.facts.ir import ParseFailure


def read(data: bytes, format: str = "json") -> DocumentFacts:
    """Facts of a JSON file; ``format`` is what they are called (Terraform's JSON says the same as HCL)."""
    import tree_sitter_json

    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts(format, failure=text)
    templated = templates.has_actions(text)
    # An action outside a string becomes a number that no form can mean.
    body = _numbers(templates.blank(text).text) if templated else text
    source = Source(body, tree_sitter_json.language())
    reader = _Reader(source)
    failure = None
    try:
        reader.run()
    except TooMuchError as error:
        failure = ParseFailure(reader.builder.rows[-1][5].line if reader.builder.rows else 1, 1, str(error))
    nodes = reader.builder.nodes()
    if not failure and source.root.has_error and not templated:
        failure = _failure(source)
    return DocumentFacts(format, nodes, comments(text), templated, failure)


def _numbers(text: str) -> str:
    """Filler that stands for a whole value, outside quotes, as a string of the same length."""
    parts = text.split('"')
    for at in range(0, len(parts), 2):
        run = parts[at].strip(" \t\n,:[]{}")
        if FILLER in run and len(run) > 2 and set(run) == {FILLER}:
            parts[at] = parts[at].replace(run, f'"{run[2:]}"')
    return '"'.join(parts)


def _failure(source: Source) -> ParseFailure | None:
    """The first error that is no trailing comma."""
    work = [source.root]
    while work:
        node = work.pop()
        if node.is_missing or (node.is_error and text_of(node).strip() not in (",", "")):
            line, column = node.start_point
            return ParseFailure(line + 1, column + 1, "not JSON from here on")
        work.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    return None


class _Reader:
    """Visits values with a stack of its own: ``work`` holds what is still to be done, last first."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.builder = Builder()
        self.work: list[Callable[[], object]] = []

    def run(self) -> None:
        for child in self.source.root.named_children:
            self._value("", child, child)
            while self.work:
                self.work.pop()()

    def _value(self, key: str, start: Any, node: Any) -> None:
        kind = node.type
        if kind in ("object", "array"):
            shape: Kind = "map" if kind == "object" else "list"
            self.builder.start(key, shape, "{}" if kind == "object" else "[]", self.source.span(start, start))
            self.work.append(self.builder.end)
            for child in reversed(node.named_children):
                if child.type == "ERROR":
                    self._inside_error(child)
                elif child.type == "pair":
                    self.work.append(partial(self._pair, child))
                elif kind == "array":
                    self.work.append(partial(self._value, "", child, child))
        elif kind == "ERROR":
            self._inside_error(node)
        elif kind != "comment":
            self._scalar(key, start, node)

    def _inside_error(self, node: Any) -> None:
        for child in reversed(node.named_children):
            if child.type == "pair":
                self.work.append(partial(self._pair, child))
            elif child.type in ("object", "array", "ERROR"):
                self.work.append(partial(self._value, "", child, child))

    def _pair(self, pair: Any) -> None:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None:
            self._value(_string(key), key, value)

    def _scalar(self, key: str, start: Any, node: Any) -> None:
        span = self.source.span(start, node)
        if node.type == "null":
            self.builder.add(key, "null", "", span)
            return
        judged = value_of(_string(node) if node.type == "string" else text_of(node))
        self.builder.add(key, "value" if judged.known else "unknown", judged.text, span, judged.templated)


def _string(node: Any) -> str:
    """The text of a string. One with an escape that means nothing is taken as it stands."""
    import json

    text = text_of(node)
    if "\\" in text:
        try:
            return str(json.loads(text)).encode("utf-8", "replace").decode()
        except ValueError:
            pass
    return text[1:-1] if text[:1] == '"' else text
