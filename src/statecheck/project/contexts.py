"""Context variables: the default that all contexts share until one of them sets a value of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statecheck.facts.ir import Attr, Call
from statecheck.project.arguments import argument
from statecheck.project.values import (
    ClassPlace,
    ContainerValue,
    ContextPlace,
    ForeignInstance,
    GlobalPlace,
    Item,
    Items,
    ScopeRef,
    Site,
)

if TYPE_CHECKING:
    from statecheck.project.evaluate import Evaluator


class Contexts:
    """The defaults of the context variables met so far."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._defaults: dict[Site, Items] = {}

    def define(self, ref: ScopeRef, call: Call, region: int) -> None:
        """Note the default of the variable that the call makes."""
        given = argument(call, "default", None)
        if given is not None:
            self._defaults[Site(ref.path, call.pos)] = self._evaluator.evaluate(ref, given, region)

    def default(self, ref: ScopeRef, call: Call, region: int) -> Items:
        """The container that ``variable.get()`` gives where nothing has been set; a given default is the caller's."""
        if call.args or not isinstance(call.func, Attr):
            return ()
        found = []
        for item in self._evaluator.evaluate(ref, call.func.value, region):
            place = context_place(item)
            if place is not None and isinstance(item.value, ForeignInstance) and item.value.site is not None:
                defaults = self._defaults.get(item.value.site, ())
                found += [Item(out.value, place) for out in defaults if isinstance(out.value, ContainerValue)]
        return tuple(found)


def context_place(item: Item) -> ContextPlace | None:
    """Where the default of a context variable is kept that a module or class holds."""
    if isinstance(item.place, GlobalPlace):
        return ContextPlace(ScopeRef(item.place.path, 0), item.place.name)
    return ContextPlace(item.place.cls, item.place.name) if isinstance(item.place, ClassPlace) else None
