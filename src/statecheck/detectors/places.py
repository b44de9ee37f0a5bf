"""Places: the rule that a write to one breaks, and the file that one stands in."""

from __future__ import annotations

from collections.abc import Sequence

from statecheck.detectors.memos import is_memo_write
from statecheck.facts.ir import Attr, Expr, Name, Sub
from statecheck.project.accesses import Access
from statecheck.project.link import Project
from statecheck.project.values import (
    MEMO,
    CellPlace,
    ClassPlace,
    ContextPlace,
    DefaultPlace,
    FieldPlace,
    ForeignPlace,
    FunctionPlace,
    GlobalPlace,
    Place,
)


def root_name(target: Expr) -> str:
    """The name that ``a.b[c].d`` begins with."""
    while isinstance(target, (Attr, Sub)):
        target = target.value
    return target.id if isinstance(target, Name) else ""


def place_rule(project: Project, place: Place, writes: Sequence[Access] = ()) -> str:
    """The rule that a write to such a place breaks."""
    if isinstance(place, GlobalPlace):
        return "rebound-global" if writes and all(write.kind == "rebind" for write in writes) else "mutated-global"
    if isinstance(place, (CellPlace, DefaultPlace, ContextPlace)):
        own = [write for write in writes if write.place == place and not is_memo_write(project, write)]
        return "hidden-state" if own or not writes else "singleton-state"  # fields of the objects that it holds
    if isinstance(place, FunctionPlace):  # what a memo keeps for its callers is an object built once
        kept = place.name == MEMO and project.evaluator.is_memo(place.function)
        return "singleton-state" if kept else "hidden-state"
    return "class-state" if isinstance(place, ClassPlace) else "singleton-state"


def look_alike(rule: str) -> str:
    """The rule under which the models list look-alikes: hidden state is an object of the process by another name."""
    return "singleton-state" if rule == "hidden-state" else rule


def holder_path(place: Place) -> str | None:
    """The file that the place stands in; None for an attribute of a foreign object."""
    if isinstance(place, GlobalPlace):
        return place.path
    if isinstance(place, (ClassPlace, FieldPlace)):
        return place.cls.path
    if isinstance(place, ContextPlace):
        return place.scope.path
    return None if isinstance(place, ForeignPlace) else place.function.path
