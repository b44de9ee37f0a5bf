"""The paths that an expression may be, followed backwards through the whole tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from statecheck.facts.ir import (
    Attr,
    Await,
    Call,
    Choice,
    Const,
    Display,
    Event,
    Expr,
    FString,
    Name,
    Op,
    Param,
    Sub,
    Yield,
)
from statecheck.project.arguments import argument
from statecheck.project.constants import Located
from statecheck.project.link import Project
from statecheck.project.paths import (
    ABOVE,
    BELOW,
    BESIDE,
    MAKERS,
    PATH_TYPES,
    SAME,
    SCRATCH,
    TEMP_FOLDERS,
    TEMP_NAMES,
    Part,
    PathValue,
    above,
    constant_path,
    filled,
    key_of,
    shape,
)
from statecheck.project.tables import Binding
from statecheck.project.values import (
    ClassValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Instance,
    Item,
    ModuleValue,
    ScopeRef,
)

MAX_DEPTH = 24  # steps back from the expression that is asked about
MAX_PATHS = 12  # possible values kept for one expression
MAX_CALLERS = 12
MAX_ENTERED = 4
TEMP_HELPER = re.compile(r"(?:^|_)te?mp(?:_|$)")  # a helper of another package that gives a temporary folder



class _Frame(NamedTuple):
    """The arguments of the calls that a helper was entered through."""

    function: ScopeRef
    call: Call
    at: Located
    bound: bool
    outer: _Frame | None


class Paths:
    """Answers where paths lead, for one linked tree."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._tables = project.tables
        self._entries = frozenset(entry.ref for entry in project.phases.entries)
        self._memory: dict[tuple[int, ScopeRef], tuple[PathValue, ...]] = {}

    def of(self, ref: ScopeRef, expr: Expr, region: int = -1) -> tuple[PathValue, ...]:
        """The paths that ``expr`` may be; at least one, whose root may be unknown."""
        key = (id(expr), ref)
        if key not in self._memory:
            self._memory[key] = self._follow(Located(ref, expr, region), 0, None)
        return self._memory[key]

    def _follow(self, at: Located, depth: int, frame: _Frame | None) -> tuple[PathValue, ...]:
        if depth > MAX_DEPTH:
            return (self._unknown(at),)
        found = tuple(dict.fromkeys(islice(self._dispatch(at, depth + 1, frame), MAX_PATHS)))
        return found or (self._unknown(at),)

    def _dispatch(self, at: Located, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        expr = at.expr
        if isinstance(expr, Const):
            yield constant_path(at, expr)
        elif isinstance(expr, FString):
            yield from self._joined(at, expr.parts, depth, frame)
        elif isinstance(expr, Op) and expr.op in ("/", "+"):
            yield from self._joined(at, expr.operands, depth, frame)
        elif isinstance(expr, Op) and expr.op == "%":
            for path in self._follow(at._replace(expr=expr.operands[0]), depth, frame):
                yield filled(path, shape(expr.operands[-1]))
        elif isinstance(expr, Choice):
            for part in expr.items:
                yield from self._follow(at._replace(expr=part), depth, frame)
        elif isinstance(expr, Await):
            yield from self._follow(at._replace(expr=expr.value), depth, frame)
        elif isinstance(expr, Name):
            yield from self._name(at, expr, depth, frame)
        elif isinstance(expr, Attr):
            yield from self._attribute(at, expr, depth, frame)
        elif isinstance(expr, Call):
            yield from self._call(at, expr, depth, frame)
        elif isinstance(expr, Sub):
            yield from self._subscript(at, expr, depth, frame)

    def _unknown(self, at: Located, origin: str = "unknown") -> PathValue:
        return PathValue(("at", at.ref.path, at.expr.pos), (), frozenset({origin}), at)

    def _joined(self, at: Located, parts: tuple[Expr, ...], depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        """The first part says where the path starts; the others are names below it."""
        parts = tuple(part for part in parts if not (isinstance(part, Const) and part.value in ("", "/", ".")))
        if not parts:
            return
        tail = [self._segment(at._replace(expr=part), depth, frame) for part in parts[1:]]
        below = tuple(part for names, _ in tail for part in names)
        marks = frozenset(mark for _, found in tail for mark in found)
        for start in self._follow(at._replace(expr=parts[0]), depth, frame):
            yield start.below(below)._replace(origins=start.origins | marks)

    def _segment(self, at: Located, depth: int, frame: _Frame | None) -> tuple[tuple[Part, ...], frozenset[str]]:
        """The names that one operand of a join adds, and "upload" or "scratch" where it tells of one."""
        if isinstance(at.expr, Const):
            return tuple(part for part in at.expr.value.split("/") if part not in ("", ".")), frozenset()
        found = self._follow(at, depth, frame)
        marks = frozenset(mark for path in found for mark in path.origins if mark in ("upload", "random"))
        if len(found) == 1 and found[0].root == ("text", "") and found[0].parts:
            return found[0].parts, marks
        ending = found[0].parts[-1:] if len(found) == 1 and found[0].ends_known else ()
        starts = {hash((path.root, path.parts[:-1] if ending else path.parts)) for path in found}
        return ((tuple(sorted(starts)), *ending), marks)

    # -- names -----------------------------------------------------------------------------------------------------

    def _name(self, at: Located, expr: Name, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
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

    def _binding(self, path: str, binding: Binding, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
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
        made = next((origin for item in types if isinstance(item.value, ForeignInstance)
                     if (origin := self._made(item.value.name))), "field")
        return PathValue(("declared", ref, binding.pos), (), frozenset({made}))

    def _unpacked(self, at: Located, number: int, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        """One of several values that an expression gives: a tuple, or a helper that returns one."""
        expr = at.expr.value if isinstance(at.expr, Await) else at.expr
        if isinstance(expr, Display) and not expr.elided:
            if number < len(expr.items):
                yield from self._follow(at._replace(expr=expr.items[number]), depth, frame)
            return
        found = False
        for inner, entered in self._entered(at, expr, frame) if isinstance(expr, Call) else ():
            for event in self._project.scope(inner).events:
                if event.op == "return" and event.value is not None and depth <= MAX_DEPTH:
                    found = True
                    yield from self._unpacked(Located(inner, event.value, event.region), number, depth + 1, entered)
        if not found:
            yield from self._follow(at, depth, frame)

    def _entered(self, at: Located, call: Call, frame: _Frame | None) -> Iterator[tuple[ScopeRef, _Frame]]:
        """The functions of the tree that a call runs, each with the frame for its parameters."""
        for item in self._evaluator.evaluate(at.ref, call.func, at.region)[:MAX_ENTERED]:
            if isinstance(item.value, FunctionValue):
                bound = item.value.owner is not None and self._evaluator.classes.receiver(item.value.ref) is not None
                yield item.value.ref, _Frame(item.value.ref, call, at, bound, frame)

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

    def _parameter(self, ref: ScopeRef, param: Param, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        if frame is not None and frame.function == ref:
            given = self._given(ref, param, frame.call, frame.bound)
            if given is not None:
                yield from self._follow(frame.at._replace(expr=given), depth, frame.outer)
            elif param.default is not None:
                yield from self._default(ref, param, depth)
            return
        seen = False
        sites = sorted((site for site in self._evaluator.call_sites.of(ref) if self._project.is_application(site.caller.path)),
                       key=lambda site: -self._project.phases.runtime(site.caller))
        for site in sites[:MAX_CALLERS] if depth < MAX_DEPTH // 2 else ():
            given = self._given(ref, param, site.call, site.bound)
            if given is not None:
                seen = True
                for found in self._follow(Located(site.caller, given, site.region), depth, None):
                    yield found._replace(sites=(*found.sites, site))
        if not seen or len(sites) > MAX_CALLERS:
            if param.default is not None and not (isinstance(param.default, Const) and param.default.kind == "none"):
                yield from self._default(ref, param, depth)
            else:
                origin = "user" if ref in self._entries else "param"
                yield PathValue(("param", ref, param.name), (), frozenset({origin}))

    def _default(self, ref: ScopeRef, param: Param, depth: int) -> Iterator[PathValue]:
        scope = self._project.scope(ref)
        if param.default is not None:
            around = ScopeRef(ref.path, scope.parent)
            yield from self._follow(Located(around, param.default, scope.defined_in), depth, None)

    def _given(self, ref: ScopeRef, param: Param, call: Call, bound: bool) -> Expr | None:
        names = [other.name for other in self._project.scope(ref).params if other.kind in ("normal", "positional")]
        position = names.index(param.name) - (1 if bound else 0) if param.name in names else None
        return argument(call, param.name, position)

    # -- attributes and items --------------------------------------------------------------------------------------

    def _attribute(self, at: Located, expr: Attr, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        items = self._evaluator.evaluate(at.ref, expr.value, at.region)
        if any(self.is_upload(item) for item in items):
            yield PathValue(("upload", at.ref.path, expr.pos), (), frozenset({"upload"}), at)
            return
        found = False
        for item in items:
            for path in self._of_item(item, expr.attr, depth):
                found = True
                yield path
        if found:
            return
        if expr.attr in ABOVE or expr.attr in SAME or expr.attr in ("path", "parents"):
            for path in self._follow(at._replace(expr=expr.value), depth, frame):
                yield above(path) if expr.attr in ABOVE else path
            return
        whole = self._evaluator.evaluate(at.ref, expr, at.region)
        foreign = [item.value.name for item in whole if isinstance(item.value, Foreign)]
        if foreign:
            if foreign[0] == "os.devnull":
                yield PathValue(("none",), (), frozenset({"device"}), at)
                return
            yield PathValue(("foreign", foreign[0]), (), frozenset({"setting"}), at)
        else:
            yield PathValue(("attribute", expr.attr), (), frozenset({"field"}), at)

    def _of_item(self, item: Item, name: str, depth: int) -> Iterator[PathValue]:
        value = item.value
        if isinstance(value, ModuleValue):
            yield from self._member(value.path, name, depth)
        elif isinstance(value, (Instance, ClassValue)):
            cls = value.cls if isinstance(value, Instance) else value.ref
            yield from self._class_member(cls, name, depth)

    def _class_member(self, cls: ScopeRef, name: str, depth: int) -> Iterator[PathValue]:
        classes = self._evaluator.classes
        found = False
        for store in classes.field_stores(cls, name):
            if store.value is not None and not (isinstance(store.value, Const) and store.value.kind == "none"):
                found = True
                for path in self._follow(Located(store.ref, store.value, store.event.region), depth, None):
                    yield path._replace(sites=())  # how the field got its value is not how the write is reached
        member = classes.member(cls, name)
        if member is not None and member[1] >= 0:
            method = ScopeRef(member[0].path, member[1])
            if self._evaluator.is_property(method):
                yield from self._returned(method, depth, None)
        elif member is not None:
            for binding in self._tables.files[member[0].path].bindings[member[0].scope, name]:
                yield from self._binding(member[0].path, binding, depth, None)
        elif not found:
            owner = classes.field_owner(cls, name)
            if owner is not None:
                yield PathValue(("field", owner, name), (), frozenset({"field"}))

    def _subscript(self, at: Located, expr: Sub, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        if isinstance(expr.index, Op) and expr.index.op == "slice":
            yield from self._follow(at._replace(expr=expr.value), depth, frame)
            return
        effect = self._project.knowledge.effect
        for item in self._evaluator.evaluate(at.ref, expr.value, at.region):
            if isinstance(item.value, Foreign) and effect(f"{item.value.name}.__getitem__") == "env":
                yield PathValue(("env", key_of(expr.index)), (), frozenset({"env"}), at)
                return
        if isinstance(expr.index, Const) and expr.index.kind == "str":
            yield PathValue(("key", expr.index.value), (), frozenset({"setting"}), at)
            return
        for found in self._follow(at._replace(expr=expr.value), depth, frame):
            yield found.below((("item", key_of(expr.index)),))

    # -- calls -----------------------------------------------------------------------------------------------------

    def _call(self, at: Located, call: Call, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        items = self._evaluator.evaluate(at.ref, call.func, at.region)
        inside = list(self._entered(at, call, frame))
        for function, entered in inside:
            yield from self._returned(function, depth, entered)
        if inside:
            return
        name = next((item.value.name for item in items if isinstance(item.value, (Foreign, ForeignInstance))), "")
        tail = name.rpartition(".")[2] or (call.func.attr if isinstance(call.func, Attr) else "")
        knowledge = self._project.knowledge
        if origin := self._made(name, call):
            root = ("temp-folder",) if origin == "temp-folder" else ("made", at.ref.path, call.pos)
            yield PathValue(root, (), frozenset({origin}), at)
            return
        effect = knowledge.effect(name) if name else None
        if effect == "env":
            yield PathValue(("env", key_of(call.args[0]) if call.args else name), (), frozenset({"env"}), at)
        elif effect == "random" or effect == "time":
            yield PathValue(("at", at.ref.path, call.pos), (), frozenset({"random"}), at)
        elif effect == "storage":
            yield PathValue(("storage", name), (), frozenset({"remote"}), at)
        else:
            yield from self._derived(at, call, name, tail, depth, frame)

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

    def _derived(self, at: Located, call: Call, name: str, tail: str, depth: int,
                 frame: _Frame | None) -> Iterator[PathValue]:
        """A call that turns one path into another."""
        receiver = call.func.value if isinstance(call.func, Attr) else None
        effect = self._project.knowledge.effect(name)
        if receiver is not None and name not in MAKERS and (not name or name.startswith(PATH_TYPES)):
            yield from self._method(at, call, receiver, name, depth, frame)
        elif effect == "join" and call.args:
            yield from self._joined(at, call.args, depth, frame)
        elif (tail in ABOVE | SAME | BELOW or effect == "identity") and call.args:
            given = call.args[-1] if effect == "identity" else call.args[0]
            for path in self._follow(at._replace(expr=given), depth, frame):
                yield above(path) if tail in ABOVE else path
        elif call.args and self._names_upload(at, call.args[0], depth, frame):
            yield PathValue(("upload", at.ref.path, call.pos), (), frozenset({"upload"}), at)
        else:
            origin = "temp-folder" if TEMP_HELPER.search(tail or shape(call.func)) else "unknown"
            yield PathValue(("call", name or shape(call)), (), frozenset({origin}), at)

    def _method(self, at: Located, call: Call, receiver: Expr, name: str, depth: int,
                frame: _Frame | None) -> Iterator[PathValue]:
        """A method of a path or a text, or one of an object of unknown type that has the name of such a method."""
        assert isinstance(call.func, Attr)
        tail = call.func.attr
        if tail in ("home", "cwd") and name:
            yield PathValue(("foreign", name), (), frozenset({"setting"}), at)
        elif tail in BELOW:
            yield from self._joined(at, (receiver, *call.args), depth, frame)
        elif tail == "format":
            for path in self._follow(at._replace(expr=receiver), depth, frame):
                yield filled(path, shape(call))
        elif tail in SAME | BESIDE | ABOVE or name:
            for path in self._follow(at._replace(expr=receiver), depth, frame):
                beside = path.below((("beside", shape(call)),))
                yield beside if tail in BESIDE else above(path) if tail in ABOVE else path
        else:
            yield PathValue(("method", tail, shape(call)), (), frozenset({"unknown"}), at)

    def _names_upload(self, at: Located, expr: Expr, depth: int, frame: _Frame | None) -> bool:
        """Is this the name that a user gave an upload, perhaps cleaned by the call around it?"""
        return any("upload" in path.origins for path in self._follow(at._replace(expr=expr), depth, frame))

    def _returned(self, ref: ScopeRef, depth: int, frame: _Frame | None) -> Iterator[PathValue]:
        for event in self._project.scope(ref).events:
            if event.op in ("return", "yield") and event.value is not None and depth <= MAX_DEPTH:
                value = event.value.value if isinstance(event.value, Yield) else event.value
                if value is not None and not (isinstance(value, Const) and value.kind == "none"):
                    yield from self._follow(Located(ref, value, event.region), depth, frame)

    def is_upload(self, item: Item) -> bool:
        """Is the value a file that a user sent, or the collection of them?"""
        value = item.value
        if not isinstance(value, (Foreign, ForeignInstance)):
            return False
        knowledge = self._project.knowledge
        return any(knowledge.effect(base) == "upload" for base in knowledge.lineage(value.name)) or (
            knowledge.effect(value.name.rpartition(".")[0]) == "upload")


def _around(bindings: list[Binding], expr: Name) -> Event | None:
    """The assignment that a name stands in, where it assigns to that very name: ``path = abspath(path)``."""
    return next((binding.event for binding in bindings if binding.event is not None and binding.kind == "value"
                 and binding.event.pos <= binding.pos < expr.pos < binding.event.end), None)
