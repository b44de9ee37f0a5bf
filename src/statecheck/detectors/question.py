"""One question of where values come from: through names, parameters, attributes and calls to what gives them."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.detectors.things import Things
from statecheck.facts.ir import (
    Attr,
    Call,
    Comp,
    Const,
    Event,
    Expr,
    Func,
    Name,
    Param,
    Sub,
    Yield,
)
from statecheck.facts.walk import parts
from statecheck.project.accesses import Access
from statecheck.project.callsites import CallSite, handed
from statecheck.project.standard import STANDARD as LIBRARY
from statecheck.project.tables import Binding
from statecheck.project.values import (
    ClassValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Instance,
    Item,
    ScopeRef,
)

CODE = "code"  # a part of the program
STANDARD = LIBRARY | {"builtins"}
OF_CODE = frozenset({"__name__", "__qualname__", "__module__", "__doc__", "__class__", "__file__"})
NOT_INSTALLED = frozenset({"ImportError", "ModuleNotFoundError"})
MAX_STEPS = 400  # expressions looked at for one question
MAX_CALLERS = 40  # calls of a function asked for what they pass


class Question(Things):
    """One question. What is being asked already counts as determined: a circle adds nothing to what enters it."""

    def stored(self, write: Access) -> bool:
        """Is what a write stores determined, with the key?"""
        values = [write.value, *write.given, write.event.value if write.how.startswith("[…]") else None]
        keys = [target.index for target in write.event.targets if isinstance(target, Sub)]
        return all(self.expr(write.ref, part, write.event.region) for part in (*values, *keys) if part is not None)

    def stored_anew(self, write: Access) -> bool:
        """The same, and nothing of it is worked out from what the place holds, but for a choice of its items."""
        self._own = write.place
        found = self.stored(write)
        self._own = None
        return found

    def conditions(self, ref: ScopeRef, region: int) -> bool:
        """Are the conditions determined under which the region runs? Of what is raised, a missing library is."""
        regions = self._tables.files[ref.path].facts.regions
        while region >= 0:
            row = regions[region]
            missing = row.kind == "except" and isinstance(row.test, Name) and row.test.id in NOT_INSTALLED
            if row.kind == "except" and not missing:
                return False
            if not missing and row.test is not None and not self.expr(ref, row.test, row.parent):
                return False
            region = row.parent
        return True

    def expr(self, ref: ScopeRef, expr: Expr, region: int) -> bool:
        """Is the value of an expression determined?"""
        if ("expr", ref.path, id(expr)) in self._asked:
            return True
        self._asked.add(("expr", ref.path, id(expr)))
        self._steps += 1
        if self._steps > MAX_STEPS:
            return False
        match expr:
            case Const() | Func():
                return True
            case Yield():
                return False
            case Name():
                return self._name(ref, expr, region)
            case Attr():
                return self._attribute(ref, expr, region)
            case Call():
                return self._call(ref, expr, region)
            case Comp():
                return self._comprehension(ScopeRef(ref.path, expr.scope))
            case _:
                return all(self.expr(ref, part, region) for part in parts(expr))

    def _comprehension(self, ref: ScopeRef) -> bool:
        own, self._own = self._own, None
        found = all(self._event(ref, event) for event in self._tables.scope(ref).events)
        self._own = own
        return found

    def _event(self, ref: ScopeRef, event: Event) -> bool:
        return all(self.expr(ref, part, event.region) for part in (event.value, event.extra) if part is not None)

    # ---- names ----

    def _name(self, ref: ScopeRef, expr: Name, region: int) -> bool:
        table = self._tables.files[ref.path]
        home = table.lookup(ref.scope, expr.id)
        if home is None or table.facts.scopes[home].kind in ("module", "class"):
            return self._items(self._evaluator.evaluate(ref, expr, region))
        bindings = (
            table.reaching(home, expr.id, region, expr.pos)
            if home == ref.scope
            else table.bindings.get((home, expr.id), [])
        )
        return all(self._binding(ref, binding) for binding in bindings) and self._filling(
            ScopeRef(ref.path, home), expr.id
        )

    def _binding(self, ref: ScopeRef, binding: Binding) -> bool:
        here = ScopeRef(ref.path, binding.scope)
        if binding.kind == "param" and binding.param is not None:
            return self._param(here, binding.param)
        if binding.kind in ("value", "element", "context") and binding.value is not None:
            return self.expr(here, binding.value, binding.region)
        if binding.kind == "augmented" and binding.event is not None and binding.event.value is not None:
            return self.expr(here, binding.event.value, binding.region)
        return binding.kind in ("import", "def", "class", "declared")

    def _filling(self, home: ScopeRef, name: str) -> bool:
        """Is what the function puts into a container of its own determined?"""
        if ("filling", home, name) in self._asked:
            return True
        self._asked.add(("filling", home, name))
        changing = self._evaluator.knowledge.mutating_methods
        for row in self._tables.rows_in(home):
            stored = any(
                isinstance(target, (Sub, Attr)) and isinstance(target.value, Name) and target.value.id == name
                for target in row.event.targets
            )
            if stored and not all(
                self.expr(home, part, row.event.region) for part in _stored(row.event) if part is not None
            ):
                return False
            for call in row.calls:
                func = call.func
                if (
                    isinstance(func, Attr)
                    and isinstance(func.value, Name)
                    and func.value.id == name
                    and func.attr in changing
                    and not all(self.expr(home, given, row.event.region) for given in _given(call))
                ):
                    return False
        return True

    def _param(self, function: ScopeRef, param: Param) -> bool:
        if ("param", function, param.name) in self._asked:
            return True
        self._asked.add(("param", function, param.name))
        scope = self._tables.scope(function)
        if scope.params and scope.params[0].name == param.name and self._evaluator.classes.receiver(function):
            return True  # the object itself: what its attributes hold is asked where they are read
        if self._project.phases.entries_at(function):
            return False  # whoever calls it from outside decides
        sites = [
            site for site in self._evaluator.call_sites.of(function) if self._project.is_application(site.caller.path)
        ]
        return 0 < len(sites) <= MAX_CALLERS and all(self._passed(function, param, site) for site in sites)

    def _passed(self, function: ScopeRef, param: Param, site: CallSite) -> bool:
        given = handed(self._tables.scope(function), param, site)
        if not given:
            return param.kind in ("star", "double-star") or param.default is not None  # made when the module is loaded
        return all(self.expr(site.caller, part, site.region) for part in given)

    # ---- attributes and calls ----

    def _attribute(self, ref: ScopeRef, expr: Attr, region: int) -> bool:
        items = self._evaluator.evaluate(ref, expr, region)
        if items:
            return self._items(items) and self.expr(ref, _base(expr), region)
        holders = self._evaluator.evaluate(ref, expr.value, region)
        if expr.attr in OF_CODE:
            return self.expr(ref, expr.value, region)
        if any(isinstance(holder.value, (Instance, FunctionValue, ClassValue)) for holder in holders):
            return False  # an attribute that nobody here sets
        return self._items(holders) and self.expr(ref, expr.value, region)

    def _call(self, ref: ScopeRef, call: Call, region: int) -> bool:
        if self._own is not None and self._asks_for_own(ref, call, region):
            return False
        if not all(self.expr(ref, given, region) for given in _given(call)):
            return False
        items = [item for item in self._evaluator.evaluate(ref, call.func, region) if item.value is not None]
        if not items:
            return isinstance(call.func, Attr) and self._unknown_method(ref, call.func, region)
        receiver = call.func.value if isinstance(call.func, Attr) else None
        return all(self._called(item) for item in items) and (receiver is None or self.expr(ref, receiver, region))

    def _asks_for_own(self, ref: ScopeRef, call: Call, region: int) -> bool:
        """``getattr(x, "name")`` of what may be the holder of the place that is written"""
        named = call.args[1] if len(call.args) > 1 else None
        if not (isinstance(call.func, Name) and call.func.id == "getattr" and isinstance(named, Const)):
            return False
        holders = self._evaluator.evaluate(ref, call.args[0], region)
        foreign = bool(holders) and all(isinstance(holder.value, (Foreign, ForeignInstance)) for holder in holders)
        return self._own is not None and named.value == self._own.name and not foreign

    def _called(self, item: Item) -> bool:
        value = item.value
        if isinstance(value, FunctionValue):
            # What this call hands over is known to be determined; what others do is another question.
            self._asked.update(("param", value.ref, param.name) for param in self._tables.scope(value.ref).params)
            return self._function(value.ref)
        if isinstance(value, ClassValue):
            return True
        if isinstance(value, ForeignInstance):  # what a call gave: a class that was looked up by its name
            return self._is_trusting or self._project.knowledge.effect(value.name) == CODE
        if isinstance(value, Foreign):
            owner, _, last = value.name.rpartition(".")
            known = value.name.partition(".")[0] in STANDARD or last[:1].isupper()
            known = known or owner.rpartition(".")[2].isupper()  # of a constant: settings.TABLE.get
            effect = self._project.knowledge.effect(value.name)
            return self._is_quiet(value.name) and (known or effect is not None or self._is_trusting)
        return False

    def _function(self, function: ScopeRef) -> bool:
        if ("function", function) in self._asked:
            return True
        self._asked.add(("function", function))
        given = [
            event
            for event in self._tables.scope(function).events
            if event.op in ("return", "yield") and event.value is not None
        ]
        return (
            bool(given)  # what others override says nothing
            and self._undetermined.isdisjoint(self._effects.of(function))
            and all(self._event(function, event) for event in given)
        )

    def _unknown_method(self, ref: ScopeRef, func: Attr, region: int) -> bool:
        """``settings.get("x")``: a method of something without a known type, which is determined itself."""
        holders = [item.value for item in self._evaluator.evaluate(ref, func.value, region)]
        if any(isinstance(value, (Instance, FunctionValue, ClassValue)) for value in holders):
            return False
        named = [value.name.partition(".")[0] for value in holders if isinstance(value, ForeignInstance)]
        return (self._is_trusting or STANDARD.issuperset(named)) and self.expr(ref, func.value, region)


def _base(expr: Attr) -> Expr:
    base = expr.value
    while isinstance(base, Attr):
        base = base.value
    return base


def _given(call: Call) -> list[Expr]:
    return [*call.args, *(word.value for word in call.keywords)]


def _stored(event: Event) -> Iterator[Expr | None]:
    yield event.value
    yield from (target.index for target in event.targets if isinstance(target, Sub))
