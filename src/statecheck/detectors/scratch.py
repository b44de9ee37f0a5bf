"""Files that do not outlive the call that made them: removed again, moved away, or never known outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from statecheck.detectors.spots import MethodCall, Spots
from statecheck.facts.ir import Attr, Call, Const, Expr
from statecheck.facts.walk import last_name
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.paths import PathValue
from statecheck.project.values import ScopeRef

REMOVING = frozenset({"remove", "unlink", "rmtree", "cleanup", "removedirs", "rmdir"})
MOVING = frozenset({"move", "rename", "replace", "renames"})
CALLERS_UP = 3  # how many calls up a file may be removed
ENDINGS = ("finally",)
BEGINNING = ("__enter__", "__aenter__", "__init__")
LEAVING = ("__exit__", "__aexit__")
DIRECT = ("call", "inline", "property")


class Removal(NamedTuple):
    """A file or folder goes away: at ``pos`` of ``function``, because of the call at ``at`` of ``call``."""

    path: PathValue
    function: ScopeRef
    pos: int
    region: int
    call: ScopeRef
    at: int


class Scratch:
    """All removals of a tree, by the root of the path."""

    def __init__(self, project: Project, paths: Paths, spots: Spots) -> None:
        self._project = project
        self._paths = paths
        self._removals: dict[object, list[Removal]] = {}
        self.endings: set[tuple[str, int]] = set()  # the calls that end what the same call made
        for row in spots.walk(_may_remove):
            for removal in self._of_call(row):
                self._removals.setdefault(removal.path.root, []).append(removal)

    def _of_call(self, row: MethodCall) -> Iterator[Removal]:
        for expr in _removed(row.call):
            for path in self._paths.of(row.ref, expr, row.event.region):
                yield Removal(path, self._outer(row.ref), row.call.pos, row.event.region, row.ref, row.call.pos)
                for site in path.sites:
                    yield Removal(path, self._outer(site.caller), site.call.pos, site.region, row.ref, row.call.pos)

    def _outer(self, ref: ScopeRef) -> ScopeRef:
        """The outermost function around: what its inner functions do, happens because of it."""
        scope = self._project.scope(ref)
        found = ref
        while scope.parent > 0:
            found = ScopeRef(ref.path, scope.index) if scope.kind in ("def", "lambda") else found
            scope = self._project.scope(ScopeRef(ref.path, scope.parent))
        return ScopeRef(ref.path, scope.index) if scope.kind == "def" else found

    def is_removed(self, path: PathValue, ref: ScopeRef, pos: int) -> bool:
        """Is what was written at ``pos`` of a function removed later in it, or by those who called it?"""
        removals = [row for row in self._removals.get(path.root, ()) if row.path.covers(path) and row.at != pos]
        if not removals:
            return False
        places = self._places(path, ref, pos)
        ended = [row for row in removals if row.function in places and self._ends(row, places[row.function])]
        self.endings.update((row.call.path, row.at) for row in ended)
        return bool(ended)

    def _places(self, path: PathValue, ref: ScopeRef, pos: int) -> dict[ScopeRef, int]:
        """The functions in which the file is at work, each with the place from which on it is."""
        function = self._outer(ref)
        found = {function: pos}
        for site in path.sites:
            found.setdefault(self._outer(site.caller), site.call.pos)
        for method in self._exits(function):
            found.setdefault(method, -1)
        level = [ref, function]
        for _ in range(CALLERS_UP):
            edges = [edge for one in level for edge in self._project.graph.callers.get(one, ()) if edge.via in DIRECT]
            level = [edge.caller for edge in edges][:8]
            for edge in edges[:8]:
                found.setdefault(self._outer(edge.caller), edge.pos)
        return found

    def _exits(self, function: ScopeRef) -> list[ScopeRef]:
        """What ends the block that the method begins: ``__exit__`` for ``__enter__``."""
        cls = self._project.tables.class_around(function)
        if cls is None or self._project.scope(function).name not in BEGINNING:
            return []
        found = (self._project.evaluator.classes.method(cls, name) for name in LEAVING)
        return [method for method in found if method is not None]

    def _ends(self, row: Removal, since: int) -> bool:
        """Does the removal happen after ``since``, and not only when something went wrong?"""
        regions = self._project.files[row.function.path].regions
        region, failing, final = row.region, False, False
        while region >= 0:
            failing = failing or regions[region].kind == "except"
            final = final or regions[region].kind in ENDINGS
            region = regions[region].parent
        return final or (row.pos > since and not failing)


def _may_remove(call: Call) -> bool:
    return last_name(call.func) in REMOVING | MOVING or any(last_name(given) in REMOVING for given in call.args[:-1])


def _removed(call: Call) -> Iterator[Expr]:
    """The expressions whose file a call removes or moves away."""
    name = last_name(call.func)
    receiver = call.func.value if isinstance(call.func, Attr) else None
    module = receiver is not None and last_name(receiver) in ("os", "shutil")
    if name in REMOVING:
        if call.args:
            yield call.args[0]
        if receiver is not None and not module:
            yield receiver
    elif name in MOVING:
        if len(call.args) >= 2 and not isinstance(call.args[0], Const):
            yield call.args[0]
        elif len(call.args) == 1 and receiver is not None:
            yield receiver
    for number, given in enumerate(call.args[:-1]):  # add_task(os.remove, path)
        if last_name(given) in REMOVING:
            yield call.args[number + 1]
