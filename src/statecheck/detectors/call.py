"""Forms that stand in one place: a call, a decorator, a base class, an attribute, a setting or its absence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.detectors.api import Context
from statecheck.detectors.flow import call_steps, labels, sentence
from statecheck.detectors.locks import Guarded
from statecheck.detectors.matching import Evidence, Matcher
from statecheck.detectors.predicates import Predicates
from statecheck.detectors.samples import is_for_debugging
from statecheck.detectors.serving import Serving
from statecheck.detectors.spots import Spot, Spots
from statecheck.facts.walk import dotted
from statecheck.model import Family, Finding, Level, Location, Phase, Step
from statecheck.project.link import Project
from statecheck.project.phases import POSSIBLE, RUNTIME, SURE
from statecheck.project.settings import Settings
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Form, Rule

STORING = ("assign", "annotated", "walrus")
RUNNING: tuple[Phase, ...] = ("import", "startup", "request", "worker")


class Wanted(NamedTuple):
    """A form with its rule and its number in it."""

    rule: Rule
    form: Form
    number: int


class Hit(NamedTuple):
    """A form that holds at a place."""

    wanted: Wanted
    spot: Spot
    evidence: Evidence
    guarded: Guarded | None = None  # of a lock: where it is taken
    others: tuple[Spot, ...] = ()  # where other branches make the same thing


def detect(rules: Sequence[Rule], context: Context) -> Iterable[Finding]:
    """One finding for every place where a form holds: of the most specific rule of a family, and its first form."""
    project = context.project
    forms = [Wanted(rule, form, number) for rule in rules for number, form in enumerate(rule.forms)]
    settings, spots = project.once(Settings), project.once(Spots)
    methods = frozenset(name for row in forms for name in (*row.form.changed_by, *row.form.completed_by))
    predicates = project.once(Predicates)
    matcher = Matcher(project, settings, predicates.table(), spots.method_calls(methods))
    hits = [*_of_code(context, forms, spots, matcher), *_of_settings(context, forms, spots, matcher)]
    best = [hit._replace(guarded=predicates.guarded(hit.wanted.form, hit.spot)) for hit in _by_variable(_best(hits))]
    return [report(project, matcher.serving, hit) for hit in best]


def _of_code(context: Context, forms: Sequence[Wanted], spots: Spots, matcher: Matcher) -> Iterator[Hit]:
    """Calls, decorators, subclasses and attributes."""
    project = context.project
    kinds: tuple[tuple[str, Callable[[frozenset[str]], Iterator[tuple[Spot, str]]]], ...] = (
        ("call", spots.calls),
        ("decorator", spots.decorated),
        ("subclass", spots.subclasses),
        ("attribute", spots.attributes),
    )
    for kind, find in kinds:
        index: dict[str, list[Wanted]] = defaultdict(list)
        for row in forms:
            for name in getattr(row.form, kind):
                index[project.knowledge.canonical(name)].append(row)
        for spot, name in find(frozenset(index)) if index else ():
            for row in index[name]:
                with context.timed(row.rule.name):
                    found = list(_at_spot(row, kind, spot, spots, matcher))
                yield from found


def _at_spot(row: Wanted, kind: str, spot: Spot, spots: Spots, matcher: Matcher) -> Iterator[Hit]:
    """What one form says of one place: a hit there, or at the calls that hand over what it is about."""
    evidence = matcher.holds(row.form, spot)
    if evidence is None or (evidence.variable is not None and row.rule.family != "memory"):
        return  # a default of the environment is judged where it stands
    if matcher.is_safe(matcher.project.knowledge.safe(kind, spot.name), spot, row.rule.name):
        return
    for place in spots.origins(spot) if kind == "call" else [spot]:
        if row.rule.family == "memory" and is_for_debugging(matcher.project, place):
            continue
        if place is spot or matcher.holds(row.form, place) is not None:
            yield Hit(row, place, evidence)


def _of_settings(context: Context, forms: Sequence[Wanted], spots: Spots, matcher: Matcher) -> Iterator[Hit]:
    """Settings with a value, and settings that are nowhere set."""
    for row in forms:
        if row.form.setting:
            with context.timed(row.rule.name):
                found = list(_of_form(row, spots, matcher))
            yield from found


def _of_form(row: Wanted, spots: Spots, matcher: Matcher) -> Iterator[Hit]:
    settings = matcher.settings
    rows = [setting for pattern in row.form.setting for setting in settings.find(pattern)]
    for setting in rows:
        spot = spots.of_setting(setting)
        if not spots.counts(spot.ref.path, spot.region):
            continue
        evidence = matcher.holds(row.form, spot)
        safe = matcher.project.knowledge.safe("setting", setting.dotted)
        if evidence is not None and not matcher.is_safe(safe, spot, row.rule.name):
            yield Hit(row, spot, evidence)
    if not rows and any(condition.absent for condition in row.form.when):
        yield from _absent(row, spots, matcher)


def _absent(row: Wanted, spots: Spots, matcher: Matcher) -> Iterator[Hit]:
    """A default that nobody changed: reported at the settings module, unless that can hold more than its text shows."""
    address = matcher.settings.address()
    if address is None or matcher.settings.is_open:
        return
    key = row.form.setting[0]
    spot = replace(spots.of_setting(address), name=key, symbol=key.partition(".")[0], value=None, setting=None)
    evidence = matcher.holds(row.form, spot)
    if evidence is not None:
        yield Hit(row, spot, evidence)


def _best(hits: Iterable[Hit]) -> list[Hit]:
    """One hit a place and family: of the rule with more conditions, and of its first form."""
    best: dict[tuple[str, int, Family, str], Hit] = {}
    for hit in hits:
        is_absence = hit.spot.value is None and hit.spot.call is None and hit.spot.event is None
        absent = hit.spot.name if is_absence and hit.spot.function is None else ""
        key = (hit.spot.ref.path, hit.spot.start, hit.wanted.rule.family, absent)
        if key not in best or _rank(hit) < _rank(best[key]):
            best[key] = hit
    return list(best.values())


def _by_variable(hits: Iterable[Hit]) -> list[Hit]:
    """What one function makes in several branches for the same variable is one cause: the first, with the others."""
    found: dict[object, list[Hit]] = defaultdict(list)
    for hit in hits:
        spot, event = hit.spot, hit.spot.event
        kept = event is not None and event.op in STORING and spot.call is not None and len(event.targets) == 1
        name = dotted(event.targets[0]) if kept and event is not None else ""
        splits = (hit.wanted.form.harm or hit.wanted.rule.harm) == "split"
        found[(spot.ref, name, hit.wanted.number, hit.wanted.rule.code) if name and splits else id(hit)].append(hit)
    return [one for group in found.values() for one in _of_branches(group)]


def _of_branches(group: list[Hit]) -> list[Hit]:
    first, *others = sorted(group, key=lambda hit: hit.spot.start)
    if len({hit.spot.region for hit in group}) < len(group):
        return group
    return [first._replace(others=tuple(hit.spot for hit in others))]


def _rank(hit: Hit) -> tuple[int, str, int]:
    form = hit.wanted.form
    conditions = (*form.when, *form.unless, *form.predicates, *form.changed_by)
    return (-len(conditions), hit.wanted.rule.code, hit.wanted.number)


def report(project: Project, serving: Serving, hit: Hit) -> Finding:
    """The finding for a hit."""
    rule, form, spot = hit.wanted.rule, hit.wanted.form, hit.spot
    where = project.location(spot.ref.path, spot.start, spot.end)
    symbol, name = _symbol(project, spot)
    runs = hit.guarded.ref if hit.guarded is not None else spot.function or spot.ref
    entries = project.phases.entries_to(runs) if spot.setting is None else []
    severity = form.severity or rule.severity
    if hit.evidence.variable is not None and severity == "high":
        severity = "medium"  # only a default: the environment can say otherwise
    if severity == "medium" and _is_unproven(serving, hit):
        severity = "low"  # only a foreign decorator or base class may call it
    harm = form.harm or rule.harm
    named = sentence(labels(entries, 3)) or "any process"
    values = {
        "symbol": name,
        "entries": named,
        "read": "",
        "readers": named,
        "writers": named,
        "harm": harm or "split",
        "form": form.id,
        "detail": hit.evidence.detail,
    }
    return Finding(
        rule=rule.code,
        name=rule.name,
        family=rule.family,
        severity=severity,
        confidence=_confidence(serving, hit),
        location=where,
        symbol=symbol,
        scope=project.scope(spot.function or spot.ref).qualname,
        message=(form.message or rule.message).format_map(values),
        instead=form.instead or rule.instead,
        harm=harm,
        entry_points=labels(entries),
        flow=_flow(project, hit, where, name),
        form=form.id,
    )


def _is_unproven(serving: Serving, hit: Hit) -> bool:
    """Is the code of a form about run time reached by nothing that is known to be an entry point?"""
    form, spot = hit.wanted.form, hit.spot
    if not form.phases or not set(form.phases) <= set(RUNTIME) or spot.event is None:
        return False
    reached = serving.phases(spot.function or spot.ref)
    return max((reached[phase] for phase in RUNTIME if phase in reached), default=0) < SURE


def _symbol(project: Project, spot: Spot) -> tuple[str, str]:
    """The qualified symbol, and what a message calls it: the variable that keeps the value, else what is called."""
    if spot.function is not None:
        return project.qualified(spot.function), spot.symbol
    if spot.event is not None and spot.event.op in STORING and spot.event.value is spot.call and spot.call is not None:
        target = dotted(spot.event.targets[0])
        if target and project.scope(spot.ref).kind in ("module", "class"):
            return project.qualified(spot.ref, target), target
    return spot.symbol, spot.symbol


def _confidence(serving: Serving, hit: Hit) -> Level:
    form, spot = hit.wanted.form, hit.spot
    if form.confidence or hit.wanted.rule.status == "preview":
        return form.confidence or "low"
    if spot.setting is not None or (spot.event is None and spot.function is None):
        return "high"
    reached = serving.phases(spot.function or spot.ref)
    phases = form.phases or RUNNING
    sure = max((reached[phase] for phase in phases if phase in reached), default=0)
    return "high" if sure == SURE else "medium" if sure == POSSIBLE else "low"


def _flow(project: Project, hit: Hit, where: Location, name: str) -> tuple[Step, ...]:
    spot = hit.spot
    steps = [] if spot.setting is not None else call_steps(project, spot.function or spot.ref)
    if spot.function is not None:
        scope = project.scope(spot.function)
        at = project.location(spot.ref.path, scope.pos, scope.pos + len(scope.name))
        steps.append(Step("definition", at, f"`{name}` is defined here"))
        return (*steps, Step("definition", where, f"`{spot.name}` stands on it"))
    if spot.made is not None:
        steps += _starts(project, spot.made, spot.name)
    if hit.guarded is not None:
        at = project.location(hit.guarded.ref.path, hit.guarded.start, hit.guarded.start)
        taken = Step("write", at, f"`{name}` is taken around what other processes change too")
        return (Step("definition", where, f"`{name}` stands here"), *call_steps(project, hit.guarded.ref), taken)
    steps.append(Step("definition", where, f"`{name}` stands here"))
    for other in hit.others:
        at = project.location(other.ref.path, other.start, other.end)
        steps.append(Step("definition", at, f"`{name}` stands here, too"))
    return tuple(steps)


def _starts(project: Project, cls: ScopeRef, base: str) -> Iterator[Step]:
    """Where methods of the class start what its base class does."""
    for use in project.graph.uses:
        if use.ref.path == cls.path and use.name == f"{base}.start" and project.tables.class_around(use.ref) == cls:
            yield Step("definition", project.location(use.ref.path, use.call.pos, use.call.end), "it starts here")


__all__ = ["Hit", "detect", "report"]
