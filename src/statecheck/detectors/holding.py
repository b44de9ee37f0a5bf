"""What holds the objects that calls of libraries make: a variable, a field, an attribute of an application, a memo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from statecheck.detectors.matching import site_of
from statecheck.project.link import Project
from statecheck.project.tables import Store
from statecheck.project.values import (
    MEMO,
    ClassPlace,
    FieldPlace,
    ForeignPlace,
    FunctionPlace,
    GlobalPlace,
    Item,
    Place,
    ScopeRef,
    Site,
)


class Holding:
    """The places that hold objects, by where those were made. Items of a container of the tree are not among them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._places: dict[Site, list[Place]] = defaultdict(list)
        self._bound()
        self._fields()
        self._attached()
        self._memos()

    def places(self, site: Site) -> list[Place]:
        """Where the object that was made there is kept."""
        return self._places.get(site, [])

    def _note(self, place: Place, items: Iterable[Item]) -> None:
        for site in map(site_of, items):
            if site is not None:
                self._places[site].append(place)

    def _bound(self) -> None:
        """Names of modules and of class bodies."""
        for path, table in self._project.tables.files.items():
            for (scope, name), bindings in table.bindings.items():
                kind = table.facts.scopes[scope].kind
                if kind not in ("module", "class"):
                    continue
                place = GlobalPlace(path, name) if kind == "module" else ClassPlace(ScopeRef(path, scope), name)
                for binding in bindings:
                    if binding.kind == "value":
                        self._note(place, self._evaluator.binding(path, binding))

    def _fields(self) -> None:
        for cls, fields in self._evaluator.classes.fields.items():
            for name, stores in fields.items():
                for store in stores:
                    self._note(FieldPlace(cls, name), self._stored(store))

    def _attached(self) -> None:
        """``app.state.memory = …``, ``app["memory"] = …``: what a framework's object is given."""
        tables = self._project.tables
        for stores in (*tables.attribute_stores.values(), *tables.item_stores.values()):
            for store in stores:
                made = [item for item in self._stored(store) if site_of(item) is not None]
                for base in self._evaluator.evaluate(store.ref, store.target.value, store.event.region) if made else ():
                    place = self._project.lifetimes.target_place(store, base)
                    if isinstance(place, ForeignPlace):
                        self._note(place, made)

    def _memos(self) -> None:
        for ref, function in self._project.tables.scopes():
            if function.kind == "def" and function.decorators and self._evaluator.is_memo(ref):
                self._note(FunctionPlace(ref, MEMO), self._evaluator.returned(ref))

    def _stored(self, store: Store) -> tuple[Item, ...]:
        if store.value is None:
            return ()
        return self._evaluator.evaluate(store.ref, store.value, store.event.region)
