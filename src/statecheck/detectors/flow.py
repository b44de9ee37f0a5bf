"""Code flows: the steps from an entry point through calls to the place where state is written."""

from __future__ import annotations

from collections.abc import Iterable

from statecheck.model import Location, Step
from statecheck.project.calls import Edge
from statecheck.project.entries import Entry
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

MAX_CALLS = 6  # call steps shown: the first and last ones of a longer chain


def call_steps(project: Project, ref: ScopeRef) -> list[Step]:
    """From the entry point to the function ``ref``, without what happens inside it."""
    steps: list[Step] = []
    for link in project.phases.chain(ref):
        if isinstance(link, Entry):
            scope = project.scope(link.ref)
            place = project.location(link.ref.path, scope.pos, scope.pos + max(len(scope.name), 1))
            steps.append(Step("entry", place, f"{link.label} enters `{scope.qualname or 'module'}`"))
        elif link.via not in ("inline", "decorator"):
            steps.append(Step("call", _edge_location(project, link), _edge_message(project, link)))
    if len(steps) > MAX_CALLS:
        steps = [*steps[: MAX_CALLS - 2], *steps[-2:]]
    return steps


def _edge_location(project: Project, edge: Edge) -> Location:
    return project.location(edge.caller.path, edge.pos, edge.pos + 1)


def _edge_message(project: Project, edge: Edge) -> str:
    caller, callee = project.scope(edge.caller), project.scope(edge.callee)
    verb = {"callback": "hands over", "property": "reads", "dynamic": "may call", "guess": "probably calls"}.get(
        edge.via, "calls"
    )
    return f"`{caller.qualname or 'module level'}` {verb} `{callee.qualname or callee.kind}`"


def labels(entries: Iterable[Entry], limit: int = 4) -> tuple[str, ...]:
    """The distinct labels of entry points, in their order."""
    return tuple(dict.fromkeys(entry.label for entry in entries))[:limit]


def sentence(parts: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    items = list(parts)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
