"""Parameters: what a function is called with, by annotation, default, dependency and call site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from statecheck.facts.ir import Call, Const, Display, Expr, Name, Op, Param, Sub
from statecheck.project.arguments import argument, dotted_expression
from statecheck.project.values import (
    ClassValue,
    ContainerValue,
    DefaultPlace,
    Foreign,
    ForeignInstance,
    Instance,
    Item,
    Items,
    ScopeRef,
    Site,
)

if TYPE_CHECKING:
    from statecheck.project.evaluate import Evaluator

MAX_ALIASES = 5  # names that stand for names that stand for an annotation
MAX_CALL_SITES = 12  # callers asked for what a parameter may be
WRAPPING_ANNOTATIONS = frozenset(
    {
        "typing.Optional",
        "typing.Union",
        "typing.Annotated",
        "typing.Final",
        "typing.ClassVar",
        "typing.Required",
        "typing.NotRequired",
    }
)


class Parameters:
    """Finds what a parameter may be."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._handlers: Mapping[ScopeRef, tuple[str, ...]] = {}
        self._made: list[Expr] = []  # expressions made from string annotations: kept, since their ids name answers

    def hand(self, handlers: Mapping[ScopeRef, tuple[str, ...]]) -> None:
        """Tell what frameworks hand to the functions they call: the foreign classes of their first parameters."""
        self._handlers = handlers

    def parameter(self, ref: ScopeRef, param: Param) -> Items:
        """What a parameter may be: the receiver, what its annotation names, a dependency, what callers pass."""
        key = (ref, param.name)
        return self._evaluator.ask(key, lambda: self._parameter(ref, param))

    def _parameter(self, ref: ScopeRef, param: Param) -> list[Item]:
        scope = self._evaluator.tables.scope(ref)
        if scope.params and scope.params[0].name == param.name and (receiver := self._evaluator.classes.receiver(ref)):
            cls, kind = receiver
            return [Item(Instance(cls) if kind == "instance" else ClassValue(cls))]
        if param.kind in ("star", "double-star"):
            kind = "builtins.tuple" if param.kind == "star" else "builtins.dict"
            return [Item(ContainerValue(kind, Site(ref.path, param.pos)))]
        around = ScopeRef(ref.path, scope.parent)
        found = self._provided(around, param)
        if found and not any(isinstance(item.value, Instance) for item in found):  # a container that nobody looks into
            named = self.annotated(around, param.annotation)
            found += [item for item in named if isinstance(item.value, Instance)]
        found += self._passed(ref, param)
        if not found:
            found += self.annotated(around, param.annotation) or self._handed(ref, param)
        if param.default is not None and isinstance(param.default, (Display, Call)):
            made = [
                item
                for item in self._evaluator.evaluate(around, param.default, scope.defined_in)
                if isinstance(item.value, ContainerValue)
            ]
            found += [replace(item, place=DefaultPlace(ref, param.name)) for item in made]
        elif param.default is not None and not found:
            found += self._evaluator.evaluate(around, param.default, scope.defined_in)
        return found

    def _handed(self, ref: ScopeRef, param: Param) -> Items:
        """What the framework hands to an entry point, where nothing in the code says it."""
        types = self._handlers.get(ref, ())
        names = [other.name for other in self._evaluator.tables.scope(ref).params]
        place = names.index(param.name) - (1 if self._evaluator.classes.receiver(ref) else 0)
        return (Item(ForeignInstance(types[place])),) if 0 <= place < len(types) else ()

    def _provided(self, around: ScopeRef, param: Param) -> list[Item]:
        """A dependency: the default or an annotation's metadata calls a framework function with the provider."""
        candidates = [(around, param.default)]
        where, annotation = self._unaliased(around, param.annotation)
        if isinstance(annotation, Sub) and isinstance(annotation.index, Display):
            candidates += [(where, part) for part in annotation.index.items[1:]]
        found: list[Item] = []
        for place, call in candidates:
            for item in self._evaluator.evaluate(place, call.func) if isinstance(call, Call) else ():
                if not isinstance(item.value, Foreign):
                    continue
                for known in self._evaluator.knowledge.entries_for(item.value.name, "call"):
                    given = (
                        argument(call, known.entry.argument, known.entry.position) if isinstance(call, Call) else None
                    )
                    for provider in self._evaluator.evaluate(place, given) if given is not None else ():
                        found += self._evaluator.called(provider)
        return found

    def _unaliased(self, ref: ScopeRef, annotation: Expr | None) -> tuple[ScopeRef, Expr | None]:
        """The annotation that a name stands for: ``Store = Annotated[Manager, Depends(get)]``, in any module."""
        for _ in range(MAX_ALIASES):
            if not isinstance(annotation, Name):
                break
            found = self._evaluator.names.assigned(ref, annotation.id)
            if found is None:
                break
            ref, annotation = found
        return ref, annotation

    def _passed(self, ref: ScopeRef, param: Param) -> list[Item]:
        """What the callers known so far pass for a parameter."""
        sites = self._evaluator.call_sites.of(ref)
        if not sites or len(sites) > MAX_CALL_SITES:
            return []
        params = [
            other.name for other in self._evaluator.tables.scope(ref).params if other.kind in ("normal", "positional")
        ]
        found: list[Item] = []
        for site in sites:
            offset = 1 if site.bound else 0
            position = params.index(param.name) - offset if param.name in params else None
            given = argument(site.call, param.name, position)
            if given is not None:
                found += self._evaluator.evaluate(site.caller, given, site.region)
        return found

    def annotated(self, ref: ScopeRef, annotation: Expr | None) -> Items:
        """An instance of the class that an annotation names (through strings, Optional, Annotated, unions)."""
        ref, annotation = self._unaliased(ref, annotation)
        if annotation is None:
            return ()
        if isinstance(annotation, Const):
            parsed = dotted_expression(annotation.value) if annotation.kind == "str" else None
            if parsed is None:
                return ()
            self._made.append(parsed)
            annotation = parsed
        if isinstance(annotation, Op) and annotation.op == "|":
            return tuple(item for part in annotation.operands for item in self.annotated(ref, part))
        if isinstance(annotation, Sub):
            heads = {
                item.value.name
                for item in self._evaluator.evaluate(ref, annotation.value)
                if isinstance(item.value, Foreign)
            }
            if heads.isdisjoint(WRAPPING_ANNOTATIONS):
                return ()
            parts = annotation.index.items if isinstance(annotation.index, Display) else (annotation.index,)
            parts = parts[:1] if any(head.endswith(".Annotated") for head in heads) else parts
            return tuple(item for part in parts for item in self.annotated(ref, part))
        found: list[Item] = []
        for item in self._evaluator.evaluate(ref, annotation):
            if isinstance(item.value, ClassValue):
                found.append(Item(Instance(item.value.ref)))
            elif isinstance(item.value, Foreign) and not item.value.name.startswith(("builtins.", "typing.")):
                found.append(Item(ForeignInstance(item.value.name)))
        return tuple(found)
