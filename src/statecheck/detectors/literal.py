"""Values that should differ between deploys and stand in the code: secrets, addresses of services, debug switches.

The place of a finding is the literal itself, however the value travels from there to where it is used; the first form
of a rule that holds there decides. A message never holds the value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.detectors.api import Context
from statecheck.detectors.drawn import Drawn
from statecheck.detectors.literal_predicates import literal_predicates
from statecheck.detectors.literal_uses import Fitting, Uses, default_of
from statecheck.detectors.making import Making, turned
from statecheck.detectors.matching import Matcher, fits
from statecheck.detectors.naming import Named, named_values
from statecheck.detectors.reporting import Case, Place, Wanted, finding
from statecheck.detectors.samples import is_sample, stands_in_sample
from statecheck.detectors.spots import Spot, Spots
from statecheck.facts.ir import Attr, Call, Choice, Const, Expr, FString, Name, Op
from statecheck.facts.walk import span
from statecheck.model import LEVELS, Finding
from statecheck.project.arguments import argument
from statecheck.project.conditions import is_main_guard
from statecheck.project.constants import Constant
from statecheck.project.settings import Settings
from statecheck.project.sources import Located, Sources
from statecheck.project.tables import Row
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Condition, Form, Rule
from statecheck.rules.vocabulary import NEGATION, bare

KEYS_A_CACHE = "keys-a-cache"
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


class _At:
    """Selects the values at some places."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._starts = {start for _, start, _ in places}
        self._files = {path for path, _, _ in places}

    def may_hold(self, row: Row, /) -> bool:
        return row.ref.path in self._files

    def keeps(self, _key: str, _kind: str, value: Expr, /) -> bool:
        return isinstance(value, (Const, Call)) and value.pos in self._starts


