"""Which entry points lead to a function, nearest first: for every function at once, in time linear in the calls.

Asked function by function, going back through its callers, the same question costs the whole graph each time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from statecheck.project.calls import Edge
from statecheck.project.entries import Entry
from statecheck.project.values import ScopeRef


def nearest_entries(
    entries: Iterable[Entry], edges: Mapping[ScopeRef, Sequence[Edge]], passes: Callable[[Edge], bool], limit: int
) -> dict[ScopeRef, list[Entry]]:
    """For each function that entry points lead to: at most ``limit`` by number of calls, ties in the order given.

    Every entry spreads along the edges that ``passes`` accepts, all in step. A function that has heard of ``limit``
    entries tells its callees no others: they are no nearer to those than to the ones they hear of.
    """
    found: dict[ScopeRef, list[Entry]] = {}
    callees: dict[ScopeRef, tuple[ScopeRef, ...]] = {}
    queue = deque((entry.ref, entry) for entry in entries)
    while queue:
        ref, entry = queue.popleft()
        known = found.setdefault(ref, [])
        if len(known) >= limit or any(other is entry for other in known):
            continue
        known.append(entry)
        if ref not in callees:
            callees[ref] = tuple(dict.fromkeys(edge.callee for edge in edges.get(ref, ()) if passes(edge)))
        queue.extend((callee, entry) for callee in callees[ref] if len(found.get(callee, ())) < limit)
    return found
