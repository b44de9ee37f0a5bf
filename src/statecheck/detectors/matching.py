"""The matching language of rules: does a form hold at a place?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.detectors.serving import Serving
from statecheck.detectors.spots import MethodCall, Spot, Spots
from statecheck.facts.ir import Call, Expr, Star
from statecheck.project.arguments import argument
from statecheck.project.constants import Constant, Resolved, Resolver
from statecheck.project.link import Project
from statecheck.project.settings import Setting, Settings
from statecheck.project.sources import Located, Sources
from statecheck.project.values import (
    ContainerValue,
    FieldPlace,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Instance,
    Item,
    ScopeRef,
    Site,
)
from statecheck.rules.schema import Condition, Form, Safe, Scalar
from statecheck.rules.vocabulary import NEGATION, bare

Predicate = Callable[[Spot], bool]


class Evidence(NamedTuple):
    """That a condition holds. ``variable``: only by the default of this environment variable (None: outright)."""

    variable: str | None = None
    detail: str = ""


HOLDS = Evidence()


class Matcher:
    """Decides forms. ``methods`` are the calls of methods that forms name in ``changed-by`` and ``completed-by``."""

    def __init__(
        self,
        project: Project,
        settings: Settings,
        predicates: Mapping[str, Predicate],
        methods: Mapping[str, list[MethodCall]],
    ) -> None:
        self.project = project
        self.settings = settings
        self.serving = project.once(Serving)
        self._predicates = predicates
        self._methods = methods
        self._imported = project.once(imported_names)
        self._changed: dict[str, bool] = {}  # attributes of foreign objects
        self._canonical: dict[tuple[str, ...], frozenset[str]] = {}
        # By the id of the expression, which is kept beside the answer: the id of one that is gone is given out again.
        self._resolved: dict[tuple[int, ScopeRef, int], tuple[Expr, Resolved]] = {}

    def holds(self, form: Form, spot: Spot) -> Evidence | None:
        """The evidence that the form holds at the place, None where it does not."""
        if not self.applies(form, spot):
            return None
        calls = self._calls(form, spot)
        found = [self.test(condition, spot, calls) for condition in form.when]
        if any(evidence is None for evidence in found):
            return None
        if any(self.test(condition, spot, calls) is not None for condition in form.unless):
            return None
        for predicate in form.predicates:
            if self._predicates[bare(predicate)](spot) == predicate.startswith(NEGATION):
                return None
        if form.changed_by and not self._is_changed(form, spot):
            return None
        return next((evidence for evidence in found if evidence is not None and evidence.variable is not None), HOLDS)

    def is_safe(self, rows: Iterable[Safe], spot: Spot, rule: str) -> bool:
        """Does one of the look-alikes silence the rule here?"""
        calls = [spot.call] if spot.call is not None else []
        for row in rows:
            named = "*" in row.suppresses or rule in row.suppresses
            found = (self.test(condition, spot, calls) for condition in row.when) if named else ()
            if named and self._has_value(row, spot) and all(evidence is not None for evidence in found):
                return True
        return False

    def is_required(self, form: Form) -> bool:
        """Does the project import one of the modules that the form requires, or name it in its settings?"""
        if form.settled_by and any(name in self._imported for name in form.settled_by):
            return False
        return not form.requires or any(name in self._imported for name in form.requires)

    def _has_value(self, row: Safe, spot: Spot) -> bool:
        if not row.values:
            return True
        found = self.resolve(spot.value) if spot.value is not None else Resolved()
        return any(constant.text in row.values for constant in found.constants)

    def applies(self, form: Form, spot: Spot) -> bool:
        """Does the form speak of code that stands and runs where this does?"""
        return self._runs(form, spot) and self._stands(form, spot) and self.is_required(form)

    # -- where and when ----------------------------------------------------------------------------------------------

    def _runs(self, form: Form, spot: Spot) -> bool:
        if spot.event is None and spot.function is None:  # a setting, or its absence
            return True
        reached = self.serving.phases(spot.function or spot.ref)
        if form.phases:
            return any(phase in reached for phase in form.phases) or not reached
        return not self.serving.is_one_shot(spot.function or spot.ref)

    def _stands(self, form: Form, spot: Spot) -> bool:
        if not form.scope:
            return True
        kind = self.project.scope(spot.ref).kind
        word = {"module": "module", "class": "class"}.get(kind, "function")
        return word in form.scope or ("app-attribute" in form.scope and "." in spot.symbol)

    def _calls(self, form: Form, spot: Spot) -> list[Call]:
        """The call and those that complete it: ``init_app`` of what it made."""
        calls = [spot.call] if spot.call is not None else []
        for method in form.completed_by:
            calls += [row.call for row in self._methods.get(method, ()) if self.is_of(spot, row)]
        return calls

    def _is_changed(self, form: Form, spot: Spot) -> bool:
        """Does code that runs after start-up call one of the changing methods on what was made here?"""
        for method in form.changed_by:
            if "." in method and self._is_attribute_changed(method):
                return True
            for row in self._methods.get(method, ()):
                if self.project.phases.runtime(row.ref) and self.is_of(spot, row):
                    return True
        return False

    def _is_attribute_changed(self, name: str) -> bool:
        """Does code that runs after start-up store into the foreign attribute, or call a method that changes it?"""
        if name not in self._changed:
            canonical = self.project.knowledge.canonical(name)
            changing = {f"{canonical}.{method}" for method in self.project.knowledge.changing_methods}
            places = [use.ref for use in self.project.graph.uses if use.name in changing]
            places += [spot.ref for spot, _ in self.project.once(Spots).attributes(frozenset({canonical}))]
            self._changed[name] = any(map(self.project.phases.runtime, places))
        return self._changed[name]

    def is_of(self, spot: Spot, row: MethodCall) -> bool:
        """Is the receiver of the method call what the call at the place made, or the function that is decorated?"""
        items = self.project.evaluator.evaluate(row.ref, row.receiver, row.event.region)
        if spot.function is not None:
            return any(isinstance(item.value, FunctionValue) and item.value.ref == spot.function for item in items)
        made = Site(spot.ref.path, spot.start)
        return any(site_of(item) == made for item in items)

    # -- conditions --------------------------------------------------------------------------------------------------

    def test(self, condition: Condition, spot: Spot, calls: Iterable[Call]) -> Evidence | None:
        """The evidence that any state of the condition holds."""
        if condition.setting:
            return self._test_setting(condition)
        if not condition.argument and condition.position is None:
            return self._test_value(condition, spot.value, spot.setting)
        given = [argument(call, condition.argument, condition.position) for call in calls]
        values = [Located(spot.ref, expr, spot.region) for expr in given if expr is not None]
        if not values:
            return HOLDS if condition.absent and not any(_may_hide(condition, call) for call in calls) else None
        for value in values:
            for inner in self._inner(condition, value):
                if (evidence := self._test_value(condition, inner)) is not None:
                    return evidence
        missing = condition.absent and condition.key and not any(self._inner(condition, value) for value in values)
        sources = Sources(self.project)
        return HOLDS if missing and not any(sources.is_open(value) for value in values) else None

    def _inner(self, condition: Condition, value: Located) -> list[Located]:
        if not condition.key:
            return [value]
        return [at for _, at in Sources(self.project).inside(value, tuple(condition.key.split(".")))]

    def _test_setting(self, condition: Condition) -> Evidence | None:
        rows = self.settings.find(condition.setting)
        if not rows:
            wanted = condition.present if self.settings.is_open else condition.absent
            return HOLDS if wanted else None
        found = (self._test_value(condition, row.value, row) for row in rows)
        return next((evidence for evidence in found if evidence is not None), None)

    def _test_value(
        self, condition: Condition, value: Located | None, setting: Setting | None = None
    ) -> Evidence | None:
        if value is None:
            return HOLDS if condition.absent else None
        found = self.resolve(value)
        if found.is_none:
            return HOLDS if condition.absent else None
        if condition.present:
            return HOLDS
        if condition.instance_of and self.is_instance(value, condition.instance_of):
            return HOLDS
        for constant in found.constants:
            if fits(condition, constant) or (constant.kind == "str" and constant.text in condition.instance_of):
                variable = "" if setting is not None and setting.field else constant.variable
                if constant.around and fits(condition, replace(constant, text=constant.around)):
                    variable = None  # "sqlite:///" + path: so it is, whatever the environment says of the path
                return Evidence(variable, constant.text)
        return HOLDS if condition.equals and self.is_instance(value, _texts(condition.equals)) else None

    def resolve(self, value: Located) -> Resolved:
        """The constants of a value. Every form of a rule asks for those of one place."""
        key = (id(value.expr), value.ref, value.region)
        if key not in self._resolved:
            self._resolved[key] = value.expr, Resolver(self.project).resolve(value)
        return self._resolved[key][1]

    def is_instance(self, value: Located, names: Iterable[str]) -> bool:
        """Is the value one of the named things, or made by one of them?"""
        knowledge = self.project.knowledge
        key = tuple(names)
        if key not in self._canonical:
            self._canonical[key] = frozenset(map(knowledge.canonical, key))
        wanted = self._canonical[key]
        for item in self.project.evaluator.evaluate(value.ref, value.expr, value.region):
            names_of: Iterable[str] = ()
            if isinstance(item.place, FieldPlace) and "row" in self.project.lifetimes.lives(item.place.cls):
                continue  # read from the database, whatever once made it
            if isinstance(item.value, (Foreign, ForeignInstance)):
                names_of = (*knowledge.lineage(item.value.name), *knowledge.spellings(item.value.name))
            elif isinstance(item.value, Instance):
                names_of = self.project.evaluator.classes.info(item.value.cls).foreign
            if not wanted.isdisjoint(names_of):
                return True
        return False


def imported_names(project: Project) -> frozenset[str]:
    """Every module that files of the application import, with the packages above it, and what they call."""
    names: set[str] = set()
    for path, facts in project.files.items():
        if project.is_application(path):
            rows = [row for row in facts.imports if not row.level]
            names.update(name for row in rows for name in (row.module, f"{row.module}.{row.name}"))
    names.update(use.name for use in project.graph.uses if project.is_application(use.ref.path))
    texts = project.once(Settings).strings()
    names.update(text for text in texts if text.replace(".", "").replace("_", "").isalnum())
    whole = set(names)
    for name in names:
        while (name := name.rpartition(".")[0]) and name not in whole:  # what is above that is there already
            whole.add(name)
    return frozenset(whole)


def _may_hide(condition: Condition, call: Call) -> bool:
    """Can the argument be among ``*args`` or ``**keywords``?"""
    before = call.args[: condition.position + 1] if condition.position is not None else ()
    return any(isinstance(given, Star) for given in before) or any(keyword.name == "**" for keyword in call.keywords)


def site_of(item: Item) -> Site | None:
    """Where the object was made."""
    return item.value.site if isinstance(item.value, (ContainerValue, ForeignInstance, Instance)) else None


def _texts(values: Iterable[Scalar]) -> list[str]:
    return [value for value in values if isinstance(value, str) and "." in value]


@cache
def searcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """The search for a pattern of a rule: there are more of them than :mod:`re` itself keeps compiled."""
    return re.compile(pattern).search


def fits(condition: Condition, constant: Constant) -> bool:
    """Does the constant have one of the states of the condition?"""
    text = constant.text
    if condition.literal and constant.kind == "str" and constant.whole and constant.variable is None:
        return True
    if condition.number and constant.kind == "int" and constant.variable is None:
        return True
    if condition.equals and constant.whole and any(_equals(constant, wanted) for wanted in condition.equals):
        return True
    if constant.kind != "str":
        return False
    return (
        text.startswith(condition.prefix)
        or text.endswith(condition.suffix)
        or bool(condition.contains and any(part in text for part in condition.contains))
        or bool(condition.regex and searcher(condition.regex)(text))
    )


def _equals(constant: Constant, wanted: Scalar) -> bool:
    if isinstance(wanted, bool):
        return constant.kind == "bool" and constant.text == str(wanted)
    if isinstance(wanted, (int, float)):
        try:
            return constant.kind in ("int", "float") and float(constant.text.replace("_", "")) == wanted
        except ValueError:
            return False
    return constant.kind == "str" and constant.text == wanted
