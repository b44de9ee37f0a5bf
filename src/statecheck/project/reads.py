"""The reads of places: what looks at what is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from statecheck.facts.ir import Attr, Event, Expr, Name, Sub
from statecheck.facts.walk import iter_expr, span
from statecheck.project.accesses import Access
from statecheck.project.evaluate import Evaluator
from statecheck.project.values import Place, ScopeRef


def reads_of(evaluator: Evaluator, places: Iterable[Place]) -> dict[Place, list[Access]]:
    """The reads of the given places, in order of place in the tree. One pass over all expressions."""
    tables = evaluator.tables
    wanted: dict[str, set[Place]] = defaultdict(set)
    for place in places:
        wanted[place.name].add(place)
    for facts in (table.facts for table in tables.files.values()):
        for imported in facts.imports:
            if imported.name in wanted and imported.bound != imported.name:  # from m import CACHE as c
                wanted[imported.bound] |= wanted[imported.name]
    found: dict[Place, list[Access]] = defaultdict(list)
    for row in tables.rows:
        if _names_any(row.nodes, wanted):
            event = row.event
            for top in (
                event.value,
                *(target.value for target in event.targets if isinstance(target, (Attr, Sub))),
            ):
                for node in iter_expr(top) if top is not None else ():
                    name = node.id if isinstance(node, Name) else node.attr if isinstance(node, Attr) else ""
                    if name in wanted:
                        _note_read(evaluator, found, wanted[name], row.ref, event, node)
    return found


def _note_read(
    evaluator: Evaluator, found: dict[Place, list[Access]], places: set[Place], ref: ScopeRef, event: Event, node: Expr
) -> None:
    for item in evaluator.evaluate(ref, node, event.region):
        if item.place in places and item.place is not None:
            start, end = span(node)
            found[item.place].append(Access(item.place, "read", ref, event, start, end, "", item.depth, item.via))
            return


def _names_any(nodes: Iterable[Expr], names: Collection[str]) -> bool:
    """Is one of the names among the nodes? A plain loop: it is asked of the whole tree."""
    for node in nodes:  # noqa: SIM110
        if (type(node) is Name and node.id in names) or (type(node) is Attr and node.attr in names):
            return True
    return False
