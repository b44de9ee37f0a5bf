"""Whether the guards of a form hold for a node of a document. What is the same for many nodes is found out once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from statecheck.detectors.selectors import Guard, Nodes, passes, select, values_at
from statecheck.facts.documents.nodes import children, path


class Guards:
    """Judges guards in one file. Linear in its nodes, however many of them are asked about."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._verdicts: dict[tuple[Guard, int], bool] = {}  # by the document, block or mapping that a guard looks at
        self._values: dict[tuple[Guard, int], frozenset[str]] = {}  # at the path of a join, by document

    def hold(self, guards: Sequence[Guard], unit: int, selected: int) -> bool:
        """Do all guards hold for the node ``selected`` in the document or block ``unit``?"""
        return all(self._holds(guard, unit, selected) == guard.wanted for guard in guards)

    def _holds(self, guard: Guard, unit: int, selected: int) -> bool:
        if guard.op == "path":
            return guard.test is not None and guard.test(".".join(path(self._nodes, selected)))
        if guard.op == "join":
            return any(self._nodes[at].value in self._joined(guard, unit) for at in self._siblings(selected, guard.key))
        if guard.beside:
            return any(self._is_true_of(guard, at) for at in self._mappings_around(selected, unit))
        return self._is_true_of(guard, unit)

    def _is_true_of(self, guard: Guard, start: int) -> bool:
        verdict = self._verdicts.get((guard, start))
        if verdict is None:
            verdict = self._verdicts[guard, start] = self._judge(guard, start)
        return verdict

    def _judge(self, guard: Guard, start: int) -> bool:
        found = select(self._nodes, start, guard.steps)
        if guard.op == "value":
            return any(passes(self._nodes[value], guard.test) for at in found for value in values_at(self._nodes, at))
        return len(found) == 1 if guard.op == "one" else bool(found)

    def _joined(self, guard: Guard, unit: int) -> frozenset[str]:
        values = self._values.get((guard, unit))
        if values is None:
            found = select(self._nodes, unit, guard.steps)
            values = self._values[guard, unit] = frozenset(self._nodes[at].value for at in found)
        return values

    def _siblings(self, index: int, key: str) -> Iterator[int]:
        parent = self._nodes[index].parent
        return (child for child in children(self._nodes, max(parent, 0)) if self._nodes[child].key == key)

    def _mappings_around(self, index: int, unit: int) -> list[int]:
        """The mappings that hold the node, from the inside out, the whole document only if there is no other."""
        found = []
        at = self._nodes[index].parent
        while at >= 0:
            if self._nodes[at].kind == "map":
                found.append(at)
            if at == unit:
                break
            at = self._nodes[at].parent
        return found[:-1] or found
