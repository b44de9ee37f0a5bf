"""What lies inside containers, and what subscripts give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Comp, Const, Display, Expr, Func, Name, Op, Star, Sub
from statecheck.project.tables import key_name
from statecheck.project.values import (
    ClassValue,
    ConstantValue,
    ContainerValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Instance,
    Item,
    Items,
    ModuleValue,
    Place,
    ScopeRef,
)

if TYPE_CHECKING:
    from statecheck.project.evaluate import Evaluator


class Addition(NamedTuple):
    """``container.append(given)``: a method that changes a container, with arguments that may be objects."""

    ref: ScopeRef
    region: int
    pos: int
    container: Name | Attr
    given: tuple[Expr, ...]


MAX_STORES = 12  # statements asked for what lies in a container


class Contents:
    """Reads items of whatever an expression may be."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._additions: dict[str, list[Addition]] | None = None

    def subscript(self, ref: ScopeRef, expr: Sub, region: int) -> Iterable[Item]:
        """What ``value[index]`` may be."""
        items = self._evaluator.evaluate(ref, expr.value, region)
        kept = [  # Generic[T], list[int]
            self._read_by_key(item) for item in items if isinstance(item.value, (ClassValue, Foreign))
        ]
        if isinstance(expr.index, Op) and expr.index.op == "slice":  # a copy
            return [
                replace(item, place=None, depth=0, via=()) for item in items if isinstance(item.value, ContainerValue)
            ]
        if key := key_name(expr.index):
            for item in items:
                if isinstance(item.value, (ForeignInstance, Instance)) and self._evaluator.owners(item):
                    return self._evaluator.members.foreign_attribute(self._evaluator.owners(item)[0], key, item)
        inside = tuple(item for item in items if not isinstance(item.value, (ClassValue, Foreign)))
        return [*kept, *self.elements(inside, ("__getitem__",), expr.index)]

    def _read_by_key(self, item: Item) -> Item:
        """``os.environ["HOME"]`` is a text of its own, no longer the environment; so is ``request.form["name"]``."""
        if isinstance(item.value, Foreign):
            owner, reader = item.value.name.rpartition(".")[0], f"{item.value.name}.__getitem__"
            if self._evaluator.knowledge.effect(reader) is not None or "request" in self._evaluator.knowledge.lives(
                owner
            ):
                return Item(ForeignInstance(reader))
        return item

    def elements(
        self, items: Items, methods: tuple[str, ...] = ("__iter__", "__getitem__"), index: Expr | None = None
    ) -> Items:
        """What lies inside containers, or at ``index``: what statements of the tree put there, else only the place."""
        found: list[Item] = []
        for item in items:
            if isinstance(item.value, (ConstantValue, ClassValue, ModuleValue, FunctionValue)):
                found += (
                    (item,) if item.depth and not isinstance(item.value, ConstantValue) else ()
                )  # of values(), items()
                continue
            if isinstance(item.value, Instance):
                getter = self._evaluator.classes.method(
                    item.value.cls, "__getitem__"
                ) or self._evaluator.classes.method(item.value.cls, "__iter__")
                found += self._evaluator.returned(getter) if getter else (item,) if item.depth else ()
                continue
            if isinstance(item.value, ContainerValue):
                found += self._written(item.value, item, index)
            if typed := self._element_type(item, methods):
                found.append(Item(ForeignInstance(typed), item.place, item.depth + 1, item.via))
            elif item.place is not None:
                inside = self._held_inside(item.place) if item.depth == 0 else ()
                found += [replace(out, place=item.place, depth=item.depth + 1, via=item.via) for out in inside]
                found.append(Item(None, item.place, item.depth + 1, item.via))
        return tuple(found)

    def written(self, items: Items) -> Items:
        """What displays and comprehensions among ``items`` put into their containers."""
        return tuple(
            out for item in items if isinstance(item.value, ContainerValue) for out in self._written(item.value, item)
        )

    def additions(self) -> list[Addition]:
        """All statements of the tree that put something into a container by a method."""
        return [adding for rows in self._by_container().values() for adding in rows]

    def _by_container(self) -> dict[str, list[Addition]]:
        """Additions by the last name of their container."""
        if self._additions is None:
            found: dict[str, list[Addition]] = defaultdict(list)
            changing = self._evaluator.knowledge.changing_methods
            for row in self._evaluator.tables.rows:
                for call in row.calls:
                    func = call.func
                    if isinstance(func, Attr) and func.attr in changing and isinstance(func.value, (Name, Attr)):
                        name = func.value.id if isinstance(func.value, Name) else func.value.attr
                        if given := tuple(part for part in call.args if isinstance(part, (Name, Attr, Call, Func))):
                            found[name].append(Addition(row.ref, row.event.region, call.pos, func.value, given))
            self._additions = found
        return self._additions

    def _written(self, value: ContainerValue, item: Item, index: Expr | None = None) -> Iterator[Item]:
        """What a display or comprehension puts into its container: what has a place of its own keeps it."""
        display = self._evaluator.displays.get(value.site)
        if display is None:
            return
        ref, expr, region = display
        key = key_name(index) if index is not None else ""
        for out in self._evaluator.ask(("written", value.site, key), lambda: self._inside(ref, expr, region, key)):
            if out.place is not None or item.place is None:
                yield out
            elif isinstance(out.value, (Instance, FunctionValue, ClassValue)):
                yield replace(out, place=item.place, depth=item.depth + 1, via=item.via)

    def _inside(self, ref: ScopeRef, expr: Display | Comp, region: int, key: str) -> Iterator[Item]:
        if isinstance(expr, Display):
            items = expr.items
            if key and expr.keys:  # what stands under another key is something else
                names = (key if name is None else key_name(name) for name in expr.keys)
                items = tuple(part for part, name in zip(items, names, strict=True) if name in (key, ""))
            parts = [(ref, part, region) for part in items[:MAX_STORES] if type(part) not in (Const, Star)]
        else:
            inner = ScopeRef(ref.path, expr.scope)
            parts = [
                (inner, event.value, event.region)
                for event in self._evaluator.tables.scope(inner).events
                if event.op == "element" and event.value is not None
            ]
        for where, part, at in parts:
            yield from (
                out for out in self._evaluator.evaluate(where, part, at) if not isinstance(out.value, ConstantValue)
            )

    def _element_type(self, item: Item, methods: tuple[str, ...]) -> str | None:
        """The class of what lies inside an object of a foreign class, where a model tells."""
        return next(
            (
                typed
                for name in self._evaluator.members.foreign_types(item)
                for method in methods
                if (typed := self._evaluator.knowledge.returned_type(f"{name}.{method}"))
            ),
            None,
        )

    def _held_inside(self, place: Place) -> Items:
        return self._evaluator.ask(("contents", place), lambda: self._contents(place))

    def _contents(self, place: Place) -> Iterator[Item]:
        """Objects put into the container at ``place`` by ``x[key] = value`` somewhere in the tree."""
        for store in self._evaluator.tables.item_stores.get(place.name, ())[:MAX_STORES]:
            if store.value is None or not isinstance(store.target, Sub):
                continue
            if any(
                item.place == place
                for item in self._evaluator.evaluate(store.ref, store.target.value, store.event.region)
            ):
                for item in self._evaluator.evaluate(store.ref, store.value, store.event.region):
                    if isinstance(item.value, (Instance, FunctionValue, ClassValue)):
                        yield item
        for adding in self._by_container().get(place.name, ())[:MAX_STORES]:
            if any(
                item.place == place for item in self._evaluator.evaluate(adding.ref, adding.container, adding.region)
            ):
                for part in adding.given:
                    for item in self._evaluator.evaluate(adding.ref, part, adding.region):
                        if isinstance(item.value, (Instance, FunctionValue, ClassValue)):
                            yield item
