"""Fix of a field of a settings class, whose default the environment replaces: without it, the field is required."""

from __future__ import annotations

import re

from statecheck.facts.ir import Call, Const, Name
from statecheck.facts.walk import span
from statecheck.fixes.places import Spot, find
from statecheck.fixes.splicing import argument_edit, has_comment
from statecheck.model import Edit
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

_EQUALS = re.compile(r"[ \t]*=[ \t]*")


def field_fix(project: Project, path: str, text: str, spot: Spot, off: bool) -> tuple[str, Edit] | None:
    """What is done, and the edit; None where the value is no default of such a field. ``off``: it is a switch."""
    outer = _outside_lambdas(project, path, spot)
    if outer is None or not outer.is_value or not _is_settings_class(project, ScopeRef(path, outer.scope)):
        return None
    if off:
        node = spot.node
        is_on = isinstance(node, Const) and node.value == "True"
        return ("Switch the default off", Edit(*span(node), "False")) if is_on else None
    edit = _without_argument(text, outer) or _without_value(text, outer)
    return ("Give the field no default, so that the environment must set it", edit) if edit else None


def _outside_lambdas(project: Project, path: str, spot: Spot) -> Spot | None:
    """The place of the function, for a value that a lambda gives back."""
    facts = project.files[path]
    while facts.scopes[spot.scope].kind == "lambda" and len(spot.chain) == 1:
        scope = facts.scopes[spot.scope]
        found = find(facts, scope.pos, scope.end)
        if found is None:
            return None
        spot = found
    return spot


def _is_settings_class(project: Project, ref: ScopeRef) -> bool:
    if project.scope(ref).kind != "class":
        return False
    wanted = {name for holder in project.knowledge.settings for name in holder.classes}
    return not wanted.isdisjoint(project.evaluator.classes.info(ref).foreign)


def _without_argument(text: str, spot: Spot) -> Edit | None:
    """``Field("x", min_length=8)``: the other arguments stay."""
    call = spot.chain[0]
    if len(spot.chain) != 2 or not isinstance(call, Call) or len(call.args) + len(call.keywords) < 2:
        return None
    return argument_edit(text, call, spot.node)


def _without_value(text: str, spot: Spot) -> Edit | None:
    """``name: str = "x"`` and ``name = "x"`` become ``name: str``."""
    event, value = spot.event, spot.chain[0]
    if event is None or len(event.targets) != 1 or not isinstance(event.targets[0], Name) or len(spot.chain) > 2:
        return None
    if isinstance(value, Call) and len(value.args) + len(value.keywords) != 1:
        return None  # the other arguments say more of the field
    if not isinstance(value, (Call, Const)):
        return None
    start, end = span(value)
    left = span(event.extra or event.targets[0])[1]
    if not _EQUALS.fullmatch(text, left, start) or has_comment(text[start:end]):
        return None
    if event.extra is not None:
        return Edit(left, end, "")
    kind = value.kind if isinstance(value, Const) else ""
    return Edit(left, end, f": {kind}") if kind in ("str", "int", "float", "bool") else None
