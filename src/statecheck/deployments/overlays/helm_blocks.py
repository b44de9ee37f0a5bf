"""Template actions as blocks: which lines stand under which condition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from statecheck.facts.documents.nodes import Hole

_OPENS = frozenset({"if", "with", "range", "define", "block"})
_ASSIGN = re.compile(r"(?P<name>\$\w+)\s*(?P<sign>:?=)\s*(?P<value>.*)\Z", re.DOTALL)
_RANGE = re.compile(r"(?:(?P<names>\$\w+(?:\s*,\s*\$\w+)?)\s*:=\s*)?(?P<value>.*)\Z", re.DOTALL)
_MAX_DEPTH = 40


@dataclass
class Branch:
    """Lines from behind the action that opens it to before the one that ends it. Built while reading."""

    word: str  # if, with, range, else, define
    test: str  # expression; "" for a plain else
    names: tuple[str, ...]  # variables that it sets
    first: int
    last: int = 0
    start: int = 0  # columns of what stands between its actions, for a block within a line
    stop: int = 0
    blocks: list[Block] = field(default_factory=list)
    assigns: list[tuple[int, str, str]] = field(default_factory=list)  # line, variable, expression


@dataclass
class Block:
    """The branches of one ``if``, ``with`` or ``range``. At most one of them is rendered."""

    branches: list[Branch]
    begin: int = 0  # column of its first action
    end: int = 0  # column behind its last

    @property
    def first(self) -> int:
        """The line of its first action."""
        return self.branches[0].first

    @property
    def last(self) -> int:
        """The line of its ``end``."""
        return self.branches[-1].last


@dataclass
class Outline:
    """A template: its blocks, the actions that give values by line, and lines that steer within themselves."""

    root: Branch
    values: dict[int, list[tuple[Hole, str]]] = field(default_factory=dict)
    odd: frozenset[int] = frozenset()  # lines of blocks that nobody can follow
    inline: dict[int, Block] = field(default_factory=dict)  # the one block that opens and closes on a line
    changed: frozenset[str] = frozenset()  # variables that are set again, perhaps in a block that is not rendered


def outline(holes: Sequence[Hole], last: int) -> Outline:
    """The outline of a template of ``last`` lines."""
    reader = _Outliner(last)
    for hole in holes:
        reader.take(hole)
    return reader.finished()


class _Outliner:
    """Takes actions in reading order."""

    def __init__(self, last: int) -> None:
        root = Branch("", "", (), 0, last + 1)
        self._made = Outline(root)
        self._open = [root]  # the branches that are open, the innermost last
        self._owners: list[Block] = []  # and the blocks that they belong to
        self._odd: set[int] = set()
        self._changed: set[str] = set()

    def take(self, hole: Hole) -> None:
        """One action."""
        text = inner(hole.text)
        word, _, rest = text.partition(" ")
        if text.startswith("/*") or word in ("break", "continue"):
            return
        if word in _OPENS and len(self._open) < _MAX_DEPTH:
            branch = _branch(word, rest, hole)
            block = Block([branch], hole.column)
            self._open[-1].blocks.append(block)
            self._owners.append(block)
            self._open.append(branch)
        elif word == "else":
            self._else(rest.strip(), hole)
        elif word == "end":
            self._end(hole)
        elif match := _ASSIGN.match(text):
            self._open[-1].assigns.append((hole.line, match["name"], match["value"]))
            if match["sign"] == "=":
                self._changed.add(match["name"])
        else:
            self._made.values.setdefault(hole.line, []).append((hole, text))

    def _else(self, rest: str, hole: Hole) -> None:
        if not self._owners:
            return
        self._open[-1].last, self._open[-1].stop = hole.line, hole.column
        word, _, test = rest.partition(" ")
        branch = _branch(word if test else "else", test, hole)
        self._owners[-1].branches.append(branch)
        self._open[-1] = branch

    def _end(self, hole: Hole) -> None:
        """A block on one line is no block of lines. Two of them on a line, or one in another, are odd."""
        if not self._owners:
            return
        ended = self._open.pop()
        ended.last, ended.stop = hole.line, hole.column
        block = self._owners.pop()
        block.end = hole.column + len(hole.text)
        if block.first != block.last:
            return
        self._open[-1].blocks.pop()  # it is the last that was opened there
        inline = self._made.inline
        if hole.line in inline or block.branches[0].word != "if" or any(branch.blocks for branch in block.branches):
            self._odd.add(hole.line)
        inline[hole.line] = block

    def finished(self) -> Outline:
        """The outline. A block without an end reaches to the last line."""
        for branch in self._open[1:]:
            branch.last = self._made.root.last
        self._made.odd, self._made.changed = frozenset(self._odd), frozenset(self._changed)
        return self._made


def inner(action: str) -> str:
    """What stands between the braces."""
    text = action[2:-2]
    if text.startswith("-"):
        text = text[1:]
    if text.endswith("-"):
        text = text[:-1]
    return text.strip()


def _branch(word: str, rest: str, hole: Hole) -> Branch:
    rest, line, start = rest.strip(), hole.line, hole.column + len(hole.text)
    if word in ("range", "with", "if"):
        match = _RANGE.match(rest)
        if match and match["names"]:
            names = tuple(name.strip() for name in match["names"].split(","))
            return Branch(word, match["value"], names, line, start=start)
    return Branch(word, rest, (), line, start=start)
