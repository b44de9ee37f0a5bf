"""What calls give: new objects, what functions return, what the models say of a library's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Yield
from statecheck.project.values import (
    MEMO,
    ClassValue,
    ConstantValue,
    ContainerValue,
    FieldPlace,
    Foreign,
    ForeignInstance,
    FunctionPlace,
    FunctionValue,
    Instance,
    Item,
    Items,
    ScopeRef,
    Site,
)

if TYPE_CHECKING:
    from statecheck.project.evaluate import Evaluator


class Results:
    """The part of the evaluator that knows calls."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def call(self, ref: ScopeRef, call: Call, region: int) -> list[Item]:
        """What a call may give."""
        found: list[Item] = []
        for item in self._evaluator.evaluate(ref, call.func, region):
            if isinstance(item.value, Foreign):
                found += self._call_foreign(ref, call, region, item)
            else:
                found += self.called(item, Site(ref.path, call.pos))
        if isinstance(call.func, Attr):
            found += self._call_method(ref, call, region)
            if call.func.attr == "__new__" and call.args:
                found += [
                    Item(Instance(item.value.ref, Site(ref.path, call.pos)))
                    for item in self._evaluator.evaluate(ref, call.args[0], region)
                    if isinstance(item.value, ClassValue)
                ]
        return found

    def called(self, item: Item, site: Site | None = None) -> Items:
        """What calling ``item`` gives: a new instance, or what the function returns."""
        value = item.value
        if isinstance(value, ClassValue):
            return (Item(Instance(value.ref, site)),)
        if isinstance(value, FunctionValue):
            found = self.returned(value.ref)
            if item.via:  # only what the method read from its object is kept where the object is
                found = tuple(
                    replace(out, via=(*out.via, *item.via)) if isinstance(out.place, FieldPlace) else out
                    for out in found
                )
            return found
        if isinstance(value, Instance):
            method = self._evaluator.classes.method(value.cls, "__call__")
            return self.returned(method) if method else ()
        if isinstance(value, Foreign):
            typed = self._evaluator.knowledge.returned_type(value.name)
            return (Item(ForeignInstance(typed or value.name, site)),)
        if isinstance(value, ForeignInstance):
            return self.called(Item(Foreign(f"{value.name}.__call__")), site)
        return ()

    def _call_foreign(self, ref: ScopeRef, call: Call, region: int, item: Item) -> Items:
        assert isinstance(item.value, Foreign)
        evaluate, knowledge = self._evaluator.evaluate, self._evaluator.knowledge
        name = item.value.name
        site = Site(ref.path, call.pos)
        if name == "builtins.getattr" and len(call.args) >= 2 and isinstance(call.args[1], Const):
            return tuple(self._evaluator.members.attributes(evaluate(ref, call.args[0], region), call.args[1].value))
        if name == "builtins.type" and len(call.args) == 1:
            given = evaluate(ref, call.args[0], region)
            return tuple(Item(ClassValue(each.value.cls)) for each in given if isinstance(each.value, Instance))
        if name == "builtins.super":
            method = self._evaluator.tables.function_around(ref)
            cls = self._evaluator.tables.class_around(method)
            return self._parents(cls) if cls else ()
        effect = knowledge.effect(name)
        if effect == "identity" and call.args:  # cast, wraps: gives its last argument back
            return evaluate(ref, call.args[-1], region)
        if effect == "partial" and call.args:
            return evaluate(ref, call.args[0], region)
        if effect == "result":
            return self._result(ref, call, region, name)
        if (passed := knowledge.passed(name)) is not None:
            position, dotted = passed
            given = evaluate(ref, call.args[position], region) if position < len(call.args) else ()
            return (self._named(ref, given) or self.called(item, site)) if dotted else given
        if effect == "context-variable":
            self._evaluator.contexts.define(ref, call, region)
        if effect == "context-read":
            return self._evaluator.contexts.default(ref, call, region)
        if knowledge.container(name):
            return (Item(ContainerValue(name, site)),)
        if knowledge.is_field(name):  # field(default_factory=list)
            for keyword in call.keywords:
                if keyword.name in ("default_factory", "factory"):
                    made = [out for item in evaluate(ref, keyword.value, region) for out in self._made(item, site)]
                    if made:
                        return tuple(made)
        return self.called(item, site)

    def _named(self, ref: ScopeRef, given: Items) -> Items:
        """What dotted strings name."""
        return tuple(
            named
            for text in self._settled(given)
            if isinstance(text.value, ConstantValue) and text.value.kind == "str"
            for named in self._evaluator.names.dotted(ref.path, text.value.text)
        )

    def _settled(self, items: Items) -> Iterable[Item]:
        """The items, for an attribute of a framework's settings (``settings.STORE``) what its modules set."""
        for item in items:
            value = item.value
            yield from (self._evaluator.names.setting(value.name) if isinstance(value, Foreign) else ()) or (item,)

    def _result(self, ref: ScopeRef, call: Call, region: int, name: str) -> Items:
        """``to_thread(make, …)``: what the function that is given returns."""
        row = self._evaluator.knowledge.caller(name)
        position = (row.position or 0) if row else 0
        if len(call.args) <= position:
            return ()
        given = self._evaluator.evaluate(ref, call.args[position], region)
        return tuple(out for item in given for out in self.called(item, Site(ref.path, call.pos)))

    def _made(self, item: Item, site: Site) -> Items:
        if isinstance(item.value, Foreign) and self._evaluator.knowledge.container(item.value.name):
            return (Item(ContainerValue(item.value.name, site)),)
        return self.called(item, site)

    def _parents(self, cls: ScopeRef) -> Items:
        info = self._evaluator.classes.info(cls)
        found = [Item(Instance(parent)) for parent in info.mro[1:2]]
        return tuple(found or [Item(ForeignInstance(base)) for base in info.foreign[:1]])

    def _call_method(self, ref: ScopeRef, call: Call, region: int) -> Iterable[Item]:
        """Methods of containers that hand out what is inside: ``get``, ``setdefault``, ``values`` …"""
        assert isinstance(call.func, Attr)
        if call.func.attr not in self._evaluator.knowledge.element_methods or call.func.attr == "copy":
            return ()
        base = self._evaluator.evaluate(ref, call.func.value, region)
        held = tuple(
            item for item in base if item.place is not None and isinstance(item.value, (ContainerValue, type(None)))
        )
        return self._evaluator.contents.elements(held)

    def returned(self, ref: ScopeRef) -> Items:
        """What a function returns, or yields where it is a generator."""
        return self._evaluator.ask(("returned", ref), lambda: self._returned(ref))

    def _returned(self, ref: ScopeRef) -> list[Item]:
        scope = self._evaluator.tables.scope(ref)
        found: list[Item] = []
        for event in scope.events:
            if event.op in ("return", "yield") and event.value is not None:
                value = (
                    event.value.value
                    if isinstance(event.value, Yield) and event.value.value is not None
                    else event.value
                )
                found += self._evaluator.evaluate(ref, value, event.region)
        if not found:
            found += self._evaluator.annotated(ScopeRef(ref.path, scope.parent), scope.returns)
        if self.is_memo(ref):
            place = FunctionPlace(ref, MEMO)
            found = [replace(item, place=place) if item.place is None else item for item in found]
        return found

    def is_memo(self, ref: ScopeRef) -> bool:
        """Does a decorator keep what the function returned, so that all callers share it?"""
        scope = self._evaluator.tables.scope(ref)
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            for item in self._evaluator.evaluate(ScopeRef(ref.path, scope.parent), func):
                if isinstance(item.value, Foreign) and self._evaluator.knowledge.effect(item.value.name) == "memo":
                    return True
        return False
