"""Defaults of parameters: are they ever used?"""

from __future__ import annotations

from statecheck.facts.ir import Param, Star
from statecheck.project.callsites import CallSite
from statecheck.project.link import Project
from statecheck.project.values import DefaultPlace


def is_always_given(project: Project, place: DefaultPlace) -> bool:
    """Does every known call hand the parameter in? A framework that calls the function itself may leave it out."""
    sites = project.graph.call_sites.get(place.function, ())
    if not sites or project.phases.entries_at(place.function):
        return False
    params = [
        param for param in project.scope(place.function).params if param.kind in ("positional", "normal", "keyword")
    ]
    return all(_gives(site, params, place.name) for site in sites)


def _gives(site: CallSite, params: list[Param], name: str) -> bool:
    """Does the call hand in the parameter, by name or by place? ``*args`` and ``**keywords`` may."""
    if any(keyword.name in (name, "**") for keyword in site.call.keywords):
        return True
    places = [param.name for param in params if param.kind != "keyword"]
    given = len(site.call.args) + (1 if site.bound else 0)
    return any(isinstance(value, Star) for value in site.call.args) or name in places[:given]
