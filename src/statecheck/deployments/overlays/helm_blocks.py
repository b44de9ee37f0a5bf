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
    """The outline of a template of ``last`` lines. Blocks that open and close on one line are left out: it is odd."""
    root = Branch("", "", (), 0, last + 1)
    made = Outline(root)
    open_: list[Branch] = [root]
    owners: list[Block] = []
    odd: set[int] = set()
    changed: set[str] = set()
    for hole in holes:
        text = inner(hole.text)
        word, _, rest = text.partition(" ")
        if text.startswith("/*"):
            continue
        if word in _OPENS and len(open_) < _MAX_DEPTH:
            branch = _branch(word, rest, hole)
            block = Block([branch], hole.column)
            open_[-1].blocks.append(block)
            owners.append(block)
            open_.append(branch)
        elif word == "else" and owners:
            open_[-1].last, open_[-1].stop = hole.line, hole.column
            word, _, test = rest.strip().partition(" ")
            branch = _branch(word if test else "else", test, hole)
            owners[-1].branches.append(branch)
            open_[-1] = branch
        elif word == "end":
            if owners:
                ended = open_.pop()
                ended.last, ended.stop = hole.line, hole.column
                block = owners.pop()
                block.end = hole.column + len(hole.text)
                if block.first == block.last:
                    open_[-1].blocks.remove(block)
                    if (
                        hole.line in made.inline
                        or block.branches[0].word != "if"
                        or any(b.blocks for b in block.branches)
                    ):
                        odd.add(hole.line)
                    made.inline[hole.line] = block
        elif match := _ASSIGN.match(text):
            open_[-1].assigns.append((hole.line, match["name"], match["value"]))
            if match["sign"] == "=":
                changed.add(match["name"])
        elif word not in ("break", "continue"):
            made.values.setdefault(hole.line, []).append((hole, text))
    while owners:  # a block without an end
        open_.pop().last = last + 1
        owners.pop()
    made.odd, made.changed = frozenset(odd), frozenset(changed)
    return made


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
