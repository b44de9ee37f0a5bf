"""Which of the objects of a class does a write concern: the one that is kept, or one that a request made for itself?"""

from __future__ import annotations

from statecheck.facts.ir import Attr, Expr, Name
from statecheck.project.link import Project
from statecheck.project.phases import SURE
from statecheck.project.values import FieldPlace, Instance, Item, ScopeRef, Site

DEPTH = 6  # calls of own methods followed


class Instances:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._made: dict[ScopeRef, frozenset[Site]] = {}
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
            project, family = self._project, self._family(cls)
            self._made[cls] = frozenset(
                Site(site.caller.path, site.call.pos)
                for each in (cls, *project.evaluator.classes.subclasses(cls))
                for site in project.graph.made.get(each, ())
                if project.is_application(site.caller.path)
                and project.phases.runtime(site.caller) == SURE
                and project.tables.class_around(site.caller) not in family
                and not project.phases.is_once(site.caller, site.region, site.call.pos)
            )
        return self._made[cls]

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
            if self._is_self(caller, site.call.func.value):
                if depth and caller not in seen and self._is_called_on_kept(caller, depth - 1, seen):
                    return True
                continue
            items = project.evaluator.evaluate(site.caller, site.call.func.value, site.region)
            if project.phases.runtime(site.caller) and (not items or any(map(self._is_kept, items))):
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

    def _is_kept(self, item: Item) -> bool:
        """Does the object stand in a place that outlives requests? One of unknown origin may."""
        keeps = self._project.lifetimes.keeps
        made = item.value if isinstance(item.value, Instance) else None
        if made is not None and made.site in self._made_by_requests(made.cls) and item.place is None:
            return False
        places = [place for place in (item.place, *item.via) if place is not None]
        if not places:
            return True
        return any(keeps(place) for place in places)
