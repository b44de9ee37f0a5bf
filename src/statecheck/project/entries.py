"""Entry points: where a framework, a queue or a shell calls functions of the tree, as the models say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Display, Expr, Scope
from statecheck.model import Phase
from statecheck.project.arguments import argument
from statecheck.project.calls import CallGraph
from statecheck.project.evaluate import Evaluator
from statecheck.project.knowledge import KnownEntry
from statecheck.project.shapes import CodeShapes
from statecheck.project.values import (
    ClassValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Instance,
    Item,
    ModuleValue,
    ScopeRef,
    Site,
)
from statecheck.rules.schema import EntryPoint

UPPER_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


class Entry(NamedTuple):
    """A function that runs in ``phase`` because of what stands at ``path`` and ``pos``."""

    ref: ScopeRef
    phase: Phase
    label: str
    framework: str
    id: str
    path: str
    pos: int
    kept: bool = False  # the framework keeps one instance of the method's class for all calls
    where: ScopeRef | None = None  # the function that registers it, where an object of the tree is handed over
    types: tuple[str, ...] = ()  # foreign classes of the first parameters, the receiver not counted


class Registration(NamedTuple):
    """The statement that makes an entry point: for its label and its place."""

    known: KnownEntry
    name: str  # the foreign name that matched
    call: Call | None
    path: str
    pos: int
    where: ScopeRef | None = None


class EntryFinder:
    """Applies the models to decorators, calls, base classes, attributes and settings of the tree."""

    def __init__(self, evaluator: Evaluator, graph: CallGraph) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._knowledge = evaluator.knowledge
        self._graph = graph

    def find(self) -> list[Entry]:
        """All entry points in order of place, each function once a label."""
        found = [
            *self._decorated(),
            *self._called(),
            *self._subclasses(),
            *self._attributes(),
            *self._settings(),
            *self._consumers(),
            *self._shapes(),
            *self._named(),
        ]
        return sorted(dict.fromkeys(found), key=lambda entry: (entry.ref, entry.pos, entry.label))

    def _decorated(self) -> Iterator[Entry]:
        for ref, scope in self._tables.scopes():
            around = ScopeRef(ref.path, scope.parent)
            for decorator in scope.decorators:
                call = decorator if isinstance(decorator, Call) else None
                for name in self._evaluator.decorator_names(around, decorator, scope.defined_in):
                    for known in self._knowledge.entries_for(name, "decorator"):
                        made = Registration(known, name, call, ref.path, scope.pos)
                        yield from self._of_value(made, self._as_item(ref, scope))

    def _as_item(self, ref: ScopeRef, scope: Scope) -> Item:
        for decorator in scope.decorators:  # a class of the tree as decorator: the name is an object of it
            for item in self._evaluator.evaluate(ScopeRef(ref.path, scope.parent), decorator, scope.defined_in):
                if isinstance(item.value, ClassValue):
                    return Item(Instance(item.value.ref, Site(ref.path, scope.pos)))
        return Item(ClassValue(ref)) if scope.kind == "class" else Item(FunctionValue(ref))

    def _called(self) -> Iterator[Entry]:
        for use in (*self._graph.uses, *self._graph.header_uses):
            for known in self._knowledge.entries_for(use.name, "call"):
                given = argument(use.call, known.entry.argument, known.entry.position)
                if given is not None:
                    made = Registration(known, use.name, use.call, use.ref.path, use.call.pos, use.ref)
                    yield from self._of_expression(made, use.ref, given, use.event.region)

            if any(isinstance(item.value, ForeignInstance) for item in use.items) and use.call.args:
                for known in self._knowledge.entries_for(use.name, "decorator"):  # app.command("x")(function)
                    inner = use.call.func if isinstance(use.call.func, Call) else None
                    made = Registration(known, use.name, inner, use.ref.path, use.call.pos, use.ref)
                    yield from self._of_expression(made, use.ref, use.call.args[0], use.event.region)

        yield from self._constructed()

    def _constructed(self) -> Iterator[Entry]:
        """``Shop(lifespan=…)`` where ``class Shop(FastAPI)``, whose constructor hands on what it does not know."""
        classes = self._evaluator.classes
        for cls, sites in self._graph.made.items():
            bases = classes.info(cls).foreign
            own = classes.method(cls, "__init__") if bases else None
            taken = {param.name for param in self._tables.scope(own).params} if own is not None else set()
            for base in bases:
                for known in self._knowledge.entries_for(base, "call"):
                    word = known.entry.argument
                    for site in sites if word and word not in taken else ():
                        given = argument(site.call, word, None)
                        if given is not None:
                            made = Registration(known, base, site.call, site.caller.path, site.call.pos, site.caller)
                            yield from self._of_expression(made, site.caller, given, site.region)

    def _of_expression(self, made: Registration, ref: ScopeRef, given: Expr, region: int) -> Iterator[Entry]:
        """The functions that a handler argument names: directly, in a list, wrapped, as a class or by dotted string."""
        if isinstance(given, Display):
            for part in given.items:
                yield from self._of_expression(made, ref, part, region)
            return
        found = False
        for item in self._evaluator.evaluate(ref, given, region):
            for entry in self._of_value(made, self._unbound(ref, given, region, item)):
                found = True
                yield entry
        if found:
            return
        if isinstance(given, Call):
            for item in self._evaluator.evaluate(ref, given.func, region):  # a coroutine: worker() given to create_task
                if isinstance(item.value, FunctionValue) and self._tables.scope(item.value.ref).is_async:
                    yield self._entry(made, item.value.ref)
                    return
            inner = [given.func.value] if isinstance(given.func, Attr) else []
            for part in (*inner, *given.args):
                yield from self._of_expression(made, ref, part, region)
        elif isinstance(given, Const) and given.kind == "str":
            for item in self.by_dotted_name(ref.path, given.value):
                yield from self._of_value(made, item)

    def _unbound(self, ref: ScopeRef, given: Expr, region: int, item: Item) -> Item:
        """A method read from its class, or one without a receiver, keeps no object: ``Note.stamp``."""
        if not isinstance(item.value, FunctionValue) or not isinstance(given, Attr):
            return item
        receiver = self._evaluator.classes.receiver(item.value.ref)
        holders = self._evaluator.evaluate(ref, given.value, region)
        from_class = bool(holders) and all(isinstance(holder.value, ClassValue) for holder in holders)
        if from_class or receiver is None or receiver[1] != "instance":
            return replace(item, value=replace(item.value, owner=None))
        return item

    def _of_value(self, made: Registration, item: Item) -> Iterator[Entry]:
        value, entry = item.value, made.known.entry
        if isinstance(value, FunctionValue) and entry.init_phase and (made_by := self._returned(value)):
            yield self._entry(made, value.ref)._replace(phase=entry.init_phase)
            for function in made_by:  # a factory: what it returns is called
                yield self._entry(made, function)
        elif isinstance(value, FunctionValue):
            bound = value.owner is not None and made.where is not None
            yield (
                self._entry(made, value.ref)._replace(kept=bound, where=made.where)
                if bound
                else self._entry(made, value.ref)
            )
        elif isinstance(value, Instance) and (method := self._evaluator.classes.method(value.cls, "__call__")):
            yield self._entry(made, method)._replace(kept=True, where=made.where)
        elif isinstance(value, (ClassValue, Instance)):
            cls = value.ref if isinstance(value, ClassValue) else value.cls
            yield from self._of_class(made, cls, entry)

    def _returned(self, factory: FunctionValue) -> list[ScopeRef]:
        """The functions that a factory defines and returns."""
        found = [
            item.value.ref for item in self._evaluator.returned(factory.ref) if isinstance(item.value, FunctionValue)
        ]
        return [ref for ref in found if ref.path == factory.ref.path and self._parent(ref) == factory.ref.scope]

    def _parent(self, ref: ScopeRef) -> int:
        return self._tables.function_around(replace(ref, scope=self._tables.scope(ref).parent)).scope

    def _of_class(self, made: Registration, cls: ScopeRef, entry: EntryPoint) -> Iterator[Entry]:
        methods = self._evaluator.classes.methods(cls)
        wanted = entry.methods or (() if entry.method_prefix or entry.any_method or entry.decorators else ("__call__",))
        for name, method in methods.items():
            if (
                name in wanted
                or (entry.method_prefix and name.startswith(entry.method_prefix))
                or (entry.any_method and not name.startswith("_"))
                or (entry.decorators and self._is_decorated(method, entry.decorators))
            ):
                yield self._entry(made, method)
        if entry.init_phase and "__init__" in methods:
            yield self._entry(made, methods["__init__"])._replace(phase=entry.init_phase)

    def _is_decorated(self, method: ScopeRef, names: tuple[str, ...]) -> bool:
        scope = self._tables.scope(method)
        wanted = {self._knowledge.canonical(name) for name in names}
        for decorator in scope.decorators:
            for item in self._evaluator.evaluate(ScopeRef(method.path, scope.parent), decorator, scope.defined_in):
                if isinstance(item.value, (Foreign, ForeignInstance)) and wanted.intersection(
                    self._knowledge.spellings(item.value.name)
                ):
                    return True
        return False

    def _subclasses(self) -> Iterator[Entry]:
        for cls in self._evaluator.classes.refs:
            info = self._evaluator.classes.info(cls)
            for base in info.foreign:
                for known in self._knowledge.subclass_entries(base):
                    made = Registration(known, base, None, cls.path, self._tables.scope(cls).pos)
                    yield from self._of_class(made, cls, known.entry)

    def _attributes(self) -> Iterator[Entry]:
        wanted = {name.rpartition(".")[2]: name for match, name in self._knowledge.entries if match == "attribute"}
        for attr in wanted:
            for store in self._tables.attribute_stores.get(attr, ()):
                if store.value is None or not isinstance(store.target, Attr):
                    continue
                for base in self._evaluator.evaluate(store.ref, store.target.value, store.event.region):
                    for owner in (
                        *self._evaluator.foreign_types(base),
                        *([base.value.name] if isinstance(base.value, Foreign) else []),
                    ):
                        for known in self._knowledge.entries_for(f"{owner}.{attr}", "attribute"):
                            made = Registration(known, f"{owner}.{attr}", None, store.ref.path, store.event.pos)
                            yield from self._of_expression(made, store.ref, store.value, store.event.region)
        for use in self._graph.uses:
            name, _, method = use.name.rpartition(".")
            if method in ("append", "connect", "add", "register") and name:
                for known in self._knowledge.entries_for(name, "attribute"):
                    for given in use.call.args[:1]:
                        made = Registration(known, name, use.call, use.ref.path, use.call.pos)
                        yield from self._of_expression(made, use.ref, given, use.event.region)

    def _settings(self) -> Iterator[Entry]:
        """Dotted strings under a settings key: ``MIDDLEWARE = ["shop.middleware.Tracker"]``."""
        wanted = [
            (name, known)
            for (match, name), rows in self._knowledge.entries.items()
            if match == "setting"
            for known in rows
        ]
        for name, known in wanted:
            keys = name.split(".")
            start = next((number for number, key in enumerate(keys) if key.isupper()), len(keys) - 1)
            for path, table in self._tables.files.items():
                for binding in table.bindings.get((0, keys[start]), ()):
                    if binding.value is not None:
                        for text in strings_under(binding.value, tuple(keys[start + 1 :])):
                            for item in self.by_dotted_name(path, text.value):
                                made = Registration(known, name, None, path, text.pos)
                                yield from self._of_value(made, item)

    def by_dotted_name(self, path: str, dotted: str) -> list[Item]:
        """What a dotted string names, where it names something of the tree."""
        module, _, name = dotted.replace(":", ".").rpartition(".")
        target = self._evaluator.modules.find(path, module) if module and name.isidentifier() else None
        return [
            item
            for item in (self._evaluator.member(target, name) if target else ())
            if not isinstance(item.value, ModuleValue)
        ]

    def _shapes(self) -> Iterator[Entry]:
        """Code that the models know by its looks; the object of a callable class serves all calls."""
        for known, ref in CodeShapes(self._evaluator).entries():
            scope = self._tables.scope(ref)
            entry = self._entry(Registration(known, scope.name, None, ref.path, scope.pos), ref)
            yield entry._replace(kept=True) if scope.name == "__call__" else entry

    def _consumers(self) -> Iterator[Entry]:
        """Functions that take messages in a loop of their own, and files that run as a whole for each request."""
        for use in self._graph.uses:
            ref = self._tables.function_around(use.ref)
            loops = self._knowledge.entries_for(use.name, "loop") if ref.scope else ()
            for known in (*loops, *self._knowledge.entries_for(use.name, "script")):
                yield self._entry(Registration(known, use.name, None, ref.path, self._tables.scope(ref).pos), ref)

    def _named(self) -> Iterator[Entry]:
        """Functions that the settings name themselves: what runs at start-up."""
        for ref, scope in self._tables.scopes() if self._knowledge.taught else ():
            if scope.kind == "def" and (name := self._evaluator.names.taught(ref)):
                for known in self._knowledge.entries_for(name, "function"):
                    yield self._entry(Registration(known, name, None, ref.path, scope.pos), ref)

    def _entry(self, made: Registration, ref: ScopeRef) -> Entry:
        entry = made.known.entry
        given = (
            argument(made.call, entry.path_argument, entry.path_position)
            if made.call is not None and entry.phases
            else None
        )
        phase = entry.phases.get(given.value, entry.phase) if isinstance(given, Const) else entry.phase
        return Entry(
            ref,
            phase,
            self._label(made, ref),
            made.known.framework,
            made.known.entry.id,
            made.path,
            made.pos,
            made.known.entry.instance == "process",
            None,
            made.known.entry.parameter_types,
        )

    def _label(self, made: Registration, ref: ScopeRef) -> str:
        entry, scope = made.known.entry, self._tables.scope(ref)
        path = verbs = ""
        if made.call is not None:
            given = argument(made.call, entry.path_argument, entry.path_position)
            path = given.value if isinstance(given, Const) else ""
            listed = argument(made.call, entry.verbs_argument, None)
            if isinstance(listed, Display):
                verbs = ",".join(item.value.upper() for item in listed.items if isinstance(item, Const))
        last = made.name.rpartition(".")[2]
        verb = verbs or (
            last.upper() if entry.verb == "*" and last in UPPER_VERBS else "" if entry.verb == "*" else entry.verb
        )
        if not verb and scope.name in UPPER_VERBS and self._tables.class_around(ref):
            verb = scope.name.upper()
        name = scope.qualname if scope.kind != "lambda" else "lambda"
        name = name or self._evaluator.modules.name(ref.path)
        template = entry.label or "{name}"
        label = template.format_map({"verb": verb, "path": path or name, "name": name})
        return " ".join(label.split())


def strings_under(value: Expr, keys: tuple[str, ...]) -> Iterator[Const]:
    """The string constants at a key path inside a literal; lists are transparent, "*" is any key."""
    if isinstance(value, Const):
        if not keys and value.kind == "str":
            yield value
    elif isinstance(value, Display) and value.kind == "dict":
        for key, item in zip(value.keys, value.items, strict=True):
            if (keys and (keys[0] == "*" or (isinstance(key, Const) and key.value == keys[0]))) or keys[:1] == ("*",):
                yield from strings_under(item, keys[1:])
    elif isinstance(value, Display):
        rest = keys[1:] if keys[:1] == ("*",) else keys
        for item in value.items:
            yield from strings_under(item, rest if isinstance(item, Display) else keys)
            if rest is not keys and isinstance(item, Const):
                yield from strings_under(item, rest)
    else:
        for operand in getattr(value, "operands", ()):  # ["a"] + OTHERS
            yield from strings_under(operand, keys)
