"""A template of a chart with the values of its values file in place.

The reader has blanked the template, so its nodes stand where they will stand. What a condition leaves out is dropped,
what ``range`` repeats is repeated, and what an action inserts is put under the key that it is indented below.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.helm_blocks import Block, Branch, Outline, outline
from statecheck.deployments.overlays.helm_expressions import Scope, evaluate
from statecheck.deployments.overlays.helm_fill import Action, Choice, Filler, Piece
from statecheck.deployments.overlays.helm_functions import is_true, no_one_knows
from statecheck.deployments.overlays.values import fields_of, items_of
from statecheck.deployments.tree import Datum
from statecheck.facts.documents.nodes import DocumentFacts, Node
from statecheck.model import Location

_MAX_REPEATS = 50  # items of a range that are followed
_MAX_ASSIGNED = 500  # variables of one branch that are known
_MAX_PIECES = 20_000  # nodes and insertions of one rendered template

_Timeline = list[tuple[int, Scope]]  # what names mean from a line on


class Rendered(NamedTuple):
    """The documents, and how many of their values only Helm knows."""

    documents: tuple[Datum, ...]
    unknown: int


def render(path: str, facts: DocumentFacts, scope: Scope) -> Rendered:
    """The documents of a template."""
    holes = [hole for hole in facts.holes if hole.text.startswith("{{")]
    last = max((node.line for node in facts.nodes), default=0)
    made = outline(holes, max(last, holes[-1].line if holes else 0))
    filler = Filler(path, facts.nodes, made.odd)
    filler.take(_Walk(path, facts.nodes, made).pieces(scope))
    return Rendered(filler.documents(), filler.unknown)


class _Walk:
    """Goes through nodes and insertions in reading order, with what names mean at each."""

    def __init__(self, path: str, nodes: Sequence[Node], made: Outline) -> None:
        self._path = path
        self._outline = made
        self._room = _MAX_PIECES
        self._rows = _rows(nodes, made)
        self._lines: list[int] = []  # of the rows; aliases lead back to earlier lines, so the furthest so far
        for line, _ in self._rows:
            self._lines.append(max(line, self._lines[-1]) if self._lines else line)

    def pieces(self, scope: Scope) -> Iterator[Piece]:
        """All that is rendered."""
        yield from self._branch(self._outline.root, 0, len(self._rows), scope)

    def _behind(self, line: int, start: int, stop: int) -> int:
        """The first row behind a line."""
        return max(start, min(stop, bisect_right(self._lines, line)))

    def _branch(self, branch: Branch, start: int, stop: int, scope: Scope) -> Iterator[Piece]:
        times = self._timeline(branch, scope)
        at = start
        for block in branch.blocks:
            begin = self._behind(block.first, at, stop)
            end = self._behind(block.last, begin, stop)
            yield from self._plain(at, begin, times)
            yield from self._block(block, begin, end, _at(times, block.first))
            at = end
        yield from self._plain(at, stop, times)

    def _timeline(self, branch: Branch, scope: Scope) -> _Timeline:
        times: _Timeline = [(0, scope)]
        for line, name, text in branch.assigns[:_MAX_ASSIGNED]:
            place = Location(self._path, line)
            now = times[-1][1]
            value = no_one_knows(place) if name in self._outline.changed else evaluate(text, now, place)
            times.append((line, now._replace(variables={**now.variables, name: value})))
        return times

    def _plain(self, start: int, stop: int, times: _Timeline) -> Iterator[Piece]:
        for line, index in self._rows[start:stop]:
            if self._room <= 0:
                return
            self._room -= 1
            yield Piece(line, index, self._actions(line, times), self._choice(line, times))

    def _actions(self, line: int, times: _Timeline) -> tuple[Action, ...]:
        found = self._outline.values.get(line)
        if not found:
            return ()
        scope = _at(times, line)
        return tuple(
            Action(hole.column, hole.text, evaluate(text, scope, Location(self._path, line, hole.column, line)))
            for hole, text in found
        )

    def _choice(self, line: int, times: _Timeline) -> Choice | None:
        """What is rendered of a condition within the line."""
        block = self._outline.inline.get(line)
        if block is None:
            return None
        first, last = block.begin, block.end
        for branch in block.branches:
            known = evaluate(branch.test, _at(times, line), Location(self._path, line)) if branch.test else None
            if known is None or is_true(known) is not False:
                return Choice(first, last, branch.start, branch.stop)
        return Choice(first, last, last, last)

    def _block(self, block: Block, start: int, stop: int, scope: Scope) -> Iterator[Piece]:
        """The branch that is rendered. Of branches that nobody can choose between it is the first."""
        for branch in block.branches:
            if branch.word in ("define", "block"):
                return
            value = evaluate(branch.test, scope, Location(self._path, branch.first)) if branch.test else None
            if value is not None and is_true(value) is False:
                continue
            begin = self._behind(branch.first, start, stop)
            end = self._behind(branch.last - 1, begin, stop)
            for inner in _scopes(branch, value, scope):
                yield from self._branch(branch, begin, end, inner)
            return


def _rows(nodes: Sequence[Node], made: Outline) -> list[tuple[int, int]]:
    """Line and node of everything in reading order; -1 for actions on a line of their own."""
    lines = {node.line for node in nodes}
    alone = sorted((line for line in made.values if line not in lines), reverse=True)
    rows: list[tuple[int, int]] = []
    for index, node in enumerate(nodes):
        while alone and alone[-1] < node.line:
            rows.append((alone.pop(), -1))
        rows.append((node.line, index))
    rows.extend((line, -1) for line in reversed(alone))
    return rows


def _at(times: _Timeline, line: int) -> Scope:
    for since, scope in reversed(times):
        if since <= line:
            return scope
    return times[0][1]


def _scopes(branch: Branch, value: Datum | None, scope: Scope) -> Iterator[Scope]:
    """What names mean in a branch, once for each time that it is rendered."""
    if value is None:
        yield scope
    elif branch.word != "range":
        dot = value if branch.word == "with" else scope.dot
        yield scope._replace(dot=dot, variables={**scope.variables, **dict.fromkeys(branch.names, value)})
    else:
        for key, each in _turns(value)[:_MAX_REPEATS]:
            given = (key, each) if len(branch.names) > 1 else (each,)
            named = dict(zip(branch.names, given, strict=False))
            yield scope._replace(dot=each, variables={**scope.variables, **named})


def _turns(value: Datum) -> list[tuple[Datum, Datum]]:
    """Key and value of each turn of a range; of what nobody knows there is one turn."""
    if value.kind == "map":
        return [(Datum("value", key, each.location), each) for key, each in fields_of(value).items()]
    if value.kind == "list":
        return [(Datum("value", str(at), each.location), each) for at, each in enumerate(items_of(value))]
    return [(value, value)]
