"""Places of which processes need not hear from each other: a request, a moment or a channel fills them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple

from statecheck.detectors.aging import Aging
from statecheck.detectors.relays import Relays
from statecheck.detectors.resetting import is_set_first
from statecheck.detectors.work import Work
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import FieldPlace, Place, ScopeRef


class Known(NamedTuple):
    """A place with all that is known of it."""

    place: Place
    writes: Sequence[Access]
    reads: Sequence[Access]


def own_to_process(project: Project, known: Sequence[Known]) -> set[Place]:
    """The places that hold copies a few seconds old, the times beside them, what each entry sets before it reads, what
    messages to all processes are delivered by, or what a piece of background work notes for itself."""
    aging = project.once(Aging)
    copies = {row.place for row in known if aging.is_short(row.writes, row.reads)}
    stored = [write for row in known if row.place in copies for write in row.writes]
    stamps = {row.place for row in known if stored and aging.is_stamp_of(row.writes, row.reads, stored)}
    anew = {row.place for row in known if is_set_first(project, row.writes, row.reads)}
    parts = {
        row.place for row in known if anew and (_is_reached_by(row.writes, anew) or _lies_in(project, row.place, anew))
    }
    relayed = {row.place for row in known if project.once(Relays).is_relayed(row.reads)}
    inner = {row.place for row in known if project.once(Work).keeps_to_itself(row.place, row.writes, row.reads)}
    return copies | stamps | anew | parts | relayed | inner


def _is_reached_by(writes: Sequence[Access], anew: Container[Place]) -> bool:
    """``current().state = "new"``: is the object found by way of one of the places?"""
    return all(any(place in anew for place in write.via) for write in writes)


def _lies_in(project: Project, place: Place, anew: Container[Place]) -> bool:
    """Is it a field of an object that is set anew with one of the places?"""
    seen: set[ScopeRef] = set()
    while isinstance(place, FieldPlace) and place.cls not in seen:
        seen.add(place.cls)
        holder = project.lifetimes.holder(place.cls)
        if holder is None or holder.place is None:
            return False
        place = holder.place
        if place in anew:
            return True
    return False
