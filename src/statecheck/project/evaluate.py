"""What an expression may be: a demand-driven evaluator over names, attributes, calls and returns of the whole tree.

There is no whole-program points-to analysis: a question is followed backwards from the expression that asks it, each
answer is remembered, and a question that leads back to itself gives nothing. Fields and containers have one summary
each. Copies end an alias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from statecheck.facts.ir import (
    Attr,
    Await,
    Call,
    Choice,
    Comp,
    Const,
    Display,
    Expr,
    FString,
    Func,
    Name,
    Op,
    Param,
    Sub,
)
from statecheck.project.callsites import CallSites
from statecheck.project.classes import Classes
from statecheck.project.contents import Contents
from statecheck.project.contexts import Contexts
from statecheck.project.knowledge import Knowledge
from statecheck.project.members import Members
from statecheck.project.modules import ModuleIndex
from statecheck.project.names import Names
from statecheck.project.parameters import Parameters
from statecheck.project.results import Results
from statecheck.project.tables import Binding, Tables
from statecheck.project.values import (
    ClassValue,
    ConstantValue,
    ContainerValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Item,
    Items,
    ScopeRef,
    Site,
)

MAX_DEPTH = 40  # questions within questions; deeper chains do not occur in code that people read
MAX_ITEMS = 12  # possible values kept for one expression
DISPLAYS = {
    "list": "builtins.list",
    "dict": "builtins.dict",
    "set": "builtins.set",
    "tuple": "builtins.tuple",
    "generator": "builtins.generator",
}


class Evaluator:
    """Answers questions about one linked tree."""

    def __init__(self, tables: Tables, modules: ModuleIndex, knowledge: Knowledge) -> None:
        self.tables = tables
        self.modules = modules
        self.knowledge = knowledge
        self.classes = Classes(tables, self.evaluate)
        self.call_sites = CallSites(self, tables)
        self.names = Names(self)
        self.parameters = Parameters(self)
        self.members = Members(self)
        self.contents = Contents(self)
        self.contexts = Contexts(self)
        self.results = Results(self)
        self.displays: dict[Site, tuple[ScopeRef, Display | Comp, int]] = {}  # of containers met so far
        self.vendored = self.names.find_vendored()
        # By the id of the expression, or by what else is asked for. Ids are not given out again here: the facts live as
        # long as this, and what is made of them (annotations in strings, calls of decorators) is kept by who made it.
        self._answers: dict[object, Items] = {}
        self._busy: set[object] = set()
        self._depth = 0
        self._handled = self._handlers()

    def hand(self, handlers: Mapping[ScopeRef, tuple[str, ...]]) -> None:
        """Start afresh, knowing what frameworks hand to entry points."""
        self.parameters.hand(handlers)
        self.call_sites = CallSites(self, self.tables)
        self._answers.clear()

    def evaluate(self, ref: ScopeRef, expr: Expr, region: int = -1) -> Items:
        """What ``expr``, standing in scope ``ref`` and ``region``, may be. Empty: nothing is known.

        This is :meth:`ask` without a closure: it runs for every expression of the tree.
        """
        if type(expr) is Const:  # nothing to remember
            return (Item(ConstantValue(expr.kind, expr.value)),)
        key = id(expr)
        found = self._answers.get(key)
        if found is not None:
            return found
        if key in self._busy or self._depth > MAX_DEPTH:
            return ()
        self._busy.add(key)
        self._depth += 1
        try:
            handler = self._handled.get(type(expr))
            given = handler(ref, expr, region) if handler is not None else ()
            found = given if type(given) is tuple else tuple(given)
            if len(found) > 1:  # most answers are one item: it need not be hashed
                found = tuple(dict.fromkeys(found))[:MAX_ITEMS]
        finally:
            self._depth -= 1
            self._busy.discard(key)
        self._answers[key] = found
        return found

    def ask(self, key: object, work: Callable[[], Iterable[Item]]) -> Items:
        """The answer to the question ``key``: remembered, or found by ``work``; empty while it is being asked."""
        found = self._answers.get(key)
        if found is not None:
            return found
        if key in self._busy or self._depth > MAX_DEPTH:
            return ()
        self._busy.add(key)
        self._depth += 1
        try:
            found = _distinct(work())
        finally:
            self._depth -= 1
            self._busy.discard(key)
        self._answers[key] = found
        return found

    def _handlers(self) -> Mapping[type, Callable[[ScopeRef, Any, int], Iterable[Item]]]:
        """What answers for each kind of expression; of the others nothing is known."""
        return {
            Name: self.names.name,
            Attr: lambda ref, expr, region: self.members.attributes(self.evaluate(ref, expr.value, region), expr.attr),
            Call: self.results.call,
            Sub: self.contents.subscript,
            Display: self._display,
            Comp: self._display,
            Choice: lambda ref, expr, region: [
                item for part in expr.items for item in self.evaluate(ref, part, region)
            ],
            Func: lambda ref, expr, _: (Item(FunctionValue(ScopeRef(ref.path, expr.scope))),),
            Await: lambda ref, expr, region: self.evaluate(ref, expr.value, region),
            Op: self._operator,
            FString: lambda *_: (Item(ConstantValue("fstring", "")),),
        }

    def _display(self, ref: ScopeRef, expr: Display | Comp, region: int) -> Iterable[Item]:
        site = Site(ref.path, expr.pos)
        self.displays[site] = ref, expr, region
        return (Item(ContainerValue(DISPLAYS[expr.kind], site)),)

    def _operator(self, ref: ScopeRef, expr: Op, region: int) -> Iterable[Item]:
        if expr.op == "|":
            return self._union(ref, expr, region)
        return self._divided(ref, expr, region) if expr.op == "/" else ()

    def member(self, path: str, name: str) -> Items:
        """What ``name`` of the module in ``path`` is."""
        return self.names.member(path, name)

    def binding(self, path: str, binding: Binding) -> Items:
        """What one binding gives its name."""
        return self.names.binding(path, binding)

    def parameter(self, ref: ScopeRef, param: Param) -> Items:
        """What a parameter of a function may be."""
        return self.parameters.parameter(ref, param)

    def annotated(self, ref: ScopeRef, annotation: Expr | None) -> Items:
        """An instance of the class that an annotation names."""
        return self.parameters.annotated(ref, annotation)

    def attribute(self, item: Item, name: str) -> Iterable[Item]:
        """What ``item.name`` may be."""
        return self.members.attribute(item, name)

    def foreign_types(self, item: Item) -> list[str]:
        """The foreign classes that an object is an instance of."""
        return self.members.foreign_types(item)

    def owners(self, item: Item) -> list[str]:
        """The foreign objects whose attributes are places of their own."""
        return self.members.owners(item)

    def is_property(self, method: ScopeRef) -> bool:
        """Is a method read like an attribute?"""
        return self.members.is_property(method)

    def decorator_names(self, around: ScopeRef, decorator: Expr, region: int) -> list[str]:
        """The foreign names that a decorator may be."""
        return self.members.decorator_names(around, decorator, region)

    def called(self, item: Item, site: Site | None = None) -> Items:
        """What calling ``item`` gives: a new instance, or what the function returns."""
        return self.results.called(item, site)

    def returned(self, ref: ScopeRef) -> Items:
        """What a function returns, or yields where it is a generator."""
        return self.results.returned(ref)

    def is_memo(self, ref: ScopeRef) -> bool:
        """Does a decorator keep what the function returned, so that all callers share it?"""
        return self.results.is_memo(ref)

    def _union(self, ref: ScopeRef, expr: Op, region: int) -> list[Item]:
        found = [item for part in expr.operands for item in self.evaluate(ref, part, region)]
        types = [item for item in found if isinstance(item.value, (ClassValue, Foreign))]
        merged = [Item(item.value) for item in found if isinstance(item.value, ContainerValue)]  # a new dict or set
        return [*types, *merged]

    def _divided(self, ref: ScopeRef, expr: Op, region: int) -> list[Item]:
        """``folder / name``: what the models say of ``__truediv__``, or of the last operand's ``__rtruediv__``."""
        for operand, method in ((expr.operands[0], "__truediv__"), (expr.operands[-1], "__rtruediv__")):
            names = [name for item in self.evaluate(ref, operand, region) for name in self.foreign_types(item)]
            typed = [made for name in names if (made := self.knowledge.returned_type(f"{name}.{method}"))]
            if typed:
                return [Item(ForeignInstance(name)) for name in dict.fromkeys(typed)]
        return []


def _distinct(items: Iterable[Item]) -> Items:
    """The first different ones. Most answers are one item: it need not be hashed."""
    found = items if isinstance(items, tuple) else tuple(items)
    return found if len(found) < 2 else tuple(dict.fromkeys(found))[:MAX_ITEMS]
