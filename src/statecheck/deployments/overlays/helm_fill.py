"""Puts values into the nodes of a template, and puts the nodes together again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from statecheck.deployments.overlays.values import fields_of, items_of, renamed, scalar, with_items
from statecheck.deployments.tree import MAX_DEPTH, Datum
from statecheck.facts.documents.commands import SHELL
from statecheck.facts.documents.nodes import Kind, Node
from statecheck.facts.documents.templates import FILLER, kept_default
from statecheck.model import Location

_INSERTS = re.compile(r"\b(?P<how>nindent|indent)\s+(?P<count>\d{1,3})\b|\btoYaml\b")


class Action(NamedTuple):
    """An action that gives a value: where it begins, what it says, and what that is."""

    column: int
    text: str
    value: Datum


class Choice(NamedTuple):
    """A condition within a line, from ``first`` to before ``last``: of all that, these columns are rendered."""

    first: int
    last: int
    start: int
    stop: int

    def keeps(self, column: int) -> bool:
        """Is what begins at the column rendered?"""
        return not self.first <= column < self.last or self.start <= column < self.stop


class Piece(NamedTuple):
    """A node that is rendered, or (-1) a line that holds nothing but actions."""

    line: int
    node: int
    actions: tuple[Action, ...]
    choice: Choice | None = None


@dataclass
class _Draft:
    """A node on its way into a tree."""

    key: str
    kind: Kind
    value: str
    place: Location
    parent: int
    depth: int
    templated: bool
    inserted: list[Datum] = field(default_factory=list)


class Filler:
    """Takes pieces in reading order; gives documents."""

    def __init__(self, path: str, nodes: Sequence[Node], odd: frozenset[int]) -> None:
        self.unknown = 0  # values that only rendering gives
        self._path = path
        self._nodes = nodes
        self._odd = odd
        self._drafts: list[_Draft] = []
        self._latest: dict[int, int] = {}  # node → the draft made of it last

    def take(self, pieces: Iterable[Piece]) -> None:
        """All pieces, in order."""
        used: set[int] = set()
        before: Piece | None = None
        for piece in pieces:
            if before is not None and before.line != piece.line:
                self._insert_rest(before, used)
                used = set()
            if piece.node >= 0:
                used |= self._add(piece)
            before = piece
        if before is not None:
            self._insert_rest(before, used)

    def _add(self, piece: Piece) -> set[int]:
        """A draft of the node; the columns of the actions that are part of it."""
        node = self._nodes[piece.node]
        parent = self._latest.get(node.parent, -1)
        if node.parent >= 0 and parent < 0:
            return set()  # what it stands under is not rendered
        depth = self._drafts[parent].depth + 1 if parent >= 0 else 0
        if depth >= MAX_DEPTH:
            return set()
        place = Location(self._path, node.line, node.column, node.end_line, node.end_column)
        draft = _Draft(node.key, node.kind, node.value, place, parent, depth, node.templated)
        self._latest[piece.node] = len(self._drafts)
        self._drafts.append(draft)
        actions = [each for each in piece.actions if node.column <= each.column < node.end_column]
        if node.line in self._odd and (node.templated or draft.kind != "map"):
            if draft.kind in ("value", "unknown") and actions:
                draft.kind, draft.value, draft.templated = "unknown", "", True
                self.unknown += 1
            return {each.column for each in actions}
        key = [each for each in actions if FILLER in draft.key and each.column < node.column + len(node.key)]
        if key:
            draft.key = self._text(draft.key, key)
        inside = actions[len(key) :]
        choice = piece.choice
        if choice is not None and node.column <= choice.first < node.end_column and draft.kind in ("value", "unknown"):
            inside = [each for each in inside if choice.keeps(each.column)]
            draft.value, draft.templated = _chosen(node, choice), True
            if not inside:
                draft.kind = "value" if draft.value else "null"
        if draft.kind in ("value", "unknown") and inside:
            self._fill(draft, inside)
        return {each.column for each in actions}

    def _fill(self, draft: _Draft, actions: Sequence[Action]) -> None:
        only = actions[0]
        whole = draft.kind == "unknown" or draft.value in (kept_default(only.text), FILLER * len(only.text))
        draft.templated = True
        if len(actions) == 1 and whole:
            draft.kind, draft.value = "null", ""
            self._insert(draft, only.value)
            return
        text = "".join(FILLER * len(each.text) for each in actions) if draft.kind == "unknown" else draft.value
        draft.kind, draft.value = "value", self._text(text, actions)

    def _text(self, text: str, actions: Sequence[Action]) -> str:
        """A text with the actions' values in their places; of one that nobody knows the action itself stays."""
        parts: list[str] = []
        done = 0
        for each in actions:
            default = kept_default(each.text)
            run = text.find(FILLER, done)
            at = text.find(default, done) if default else run
            length = len(default) if default else len(each.text)
            if at < 0 or (default and 0 <= run < at):
                at, length = run, len(each.text)
            if at < 0:
                break
            is_known = each.value.kind in ("value", "null")
            self.unknown += not is_known
            parts += [text[done:at], each.value.value if is_known else each.text]
            done = at + length
        parts.append(text[done:])
        return "".join(parts)

    def _insert_rest(self, piece: Piece, used: set[int]) -> None:
        """Actions of a line that are part of no node put their lines below a key."""
        for each in piece.actions:
            if each.column in used:
                continue
            target = self._beside(piece.line, each.column) if piece.node >= 0 else self._above(each)
            if target is not None:
                self._insert(target, each.value)

    def _beside(self, line: int, column: int) -> _Draft | None:
        """The key on whose line an action stands."""
        for draft in reversed(self._drafts):
            if draft.place.line != line:
                return None
            if draft.place.column < column and draft.kind in ("null", "unknown", "map", "list"):
                return draft
        return None

    def _above(self, action: Action) -> _Draft | None:
        """The collection that lines with this indentation belong to."""
        match = _INSERTS.search(action.text)
        indent = action.column - 1
        if match is not None and match["how"]:
            indent = int(match["count"]) + (indent if match["how"] == "indent" else 0)
        at = len(self._drafts) - 1
        while at >= 0:
            draft = self._drafts[at]
            start = draft.place.column - 1
            if (start < indent or (start == indent and not draft.key)) and draft.kind in (
                "null",
                "unknown",
                "map",
                "list",
            ):
                return draft
            at = draft.parent
        return None

    def _insert(self, draft: _Draft, value: Datum) -> None:
        if value.kind == "unknown":
            self.unknown += 1
            if draft.kind == "null":
                draft.kind, draft.templated = "unknown", True
        elif value.kind != "null":
            draft.inserted.append(value)

    def documents(self) -> tuple[Datum, ...]:
        """The trees of what was taken."""
        below: dict[int, list[Datum]] = {}
        for at in range(len(self._drafts) - 1, -1, -1):
            inner = below.pop(at, [])
            inner.reverse()
            below.setdefault(self._drafts[at].parent, []).append(_finished(self._drafts[at], inner))
        return tuple(each for each in reversed(below.get(-1, ())) if each.kind != "map" or each.items)


