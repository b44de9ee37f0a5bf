"""Where literals are used: arguments, settings, attributes, fields, names, and defaults of the environment."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.detectors.matching import Matcher, fits
from statecheck.detectors.naming import Named
from statecheck.detectors.reporting import Wanted
from statecheck.detectors.spots import Spot, Spots
from statecheck.facts.ir import Call, Const, Expr
from statecheck.facts.walk import span
from statecheck.project.arguments import argument
from statecheck.project.constants import Constant
from statecheck.project.environment import Environment
from statecheck.project.sources import Located
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Form


class Candidate(NamedTuple):
    """A place where a form may hold; ``name`` is what takes the value."""

    wanted: Wanted
    spot: Spot
    name: str


class Uses:
    """The places of one project that the forms ``rows`` speak of. ``named`` are all values that have a name."""

    def __init__(self, rows: Sequence[Wanted], matcher: Matcher, named: Sequence[Named]) -> None:
        self._project = matcher.project
        self._matcher = matcher
        self._spots = self._project.once(Spots)
        self._rows = rows
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
                if not row.form.key_pattern or (variable and re.search(row.form.key_pattern, variable)):
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
                    if re.search(row.form.key_pattern, key):
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
                value = value._replace(expr=default_of(value.expr))
            for row in rows:
                if re.search(row.form.key_pattern, read.variable):
                    spot = Spot(read.ref, read.region, *read.place[1:], read.variable, read.variable, value=value)
                    yield Candidate(row, spot, read.variable)

    def _of_syntax(self) -> Iterator[Candidate]:
        for kind in ("assignment", "literal"):
            rows = [row for row in self._rows if kind in row.form.syntax]
            fitting: dict[str, list[Wanted]] = {}  # there are few different keys
            holding: dict[tuple[str, str, str], list[Wanted]] = {}  # and the same texts stand in many places
            for named in self._named if rows else ():
                value = named.value
                if not (isinstance(value, Const) if kind == "literal" else named.kind):
                    continue
                if named.key not in fitting:
                    fitting[named.key] = [row for row in rows if re.search(row.form.key_pattern, named.key)]
                wanted = fitting[named.key]
                if isinstance(value, Const) and wanted:
                    key = (named.key, value.kind, value.value)
                    if key not in holding:
                        holding[key] = [row for row in wanted if _may_hold(row.form, value)]
                    wanted = holding[key]
                for row in wanted:
                    yield Candidate(row, _spot_of(named), named.key)


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


def _may_hold(form: Form, value: Const) -> bool:
    """Does a literal pass the tests of its text? Asked first, because it is cheap and there are many literals."""
    if value.kind == "bytes":
        return True
    constant = Constant(value.kind, value.value)
    return all(fits(condition, constant) for condition in form.when if not condition.setting)


def _spot_of(named: Named) -> Spot:
    start, end = span(named.value)
    value = Located(named.ref, named.value, named.region)
    return Spot(named.ref, named.region, start, end, named.key, named.key, event=named.event, value=value)
