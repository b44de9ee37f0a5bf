"""Which rules run, and how severe the settings make them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from statecheck.model import Finding, Level, Location
from statecheck.rules.schema import Pack, Rule
from statecheck.settings import Settings
from statecheck.triage.select import matches, with_severity

RULE = Rule(
    code="STC101", name="mutated-global", family="memory", severity="high", status="stable", since="0.1", summary="s",
    message="m", instead="i", detector="state", aliases=("global-dict",),
)  # fmt: skip
PACK = Pack({RULE.name: RULE, "class-state": replace(RULE, name="class-state", code="STC103", aliases=())}, {})
FINDING = Finding(
    rule="STC101", name="mutated-global", family="memory", severity="high", confidence="high",
    location=Location("app.py"), symbol="app.CARTS", message="m",
)  # fmt: skip


@pytest.mark.parametrize(
    ("severities", "level"),
    [
        ({}, "high"),
        ({"class-state": "low"}, "high"),
        ({"mutated-global": "low"}, "low"),
        ({"global-dict": "low"}, "low"),
        ({"STC101": "low"}, "low"),
        ({"STC1": "low"}, "low"),
        ({"memory": "low"}, "low"),
        ({"ALL": "low", "mutated-global": "medium"}, "medium"),
        ({"STC101": "medium", "memory": "low"}, "medium"),
    ],
)
def test_what_names_one_rule_beats_what_names_many(severities: dict[str, Level], level: Level) -> None:
    assert with_severity(FINDING, Settings(severities=severities), PACK).severity == level


@pytest.mark.parametrize("pattern", ["STC", "stc1", "STC10", "STC101", "memory", "global-dict", "ALL"])
def test_a_pattern_names_a_rule(pattern: str) -> None:
    assert matches(RULE, pattern)


@pytest.mark.parametrize("pattern", ["", "S", "ST", "STC2", "STC1011", "mem", "mutated"])
def test_a_pattern_names_no_rule(pattern: str) -> None:
    assert not matches(RULE, pattern)


def test_rules_of_other_packs_have_their_own_prefix() -> None:
    other = replace(RULE, code="ACME007", name="photo", aliases=())
    assert matches(other, "ACME")
    assert not matches(other, "STC")
