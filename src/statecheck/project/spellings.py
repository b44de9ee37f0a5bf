"""The names of foreign things: one spelling for each, and the classes above a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from statecheck.rules.schema import Model

T = TypeVar("T")


class Spellings:
    """What the models say of names alone."""

    def __init__(self, models: Sequence[Model]) -> None:
        self._aliases = {old: new for model in models for old, new in model.aliases.items()}
        self._canonical: dict[str, str] = {}
        self._bases = {
            self.canonical(name): tuple(self.canonical(base) for base in bases)
            for model in models
            for name, bases in model.bases.items()
        }
        self._lines: dict[str, tuple[str, ...]] = {}
        self._spelled: dict[str, tuple[str, ...]] = {}

    def canonical(self, name: str) -> str:
        """The one spelling of a dotted name that every table uses."""
        found = self._canonical.get(name)
        if found is None:
            head, tail = name, ""
            found = name
            while head:
                if head in self._aliases:
                    found = self._aliases[head] + tail
                    break
                head, _, last = head.rpartition(".")
                tail = f".{last}{tail}"
            self._canonical[name] = found
        return found

    def lineage(self, name: str) -> tuple[str, ...]:
        """A foreign class and its known foreign bases, nearest first."""
        if name not in self._lines:
            order, queue = [], [name]
            while queue:
                current = queue.pop(0)
                if current not in order:
                    order.append(current)
                    queue.extend(self._bases.get(current, ()))
            self._lines[name] = tuple(order)
        return self._lines[name]

    def spellings(self, name: str) -> tuple[str, ...]:
        """``name``; where it is a member ("flask.Flask.get"), also the same member of each base class."""
        found = self._spelled.get(name)
        if found is None:
            owner, _, member = name.rpartition(".")
            above = self.lineage(owner)[1:] if owner else ()
            found = (name, *(f"{base}.{member}" for base in above))
            self._spelled[name] = found
        return found

    def _first(self, table: Mapping[str, T], name: str) -> T | None:
        for spelling in self.spellings(name):
            if spelling in table:
                return table[spelling]
        return None
