"""Defaults of parameters and empty containers: are they ever used, is anything ever put there?"""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.facts.ir import Display, Param, Star
from statecheck.project.accesses import Access
from statecheck.project.callsites import CallSite
from statecheck.project.link import Project
from statecheck.project.values import DefaultPlace, GlobalPlace, Place


def is_always_given(project: Project, place: DefaultPlace) -> bool:
    """Does every known call hand the parameter in? A framework that calls the function itself may leave it out."""
    sites = project.graph.call_sites.get(place.function, ())
    if not sites or project.phases.entries_at(place.function):
        return False
    params = [
        param for param in project.scope(place.function).params if param.kind in ("positional", "normal", "keyword")
    ]
    return all(_gives(site, params, place.name) for site in sites)


def is_never_filled(project: Project, place: Place, writes: Sequence[Access]) -> bool:
    """Is an empty container only changed in what would lie in it? Then it is something else that changes."""
    return bool(writes) and all(write.depth and not write.sure for write in writes) and _starts_empty(project, place)


def _starts_empty(project: Project, place: Place) -> bool:
    if isinstance(place, DefaultPlace):
        values = [param.default for param in project.scope(place.function).params if param.name == place.name]
    elif isinstance(place, GlobalPlace):
        rows = project.tables.files[place.path].bindings.get((0, place.name), [])
        values = [binding.value if binding.kind == "value" else None for binding in rows]
    else:
        return False
    return bool(values) and all(isinstance(value, Display) and not value.items for value in values)


def _gives(site: CallSite, params: list[Param], name: str) -> bool:
    """Does the call hand in the parameter, by name or by place? ``*args`` and ``**keywords`` may."""
    if any(keyword.name in (name, "**") for keyword in site.call.keywords):
        return True
    places = [param.name for param in params if param.kind != "keyword"]
    given = len(site.call.args) + (1 if site.bound else 0)
    return any(isinstance(value, Star) for value in site.call.args) or name in places[:given]
