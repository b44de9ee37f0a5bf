"""Texts that helpers put together from their arguments: ``def env(name): return os.getenv("APP_" + name)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Expr, FString, Name, Op
from statecheck.project.arguments import argument
from statecheck.project.callsites import CallSite
from statecheck.project.constants import Resolver
from statecheck.project.link import Project
from statecheck.project.sources import Located
from statecheck.project.tables import Binding
from statecheck.project.values import ClassValue, Instance, ScopeRef

Frames = Mapping[ScopeRef, CallSite]  # a function → the call of it that is looked at
SHAPING: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"upper": str.upper, "lower": str.lower, "strip": str.strip}
)
MAX_STEPS = 8  # parameters that are handed on


class Open(NamedTuple):
    """The text hangs on what ``function`` is called with."""

    function: ScopeRef


class Framed:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def sites(self, function: ScopeRef) -> list[CallSite]:
        """The calls of a function; of ``__init__``, those of its class and of the classes below it."""
        scope = self._project.scope(function)
        cls = self._project.tables.class_around(function)
        if cls is None or scope.name != "__init__":
            return self._project.graph.call_sites.get(function, [])
        classes = self._project.evaluator.classes
        made = [site for each in (cls, *classes.subclasses(cls)) for site in self._project.graph.made.get(each, ())]
        return [replace(site, bound=True) for site in made]

    def text(self, at: Located, frames: Frames) -> str | Open | None:
        """The text of an expression; None where it is not known."""
        at = self.value(at, frames)
        expr = at.expr
        if isinstance(expr, Const):
            return expr.value if expr.kind == "str" else None
        if isinstance(expr, FString) or (isinstance(expr, Op) and expr.op == "+"):
            return self._joined(at, expr.parts if isinstance(expr, FString) else expr.operands, frames)
        if isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.attr in SHAPING and not expr.args:
            inner = self.text(replace(at, expr=expr.func.value), frames)
            return SHAPING[expr.func.attr](inner) if isinstance(inner, str) else inner
        if isinstance(expr, Name) and (function := self._taken_by(at)) is not None:
            return Open(function)
        found = Resolver(self._project).resolve(at)
        texts = [constant.text for constant in found.constants if constant.kind == "str" and constant.whole]
        return texts[0] if texts and not found.unknown else None

    def _joined(self, at: Located, parts: tuple[Expr, ...], frames: Frames) -> str | Open | None:
        found = [self.text(replace(at, expr=part), frames) for part in parts]
        if (blocked := next((part for part in found if isinstance(part, Open)), None)) is not None:
            return blocked
        texts = [part for part in found if isinstance(part, str)]
        return "".join(texts) if len(texts) == len(found) else None

    def value(self, at: Located, frames: Frames) -> Located:
        """Where the expression leads, through the parameters of the calls that are looked at."""
        for _ in range(MAX_STEPS):
            step = self._step(at, frames)
            if step is None:
                break
            at = step
        return at

    def _step(self, at: Located, frames: Frames) -> Located | None:
        if isinstance(at.expr, Attr):
            return self._of_field(at, at.expr)
        if not isinstance(at.expr, Name):
            return None
        function = self._taken_by(at)
        if function is None or function not in frames:
            return None
        return self.given(function, at.expr.id, frames[function])

    def given(self, function: ScopeRef, name: str, site: CallSite) -> Located | None:
        """What a call gives for a parameter, else its default."""
        params = self._project.scope(function).params
        names = [param.name for param in params if param.kind in ("normal", "positional")]
        position = names.index(name) - (1 if site.bound else 0) if name in names else None
        passed = argument(site.call, name, position)
        if passed is not None:
            return Located(site.caller, passed, site.region)
        default = next((param.default for param in params if param.name == name), None)
        if default is None:
            return None
        scope = self._project.scope(function)
        return Located(ScopeRef(function.path, scope.parent), default, scope.defined_in)

    def _of_field(self, at: Located, expr: Attr) -> Located | None:
        """``self.name`` where ``__init__`` stores its parameter there."""
        if not isinstance(expr.value, Name):
            return None
        classes = self._project.evaluator.classes
        for item in self._project.evaluator.evaluate(at.ref, expr.value, at.region):
            if isinstance(item.value, (Instance, ClassValue)):
                cls = item.value.cls if isinstance(item.value, Instance) else item.value.ref
                for store in classes.field_stores(cls, expr.attr):
                    if isinstance(store.value, Name) and self._project.scope(store.ref).name == "__init__":
                        return Located(store.ref, store.value, store.event.region)
        return None

    def _taken_by(self, at: Located) -> ScopeRef | None:
        """The function that has the name as a parameter, and as nothing else."""
        assert isinstance(at.expr, Name)
        table = self._project.tables.files[at.ref.path]
        home = table.lookup(at.ref.scope, at.expr.id)
        bindings: list[Binding] = table.bindings[home, at.expr.id] if home is not None else []
        taken = any(binding.kind == "param" for binding in bindings) and home is not None
        return ScopeRef(at.ref.path, home) if taken and home is not None else None

    def handed_back(self, function: ScopeRef) -> Iterator[str]:
        """The parameters that a function returns as they are, or of ``__init__`` the methods: its fallback."""
        names = {param.name for param in self._project.scope(function).params}
        for event in self._project.scope(function).events:
            if event.op == "return" and isinstance(event.value, Name) and event.value.id in names:
                yield event.value.id
        cls = self._project.tables.class_around(function)
        if cls is not None and self._project.scope(function).name == "__init__":
            yield from self._kept(cls, function)

    def _kept(self, cls: ScopeRef, function: ScopeRef) -> Iterator[str]:
        classes = self._project.evaluator.classes
        for method in classes.methods(cls).values():
            for event in self._project.scope(method).events:
                if event.op == "return" and isinstance(event.value, Attr) and isinstance(event.value.value, Name):
                    for store in classes.field_stores(cls, event.value.attr):
                        if store.ref == function and isinstance(store.value, Name):
                            yield store.value.id
