"""Findings say what runs their code: in how many copies, and what hides that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli

from statecheck.model import Finding
from statecheck.pipeline import check
from statecheck.request import Request

CASES = tomli.loads((Path(__file__).parent / "joins.toml").read_text(encoding="utf-8"))["case"]


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def said(finding: Finding) -> str:
    place = f"{finding.location.path}:{finding.location.line}"
    sentence = finding.message.partition(". ")[2]
    return f"{place} {finding.name} {finding.severity}: {sentence}".strip()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_findings_say_what_runs_their_code(case: dict[str, Any], tmp_path: Path) -> None:
    report = check(Request(written(tmp_path, case["files"])))
    assert not report.errors
    assert sorted(map(said, report.findings)) == sorted(case["says"])


def test_a_change_of_the_deployment_makes_no_finding_new(tmp_path: Path) -> None:
    files = CASES[0]["files"]
    before = check(Request(written(tmp_path, files)))
    after = check(Request(written(tmp_path, {"web.yaml": files["web.yaml"].replace("replicas: 3", "replicas: 9")})))
    assert [each.message for each in before.findings] != [each.message for each in after.findings]
    assert [each.fingerprint for each in before.findings] == [each.fingerprint for each in after.findings]


def test_the_copies_are_data_as_well(tmp_path: Path) -> None:
    report = check(Request(written(tmp_path, CASES[0]["files"])))
    deployed = report.findings[0].deployments
    assert [(each.process, each.copies, each.places) for each in deployed] == [
        ("Deployment web", 12, ("web.yaml:10", "web.yaml:4"))
    ]


def test_a_severity_that_somebody_chose_stays(tmp_path: Path) -> None:
    from statecheck.settings import Settings

    settings = Settings(severities={"rebound-global": "low"}, min_severity="low")
    report = check(Request(written(tmp_path, CASES[1]["files"]), settings=settings))
    assert [(each.name, each.severity) for each in report.findings] == [("rebound-global", "low")]
