"""Forms of document rules, compiled: selectors, value patterns, guards, and the index by the keys that they need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from typing import NamedTuple

from statecheck.detectors.selectors import Guard, Selector, compile_guards, compile_selector, literal_keys
from statecheck.rules.schema import Form, Rule

TRUE = frozenset({"true", "yes", "on", "1", "enabled"})
_REFERENCE = re.compile(r"@([a-z][a-z-]*)")
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
    files: tuple[re.Pattern[str], ...] = ()
    key: str = ""  # the key by which the candidate is indexed


def check(rule: Rule) -> None:
    """Compile every selector, guard and pattern of a rule. Raises ValueError (or re.error) on the first bad one."""
    candidates_by_key(rule)


def candidates_by_key(rule: Rule) -> dict[str, list[Candidate]]:
    """Candidates by the key that a document must have; "" holds those that need none."""
    index: dict[str, list[Candidate]] = {}
    filled = _Filled(rule)
    common = tuple(compile_guards(filled(line)) for line in rule.safe_when)
    for order, form in enumerate(rule.forms):
        safe_when = (*common, *(compile_guards(filled(line)) for line in form.safe_when))
        safe = _compile_values([filled(value) for value in form.safe_values])
        bad = _compile_values([filled(value) for value in form.values] or (PRESENT,))
        files = tuple(re.compile(translate(pattern.lower())) for pattern in form.files)
        for text in form.document:
            selector = compile_selector(filled(text))
            needs = _needs(selector, bad.absent)
            for key in selector.names if selector.lines else (needs[-1] if needs else "",):
                candidate = Candidate(order, form, selector, bad, safe, safe_when, frozenset(needs), files, key)
                index.setdefault(key, []).append(candidate)
    return index


class _Filled:
    """Puts the patterns that the forms of a rule share in place: ``@name`` stands for ``patterns.name``."""

    def __init__(self, rule: Rule) -> None:
        self._patterns = {name: _grouped(pattern) for name, pattern in rule.patterns.items()}

    def __call__(self, text: str) -> str:
        return _REFERENCE.sub(lambda match: self._patterns.get(match[1], match[0]), text) if "@" in text else text


def _grouped(pattern: str) -> str:
    """A pattern that can stand inside another, whatever is in it."""
    return f"(?i:{pattern[4:]})" if pattern.startswith("(?i)") else f"(?:{pattern})"


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
