"""What the documents show is what statecheck says: guides before and after, the rule to copy, reports in the text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_cases import differences

from statecheck.testing import Case, project_cases, report_of

TOP = Path(__file__).parent.parent
DOCS = TOP / "docs"
GUIDES = sorted(path for path in (DOCS / "guides").glob("*.md") if path.name != "index.md")
CASES = [
    pytest.param(case, id=f"{page.stem}: {case.name}")
    for page in GUIDES
    for case in project_cases(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_before_is_reported_and_after_is_silent(case: Case) -> None:
    report = report_of(case)
    assert not report.errors
    assert differences(case, report.findings) == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_leads_from_a_finding_to_none(page: Path) -> None:
    for case in project_cases(page.read_text(encoding="utf-8")):
        assert bool(case.causes) == case.name.startswith("Before"), case.name


def test_every_guide_is_in_the_index() -> None:
    index = (DOCS / "guides" / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == {page.name for page in GUIDES}


def statecheck(folder: Path, *arguments: str) -> str:
    """What the command prints in this folder."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "statecheck", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )
    return done.stdout + done.stderr


def test_the_rule_to_copy_works(tmp_path: Path) -> None:
    page = (DOCS / "writing-a-rule.md").read_text(encoding="utf-8")
    files = re.findall(r'^(````?)\w+ title="(memory/.*?)"\n(.*?)^\1$', page, re.MULTILINE | re.DOTALL)
    assert [name for _, name, _ in files] == [f"memory/acme-memory-cache/{name}" for name in ("rule.toml", "README.md")]
    for _, name, text in files:
        path = tmp_path / "ops" / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "statecheck.toml").write_text('rule-paths = ["ops/rules"]\n')
    shown = re.search(r"^\$ statecheck test-rules\n(.*?)^\$", page, re.MULTILINE | re.DOTALL)
    assert shown
    assert statecheck(tmp_path, "test-rules") == shown[1]


REPORTS = [
    pytest.param(text, id=f"{page.name}: {text.splitlines()[0][:40].strip()}")
    for page in (TOP / "README.md", DOCS / "index.md", DOCS / "start.md")
    for text in re.findall(r"^```text\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if "STC" in text or "entry points" in text
]


@pytest.fixture(scope="module")
def shop() -> str:
    return statecheck(TOP / "examples" / "flask-shop" / "stateful", "check")


@pytest.mark.parametrize("text", REPORTS)
def test_a_report_that_is_shown_is_what_the_example_brings(text: str, shop: str) -> None:
    """A line "…" stands for lines left out."""
    parts = [part for part in re.split(r"^ *…\n", text, flags=re.MULTILINE) if part]
    places = [shop.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
