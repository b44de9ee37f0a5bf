"""The examples of the rules' own pages: what has a fix is mended by it."""

from __future__ import annotations

import pytest
from fixing import assert_settled, findings_of, mended

from statecheck.rules.load import load
from statecheck.testing import Case, page_cases

RULES = [rule for rule in load().rules.values() if rule.fix]
CASES = [(rule.name, case) for rule in RULES for case in page_cases(rule.page) if case.expected]


def rules_of(case: Case, rule: str) -> tuple[str, ...]:
    return () if "statecheck.toml" in case.files else (rule,)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule}: {case.name}" for rule, case in CASES])
def test_what_has_a_fix_is_mended_by_it(rule: str, case: Case) -> None:
    after = mended(case.files, rules_of(case, rule))
    assert_settled(case.files, after, rules_of(case, rule))


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_most_examples_of_a_rule_with_a_fix_have_one(rule: str) -> None:
    found = [f for name, case in CASES if name == rule for f in findings_of(case.files, rules_of(case, rule))]
    assert sum(finding.fix is not None for finding in found if finding.name == rule) * 2 > len(found)


def test_only_a_comment_that_does_nothing_is_safe_to_mend() -> None:
    """A variable that a deploy does not set stops the program: whoever runs it must know."""
    safe = {rule.name for rule in RULES if rule.fix and rule.fix.applicability == "safe"}
    assert safe == {"unused-suppression"}
