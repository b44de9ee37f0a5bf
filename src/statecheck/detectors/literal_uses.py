"""Where literals are used: arguments, settings, attributes, fields, names, and defaults of the environment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.detectors.matching import Matcher, fits, searcher
from statecheck.detectors.naming import BINDING, Named, key_of
from statecheck.detectors.reporting import Wanted
from statecheck.detectors.spots import Spot, Spots
from statecheck.facts.ir import Call, Const, Display, Expr
from statecheck.facts.walk import span
from statecheck.project.arguments import argument
from statecheck.project.constants import Constant
from statecheck.project.environment import Environment
from statecheck.project.sources import Located
from statecheck.project.tables import Row
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Condition, Form

KINDS = ("assignment", "literal")  # of syntax
Forms = tuple[Wanted, ...]


class Candidate(NamedTuple):
    """A place where a form may hold; ``name`` is what takes the value."""

    wanted: Wanted
    spot: Spot
    name: str


class Uses:
    """The places of one project that the forms ``rows`` speak of. ``named`` are the values that ``fitting`` keeps."""

    def __init__(self, rows: Sequence[Wanted], matcher: Matcher, fitting: Fitting, named: Sequence[Named]) -> None:
        self._project = matcher.project
        self._matcher = matcher
        self._spots = self._project.once(Spots)
        self._rows = rows
        self._fitting = fitting
        self._named = named

    def all(self) -> Iterator[Candidate]:
        """Every candidate; one place may be several."""
        yield from self._of_calls()
        yield from self._of_attributes()
        yield from self._of_settings()
        yield from self._of_fields()
        yield from self._of_environment()
        yield from self._of_syntax()

    def _index(self, kind: str) -> dict[str, list[Wanted]]:
        index: dict[str, list[Wanted]] = defaultdict(list)
        for row in self._rows:
            for name in getattr(row.form, kind):
                index[self._project.knowledge.canonical(name)].append(row)
        return index

    def _of_calls(self) -> Iterator[Candidate]:
        index = self._index("call")
        for spot, name in self._spots.calls(frozenset(index)) if index else ():
            variable = self._first_text(spot) if any(row.form.key_pattern for row in index[name]) else ""
            for row in index[name]:
                if not row.form.key_pattern or (variable and searcher(row.form.key_pattern)(variable)):
                    yield Candidate(row, spot, variable or spot.symbol)

    def _first_text(self, spot: Spot) -> str:
        """The first argument of the call: the name of the variable."""
        if spot.call is None or not (given := spot.call.args[:1]):
            return ""
        found = self._matcher.resolve(Located(spot.ref, given[0], spot.region))
        return found.constants[0].text if found.constants else ""

    def _of_attributes(self) -> Iterator[Candidate]:
        index = self._index("attribute")
        for spot, name in self._spots.attributes(frozenset(index)) if index else ():
            for row in index[name]:
                yield Candidate(row, spot, spot.symbol)

    def _of_settings(self) -> Iterator[Candidate]:
        for row in self._rows:
            for pattern in row.form.setting:
                for setting in self._matcher.settings.find(pattern):
                    spot = self._spots.of_setting(setting)
                    if self._spots.counts(spot.ref.path, spot.region):
                        name = setting.key[-1].lower() if setting.field else setting.key[-1]
                        yield Candidate(row, spot, name)

    def _of_fields(self) -> Iterator[Candidate]:
        index = self._index("subclass")
        for spot, name in self._spots.subclasses(frozenset(index)) if index else ():
            assert spot.function is not None
            for key, value in self._fields(spot.function):
                start, end = span(value.expr)
                for row in index[name]:
                    if searcher(row.form.key_pattern)(key):
                        yield Candidate(row, Spot(value.ref, value.region, start, end, name, key, value=value), key)

    def _fields(self, cls: ScopeRef) -> Iterator[tuple[str, Located]]:
        for (scope, name), bindings in self._project.tables.files[cls.path].bindings.items():
            for binding in bindings if scope == cls.scope else ():
                if binding.kind == "value" and binding.value is not None:
                    yield name, Located(cls, default_of(binding.value), binding.region)

    def _of_environment(self) -> Iterator[Candidate]:
        """The defaults of variables that are read."""
        rows = [row for row in self._rows if "environment" in row.form.syntax]
        for read in self._project.once(Environment).reads if rows else ():
            if read.default is None or not self._spots.counts(read.ref.path, read.region):
                continue
            value = read.default
            if read.via == "class":
                value = replace(value, expr=default_of(value.expr))
            for row in rows:
                if searcher(row.form.key_pattern)(read.variable):
                    spot = Spot(read.ref, read.region, *read.place[1:], read.variable, read.variable, value=value)
                    yield Candidate(row, spot, read.variable)

    def _of_syntax(self) -> Iterator[Candidate]:
        for kind in KINDS:
            for named in self._named:
                for row in self._fitting.rows(kind, named):
                    yield Candidate(row, _spot_of(named), named.key)


class Fitting:
    """Which forms about assignments and literals may hold for a named value, by its key and its text alone.

    Asked of every literal of the tree: there are few different keys, and the same texts stand in many places.
    """

    def __init__(self, rows: Sequence[Wanted]) -> None:
        self._rows = {kind: [row for row in rows if kind in row.form.syntax] for kind in KINDS}
        self._by_key: dict[str, Group] = {}
        self._telling: dict[str, bool] = {}
        self._groups: dict[tuple[int, ...], Group] = {}  # keys with the same forms share what their texts gave

    def group(self, key: str) -> Group:
        """The forms that speak of a key."""
        found = self._by_key.get(key)
        if found is None:
            assignment, literal = [
                tuple([row for row in self._rows[kind] if searcher(row.form.key_pattern)(key)]) for kind in KINDS
            ]
            numbers = tuple([id(row) for row in (*assignment, *literal)])
            if numbers not in self._groups:
                self._groups[numbers] = Group(assignment, literal)
            found = self._by_key[key] = self._groups[numbers]
        return found

    def may_hold(self, row: Row) -> bool:
        """Does a key in the event tell, or does a text that needs no key? All else is found nowhere in it."""
        holding, tells = self.group("").holding, self._tells
        for node in row.nodes:  # plain loops: this is asked of the whole tree
            if type(node) is Const:
                if holding(node)[1]:
                    return True
            elif type(node) is Display:
                for key in node.keys:
                    if type(key) is Const and tells(key.value):
                        return True
        for call in row.calls:
            for word in call.keywords:
                if tells(word.name):
                    return True
        if row.event.op in BINDING:
            for at in row.event.targets:
                if type(at) is Display or tells(key_of(at, False)[0]):
                    return True
        return False

    def _tells(self, key: str) -> bool:
        """Do other forms speak of what has this key than of what has none?"""
        found = self._telling.get(key)
        if found is None:
            group = self.group(key)
            found = self._telling[key] = bool(group.assignment) or group.literal != self.group("").literal
        return found

    def keeps(self, key: str, kind: str, value: Expr) -> bool:
        """May any form hold? ``kind`` as in :class:`Named`."""
        group = self.group(key)
        if type(value) is not Const:
            return bool(kind and group.assignment)
        assignment, literal = group.holding(value)
        return bool(literal or (kind and assignment))

    def rows(self, syntax: str, named: Named) -> Forms:
        """The forms of one syntax that may hold for a value."""
        group = self.group(named.key)
        if isinstance(named.value, Const):
            assignment, literal = group.holding(named.value)
        else:
            assignment, literal = group.assignment, ()
        if syntax == "literal":
            return literal
        return assignment if named.kind else ()


class Group:
    """Forms that speak of the same keys, and which of them may hold for a text."""

    def __init__(self, assignment: Forms, literal: Forms) -> None:
        self.assignment = assignment
        self.literal = literal
        self._tests = [[(row, _text_test(row.form)) for row in rows] for rows in (assignment, literal)]
        self._by_text: dict[tuple[str, str], tuple[Forms, Forms]] = {}

    def holding(self, value: Const) -> tuple[Forms, Forms]:
        """The forms that may hold for a literal: about assignments, and about literals."""
        key = (value.kind, value.value)
        found = self._by_text.get(key)
        if found is None:
            assignment, literal = [tuple([row for row, passes in rows if passes(value)]) for rows in self._tests]
            found = self._by_text[key] = assignment, literal
        return found


def default_of(value: Expr) -> Expr:
    """The default inside ``Field(default=…)`` or ``SecretStr(…)``."""
    for _ in range(3):
        if not isinstance(value, Call):
            break
        given = argument(value, "default", 0)
        if given is None:
            break
        value = given
    return value


def _text_test(form: Form) -> Callable[[Const], bool]:
    """Does a literal pass what the form asks of its text? Asked first, because it is cheap and there are many."""
    conditions = [condition for condition in form.when if not condition.setting]

    def passes(value: Const) -> bool:
        constant = Constant(value.kind, value.value)
        return value.kind == "bytes" or all(fits(condition, constant) for condition in conditions)

    if len(conditions) != 1 or conditions[0] != Condition(regex=conditions[0].regex):
        return passes
    search = searcher(conditions[0].regex)  # most forms ask for nothing else
    return lambda value: value.kind == "bytes" or (value.kind == "str" and search(value.value) is not None)


def _spot_of(named: Named) -> Spot:
    start, end = span(named.value)
    value = Located(named.ref, named.value, named.region)
    return Spot(named.ref, named.region, start, end, named.key, named.key, event=named.event, value=value)
