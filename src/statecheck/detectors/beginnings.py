"""Objects of the tree that are threads, timers or processes: is what was made ever set going?"""

from __future__ import annotations

from statecheck.detectors.handles import Handles, arguments, ends_one_of
from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Call
from statecheck.facts.walk import dotted, last_name
from statecheck.project.link import Project
from statecheck.project.values import ScopeRef

LEAVING = ("return", "yield")


class Beginnings:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._handles = project.once(Handles)
        self._starting = project.knowledge.bare_names("start")

    def started(self, spot: Spot) -> bool:
        """Is ``start()`` called on what was made, by whoever has it, or does it leave the function?"""
        if spot.event is None or spot.call is None or spot.made is None:
            return True
        tables = self._project.tables
        for name, method in self._project.evaluator.classes.methods(spot.made).items():
            if name == "__init__" and any(
                last_name(call.func) == "start" for row in self._handles.events(method) for call in row.calls
            ):
                return True
        names = self._handles.names(spot)
        if spot.event.op not in ("assign", "annotated", "walrus") or any("." in name for name in names):
            rows = [
                row
                for scope in tables.files[spot.ref.path].facts.scopes
                for row in tables.rows_in(ScopeRef(spot.ref.path, scope.index))
            ]
        else:
            rows = self._handles.events(spot.ref)
        if not names:
            return self._is_started_on_the_spot(spot)
        for row in rows:
            if row.event.op in LEAVING and row.event.value is not None and dotted(row.event.value) in names:
                return True
            for node in row.nodes:
                if isinstance(node, Call) and (
                    ends_one_of(node, names, self._starting) or any(dotted(given) in names for given in arguments(node))
                ):
                    return True
        return False

    def _is_started_on_the_spot(self, spot: Spot) -> bool:
        """``Scan().start()``, but not ``Scan().scan()``; what is handed on may be started there."""
        called = self._handles.called_on(spot)
        return not called or any(name in self._starting for name in called)