def _chosen(node: Node, choice: Choice) -> str:
    """A text without what is not rendered. It ends where its node does, but for a closing quote."""
    quoted = node.value[:1] == " " or node.value[-1:] == " "
    start = node.end_column - quoted - len(node.value)
    before = node.value[: max(0, choice.first - start)]
    chosen = node.value[max(0, choice.start - start) : max(0, choice.stop - start)]
    return (before + chosen + node.value[max(0, choice.last - start) :]).strip()


def _finished(draft: _Draft, below: list[Datum]) -> Datum:
    if draft.inserted and not below and len(draft.inserted) == 1 and draft.kind in ("null", "unknown"):
        value = renamed(draft.inserted[0], draft.key)
        return scalar(value, value.value) if value.kind == "value" else value
    inner = [*below, *_inserted(draft, below)]
    kind: Kind = draft.kind
    if inner and kind in ("null", "unknown"):
        kind = "map" if any(each.key for each in inner) else "list"
    fields = {each.key: each for each in inner if each.key}
    text = draft.value if kind in ("value", "unknown") or not inner else ""
    if not text and not inner:
        text = "{}" if kind == "map" else "[]" if kind == "list" else ""
    made = Datum(kind, text, draft.place, fields, tuple(inner), draft.key, draft.templated)
    if kind == "list" and SHELL in fields:
        return with_items(made, items_of(made))
    return made


def _inserted(draft: _Draft, below: list[Datum]) -> Iterator[Datum]:
    has_keys = any(each.key for each in below)
    for value in draft.inserted:
        if value.kind == "map":
            yield from fields_of(value).values()
        elif value.kind == "list" and not has_keys:
            yield from items_of(value)
