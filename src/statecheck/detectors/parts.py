"""Fields of objects that lie in a kept container: what changes them changes the container.

Not what an object makes for itself on first use, nor what makes it ready before it is put there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from statecheck.detectors.determined import accesses
from statecheck.detectors.guards import is_set_once
from statecheck.detectors.lookalikes import CONSTRUCTORS, is_resource, values
from statecheck.detectors.places import root_name
from statecheck.facts.ir import Const
from statecheck.project.accesses import Access
from statecheck.project.lifetimes import Holder
from statecheck.project.link import Project
from statecheck.project.values import FieldPlace, Instance, Place, ScopeRef


def merged(project: Project) -> dict[Place, list[Access]]:
    """Writes by place; those to fields of objects that lie inside a kept container count for the container."""
    found: dict[Place, list[Access]] = defaultdict(list)
    for place, writes in project.once(accesses).writes.items():
        holder = _outer_holder(project, place)
        if holder is None or not holder.inside or holder.place is None:
            found[place] += writes
            continue
        held = values(project, holder.place)
        if held and all(isinstance(value, Instance) for value in held):
            continue  # an object of the tree, no container: what it was handed is told where that lies
        kept = [write for write in writes if not is_making(project, place, write)]
        if not _makes_its_own(project, kept) and not all(map(_empties, kept)):
            kept = [write for write in kept if not _is_made_ready(project, write, holder.place)]
            found[holder.place] += [
                replace(write, kind="clear" if _empties(write) else "change", depth=write.depth + 1) for write in kept
            ]
    return found


def _empties(write: Access) -> bool:
    """``self.client = None``, ``self.rows.clear()``"""
    value = write.value
    return write.kind == "clear" or (write.kind == "rebind" and isinstance(value, Const) and value.kind == "none")


def is_making(project: Project, place: Place, write: Access) -> bool:
    """Does a constructor fill the object it makes, or what it has just put into it?"""
    scope = project.scope(project.tables.function_around(write.ref))
    if not isinstance(place, FieldPlace) or scope.name not in CONSTRUCTORS or not scope.params:
        return False
    return not write.via or scope.params[0].name in {root_name(target) for target in write.event.targets}


def _outer_holder(project: Project, place: Place) -> Holder | None:
    """What keeps the object of a field: for parts of objects in a kept container, the container."""
    seen: set[ScopeRef] = set()
    holder = project.lifetimes.holder(place.cls) if isinstance(place, FieldPlace) else None
    outer = holder
    while outer is not None and not outer.inside and isinstance(outer.place, FieldPlace):
        if outer.place.cls in seen:
            return holder
        seen.add(outer.place.cls)
        outer = project.lifetimes.holder(outer.place.cls)
    return outer if outer is not None and outer.inside else holder


def _makes_its_own(project: Project, writes: Sequence[Access]) -> bool:
    """``if self.client is None: self.client = Client()``"""
    return all(is_set_once(project, write) for write in writes) or all(
        write.kind == "rebind" and is_resource(project, write) for write in writes
    )


def _is_made_ready(project: Project, write: Access, container: Place) -> bool:
    """Is the method called only before its object is put there? ``made = Made(); made.connect(); table[key] = made``"""
    method = project.tables.function_around(write.ref)
    if project.tables.class_around(method) is None or project.phases.entries_at(method):
        return False
    stores = [other for other in project.once(accesses).writes.get(container, ()) if other.how == "[…] ="]
    edges = [edge for edge in project.graph.callers.get(method, ()) if project.phases.runtime(edge.caller)]
    return bool(edges) and all(
        edge.via == "call" and any(store.ref == edge.caller and edge.pos < store.start for store in stores)
        for edge in edges
    )
