"""Does what is written come from a file that a user sent?"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Expr, Name
from statecheck.facts.walk import iter_expr, last_name
from statecheck.project.arguments import argument
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.sources import Located
from statecheck.project.tables import Binding, expressions
from statecheck.project.values import ScopeRef

MAX_CALLERS = 4
MAX_STEPS = 60  # bindings followed for one write; a value that comes from further away is not the upload itself
WRITING = frozenset({"write", "writelines", "copyfileobj", "sendfile"})


class Uploads:
    """Follows data back to uploads."""

    def __init__(self, project: Project, paths: Paths) -> None:
        self._project = project
        self._paths = paths
        self._attributes = frozenset(
            name.rpartition(".")[2]
            for name in project.knowledge.names_of_effect("upload")
            if name.rpartition(".")[2].isupper()
        )

    def from_upload(self, spot: Spot) -> bool:
        """Are the bytes, or the name of the file, those of an upload?"""
        if spot.call is None:
            return False
        given = [*spot.call.args, *(keyword.value for keyword in spot.call.keywords)]
        if isinstance(spot.call.func, Attr):
            given.append(spot.call.func.value)
        given += self.written(spot)
        seen: set[tuple[str, int, int]] = set()
        return any(self._derives(Located(spot.ref, expr, spot.region), seen) for expr in given)

    def written(self, spot: Spot) -> list[Expr]:
        """What is written to the file that the call opened."""
        event = spot.event
        names = {target.id for target in event.targets if isinstance(target, Name)} if event is not None else set()
        found: list[Expr] = []
        for top in expressions(event) if event is not None else ():
            for node in iter_expr(top):  # copyfileobj(upload, open(path, "wb"))
                if (
                    isinstance(node, Call)
                    and last_name(node.func) in WRITING
                    and any(part is spot.call for part in iter_expr(node))
                ):
                    found += node.args
        for other in self._project.scope(spot.ref).events if names else ():
            for top in expressions(other):
                for node in iter_expr(top):
                    if (
                        isinstance(node, Call)
                        and last_name(node.func) in WRITING
                        and other.pos >= spot.start
                        and any(isinstance(part, Name) and part.id in names for part in iter_expr(node))
                    ):
                        found += node.args
        return found

    def _derives(self, at: Located, seen: set[tuple[str, int, int]]) -> bool:
        """Does a value come from an upload? Each binding is followed once: loops lead back, many ways lead to one."""
        for node in iter_expr(at.expr):
            if isinstance(node, (Name, Attr)) and self._is_upload(replace(at, expr=node)):
                return True
            if isinstance(node, Name) and self._bound_to_upload(replace(at, expr=node), seen):
                return True
        return False

    def _is_upload(self, at: Located) -> bool:
        items = self._project.evaluator.evaluate(at.ref, at.expr, at.region)
        if any(self._paths.is_upload(item) for item in items):
            return True
        if isinstance(at.expr, Attr) and at.expr.attr in self._attributes and isinstance(at.expr.value, Name):
            return not self._project.evaluator.evaluate(at.ref, at.expr.value, at.region)
        return False

    def _bound_to_upload(self, at: Located, seen: set[tuple[str, int, int]]) -> bool:
        assert isinstance(at.expr, Name)
        table = self._project.tables.files[at.ref.path]
        home = table.lookup(at.ref.scope, at.expr.id)
        if home is None or home == 0:
            return False
        region = at.region if home == at.ref.scope and at.region >= 0 else table.facts.scopes[home].region
        for binding in table.reaching(home, at.expr.id, region, at.expr.pos):
            key = (at.ref.path, binding.scope, binding.pos)
            if key in seen or len(seen) > MAX_STEPS:
                continue
            seen.add(key)
            sources = self._sources(ScopeRef(at.ref.path, binding.scope), binding)
            if any(self._derives(source, seen) for source in sources):
                return True
        return False

    def _sources(self, ref: ScopeRef, binding: Binding) -> Iterator[Located]:
        """What a local or a parameter gets its value from; the annotation and the default tell of uploads too."""
        if binding.kind == "param" and binding.param is not None:
            around = ScopeRef(ref.path, self._project.scope(ref).parent)
            for told in (binding.param.annotation, binding.param.default):
                if told is not None:
                    yield Located(around, told, self._project.scope(ref).defined_in)
            names = [param.name for param in self._project.scope(ref).params]
            for site in self._project.evaluator.call_sites.of(ref)[:MAX_CALLERS]:
                position = names.index(binding.param.name) - (1 if site.bound else 0)
                given = argument(site.call, binding.param.name, position)
                if given is not None:
                    yield Located(site.caller, given, site.region)
        elif binding.value is not None:
            yield Located(ref, binding.value, binding.region)
