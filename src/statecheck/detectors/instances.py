"""Which of the objects of a class does a write concern: the one that is kept, or one that a request made for itself?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statecheck.facts.ir import Attr, Call, Const, Expr, Name
from statecheck.project.callsites import CallSite
from statecheck.project.link import Project
from statecheck.project.phases import GUESS, SURE
from statecheck.project.values import ClassValue, FieldPlace, Instance, Item, ScopeRef, Site

DEPTH = 6  # calls of own methods followed


class Instances:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._made: dict[ScopeRef, frozenset[Site]] = {}
        self._likely: dict[ScopeRef, frozenset[Site]] = {}
        self._held: dict[ScopeRef, bool] = {}

    def concerns_kept(self, place: FieldPlace, method: ScopeRef) -> bool:
        """Can a write to ``self`` in the method reach the object that outlives requests?

        Where requests make objects of the class too, a call on the kept one must show.
        """
        holder = self._project.lifetimes.holder(place.cls)
        if holder is None or holder.inside or holder.place is None:
            return True
        shares = self._project.evaluator.classes.method(place.cls, "__new__") is not None  # each call may give the same
        if shares or not self._made_by_requests(place.cls):
            return True
        return self._is_called_on_kept(method, DEPTH, frozenset())

    def _made_by_requests(self, cls: ScopeRef) -> frozenset[Site]:
        """Where objects of the class are made while the process serves, and not for a set-once variable."""
        if cls not in self._made:
            self._made[cls] = frozenset(self._makers(cls, SURE))
        return self._made[cls]

    def _made_on_the_way(self, cls: ScopeRef) -> frozenset[Site]:
        """The same, also where it is only likely that the code runs while the process serves."""
        if cls not in self._likely:
            self._likely[cls] = frozenset(self._makers(cls, GUESS))
        return self._likely[cls]

    def _makers(self, cls: ScopeRef, certainty: int) -> Iterator[Site]:
        project, family = self._project, self._family(cls)
        for each in (cls, *project.evaluator.classes.subclasses(cls)):
            for site in project.graph.made.get(each, ()):
                if (
                    project.is_application(site.caller.path)
                    and project.phases.runtime(site.caller) >= certainty
                    and project.tables.class_around(site.caller) not in family
                    and not project.phases.is_once(site.caller, site.region, site.call.pos)
                ):
                    yield Site(site.caller.path, site.call.pos)

    def _family(self, cls: ScopeRef) -> set[ScopeRef]:
        classes = self._project.evaluator.classes
        return {cls, *classes.subclasses(cls), *classes.info(cls).mro}

    def _is_called_on_kept(self, method: ScopeRef, depth: int, seen: frozenset[ScopeRef]) -> bool:
        if method in self._held:
            return self._held[method]
        found = self._asks_callers(method, depth, seen | {method})
        if not seen:
            self._held[method] = found
        return found

    def _asks_callers(self, method: ScopeRef, depth: int, seen: frozenset[ScopeRef]) -> bool:
        project = self._project
        if any(entry.kept for entry in project.phases.entries_at(method)):
            return True
        for site in project.graph.call_sites.get(method, ()):
            if not isinstance(site.call.func, Attr):
                continue
            caller = project.tables.function_around(site.caller)
            if self._is_self(caller, site.call.func.value) or self._is_base_call(caller, site):
                if depth and caller not in seen and self._is_called_on_kept(caller, depth - 1, seen):
                    return True
                continue
            if self._is_making(site):
                continue
            items = project.evaluator.evaluate(site.caller, site.call.func.value, site.region)
            if not project.phases.runtime(site.caller) or (items and not any(map(self._is_kept, items))):
                continue
            if not items or not self._is_part(caller, site.call.func.value, items):
                return True
            if depth and caller not in seen and self._is_called_on_kept(caller, depth - 1, seen):
                return True
        return False

    def _is_self(self, method: ScopeRef, receiver: Expr) -> bool:
        if isinstance(receiver, Name) and receiver.id == "super":
            return True
        params = self._project.scope(method).params
        return (
            isinstance(receiver, Name)
            and bool(params)
            and receiver.id == params[0].name
            and self._project.evaluator.classes.receiver(method) is not None
        )

    def _is_part(self, method: ScopeRef, receiver: Expr, items: Iterable[Item]) -> bool:
        """``self.part.load()``: does the object around make the part, so that one is kept as long as the other?"""
        if not (isinstance(receiver, Attr) and self._is_self(method, receiver.value)):
            return False
        own = self._project.tables.class_around(method)
        return own is not None and all(
            isinstance(item.value, Instance)
            and item.value.site is not None
            and isinstance(item.place, FieldPlace)
            and item.place.cls in self._family(own)
            and self._makes_itself(item.place)
            for item in items
        )

    def _makes_itself(self, place: FieldPlace) -> bool:
        """Is the field only filled with objects that its own object makes there?"""
        stores = self._project.evaluator.classes.field_stores(place.cls, place.name)
        return all(isinstance(store.value, (Call, Const)) for store in stores)

    def _is_making(self, site: CallSite) -> bool:
        """``module.Class()``: the object is a new one."""
        made = self._project.evaluator.evaluate(site.caller, site.call.func, site.region)
        return bool(made) and all(isinstance(item.value, ClassValue) for item in made)

    def _is_base_call(self, method: ScopeRef, site: CallSite) -> bool:
        """``Base.load(self)``: a call on the object itself, by the name of a class."""
        if not site.call.args or not isinstance(site.call.func, Attr) or not self._is_self(method, site.call.args[0]):
            return False
        owners = self._project.evaluator.evaluate(site.caller, site.call.func.value, site.region)
        return bool(owners) and all(isinstance(owner.value, ClassValue) for owner in owners)

    def _is_kept(self, item: Item) -> bool:
        """Does the object stand in a place that outlives requests? One of unknown origin may."""
        keeps = self._project.lifetimes.keeps
        made = item.value if isinstance(item.value, Instance) else None
        if made is not None and item.place is None and made.site in self._made_on_the_way(made.cls):
            return False
        places = [place for place in (item.place, *item.via) if place is not None]
        if not places:
            return True
        return any(keeps(place) for place in places)
