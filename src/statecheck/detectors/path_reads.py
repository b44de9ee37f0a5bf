"""Calls with a path: those that a form of a rule speaks of, and those that read."""

from __future__ import annotations

from typing import NamedTuple

from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Const, Expr
from statecheck.project.arguments import argument
from statecheck.project.knowledge import Knowledge
from statecheck.project.paths import PathValue
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Form, Rule


class Use(NamedTuple):
    """A form that holds at a call, with the expression that is the path."""

    rule: Rule
    form: Form
    spot: Spot
    expr: Expr

    @property
    def removes(self) -> bool:
        """Does the call delete what the path names?"""
        return "removes" in self.form.predicates


class Read(NamedTuple):
    """A call that reads what a path names."""

    ref: ScopeRef
    call: Call
    symbol: str
    paths: tuple[PathValue, ...]


def has_path(form: Form) -> bool:
    """Does the form say which value of the call is a path?"""
    return bool(form.call) and (bool(form.path_argument) or form.path_receiver or form.path_result)


def read_path(call: Call, name: str, knowledge: Knowledge) -> Expr | None:
    """The path that a call reads: what its method belongs to, else the first argument."""
    receiver = call.func.value if isinstance(call.func, Attr) else None
    if knowledge.is_of_path(name) or not call.args:
        return receiver
    return call.args[0]


def call_of(spot: Spot) -> Call:
    """The call at a place that is one."""
    assert spot.call is not None
    return spot.call


def path_of(form: Form, spot: Spot) -> Expr | None:
    """The expression that is the path; None where the call is given none."""
    call = call_of(spot)
    if form.path_result:
        return call
    if form.path_receiver:
        return call.func.value if isinstance(call.func, Attr) else None
    found = argument(call, form.path_argument, form.path_position)
    return None if isinstance(found, Const) and found.kind not in ("str", "bytes") else found
