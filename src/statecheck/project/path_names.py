"""Names and parameters on the way to a path: what they are bound to, joined with what."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from statecheck.facts.ir import Await, Call, Const, Display, Event, Expr, Name, Param
from statecheck.project.arguments import argument
from statecheck.project.callsites import CallSite
from statecheck.project.link import Project
from statecheck.project.paths import SCRATCH, TEMP_FOLDERS, TEMP_NAMES, Part, PathValue
from statecheck.project.sources import Located
from statecheck.project.tables import Binding
from statecheck.project.values import ForeignInstance, FunctionValue, ScopeRef

MAX_DEPTH = 24  # steps back from the expression that is asked about
CALLERS_DEPTH = 16  # callers are asked for the value of a parameter this many steps back
MAX_PATHS = 12  # possible values kept for one expression
MAX_CALLERS = 12
MAX_STEPS = 3000  # expressions looked at for one question, whatever way they branch
MAX_ENTERED = 4


class Frame(Struct, frozen=True, gc=False):
    """The arguments of the calls that a helper was entered through."""

    function: ScopeRef
    call: Call
    at: Located
    bound: bool
    outer: Frame | None


class PathNames(ABC):
    """Follows names; what an expression of another kind may be is for the class below to say."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._tables = project.tables
        self._entries = frozenset(entry.ref for entry in project.phases.entries)
        self._left = 0
        self._callers: dict[ScopeRef, list[CallSite]] = {}
        # By the id of the expression, which lives as long as the project's facts (see Evaluator).
        self._memory: dict[tuple[int, ScopeRef], tuple[PathValue, ...]] = {}

    def of(self, ref: ScopeRef, expr: Expr, region: int = -1) -> tuple[PathValue, ...]:
        """The paths that ``expr`` may be; at least one, whose root may be unknown."""
        key = (id(expr), ref)
        if key not in self._memory:
            self._left = MAX_STEPS
            self._memory[key] = self._follow(Located(ref, expr, region), 0, None)
        return self._memory[key]

    def _follow(self, at: Located, depth: int, frame: Frame | None) -> tuple[PathValue, ...]:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            return (self._unknown(at),)
        found = tuple(islice(self._dispatch(at, depth + 1, frame), MAX_PATHS))
        if len(found) > 1:  # most are one: its hash is that of all expressions that it came through
            found = tuple(dict.fromkeys(found))
        return found or (self._unknown(at),)

    @abstractmethod
    def _dispatch(self, at: Located, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        """The paths of one expression, by its kind."""

    def _unknown(self, at: Located, origin: str = "unknown") -> PathValue:
        return PathValue(("at", at.ref.path, at.expr.pos), (), frozenset({origin}), at)

    def _joined(self, at: Located, parts: tuple[Expr, ...], depth: int, frame: Frame | None) -> Iterator[PathValue]:
        """The first part says where the path starts; the others are names below it."""
        parts = tuple(part for part in parts if not (isinstance(part, Const) and part.value in ("", "/", ".")))
        if not parts:
            return
        tail = [self._segment(replace(at, expr=part), depth, frame) for part in parts[1:]]
        below = tuple(part for names, _ in tail for part in names)
        marks = frozenset(mark for _, found in tail for mark in found)
        for start in self._follow(replace(at, expr=parts[0]), depth, frame):
            yield replace(start.below(below), origins=start.origins | marks)

    def _segment(self, at: Located, depth: int, frame: Frame | None) -> tuple[tuple[Part, ...], frozenset[str]]:
        """The names that one operand of a join adds, and "upload" or "scratch" where it tells of one."""
        if isinstance(at.expr, Const):
            return tuple(part for part in at.expr.value.split("/") if part not in ("", ".")), frozenset()
        found = self._follow(at, depth, frame)
        marks = frozenset(mark for path in found for mark in path.origins if mark in ("upload", "random"))
        if len(found) == 1 and found[0].root == ("text", "") and found[0].parts and found[0].parts[0] != "~":
            return found[0].parts, marks
        endings = {path.parts[-1] if path.ends_known else None for path in found}
        ending = found[0].parts[-1:] if len(endings) == 1 and None not in endings else ()
        starts = {hash((path.root, path.parts[:-1] if ending else path.parts)) for path in found}
        return ((tuple(sorted(starts)), *ending), marks)

    # -- names -----------------------------------------------------------------------------------------------------

    def _name(self, at: Located, expr: Name, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        table = self._tables.files[at.ref.path]
        home = table.lookup(at.ref.scope, expr.id)
        if home is None:
            if expr.id == "__file__":
                yield PathValue(("package", at.ref.path), (), frozenset({"package"}), at)
            return
        bindings = table.bindings[home, expr.id]
        around = _around(bindings, expr)
        if home == at.ref.scope and at.region >= 0:
            bindings = table.reaching(home, expr.id, at.region, around.pos if around else expr.pos)
        bindings = [binding for binding in bindings if around is None or binding.event is not around]
        for binding in bindings:
            yield from self._binding(at.ref.path, binding, depth, frame)

    def _binding(self, path: str, binding: Binding, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        ref = ScopeRef(path, binding.scope)
        if binding.kind == "param" and binding.param is not None:
            yield from self._parameter(ref, binding.param, depth, frame)
        elif binding.kind in ("value", "element", "context") and binding.value is not None:
            at = Located(ref, binding.value, binding.region)
            if binding.unpack and binding.kind == "value":
                yield from self._unpacked(at, binding.unpack[0], depth, frame)
                return
            below = (("of", path, binding.pos),) if binding.kind == "element" else ()
            for found in self._follow(at, depth, frame):
                yield found.below(below)
        elif binding.kind == "import":
            yield from self._imported(path, binding, depth)
        elif binding.kind == "declared":
            yield self._declared(ref, binding)
        elif binding.kind == "def" or binding.kind == "class":
            return
        else:
            yield PathValue(("local", path, binding.pos), (), frozenset({"unknown"}))

    def _declared(self, ref: ScopeRef, binding: Binding) -> PathValue:
        """A name with an annotation alone, as in a data class: only its type is known."""
        types = self._evaluator.annotated(ref, binding.annotation)
        made = next(
            (
                origin
                for item in types
                if isinstance(item.value, ForeignInstance)
                if (origin := self._made(item.value.name))
            ),
            "field",
        )
        return PathValue(("declared", ref, binding.pos), (), frozenset({made}))

    def _unpacked(self, at: Located, number: int, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        """One of several values that an expression gives: a tuple, or a helper that returns one."""
        expr = at.expr.value if isinstance(at.expr, Await) else at.expr
        if isinstance(expr, Display) and not expr.elided:
            if number < len(expr.items):
                yield from self._follow(replace(at, expr=expr.items[number]), depth, frame)
            return
        found = False
        for inner, entered in self._entered(at, expr, frame) if isinstance(expr, Call) else ():
            for event in self._project.scope(inner).events:
                if event.op == "return" and event.value is not None and depth <= MAX_DEPTH:
                    found = True
                    yield from self._unpacked(Located(inner, event.value, event.region), number, depth + 1, entered)
        if not found:
            yield from self._follow(at, depth, frame)

    def _entered(self, at: Located, call: Call, frame: Frame | None) -> Iterator[tuple[ScopeRef, Frame]]:
        """The functions of the tree that a call runs, each with the frame for its parameters."""
        for item in self._evaluator.evaluate(at.ref, call.func, at.region)[:MAX_ENTERED]:
            if isinstance(item.value, FunctionValue):
                bound = item.value.owner is not None and self._evaluator.classes.receiver(item.value.ref) is not None
                yield item.value.ref, Frame(item.value.ref, call, at, bound, frame)

    def _imported(self, path: str, binding: Binding, depth: int) -> Iterator[PathValue]:
        row = binding.imported
        if row is None or not row.name:
            return
        modules = self._project.modules
        target = modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)
        if target is None:
            yield PathValue(("foreign", f"{row.module}.{row.name}"), (), frozenset({"unknown"}))
        elif target != path:
            yield from self._member(target, row.name, depth)

    def _member(self, path: str, name: str, depth: int) -> Iterator[PathValue]:
        table = self._tables.files.get(path)
        if table is None or depth > MAX_DEPTH:
            return
        for binding in table.bindings.get((0, name), ()):
            yield from self._binding(path, binding, depth + 1, None)

    def _parameter(self, ref: ScopeRef, param: Param, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        if frame is not None and frame.function == ref:
            given = self._given(ref, param, frame.call, frame.bound)
            if given is not None:
                yield from self._follow(replace(frame.at, expr=given), depth, frame.outer)
            elif param.default is not None:
                yield from self._default(ref, param, depth)
            return
        seen = False
        sites = self._sites(ref)
        for site in sites[:MAX_CALLERS] if depth < CALLERS_DEPTH else ():
            given = self._given(ref, param, site.call, site.bound)
            if given is not None:
                seen = True
                for found in self._follow(Located(site.caller, given, site.region), depth, None):
                    yield replace(found, sites=(*found.sites, site))
        if not seen or len(sites) > MAX_CALLERS:
            if param.default is not None and not (isinstance(param.default, Const) and param.default.kind == "none"):
                yield from self._default(ref, param, depth)
            else:
                origin = "user" if ref in self._entries else "param"
                yield PathValue(("param", ref, param.name), (), frozenset({origin}))

    def _sites(self, ref: ScopeRef) -> list[CallSite]:
        """The calls of a function in the application, those that surely run while the process serves first."""
        if ref not in self._callers:
            sites = [
                site for site in self._evaluator.call_sites.of(ref) if self._project.is_application(site.caller.path)
            ]
            self._callers[ref] = sorted(sites, key=lambda site: -self._project.phases.runtime(site.caller))
        return self._callers[ref]

    def _default(self, ref: ScopeRef, param: Param, depth: int) -> Iterator[PathValue]:
        scope = self._project.scope(ref)
        if param.default is not None:
            around = ScopeRef(ref.path, scope.parent)
            yield from self._follow(Located(around, param.default, scope.defined_in), depth, None)

    def _given(self, ref: ScopeRef, param: Param, call: Call, bound: bool) -> Expr | None:
        names = [other.name for other in self._project.scope(ref).params if other.kind in ("normal", "positional")]
        position = names.index(param.name) - (1 if bound else 0) if param.name in names else None
        return argument(call, param.name, position)

    def _made(self, name: str, call: Call | None = None) -> str:
        """What a call that makes a file or folder of its own gives: scratch, temp, temp-folder, memory."""
        if name in SCRATCH or (name in TEMP_NAMES and name.endswith("NamedTemporaryFile")):
            keeps = argument(call, "delete", None) if call is not None else None
            return "temp" if isinstance(keeps, Const) and keeps.value == "False" else "scratch"
        if name in TEMP_NAMES:
            return "temp"
        if name in TEMP_FOLDERS:
            return "temp-folder"
        rows = self._project.knowledge.safe("call", name) if name else []
        return "memory" if any(row.group == "temp-file" for row in rows) else ""


def _around(bindings: list[Binding], expr: Name) -> Event | None:
    """The assignment that a name stands in, where it assigns to that very name: ``path = abspath(path)``."""
    return next(
        (
            binding.event
            for binding in bindings
            if binding.event is not None
            and binding.kind == "value"
            and binding.event.pos <= binding.pos < expr.pos < binding.event.end
        ),
        None,
    )