class Literals:
    """One run over a project."""

    def __init__(self, rules: Sequence[Rule], context: Context) -> None:
        self.project = context.project
        self._timed = context.timed
        self.spots = self.project.once(Spots)
        self.matcher = Matcher(self.project, self.project.once(Settings), {}, {})
        self._making = Making(self.matcher)
        self._drawn = Drawn(self.project)
        self._predicates = literal_predicates(self.project)
        self.rows = [Wanted(rule, form, number) for rule in rules for number, form in enumerate(rule.forms)]
        self._defaults = frozenset(self._field_defaults())
        self._samples = frozenset(path for path in self.project.files if is_sample(path))
        self._plugins = frozenset(path for path in self.project.files if self._is_plugin(path))
        self._fitting = Fitting(self.rows)
        named = named_values(self.project, self._counts, self._fitting)
        self.named = [row for row in named if not row.is_example]

    def _counts(self, path: str, region: int) -> bool:
        return path not in self._samples and self.spots.counts(path, region)

    def _field_defaults(self) -> Iterator[Place]:
        """The literals that are defaults of settings classes."""
        for setting in self.matcher.settings.rows:
            if setting.field:
                found = self.matcher.resolve(replace(setting.value, expr=default_of(setting.value.expr)))
                yield from (constant.at for constant in found.constants if constant.at is not None)

    def _is_plugin(self, path: str) -> bool:
        """Can the module be loaded by its name: does it stand in a package, and is it no script?"""
        inside = f"{path.rpartition('/')[0]}/__init__.py" in self.project.files
        return inside and not any(is_main_guard(region) for region in self.project.files[path].regions)

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
        names = self._names(best)
        return [self._report(hit, names) for hit in best.values()]

    def _names(self, places: Collection[Place]) -> dict[tuple[str, int], Named]:
        """What names the values at these places."""
        named = named_values(self.project, self._counts, _At(places))
        return {(row.ref.path, row.value.pos): row for row in named if not row.is_example}

    def _hits(self) -> Iterator[Hit]:
        for wanted, spot, name in Uses(self.rows, self.matcher, self._fitting, self.named).all():
            with self._timed(wanted.rule.name):
                found = list(self._at_spot(wanted, spot, name))
            yield from found

    def _at_spot(self, wanted: Wanted, spot: Spot, name: str) -> Iterator[Hit]:
        if not stands_in_sample(self.project, self._samples, spot) and self._applies(wanted.form, spot):
            for place, constant in self._holds(wanted.form, spot):
                if place[0] not in self._samples and self.project.is_application(place[0]):
                    yield Hit(wanted, spot, place, name, constant)

    def _applies(self, form: Form, spot: Spot) -> bool:
        """As the matcher says. A text in a module of a package counts even if nothing imports it: it is a plug-in."""
        if self.matcher.applies(form, spot):
            return True
        outside = self.project.scope(spot.ref).kind in ("module", "class")
        text = bool(form.syntax) and outside and spot.ref.path in self._plugins
        return text and self.matcher.is_required(form) and not form.phases

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
        for inner in self._inner(subject, value):
            for constant in self._constants(inner, form):
                place = constant.at
                telling = subject.prefix or "environment" in form.syntax  # it begins in a way that says all
                if place is None and telling and isinstance(inner.expr, FString):
                    place = (inner.ref.path, *span(inner.expr))
                if place is not None and self._fits(form, subject, constant, spot):
                    yield place, constant

    def _inner(self, condition: Condition, value: Located) -> list[Located]:
        """The value, or what stands in it at the key of the condition."""
        if not condition.key:
            return [value]
        return [at for _, at in Sources(self.project).inside(value, tuple(condition.key.split(".")))]

    def _drawing(self, form: Form, names: Sequence[str], spot: Spot, value: Located) -> Place | None:
        """Where one of the named functions makes a value that the process keeps for itself."""
        if form.syntax and not (isinstance(value.expr, (Call, Choice, Op)) or turned(value.expr)):
            return None
        if self._is_of_row(spot):
            return None  # a column: each row has its own, and the database keeps it
        place = self._making.place(value, names)
        if place is None or self._drawn.is_per_call(place):
            return None
        unused = f"{NEGATION}{KEYS_A_CACHE}" in form.predicates and self._drawn.keys_a_cache(spot)
        return None if unused else place

    def _is_of_row(self, spot: Spot) -> bool:
        """Does the place stand in a class of database rows, or in a method that fills a field of the row?"""
        cls: ScopeRef | None = spot.ref
        if self.project.scope(spot.ref).kind != "class":
            receiver = self.project.evaluator.classes.receiver(self.project.tables.function_around(spot.ref))
            targets = spot.event.targets if spot.event is not None else ()
            fills = any(isinstance(target, Attr) and isinstance(target.value, Name) for target in targets)
            cls = receiver[0] if receiver is not None and fills else None
        return cls is not None and "row" in self.project.lifetimes.lives(cls)

    def _value(self, condition: Condition, spot: Spot) -> Located | None:
        if not condition.argument and condition.position is None:
            return spot.value
        found = argument(spot.call, condition.argument, condition.position) if spot.call is not None else None
        return Located(spot.ref, found, spot.region) if found is not None else None

    def _constants(self, value: Located, form: Form) -> Iterator[Constant]:
        """What the value may be. Where the syntax is asked, a name is not followed: what it was given to decides."""
        if form.syntax and not isinstance(value.expr, (Const, Choice, Call)) and not self._is_default(value, form):
            return
        for constant in self.matcher.resolve(_bare(value)).constants:
            if constant.kind == "bytes":
                constant = replace(constant, kind="str", text=re.sub(r"^\w*(['\"]{1,3})(.*)\1$", r"\2", constant.text))
            if form.syntax or form.subclass:
                constant = replace(constant, variable=None)
            elif constant.variable is None and constant.at in self._defaults:
                constant = replace(constant, variable="")  # the environment can say otherwise
            yield constant

    def _is_default(self, value: Located, form: Form) -> bool:
        """Is the name that a variable falls back to bound once: to a default, not to what it was some time?"""
        return "environment" in form.syntax and len(Sources(self.project).sources(value)) == 1

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
            self._predicates[bare(predicate)](constant, spot) != predicate.startswith(NEGATION)
            for predicate in form.predicates
            if bare(predicate) in self._predicates
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
    return replace(value, expr=expr)
