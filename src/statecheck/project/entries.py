"""Entry points: functions of the tree that a framework, a queue or a shell calls, and what makes them such."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Display, Expr
from statecheck.model import Phase
from statecheck.project.arguments import argument
from statecheck.project.evaluate import Evaluator
from statecheck.project.knowledge import KnownEntry
from statecheck.project.values import (
    ClassValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Instance,
    Item,
    ScopeRef,
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


class Registrations:
    """Makes entry points of registrations, and of what is registered."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._knowledge = evaluator.knowledge

    def of_expression(self, made: Registration, ref: ScopeRef, given: Expr, region: int) -> Iterator[Entry]:
        """The functions that a handler argument names: directly, in a list, wrapped, as a class or by dotted string."""
        if isinstance(given, Display):
            for part in given.items:
                yield from self.of_expression(made, ref, part, region)
            return
        found = False
        for item in self._evaluator.evaluate(ref, given, region):
            for entry in self.of_value(made, self._unbound(ref, given, region, item)):
                found = True
                yield entry
        if found:
            return
        if isinstance(given, Call):
            for item in self._evaluator.evaluate(ref, given.func, region):  # a coroutine: worker() given to create_task
                if isinstance(item.value, FunctionValue) and self._tables.scope(item.value.ref).is_async:
                    yield self.entry(made, item.value.ref)
                    return
            inner = [given.func.value] if isinstance(given.func, Attr) else []
            for part in (*inner, *given.args):
                yield from self.of_expression(made, ref, part, region)
        elif isinstance(given, Const) and given.kind == "str":
            for item in self.by_dotted_name(ref.path, given.value):
                yield from self.of_value(made, item)

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

    def of_value(self, made: Registration, item: Item) -> Iterator[Entry]:
        """The functions that run where the value is registered: itself, its ``__call__``, methods of its class."""
        value, entry = item.value, made.known.entry
        if isinstance(value, FunctionValue) and entry.init_phase and (made_by := self._returned(value)):
            yield self.entry(made, value.ref)._replace(phase=entry.init_phase)
            for function in made_by:  # a factory: what it returns is called
                yield self.entry(made, function)
        elif isinstance(value, FunctionValue):
            bound = value.owner is not None and made.where is not None
            yield (
                self.entry(made, value.ref)._replace(kept=bound, where=made.where)
                if bound
                else self.entry(made, value.ref)
            )
        elif isinstance(value, Instance) and (method := self._evaluator.classes.method(value.cls, "__call__")):
            yield self.entry(made, method)._replace(kept=True, where=made.where)
        elif isinstance(value, (ClassValue, Instance)):
            cls = value.ref if isinstance(value, ClassValue) else value.cls
            yield from self.of_class(made, cls, entry)

    def _returned(self, factory: FunctionValue) -> list[ScopeRef]:
        """The functions that a factory defines and returns."""
        found = [
            item.value.ref for item in self._evaluator.returned(factory.ref) if isinstance(item.value, FunctionValue)
        ]
        return [ref for ref in found if ref.path == factory.ref.path and self._parent(ref) == factory.ref.scope]

    def _parent(self, ref: ScopeRef) -> int:
        return self._tables.function_around(replace(ref, scope=self._tables.scope(ref).parent)).scope

    def of_class(self, made: Registration, cls: ScopeRef, entry: EntryPoint) -> Iterator[Entry]:
        """The methods of a class that run where it is registered."""
        methods = self._evaluator.classes.methods(cls)
        wanted = entry.methods or (() if entry.method_prefix or entry.any_method or entry.decorators else ("__call__",))
        for name, method in methods.items():
            if (
                name in wanted
                or (entry.method_prefix and name.startswith(entry.method_prefix))
                or (entry.any_method and not name.startswith("_"))
                or (entry.decorators and self._is_decorated(method, entry.decorators))
            ):
                yield self.entry(made, method)
        if entry.init_phase and "__init__" in methods:
            yield self.entry(made, methods["__init__"])._replace(phase=entry.init_phase)

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

    def by_dotted_name(self, path: str, dotted: str) -> list[Item]:
        """What a dotted string names, where it names something of the tree."""
        return list(self._evaluator.names.dotted(path, dotted))

    def entry(self, made: Registration, ref: ScopeRef) -> Entry:
        """The function as an entry point."""
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
