"""Entry points of a function: the nearest first, without a walk through the graph for every question."""

from __future__ import annotations

from itertools import pairwise

from statecheck.project.calls import Edge
from statecheck.project.entries import Entry
from statecheck.project.nearest import nearest_entries
from statecheck.project.values import ScopeRef

from .support import tree

ENTRIES = """
    from flask import Flask
    import steps
    app = Flask(__name__)

    @app.get("/far")
    def far():
        steps.first()

    @app.get("/near")
    def near():
        steps.second()
"""
STEPS = """
    def first():
        second()

    def second():
        third()

    def third():
        first()

    def lonely():
        third()
"""


def ref(number: int) -> ScopeRef:
    return ScopeRef("app.py", number)


def entry(number: int) -> Entry:
    return Entry(ref(number), "request", f"GET /{number}", "flask", "route", "app.py", number)


def chain(*numbers: int) -> dict[ScopeRef, list[Edge]]:
    steps = pairwise(numbers)
    return {ref(one): [Edge(ref(one), ref(two), one, 0, "call")] for one, two in steps}


def test_the_entry_point_with_fewer_calls_in_between_comes_first() -> None:
    linked = tree({"app.py": ENTRIES, "steps.py": STEPS})

    def labels(name: str) -> list[str]:
        return [found.label for found in linked.project.phases.entries_to(linked.ref(name))]

    assert labels("steps.third") == ["GET /near", "GET /far"]
    assert labels("steps.first") == ["GET /far", "GET /near"]
    assert labels("steps.lonely") == []


def test_a_function_keeps_no_more_entry_points_than_asked_for_and_each_once() -> None:
    edges = {ref(number): [Edge(ref(number), ref(9), pos, 0, "call") for pos in (1, 2)] for number in range(5)}
    found = nearest_entries([entry(number) for number in range(5)], edges, lambda _: True, limit=3)
    assert [known.label for known in found[ref(9)]] == ["GET /0", "GET /1", "GET /2"]


def test_edges_that_do_not_pass_are_not_followed() -> None:
    found = nearest_entries([entry(0)], chain(0, 1, 2, 3), lambda edge: edge.callee != ref(2), limit=3)
    assert set(found) == {ref(0), ref(1)}


def test_every_edge_is_looked_at_once_however_many_functions_and_entry_points_there_are() -> None:
    seen: list[Edge] = []

    def passes(edge: Edge) -> bool:
        seen.append(edge)
        return True

    edges = chain(*range(500), 0)
    found = nearest_entries([entry(number) for number in range(0, 500, 5)], edges, passes, limit=8)
    assert len(seen) == len(edges)
    assert all(len(known) == 8 for known in found.values())
