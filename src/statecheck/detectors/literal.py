"""Values that should differ between deploys and stand in the code: secrets, addresses of services, debug switches.

The place of a finding is the literal itself, however the value travels from there to where it is used; the first form
of a rule that holds there decides. A message never holds the value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from statecheck.detectors.api import Context
from statecheck.detectors.drawn import Drawn
from statecheck.detectors.making import Making, turned
from statecheck.detectors.matching import Matcher, fits
from statecheck.detectors.naming import Named, named_values
from statecheck.detectors.reporting import Case, Place, Wanted, finding
from statecheck.detectors.secrets import looks_drawn
from statecheck.detectors.spots import Spot, Spots
from statecheck.facts.ir import Attr, Call, Choice, Const, Expr, FString, Op
from statecheck.facts.walk import span
from statecheck.model import LEVELS, Finding
from statecheck.project.arguments import argument
from statecheck.project.constants import Constant
from statecheck.project.settings import OTHER_PROFILES, Settings, profile
from statecheck.project.sources import Located
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Condition, Form, Rule
from statecheck.rules.vocabulary import NEGATION, bare

DRAWN, KEYS_A_CACHE = "drawn", "keys-a-cache"
EMPTY = frozenset({"", "None"})


class Hit(NamedTuple):
    """A form that holds for the literal at ``place``, used at ``spot``; ``name`` is what takes the value."""

    wanted: Wanted
    spot: Spot
    place: Place
    name: str
    constant: Constant | None = None


def detect(rules: Sequence[Rule], context: Context) -> Iterable[Finding]:
    """One finding for every literal for which a form holds."""
    return Literals(rules, context).findings()


class Literals:
    """One run over a project."""

    def __init__(self, rules: Sequence[Rule], context: Context) -> None:
        self.project = context.project
        self.spots = self.project.once(Spots)
        self.matcher = Matcher(self.project, self.project.once(Settings), {}, {})
        self._making = Making(self.matcher)
        self._drawn = Drawn(self.project)
        self.rows = [Wanted(rule, form, number) for rule in rules for number, form in enumerate(rule.forms)]
        self._defaults = frozenset(self._field_defaults())
        self._samples = frozenset(path for path in self.project.files if is_sample(path))
        self.named = [row for row in named_values(self.project, self._counts) if not row.is_example]

    def _counts(self, path: str, region: int) -> bool:
        return path not in self._samples and self.spots.counts(path, region)

    def _field_defaults(self) -> Iterator[Place]:
        """The literals that are defaults of settings classes."""
        for setting in self.matcher.settings.rows:
            if setting.field:
                found = self.matcher.resolve(setting.value._replace(expr=_default(setting.value.expr)))
                yield from (constant.at for constant in found.constants if constant.at is not None)

    def findings(self) -> list[Finding]:
        """All findings, the most serious one of each literal."""
        first: dict[tuple[str, Place], Hit] = {}
        for hit in self._hits():
            key = (hit.wanted.rule.name, hit.place)
            if key not in first or hit.wanted.number < first[key].wanted.number:
                first[key] = hit
        best: dict[Place, Hit] = {}
        for hit in first.values():
            if hit.place not in best or _weight(hit) > _weight(best[hit.place]):
                best[hit.place] = hit
        names = {(row.ref.path, row.value.pos): row for row in self.named if isinstance(row.value, (Const, Call))}
        return [self._report(hit, names) for hit in best.values()]

    def _hits(self) -> Iterator[Hit]:
        for wanted, spot, name in self._candidates():
            if spot.ref.path not in self._samples and self.matcher.applies(wanted.form, spot):
                for place, constant in self._holds(wanted.form, spot):
                    if place[0] not in self._samples and self.project.is_application(place[0]):
                        yield Hit(wanted, spot, place, name, constant)

    # -- where a form may hold -----------------------------------------------------------------------------------------

    def _candidates(self) -> Iterator[tuple[Wanted, Spot, str]]:
        yield from self._of_calls()
        yield from self._of_attributes()
        yield from self._of_settings()
        yield from self._of_fields()
        yield from self._of_syntax()

    def _index(self, kind: str) -> dict[str, list[Wanted]]:
        index: dict[str, list[Wanted]] = defaultdict(list)
        for row in self.rows:
            for name in getattr(row.form, kind):
                index[self.project.knowledge.canonical(name)].append(row)
        return index

    def _of_calls(self) -> Iterator[tuple[Wanted, Spot, str]]:
        index = self._index("call")
        for spot, name in self.spots.calls(frozenset(index)) if index else ():
            variable = self._first_text(spot) if any(row.form.key_pattern for row in index[name]) else ""
            for row in index[name]:
                if not row.form.key_pattern or (variable and re.search(row.form.key_pattern, variable)):
                    yield row, spot, variable or spot.symbol

    def _first_text(self, spot: Spot) -> str:
        """The first argument of the call: the name of the variable."""
        if spot.call is None or not (given := spot.call.args[:1]):
            return ""
        found = self.matcher.resolve(Located(spot.ref, given[0], spot.region))
        return found.constants[0].text if found.constants else ""

    def _of_attributes(self) -> Iterator[tuple[Wanted, Spot, str]]:
        index = self._index("attribute")
        for spot, name in self.spots.attributes(frozenset(index)) if index else ():
            for row in index[name]:
                yield row, spot, spot.symbol

    def _of_settings(self) -> Iterator[tuple[Wanted, Spot, str]]:
        for row in self.rows:
            for pattern in row.form.setting:
                for setting in self.matcher.settings.find(pattern):
                    spot = self.spots.of_setting(setting)
                    if self.spots.counts(spot.ref.path, spot.region):
                        yield row, spot, setting.key[-1].lower() if setting.field else setting.key[-1]

    def _of_fields(self) -> Iterator[tuple[Wanted, Spot, str]]:
        index = self._index("subclass")
        for spot, name in self.spots.subclasses(frozenset(index)) if index else ():
            assert spot.function is not None
            for key, value in self._fields(spot.function):
                start, end = span(value.expr)
                for row in index[name]:
                    if re.search(row.form.key_pattern, key):
                        yield row, Spot(value.ref, value.region, start, end, name, key, value=value), key

    def _fields(self, cls: ScopeRef) -> Iterator[tuple[str, Located]]:
        for (scope, name), bindings in self.project.tables.files[cls.path].bindings.items():
            for binding in bindings if scope == cls.scope else ():
                if binding.kind == "value" and binding.value is not None:
                    yield name, Located(cls, _default(binding.value), binding.region)

    def _of_syntax(self) -> Iterator[tuple[Wanted, Spot, str]]:
        for kind in ("assignment", "literal"):
            rows = [row for row in self.rows if kind in row.form.syntax]
            fitting: dict[str, list[Wanted]] = {}  # there are few different keys
            for named in self.named if rows else ():
                if not (isinstance(named.value, Const) if kind == "literal" else named.kind):
                    continue
                if named.key not in fitting:
                    fitting[named.key] = [row for row in rows if re.search(row.form.key_pattern, named.key)]
                for row in fitting[named.key]:
                    if _may_hold(row.form, named.value):
                        yield row, _spot_of(named), named.key

    # -- whether it holds ----------------------------------------------------------------------------------------------

    def _holds(self, form: Form, spot: Spot) -> Iterator[tuple[Place, Constant | None]]:
        """The literals for which the form holds."""
        subject = next((condition for condition in form.when if not condition.setting and not condition.absent), None)
        value = self._value(subject, spot) if subject is not None else None
        if subject is None:
            if not form.when or all(self.matcher.test(row, spot, _calls(spot)) is not None for row in form.when):
                yield (spot.ref.path, spot.start, spot.end), None
            return
        if value is None:
            return
        if subject.instance_of and (place := self._drawing(form, subject.instance_of, spot, value)):
            yield place, None
        for constant in self._constants(value, form):
            place = constant.at
            if place is None and subject.prefix and isinstance(value.expr, FString):  # it begins in a telling way
                place = (value.ref.path, *span(value.expr))
            if place is not None and self._fits(form, subject, constant, spot):
                yield place, constant

    def _drawing(self, form: Form, names: Sequence[str], spot: Spot, value: Located) -> Place | None:
        """Where one of the named functions makes a value that the process keeps for itself."""
        if form.syntax and not (isinstance(value.expr, (Call, Choice, Op)) or turned(value.expr)):
            return None
        if self.project.scope(spot.ref).kind == "class" and "row" in self.project.lifetimes.lives(spot.ref):
            return None  # a column: each row has its own, and the database keeps it
        place = self._making.place(value, names)
        if place is None or self._drawn.is_per_call(place):
            return None
        unused = f"{NEGATION}{KEYS_A_CACHE}" in form.predicates and self._drawn.keys_a_cache(spot)
        return None if unused else place

    def _value(self, condition: Condition, spot: Spot) -> Located | None:
        if not condition.argument and condition.position is None:
            return spot.value
        found = argument(spot.call, condition.argument, condition.position) if spot.call is not None else None
        return Located(spot.ref, found, spot.region) if found is not None else None

    def _constants(self, value: Located, form: Form) -> Iterator[Constant]:
        """What the value may be. Where the syntax is asked, a name is not followed: what it was given to decides."""
        if form.syntax and not isinstance(value.expr, (Const, Choice, Call)):
            return
        for constant in self.matcher.resolve(_bare(value)).constants:
            if constant.kind == "bytes":
                constant = constant._replace(kind="str", text=re.sub(r"^\w*(['\"]{1,3})(.*)\1$", r"\2", constant.text))
            if form.syntax or form.subclass:
                constant = constant._replace(variable=None)
            elif constant.variable is None and constant.at in self._defaults:
                constant = constant._replace(variable="")  # the environment can say otherwise
            yield constant

    def _fits(self, form: Form, subject: Condition, constant: Constant, spot: Spot) -> bool:
        for condition in form.when:
            if _same(condition, subject):
                if not fits(condition, constant):
                    return False
            elif self.matcher.test(condition, spot, _calls(spot)) is None:
                return False
        for condition in form.unless:
            if _same(condition, subject):
                if fits(condition, constant):
                    return False
            elif self.matcher.test(condition, spot, _calls(spot)) is not None:
                return False
        if any(condition.literal for condition in form.when) and constant.text in EMPTY:
            return False
        return all(
            looks_drawn(constant.text) != predicate.startswith(NEGATION)
            for predicate in form.predicates
            if bare(predicate) == DRAWN
        )

    # -- findings ------------------------------------------------------------------------------------------------------

    def _report(self, hit: Hit, names: dict[tuple[str, int], Named]) -> Finding:
        named = names.get(hit.place[:2])
        name, home = hit.name, None
        if named is not None:
            home = named.ref
            if named.key and (self._is_elsewhere(hit) or (hit.spot.setting is None and hit.name == hit.spot.symbol)):
                name = named.key
        elif hit.place[0] != hit.spot.ref.path:
            home = ScopeRef(hit.place[0], 0)
        constant = hit.constant
        text = constant is not None and constant.kind in ("str", "bytes")
        return finding(
            self.project,
            self.matcher,
            Case(
                hit.wanted,
                hit.spot,
                hit.place,
                name,
                constant.variable if constant is not None else None,
                text,
                text,
                "gets its value here",
                home,
            ),
        )

    def _is_elsewhere(self, hit: Hit) -> bool:
        """Does the literal stand on other lines than its use?"""
        place, spot = self.project.location(*hit.place), hit.spot
        used = self.project.location(spot.ref.path, spot.start, spot.end)
        return place.path != used.path or not used.line <= place.line <= used.end_line


def is_sample(path: str) -> bool:
    """Is the file an example, documentation, or for development and tests by its name?"""
    folders = [part.lower() for part in path.split("/")[:-1]]
    return bool(profile(path)) or any(part in OTHER_PROFILES or part.rstrip("s") in OTHER_PROFILES for part in folders)


def _weight(hit: Hit) -> tuple[int, str]:
    return LEVELS.index(hit.wanted.form.severity or hit.wanted.rule.severity), hit.wanted.rule.code


def _calls(spot: Spot) -> list[Call]:
    return [spot.call] if spot.call is not None else []


def _same(left: Condition, right: Condition) -> bool:
    return not left.setting and (left.argument, left.position, left.key) == (right.argument, right.position, right.key)


def _bare(value: Located) -> Located:
    """Without the turning into bytes around it."""
    expr = value.expr
    while isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.attr in ("encode", "strip"):
        expr = expr.func.value
    return value._replace(expr=expr)


def _default(value: Expr) -> Expr:
    """The default inside ``Field(default=…)`` or ``SecretStr(…)``."""
    for _ in range(3):
        if not isinstance(value, Call):
            break
        given = argument(value, "default", 0)
        if given is None:
            break
        value = given
    return value


def _may_hold(form: Form, value: Expr) -> bool:
    """Does a literal pass the tests of its text? Asked first, because it is cheap and there are many literals."""
    if not isinstance(value, Const) or value.kind != "str":
        return not isinstance(value, Const) or value.kind == "bytes"
    constant = Constant(value.kind, value.value)
    return all(fits(condition, constant) for condition in form.when)


def _spot_of(named: Named) -> Spot:
    start, end = span(named.value)
    value = Located(named.ref, named.value, named.region)
    return Spot(named.ref, named.region, start, end, named.key, named.key, event=named.event, value=value)
