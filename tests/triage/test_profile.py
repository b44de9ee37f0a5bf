"""What ``profile`` in the settings does to findings."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from statecheck.model import Finding, Location
from statecheck.pipeline import check
from statecheck.request import Request
from statecheck.settings import Profile, Settings
from statecheck.triage.profile import in_profile

STATE = Finding(
    rule="STC101", name="mutated-global", family="memory", severity="high", confidence="low", harm="split",
    location=Location("app.py"), symbol="app.CARTS", message="m",
)  # fmt: skip
STICKY = replace(STATE, rule="STC301", name="sticky-session", family="affinity", harm="lost")
REPEATED = replace(STATE, rule="STC108", name="background-work", harm="repeated")
SECRET = replace(STATE, rule="STC401", name="secret", family="config")
ALL = (STATE, STICKY, REPEATED, SECRET)


@pytest.mark.parametrize("profile", [None, "service"])
def test_a_service_is_concerned_by_everything(profile: Profile | None) -> None:
    assert [in_profile(finding, profile) for finding in ALL] == list(ALL)


def test_nobody_is_sent_to_one_worker() -> None:
    assert [in_profile(finding, "worker") for finding in ALL] == [STATE, None, REPEATED, SECRET]


def test_the_callers_of_a_library_are_elsewhere() -> None:
    expected = [replace(STATE, confidence="medium"), None, replace(REPEATED, confidence="medium"), SECRET]
    assert [in_profile(finding, "library") for finding in ALL] == expected
    assert in_profile(replace(STATE, confidence="high"), "library") == replace(STATE, confidence="high")


def test_a_single_process_loses_state_only_when_it_restarts() -> None:
    expected = [replace(STATE, harm="lost", severity="medium"), None, None, SECRET]
    assert [in_profile(finding, "single-process") for finding in ALL] == expected
    assert in_profile(replace(STATE, severity="low"), "single-process") == replace(STATE, severity="low", harm="lost")


def test_state_that_nobody_here_reaches_is_shown_for_a_library_only(tmp_path: Path) -> None:
    (tmp_path / "kept.py").write_text("NAMES = {}\ndef put(name, value):\n    NAMES[name] = value\n")

    def shown(profile: Profile) -> list[str]:
        return [finding.name for finding in check(Request(tmp_path, settings=Settings(profile=profile))).findings]

    assert shown("library") == ["mutated-global"]
    assert shown("service") == []
