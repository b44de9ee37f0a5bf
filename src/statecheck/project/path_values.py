"""The paths that an expression may be, followed backwards through the whole tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Await, Call, Choice, Comp, Const, Expr, FString, Name, Op, Sub, Yield
from statecheck.project.link import Project
from statecheck.project.path_names import MAX_DEPTH, Frame, PathNames
from statecheck.project.paths import (
    ABOVE,
    BELOW,
    BESIDE,
    OWN,
    SAME,
    PathValue,
    above,
    constant_path,
    filled,
    key_of,
    shape,
)
from statecheck.project.sources import Located
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, Instance, Item, ModuleValue, ScopeRef
from statecheck.project.working_folder import WorkingFolders

OPENING = frozenset({"open", "fdopen"})
TEXT = "builtins.str"
# a helper of another package that gives a temporary folder
TEMP_HELPER = re.compile(r"(?:^|_)te?mp(?:_|$)")


OWN_FOLDERS = frozenset({"scratch", "temp"})  # origins of a folder that nobody else knows


class Paths(PathNames):
    """Answers where paths lead, for one linked tree."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._working = WorkingFolders(project)

    def _dispatch(self, at: Located, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        expr = at.expr
        if isinstance(expr, Const):
            yield from self._constant(at, expr, depth)
        elif isinstance(expr, FString):
            yield from self._joined(at, expr.parts, depth, frame)
        elif isinstance(expr, Op) and expr.op in ("/", "+"):
            yield from self._joined(at, expr.operands, depth, frame)
        elif isinstance(expr, Op) and expr.op == "%":
            for path in self._follow(replace(at, expr=expr.operands[0]), depth, frame):
                yield filled(path, shape(expr.operands[-1]))
        elif isinstance(expr, Choice):
            for part in expr.items:
                yield from self._follow(replace(at, expr=part), depth, frame)
        elif isinstance(expr, Await):
            yield from self._follow(replace(at, expr=expr.value), depth, frame)
        elif isinstance(expr, Name):
            yield from self._name(at, expr, depth, frame)
        elif isinstance(expr, Attr):
            yield from self._attribute(at, expr, depth, frame)
        elif isinstance(expr, Call):
            yield from self._call(at, expr, depth, frame)
        elif isinstance(expr, Sub):
            yield from self._subscript(at, expr, depth, frame)
        elif isinstance(expr, Comp):
            inner = ScopeRef(at.ref.path, expr.scope)
            for event in self._project.scope(inner).events:
                if event.op == "element" and event.value is not None:
                    yield from self._follow(Located(inner, event.value, event.region), depth, None)

    def _constant(self, at: Located, expr: Const, depth: int) -> Iterator[PathValue]:
        """A relative path starts in the folder the code is in: that is known only if it made that folder itself."""
        path = constant_path(at, expr)
        own = False
        if path.root == ("text", "") and "literal" in path.origins:
            for change in self._working.before(at):
                for folder in self._follow(change, depth, None):
                    if not folder.origins.isdisjoint(OWN_FOLDERS):
                        own = True
                        yield folder.below(path.parts)
        if not own:
            yield path

    # -- attributes and items --------------------------------------------------------------------------------------

    def _attribute(self, at: Located, expr: Attr, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        if expr.attr == "devnull":
            yield PathValue(("none",), (), frozenset({"device"}), at)
            return
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
            for path in self._follow(replace(at, expr=expr.value), depth, frame):
                yield above(path) if expr.attr in ABOVE else path
            return
        whole = self._evaluator.evaluate(at.ref, expr, at.region)
        foreign = [item.value.name for item in whole if isinstance(item.value, Foreign)]
        named = (item.value.name for item in whole if isinstance(item.value, (Foreign, ForeignInstance)))
        shipped = next((name for name in named if self._project.knowledge.effect(name) == "package"), "")
        if shipped:
            yield PathValue(("package", shipped), (), frozenset({"package"}), at)
        elif foreign:
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
                    yield _of_field(path)
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

    def _subscript(self, at: Located, expr: Sub, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        if isinstance(expr.index, Op) and expr.index.op == "slice":
            yield from self._follow(replace(at, expr=expr.value), depth, frame)
            return
        effect = self._project.knowledge.effect
        for item in self._evaluator.evaluate(at.ref, expr.value, at.region):
            if isinstance(item.value, Foreign) and effect(f"{item.value.name}.__getitem__") == "env":
                yield PathValue(("env", key_of(expr.index)), (), frozenset({"env"}), at)
                return
        if isinstance(expr.index, Const) and expr.index.kind == "str":
            yield PathValue(("key", expr.index.value), (), frozenset({"setting"}), at)
            return
        for found in self._follow(replace(at, expr=expr.value), depth, frame):
            yield found.below((("item", key_of(expr.index)),))

    # -- calls -----------------------------------------------------------------------------------------------------

    def _call(self, at: Located, call: Call, depth: int, frame: Frame | None) -> Iterator[PathValue]:
        items = self._evaluator.evaluate(at.ref, call.func, at.region)
        inside = list(self._entered(at, call, frame))
        for function, entered in inside:
            yield from self._returned(function, depth, entered)
        if inside:
            return
        if kind := self._inherited(items):
            yield PathValue(("made", at.ref.path, call.pos), (), frozenset({kind}), at)
            return
        name = next((item.value.name for item in items if isinstance(item.value, (Foreign, ForeignInstance))), "")
        tail = name.rpartition(".")[2] or (call.func.attr if isinstance(call.func, Attr) else "")
        knowledge = self._project.knowledge
        if origin := self._made(name, call):
            if origin == "scratch" and self._project.scope(at.ref).kind in ("module", "class"):
                origin = "temp"  # nothing ends it before the process does
            root = ("temp-folder",) if origin == "temp-folder" else ("made", at.ref.path, call.pos)
            yield PathValue(root, (), frozenset({origin}), at)
            return
        effect = knowledge.effect(name) if name else None
        if effect == "package":
            yield PathValue(("package", shape(call)), (), frozenset({"package"}), at)
        elif effect == "env":
            yield PathValue(("env", key_of(call.args[0]) if call.args else name), (), frozenset({"env"}), at)
        elif effect == "random" or effect == "time":
            yield PathValue(("at", at.ref.path, call.pos), (), frozenset({"random"}), at)
        elif effect == "storage" and name in self._project.knowledge.path_types and call.args:
            for path in self._follow(replace(at, expr=call.args[0]), depth, frame):
                yield path if "literal" in path.origins else replace(path, origins=frozenset({"remote"}))
        elif effect == "storage":
            yield PathValue(("storage", name), (), frozenset({"remote"}), at)
        else:
            yield from self._derived(at, call, name, tail, depth, frame)

    def _inherited(self, items: Iterable[Item]) -> str:
        """What an object of a class of the tree is by its foreign base class: a buffer in memory."""
        classes = (item.value.ref for item in items if isinstance(item.value, ClassValue))
        bases = (base for cls in classes for base in self._evaluator.classes.info(cls).foreign)
        return next((kind for base in bases if (kind := self._made(base))), "")

    def _derived(
        self, at: Located, call: Call, name: str, tail: str, depth: int, frame: Frame | None
    ) -> Iterator[PathValue]:
        """A call that turns one path into another."""
        receiver = call.func.value if isinstance(call.func, Attr) else None
        knowledge = self._project.knowledge
        effect = knowledge.effect(name)
        of_value = not name or knowledge.is_of_path(name) or name.startswith(TEXT) or tail in OWN
        if receiver is not None and name not in knowledge.path_types and of_value:
            yield from self._method(at, call, receiver, name, depth, frame)
        elif effect == "join" and call.args:
            yield from self._joined(at, call.args, depth, frame)
        elif (effect == "wraps" or (effect == "io" and tail in OPENING)) and call.args:  # it stands for its path
            yield from self._follow(replace(at, expr=call.args[0]), depth, frame)
        elif (tail in ABOVE | SAME | BELOW or effect == "identity") and call.args:
            given = call.args[-1] if effect == "identity" else call.args[0]
            for path in self._follow(replace(at, expr=given), depth, frame):
                yield above(path) if tail in ABOVE else path
        elif call.args and self._names_upload(at, call.args[0], depth, frame):
            yield PathValue(("upload", at.ref.path, call.pos), (), frozenset({"upload"}), at)
        else:
            origin = "temp-folder" if TEMP_HELPER.search(tail or shape(call.func)) else "unknown"
            yield PathValue(("call", name or shape(call)), (), frozenset({origin}), at)

    def _method(
        self, at: Located, call: Call, receiver: Expr, name: str, depth: int, frame: Frame | None
    ) -> Iterator[PathValue]:
        """A method of a path or a text, or one of an object of unknown type that has the name of such a method."""
        assert isinstance(call.func, Attr)
        tail = call.func.attr
        if tail in ("home", "cwd") and name:
            yield PathValue(("foreign", name), (), frozenset({"setting"}), at)
        elif tail in BELOW:
            yield from self._joined(at, (receiver, *call.args), depth, frame)
        elif tail == "format":
            for path in self._follow(replace(at, expr=receiver), depth, frame):
                yield filled(path, shape(call))
        elif tail in SAME | BESIDE | ABOVE or name:
            names = not any(isinstance(given, Const) for given in call.args[:2])
            moved = tail == "replace" and len(call.args) > 1 and names
            start = call.args[1] if moved else receiver  # path.replace(old_root, new_root)
            for path in self._follow(replace(at, expr=start), depth, frame):
                beside = path.below((("beside", shape(call)),))
                yield beside if tail in BESIDE else above(path) if tail in ABOVE else path
        else:
            yield PathValue(("method", tail, shape(call)), (), frozenset({"unknown"}), at)

    def _names_upload(self, at: Located, expr: Expr, depth: int, frame: Frame | None) -> bool:
        """Is this the name that a user gave an upload, perhaps cleaned by the call around it?"""
        return any("upload" in path.origins for path in self._follow(replace(at, expr=expr), depth, frame))

    def _returned(self, ref: ScopeRef, depth: int, frame: Frame | None) -> Iterator[PathValue]:
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
            knowledge.effect(value.name.rpartition(".")[0]) == "upload"
        )


def _of_field(path: PathValue) -> PathValue:
    """What a field holds: how it got there is not how the write is reached, and whoever made the object chose it."""
    origins = path.origins - {"param"} | {"field"} if "param" in path.origins else path.origins
    return replace(path, sites=(), origins=origins)
