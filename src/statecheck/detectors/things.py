"""What a question of where values come from says of the things that they may be: foreign ones, objects, places."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from statecheck.project.accesses import Access
from statecheck.project.effects import Effects
from statecheck.project.framework_kept import SHORT
from statecheck.project.link import Project
from statecheck.project.values import FieldPlace, Foreign, ForeignInstance, FunctionValue, Instance, Item, Place

OWN_TO_ONE = frozenset({"random", "identity", "claim", "upload"})  # what no other process comes to
UNDETERMINED = OWN_TO_ONE | {"time", "io", "network", "db", "storage"}


class Things(ABC):
    """What one question knows of things. What follows expressions to them, the question itself, derives from it."""

    def __init__(
        self,
        project: Project,
        effects: Effects,
        writes: Mapping[Place, Sequence[Access]],
        undetermined: frozenset[str],
        by_requests: bool = False,
    ) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._tables = project.tables
        self._effects = effects
        self._writes = writes
        self._undetermined = undetermined
        self._is_trusting = undetermined != UNDETERMINED  # what libraries answer counts, whoever holds it
        # What requests store is followed like all else, and what they bring with them decides.
        self._by_requests = by_requests or not self._is_trusting
        self._own_lives = SHORT - {"row"} if self._is_trusting else SHORT  # rows are asked for from outside
        self._asked: set[object] = set()
        self._own: Place | None = None  # what the value is put into: a value made from it counts on
        self._steps = 0

    @abstractmethod
    def stored(self, write: Access) -> bool:
        """Is what a write stores determined?"""

    @abstractmethod
    def _called(self, item: Item) -> bool:
        """Is what calling the thing gives determined?"""

    def _items(self, items: Iterable[Item]) -> bool:
        return all(self._item(item) for item in items)

    def _item(self, item: Item) -> bool:
        value = item.value
        if isinstance(value, (Foreign, ForeignInstance)) and not self._is_quiet(value.name, item.place is not None):
            return False
        if isinstance(value, Instance) and not self._own_lives.isdisjoint(self._project.lifetimes.lives(value.cls)):
            return False
        return item.place is None or self._place(item.place)

    def _is_quiet(self, name: str, kept: bool = False) -> bool:
        """Is it no object of a request, and nothing that asks the world outside?

        What is ``kept`` in a variable was asked for when it was put there, which may be at start-up.
        """
        knowledge = self._project.knowledge
        if not kept and knowledge.effect(name) in self._undetermined:
            return False
        while name and self._by_requests:
            if not self._own_lives.isdisjoint(knowledge.lives(name)):
                return False
            name = name.rpartition(".")[0]
        return True

    def _place(self, place: Place) -> bool:
        if place == self._own:
            return False
        if ("place", place) in self._asked:
            return True
        self._asked.add(("place", place))
        writes = self._writes.get(place, ())
        if isinstance(place, FieldPlace):
            if not self._own_lives.isdisjoint(self._project.lifetimes.lives(place.cls)):
                return False
            known = self._evaluator.classes.field_stores(place.cls, place.name)
            declared = self._tables.files[place.cls.path].bindings.get((place.cls.scope, place.name), [])
            if not known and not any(binding.value is not None for binding in declared):
                return self._looked_up(place)
        # Something of unknown type that may have come out of the place is a copy of it, as likely as not.
        runtime = [
            write for write in writes if (write.sure or not write.depth) and self._project.phases.runtime(write.ref)
        ]
        if not self._by_requests and any("request" in self._project.phases.of(write.ref) for write in runtime):
            return False
        return all(self.stored(write) for write in runtime)

    def _looked_up(self, place: FieldPlace) -> bool:
        """An attribute that nobody sets: what ``__getattr__`` answers to its name."""
        asked = self._evaluator.classes.method(place.cls, "__getattr__")
        return asked is not None and self._called(Item(FunctionValue(asked)))
