"""Context variables: does a request set a value of its own, or share the default with all others?"""

from __future__ import annotations

from statecheck.facts.ir import Attr
from statecheck.project.contexts import context_place
from statecheck.project.link import Project
from statecheck.project.values import ContextPlace


def is_replaced(project: Project, place: ContextPlace) -> bool:
    """Does code that requests or jobs run set the variable to anything but its own default?"""
    for use in project.graph.uses:
        if project.knowledge.effect(use.name) != "context-write" or not isinstance(use.call.func, Attr):
            continue
        if not project.phases.runtime(use.ref):
            continue
        evaluator, region = project.evaluator, use.event.region
        held = {context_place(item) for item in evaluator.evaluate(use.ref, use.call.func.value, region)}
        given = [item.place for arg in use.call.args for item in evaluator.evaluate(use.ref, arg, region)]
        if place in held and place not in given:
            return True
    return False
