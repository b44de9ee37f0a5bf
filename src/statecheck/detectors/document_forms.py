"""Forms of document rules, compiled: selectors, value patterns, guards, and the index by the keys that they need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from statecheck.detectors.selectors import Guard, Selector, compile_guards, compile_selector, literal_keys
from statecheck.rules.schema import Form, Rule

TRUE = frozenset({"true", "yes", "on", "1", "enabled"})
PRESENT, ABSENT = "<present>", "<absent>"


class Values(NamedTuple):
    """Compiled value patterns."""

    literals: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]
    present: bool
    absent: bool


class Candidate(NamedTuple):
    """One selector of one form, ready to run. ``needs``: keys that a document must have."""

    order: int
    form: Form
    selector: Selector
    bad: Values
    safe: Values
    safe_when: tuple[tuple[Guard, ...], ...]
    needs: frozenset[str]


def check(rule: Rule) -> None:
    """Compile every selector, guard and pattern of a rule. Raises ValueError (or re.error) on the first bad one."""
    candidates_by_key(rule)


def candidates_by_key(rule: Rule) -> dict[str, list[Candidate]]:
    """Candidates by the key that a document must have; "" holds those that need none."""
    index: dict[str, list[Candidate]] = {}
    common = tuple(compile_guards(line) for line in rule.safe_when)
    for order, form in enumerate(rule.forms):
        safe_when = (*common, *(compile_guards(line) for line in form.safe_when))
        for text in form.document:
            selector = compile_selector(text)
            bad = _compile_values(form.values or (PRESENT,))
            needs = _needs(selector, bad.absent)
            candidate = Candidate(
                order, form, selector, bad, _compile_values(form.safe_values), safe_when, frozenset(needs)
            )
            for key in selector.names if selector.lines else (needs[-1] if needs else "",):
                index.setdefault(key, []).append(candidate)
    return index


def _needs(selector: Selector, absent: bool) -> tuple[str, ...]:
    if selector.lines:
        return ()
    required = tuple(key for guard in selector.guards if guard.wanted for key in literal_keys(guard.steps))
    if absent:
        return required or literal_keys(selector.steps[:-1])
    return (*required, *literal_keys(selector.steps))


def _compile_values(values: Sequence[str]) -> Values:
    literals: set[str] = set()
    patterns = []
    for value in values:
        if value == "<true>":
            literals |= TRUE
        elif len(value) > 1 and value.startswith("/") and value.endswith("/"):
            patterns.append(re.compile(value[1:-1]))
        elif value not in (PRESENT, ABSENT):
            literals.add(value.lower())
    return Values(frozenset(literals), tuple(patterns), PRESENT in values, ABSENT in values)
