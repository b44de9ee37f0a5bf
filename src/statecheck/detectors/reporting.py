"""The finding for a place in the configuration: a literal, or a question for the name of the deploy."""

from __future__ import annotations

from typing import NamedTuple

from statecheck.detectors.flow import call_steps, labels, sentence
from statecheck.detectors.matching import Matcher
from statecheck.detectors.spots import Spot
from statecheck.model import Finding, Level, Step
from statecheck.project.link import Project
from statecheck.project.phases import POSSIBLE, SURE
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Form, Rule

Place = tuple[str, int, int]  # file, start, end


class Wanted(NamedTuple):
    """A form with its rule and its number in it."""

    rule: Rule
    form: Form
    number: int


class Case(NamedTuple):
    """A form that holds. ``place`` is reported, the value is used at ``spot`` under ``name``.

    ``variable``: only by the default of this environment variable. ``text``: a text of the code is at fault, whoever
    reaches it; ``sensitive``: it must not be shown.
    """

    wanted: Wanted
    spot: Spot
    place: Place
    name: str
    variable: str | None = None
    text: bool = False
    sensitive: bool = False
    verb: str = "stands here"
    home: ScopeRef | None = None  # the scope that the name belongs to, if not that of the spot


def finding(project: Project, matcher: Matcher, case: Case) -> Finding:
    """The finding of a case. The message never holds the value."""
    rule, form, spot, name = case.wanted.rule, case.wanted.form, case.spot, case.name
    runs = spot.ref if spot.setting is None else ScopeRef(spot.ref.path, 0)
    severity: Level = form.severity or rule.severity
    if severity == "high" and case.variable is not None:
        severity = "medium"  # only a default: the environment can say otherwise
    harm = form.harm or rule.harm
    entries = [] if spot.setting is not None else project.phases.entries_to(runs)
    named = sentence(labels(entries, 3)) or "any process"
    values = {
        "symbol": name,
        "entries": named,
        "readers": named,
        "writers": named,
        "harm": harm or "split",
        "form": form.id,
        "detail": "",
    }
    home = case.home or runs
    return Finding(
        rule=rule.code,
        name=rule.name,
        family=rule.family,
        severity=severity,
        confidence=_confidence(matcher, case),
        location=project.location(*case.place),
        scope=project.scope(home).qualname,
        harm=harm,
        form=form.id,
        symbol=project.qualified(home, name) if project.scope(home).kind in ("module", "class") else name,
        entry_points=labels(entries),
        message=(form.message or rule.message).format_map(values),
        instead=form.instead or rule.instead,
        flow=_flow(project, case, runs),
        sensitive=case.sensitive,
    )


def _flow(project: Project, case: Case, runs: ScopeRef) -> tuple[Step, ...]:
    path, start, _ = case.place
    steps = call_steps(project, runs) if case.spot.setting is None else []
    steps.append(Step("definition", project.location(*case.place), f"`{case.name}` {case.verb}"))
    if path != case.spot.ref.path or not case.spot.start <= start <= case.spot.end:
        used = project.location(case.spot.ref.path, case.spot.start, case.spot.end)
        if (used.path, used.line) != (path, steps[-1].location.line):
            steps.append(Step("read", used, f"`{case.spot.symbol}` takes it here"))
    return tuple(steps)


def _confidence(matcher: Matcher, case: Case) -> Level:
    """A secret or an address in the code is wrong whoever reaches it; other code must run."""
    form, spot = case.wanted.form, case.spot
    if form.confidence or case.wanted.rule.status == "preview":
        return form.confidence or "low"
    if spot.setting is not None or matcher.project.scope(spot.ref).kind in ("module", "class"):
        return "high"
    sure = max(matcher.serving.phases(spot.ref).values(), default=0)
    return "high" if sure == SURE else "medium" if case.text or sure == POSSIBLE else "low"
