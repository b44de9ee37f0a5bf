"""Which rules run, and how severe the settings make them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from statecheck.model import Finding, Level, Location
from statecheck.rules.schema import Pack, Rule
from statecheck.settings import Settings
from statecheck.triage.select import with_severity

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
