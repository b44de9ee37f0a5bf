"""YAML, with or without template actions, read from the parser's event stream.

Events instead of composed nodes: nothing recurses, so deep nesting costs a message and not the process, and an alias
is one event, so a "billion laughs" document is as small as it looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from statecheck.facts.documents import templates
from statecheck.facts.documents.nodes import (
    MAX_DEPTH,
    REMARK,
    Builder,
    DocumentFacts,
    Hole,
    Kind,
    Span,
    TooMuchError,
    comments,
)
from statecheck.facts.documents.text import decode
from statecheck.facts.ir import ParseFailure

MAX_ALIASED = 20_000  # nodes of a file that may be copies made by aliases
MAX_REPAIRS = 12

# Lists under these keys hold "name=value" strings, which are read as mappings.
PAIR_LISTS = frozenset({"environment", "labels", "tags"})
_REMARK = re.compile(r":[ \t]*[\"']?\d+[\"']?[ \t]+#(?P<note>[^\n]*)")
TAGS = frozenset({"!reset", "!override"})  # of Compose: they decide what a merge does
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
HELM = (".Values.", ".Release.", ".Chart.", "$.Values", "include ")


def read(data: bytes) -> DocumentFacts:
    """Facts of a YAML file. After an error the documents and keys before it are kept."""
    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts("yaml", failure=text)
    notes, remarks = comments(text), _remarks(text)
    if not templates.has_actions(text):
        reader = _Reader(frozenset(), remarks)
        failure = reader.run(text)
        return DocumentFacts("yaml", reader.builder.nodes(), notes, False, failure, holes=tuple(reader.holes))
    name = "helm-template" if "{{" in text and any(word in text for word in HELM) else "yaml"
    blanked = templates.blank(text)
    body = blanked.text
    for _ in range(MAX_REPAIRS + 1):
        reader = _Reader(blanked.inserts, remarks)
        failure = reader.run(body)
        repaired = _without_line(body, failure.line) if failure else None
        if repaired is None:
            break
        body = repaired
    holes = tuple(sorted((*reader.holes, *blanked.actions), key=lambda hole: (hole.line, hole.column)))
    return DocumentFacts(name, reader.builder.nodes(), notes, bool(blanked.inserts), failure, holes=holes)


def _remarks(text: str) -> dict[int, str]:
    """Comments behind numbers (``replicas: 1  # sessions in memory``), by line."""
    found: dict[int, str] = {}
    line = done = 0
    for match in _REMARK.finditer(text):
        line += text.count("\n", done, match.start())
        done = match.start()
        found[line + 1] = match["note"].strip()
    return found


def _without_line(text: str, line: int) -> str | None:
    """Blank the line of an error, or the nearest line above that still says something; ``None`` when there is none."""
    lines = text.split("\n")
    at = min(line, len(lines)) - 1
    while at >= 0 and not lines[at].strip():
        at -= 1
    if at < 0:
        return None
    lines[at] = ""
    return "\n".join(lines)


class _Frame:
    """An open collection. A mapping alternates between keys and values; ``key`` is the key whose value comes next."""

    __slots__ = ("anchor", "in_key", "is_map", "key", "pairs", "place")

    def __init__(self, is_map: bool, pairs: bool = False, anchor: str | None = None, in_key: bool = False) -> None:
        self.is_map = is_map
        self.pairs = pairs
        self.anchor = anchor
        self.in_key = in_key
        self.key: str | None = None
        self.place: Any = None  # mark of the key


class _Reader:
    def __init__(self, inserts: frozenset[int], notes: dict[int, str]) -> None:
        self.notes = notes
        self.builder = Builder()
        self.inserts = inserts
        self.holes: list[Hole] = []
        self.frames: list[_Frame] = []
        self.anchors: dict[str, int] = {}
        self.aliased = 0
        self.key_depth = 0  # > 0 inside a mapping key that is itself a collection: such keys are skipped

    def run(self, text: str) -> ParseFailure | None:
        import yaml

        try:
            for event in _events(text):
                self._take(event, yaml)
        except TooMuchError as error:
            line = self.builder.rows[-1][5].line if self.builder.rows else 1
            return ParseFailure(line, 1, str(error))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            message = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
            return ParseFailure(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, str(message))
        return None

    def _take(self, event: Any, yaml: Any) -> None:
        if self.key_depth:
            self._skip_key(event, yaml)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event, isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self.frames.pop()
            index = self.builder.end()
            if frame.anchor:
                self.anchors[frame.anchor] = index
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors.clear()

    def _skip_key(self, event: Any, yaml: Any) -> None:
        if isinstance(event, yaml.CollectionStartEvent):
            self.key_depth += 1
            if self.key_depth + len(self.frames) > MAX_DEPTH:
                raise TooMuchError(f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            self.key_depth -= 1

    def _wants_key(self) -> bool:
        return bool(self.frames) and self.frames[-1].is_map and self.frames[-1].key is None

    def _key(self, event: Any) -> tuple[str, Any]:
        """The key that waits for this value, and where the node starts."""
        if not self.frames or not self.frames[-1].is_map:
            return "", event.start_mark
        frame = self.frames[-1]
        key, frame.key = frame.key or "", None
        return key, frame.place

    def _scalar(self, event: Any) -> None:
        if self._wants_key():
            self.frames[-1].key, self.frames[-1].place = event.value, event.start_mark
            return
        key, start = self._key(event)
        end = event.end_mark
        span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if event.style in ("|", ">"):
            mark = event.start_mark  # the end mark of a block lies on a later line: stop after the indicator
            span = Span(start.line + 1, start.column + 1, mark.line + 1, mark.column + 2)
        kind: Kind = "value"
        value = templates.value_of(event.value)
        if not event.style and event.value in NULLS:
            kind = "unknown" if start.line + 1 in self.inserts else "null"
        elif not value.known or (event.tag and event.tag.startswith("!") and len(event.tag) > 1):
            kind = "unknown"
        text = "" if kind in ("null", "unknown") else value.text
        templated = value.templated or kind == "unknown"
        if event.tag in TAGS:
            self.holes.append(Hole(span.line, span.column, event.tag))
        elif value.templated and event.value.startswith("${"):
            self.holes.append(Hole(span.line, span.column, event.value))
        if self.frames and self.frames[-1].pairs and "=" in text:
            self._pair(text, span, templated)
        else:
            body = event.start_mark.line + 2 if event.style == "|" else None
            index = self._add(key, kind, text, span, templated, body)
            if event.anchor:
                self.anchors[event.anchor] = index

    def _add(self, key: str, kind: Kind, text: str, span: Span, templated: bool, body: int | None) -> int:
        """A scalar; the comment behind a number is its child ``#``."""
        note = self.notes.get(span.line) if text.isdigit() else None
        if note is None:
            return self.builder.add(key, kind, text, span, templated, body)
        self.builder.start(key, kind, text, span, templated)
        self.builder.add(REMARK, "value", note, span)
        return self.builder.end()

    def _pair(self, text: str, span: Span, templated: bool) -> None:
        self.builder.start("", "value", text, span, templated)
        name, _, value = text.partition("=")
        judged = templates.value_of(value)
        self.builder.add(name, "value" if judged.known else "unknown", judged.text, span, templated or judged.templated)
        self.builder.end()

    def _open(self, event: Any, is_map: bool) -> None:
        if self._wants_key():
            self.frames[-1].key, self.frames[-1].place = "", event.start_mark
            self.key_depth = 1
            return
        key, start = self._key(event)
        length = max(len(key), 1)
        span = Span(start.line + 1, start.column + 1, start.line + 1, start.column + 1 + length)
        if event.tag in TAGS:
            self.holes.append(Hole(span.line, span.column, event.tag))
        self.builder.start(key, "map" if is_map else "list", "{}" if is_map else "[]", span)
        self.frames.append(_Frame(is_map, not is_map and key in PAIR_LISTS, event.anchor))

    def _alias(self, event: Any) -> None:
        if self._wants_key():
            self.frames[-1].key, self.frames[-1].place = "", event.start_mark
            return
        key, start = self._key(event)
        end = event.end_mark
        span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        index = self.anchors.get(event.anchor)
        size = self.builder.last[index] - index if index is not None else 0
        if index is None or self.aliased + size > MAX_ALIASED:
            self.builder.add(key, "unknown", "", span, True)
            return
        self.aliased += size
        self.builder.copy(index, key, span)


def _events(text: str) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # built without libyaml, PyYAML has only the slow one
    return iter(yaml.parse(text, Loader=loader))
