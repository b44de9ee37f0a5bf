"""What suppressing comments do to findings, and which of the comments are useless or wrong.

On the definition a comment ignores the cause. On a write it takes that write out of the evidence: without any write
left the finding is gone, else it stays with the others. On a mere call or read it does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.model import Finding, Location, Step
from statecheck.rules.schema import Pack, Rule
from statecheck.settings import did_you_mean
from statecheck.triage.directives import WORDS, Directive

DETECTOR = "suppressions"  # rules about comments name this instead of a detector
UNUSED, INVALID = "unused-suppression", "invalid-suppression"
_USELESS = "`{}` suppresses nothing here"

Use = tuple[Directive, str]  # a comment, and which of its names


class Applied(NamedTuple):
    """The findings after suppression (those that are ignored have a reason), and which comments had an effect."""

    findings: list[Finding]
    used: frozenset[Use]


def means(name: str, rule: Rule, form: str | None) -> bool:
    """Does a name in a comment mean a finding of this rule? ``rule/form`` means one form of it."""
    wanted, _, wanted_form = name.partition("/")
    known = wanted.lower() in (rule.name, *rule.aliases) or wanted.upper() == rule.code
    return known and (not wanted_form or wanted_form == form)


def suppressed(findings: Iterable[Finding], comments: Sequence[Directive], pack: Pack) -> Applied:
    """Apply the comments to the findings."""
    if not comments:
        return Applied(list(findings), frozenset())
    used: set[Use] = set()
    kept = [_after(finding, comments, pack.rules.get(finding.name), used) for finding in findings]
    return Applied(kept, frozenset(used))


def _after(finding: Finding, comments: Sequence[Directive], rule: Rule | None, used: set[Use]) -> Finding:
    if rule is None:
        return finding
    meant = [(comment, name) for comment in comments for name in comment.names or () if means(name, rule, finding.form)]
    if not meant:
        return finding
    definitions, writes = places(finding)
    hits = [use for use in meant if any(use[0].covers(where) for where in definitions)]
    if hits:
        used.update(hits)
        return replace(finding, suppressed=_reason(hits))
    taken = [use for use in meant if any(use[0].covers(where) for where in writes)]
    if not taken:
        return finding
    used.update(taken)
    gone = {where for where in writes if any(use[0].covers(where) for use in taken)}
    if len(gone) == len(writes):
        return replace(finding, suppressed=_reason(taken))
    return without(finding, gone)


def places(finding: Finding) -> tuple[list[Location], list[Location]]:
    """Where the cause stands, and where the writes. A reported place that is itself a write is no definition."""
    writes = list(dict.fromkeys(step.location for step in finding.flow if step.role == "write"))
    definitions = [step.location for step in finding.flow if step.role == "definition"]
    here = finding.location
    if not any((where.path, where.line) == (here.path, here.line) for where in writes):
        definitions.append(here)
    return definitions, writes


def without(finding: Finding, gone: Collection[Location]) -> Finding:
    """The finding on the evidence of its other writes."""
    writes = [step for step in finding.flow if step.role == "write"]
    led = writes[0].location in gone  # the calls of a flow lead to its first write
    flow = tuple(step for step in finding.flow if not _goes(step, gone, led))
    left = next(step.location for step in flow if step.role == "write")
    defined = any(step.role == "definition" and step.location == finding.location for step in flow)
    moved = not defined and any(where.line == finding.location.line and where.path == left.path for where in gone)
    return replace(finding, flow=flow, location=left if moved else finding.location)


def _goes(step: Step, gone: Collection[Location], led: bool) -> bool:
    return (step.role == "write" and step.location in gone) or (led and step.role in ("call", "entry"))


def _reason(hits: Iterable[Use]) -> str:
    return "; ".join(dict.fromkeys(comment.reason for comment, _ in hits if comment.reason))


class Judged(NamedTuple):
    """What is needed to judge comments: the rules, those that ran, and the files they looked at."""

    pack: Pack
    ran: Collection[str]
    looked_at: Callable[[str], bool]
    require_reason: bool


def judge_comments(comments: Sequence[Directive], used: Collection[Use], judged: Judged) -> list[Finding]:
    """Findings about the comments themselves, of the two rules that are selected."""
    found: list[Finding] = []
    for comment in comments:
        faults = _faults(comment, judged)
        if INVALID in judged.ran:
            found += [_finding(judged.pack.rules[INVALID], comment, fault) for fault in faults]
        if UNUSED not in judged.ran or not judged.looked_at(comment.path):
            continue
        for name in comment.names or () if comment.word in WORDS else ():
            if (comment, name) not in used and _did_run(name, judged):
                found.append(_finding(judged.pack.rules[UNUSED], comment, _USELESS.format(name)))
    return found


def useless_name(finding: Finding) -> str:
    """Which name of its comment a finding of ``unused-suppression`` speaks of."""
    before, _, after = _USELESS.partition("{}")
    return finding.flow[0].message.removeprefix(before).removesuffix(after) if finding.flow else ""


def _did_run(name: str, judged: Judged) -> bool:
    rule = find_rule(name, judged.pack)
    return rule is not None and rule.name in judged.ran and rule.detector != DETECTOR


def find_rule(name: str, pack: Pack) -> Rule | None:
    """The rule that a name in a comment means, its form included; None for an unknown one."""
    wanted, slash, form = name.partition("/")
    rules = pack.rules.values()
    rule = next((rule for rule in rules if means(wanted, rule, None)), None)
    if rule is not None and slash and form not in {known.id for known in rule.forms}:
        return None
    return rule


def _faults(comment: Directive, judged: Judged) -> list[str]:
    if comment.word not in WORDS:
        return [f"`{comment.word}` is no word of statecheck{did_you_mean(comment.word, WORDS)}"]
    if comment.names is None:
        return [f"no rule is named: write `{comment.word}[name]`"]
    faults = [
        f"unknown rule `{name}`{did_you_mean(name, _words(name, judged.pack))}"
        for name in comment.names
        if find_rule(name, judged.pack) is None
    ]
    if judged.require_reason and not comment.reason:
        faults.append("no reason is given: end the comment with `-- reason`")
    return faults


def _words(name: str, pack: Pack) -> list[str]:
    """What could have been meant: forms where a form was asked for."""
    if "/" in name:
        return [f"{rule.name}/{form.id}" for rule in pack.rules.values() for form in rule.forms]
    return [word for rule in pack.rules.values() for word in (rule.name, *rule.aliases, rule.code)]


def _finding(rule: Rule, comment: Directive, detail: str) -> Finding:
    return Finding(
        rule=rule.code,
        name=rule.name,
        family=rule.family,
        severity=rule.severity,
        confidence="high",
        location=comment.place,
        symbol=f"{comment.word}[{', '.join(comment.names or ())}]",
        message=rule.message.format_map(
            dict.fromkeys(("symbol", "entries", "readers", "writers", "harm", "form"), "") | {"detail": detail}
        ),
        instead=rule.instead,
        flow=(Step("definition", comment.place, detail),),
    )
