"""Small trees written in a test, and short words for what the linker makes of them.

A name is spelled ``module.Class.method`` (the dotted name of the module, then the qualified name in it); a variable
of a function is ``module.function.variable``. See :meth:`Linked.spell_value` and :meth:`Linked.spell_place`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from textwrap import dedent

from statecheck.facts.python import extract
from statecheck.project.accesses import Accesses
from statecheck.project.calls import Edge
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import Project, link
from statecheck.project.phases import GUESS, POSSIBLE, SURE
from statecheck.project.reads import reads_of
from statecheck.project.values import (
    CellPlace,
    ClassPlace,
    ClassValue,
    ConstantValue,
    ContainerValue,
    DefaultPlace,
    FieldPlace,
    Foreign,
    ForeignInstance,
    ForeignPlace,
    FunctionPlace,
    FunctionValue,
    GlobalPlace,
    Instance,
    Item,
    ModuleValue,
    Place,
    ScopeRef,
    Value,
)
from statecheck.rules.load import load
from statecheck.rules.schema import Pack
from statecheck.settings import Settings
from statecheck.triage.taught import taught_models

CERTAINTY = {SURE: "sure", POSSIBLE: "possible", GUESS: "guess"}


@cache
def pack() -> Pack:
    return load()


@cache
def knowledge() -> Knowledge:
    return Knowledge(pack())


class Linked:
    """A linked tree, asked in words."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.evaluator = project.evaluator

    def ref(self, name: str) -> ScopeRef:
        """The scope with this dotted name; of several with one name (a property and its setter) the last."""
        found = [ref for ref, _ in self.project.tables.scopes() if self.project.qualified(ref) == name]
        assert found, f"no scope {name}"
        return found[-1]

    def what(self, name: str) -> set[str]:
        """What the last binding of a variable may give it."""
        return {self.spell_value(item.value) for item in self.items(name)}

    def where(self, name: str) -> set[str]:
        """The places that a variable's value may have been read from, with how deep inside them it lies."""
        return {self.spell_place(item.place) + "[]" * item.depth for item in self.items(name) if item.place is not None}

    def items(self, name: str) -> tuple[Item, ...]:
        scope, _, variable = name.rpartition(".")
        ref = self.ref(scope)
        bindings = self.project.tables.files[ref.path].bindings.get((ref.scope, variable), [])
        assert bindings, f"nothing binds {name}"
        return tuple(self.evaluator.binding(ref.path, bindings[-1]))

    def member(self, path: str, name: str) -> set[str]:
        """What ``name`` of the module in ``path`` may be, as an importer sees it."""
        return {self.spell_value(item.value) for item in self.evaluator.member(path, name)}

    def edges(self, name: str) -> set[tuple[str, str]]:
        """What a function can run, and how: ``("shop.cart.add", "call")``."""
        return {(self.spell(edge.callee), edge.via) for edge in self.project.graph.edges.get(self.ref(name), ())}

    def calls(self, name: str) -> set[str]:
        """What a function can run, bodies of classes and comprehensions inside it left out, guesses too."""
        return {callee for callee, via in self.edges(name) if via not in ("inline", "guess")}

    def uses(self, name: str) -> set[str]:
        """The foreign functions that a function calls."""
        return {use.name for use in self.project.graph.uses_in(self.ref(name))}

    def entries(self) -> set[tuple[str, str, str]]:
        """Label, phase and framework of each entry point."""
        return {(entry.label, entry.phase, entry.framework) for entry in self.project.entries}

    def entries_at(self, name: str) -> set[str]:
        """The labels of the entry points that call this very function."""
        return {entry.label for entry in self.project.phases.entries_at(self.ref(name))}

    def phases(self, name: str) -> dict[str, str]:
        """Each phase of a function with its certainty; empty: nothing reaches it."""
        return {phase: CERTAINTY[reach.certainty] for phase, reach in self.project.phases.of(self.ref(name)).items()}

    def way(self, name: str) -> list[str]:
        """The steps from the entry point to the function: the label, then the functions that call on."""
        steps = self.project.phases.chain(self.ref(name))
        return [self.spell(step.caller) if isinstance(step, Edge) else step.label for step in steps]

    def keeper(self, name: str) -> str | None:
        """What keeps an object of the class for the life of the process; None: nothing does."""
        holder = self.project.lifetimes.holder(self.ref(name))
        if holder is None:
            return None
        return holder.why if holder.place is None else self.spell_place(holder.place) + "[]" * holder.inside

    def keeps(self, place: str) -> bool:
        """Does a place that something writes to live as long as the process?"""
        found = [each for each in Accesses(self.evaluator).writes if self.spell_place(each) == place]
        assert found, f"nothing writes to {place}"
        return self.project.lifetimes.keeps(found[0])

    def writes(self) -> dict[str, set[tuple[str, str]]]:
        """All writes: place → (function, kind)."""
        return {
            self.spell_place(place): {(self.spell(access.ref), access.kind) for access in accesses}
            for place, accesses in Accesses(self.evaluator).writes.items()
        }

    def readers(self, place: str) -> set[str]:
        """The functions that read a place that something writes to."""
        accesses = Accesses(self.evaluator)
        found = [each for each in accesses.writes if self.spell_place(each) == place]
        return {self.spell(access.ref) for rows in reads_of(self.evaluator, found).values() for access in rows}

    def spell(self, ref: ScopeRef) -> str:
        return self.project.qualified(ref)

    def spell_value(self, value: Value) -> str:
        """``module a/b.py``, ``def a.f``, ``class a.C``, ``object a.C``, ``foreign x.y``, ``object of x.Y`` …"""
        match value:
            case ModuleValue(path=path):
                return f"module {path}"
            case FunctionValue(ref=ref):
                return f"def {self.spell(ref)}"
            case ClassValue(ref=ref):
                return f"class {self.spell(ref)}"
            case Instance(cls=cls):
                return f"object {self.spell(cls)}"
            case Foreign(name=name):
                return f"foreign {name}"
            case ForeignInstance(name=name):
                return f"object of {name}"
            case ContainerValue(kind=kind):
                return kind.removeprefix("builtins.")
            case ConstantValue(kind=kind, text=text):
                return f"{kind} {text}"
        return "?"

    def spell_place(self, place: Place | None) -> str:
        """``global a.X``, ``class attribute a.C.x``, ``field a.C.x``, ``local a.f.x``, ``default a.f.x`` …"""
        match place:
            case GlobalPlace(path=path, name=name):
                return f"global {self.project.modules.name(path)}.{name}"
            case ClassPlace(cls=cls, name=name):
                return f"class attribute {self.spell(cls)}.{name}"
            case FieldPlace(cls=cls, name=name):
                return f"field {self.spell(cls)}.{name}"
            case ForeignPlace(owner=owner, name=name):
                return f"foreign {owner}.{name}"
            case CellPlace(function=function, name=name):
                return f"local {self.spell(function)}.{name}"
            case DefaultPlace(function=function, name=name):
                return f"default {self.spell(function)}.{name}"
            case FunctionPlace(function=function, name=name):
                return f"function attribute {self.spell(function)}.{name}"
        return "nowhere"


def tree(
    files: Mapping[str, str],
    roles: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    known: Knowledge | None = None,
) -> Linked:
    """Link a tree given as path → source. ``roles`` names the files that are tests or migrations."""
    facts = {path: extract(dedent(source)) for path, source in files.items()}
    broken = [path for path, each in facts.items() if each.failure is not None]
    assert not broken, f"the test's own source does not parse: {broken}"
    if known is None:
        known = knowledge() if settings is None else Knowledge(pack(), taught_models(settings))
    return Linked(link(facts, {**dict.fromkeys(files, "app"), **(roles or {})}, known))


def one(source: str, settings: Settings | None = None) -> Linked:
    """Link one file, ``app.py``."""
    return tree({"app.py": source}, settings=settings)
