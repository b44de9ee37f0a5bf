"""The APIs and settings that the disk rules know: each example is reported by the rule that is said to report it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from statecheck.model import Finding
from statecheck.rules.load import load
from statecheck.testing import Case, report_of

ENTRIES: dict[str, dict[str, Any]] = tomli.loads(Path(__file__).with_name("disk.toml").read_text(encoding="utf-8"))
LEFT: dict[str, str] = tomli.loads(Path(__file__).with_name("left.toml").read_text(encoding="utf-8"))["disk"]
RULES = tuple(name for name, rule in load().rules.items() if rule.family == "disk")
COUNT = 337  # entries of the catalogue
HANDLERS = {name: row for name, row in ENTRIES.items() if "code" in row}
PROJECTS = {name: row for name, row in ENTRIES.items() if "settings" in row or "files" in row}
HANDLER = 'from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.post("/{number}/<x>")\ndef handle(x):\n'
SETTINGS = 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "shop.urls"\n'
URLS = "from django.urls import path\n\nurlpatterns = []\n"
FOLDER = re.compile(r"(?<=\")/(?:srv|run|tmp)(?=/)")  # each example has one of its own


def modules() -> Iterator[tuple[str, str, str]]:
    """Name of the entry, name of a module, and the example as a request handler in it."""
    for number, (name, row) in enumerate(HANDLERS.items()):
        body = FOLDER.sub(rf"\g<0>/{number}", row["code"].strip("\n"))
        text = "".join(f"    {line}\n" for line in body.split("\n"))
        yield name, f"example{number}.py", f'{HANDLER.format(number=number)}{text}    return ""\n'


@pytest.fixture(scope="module")
def reported() -> dict[str, set[str]]:
    """The rules that report something, by the file it stands in: all examples are one project, which is fast."""
    found: dict[str, set[str]] = {}
    for finding in findings({path: text for _, path, text in modules()}):
        found.setdefault(finding.location.path, set()).add(finding.name)
    return found


def findings(files: dict[str, str]) -> tuple[Finding, ...]:
    report = report_of(Case("", files, ()), RULES)
    assert not report.errors
    assert not report.summary.unparsed
    return (*report.findings, *report.hidden)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_used_with_an_example(name: str) -> None:
    row = ENTRIES[name]
    assert row["used"] in RULES
    assert len(row.keys() & {"code", "settings", "files"}) == 1
    assert len(row) == 2


def test_what_is_left_has_a_reason_and_no_example() -> None:
    assert LEFT.keys().isdisjoint(ENTRIES)
    assert len(LEFT) + len(ENTRIES) == COUNT
    assert all(len(reason.split()) > 5 for reason in LEFT.values())


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, path, _ in modules()])
def test_a_call_is_reported(name: str, path: str, reported: dict[str, set[str]]) -> None:
    assert ENTRIES[name]["used"] in reported.get(path, ())


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_is_reported(name: str) -> None:
    row = PROJECTS[name]
    files = row.get("files") or {"shop/settings.py": SETTINGS + row["settings"], "shop/urls.py": URLS}
    assert row["used"] in {finding.name for finding in findings(files)}


def test_an_example_without_its_api_is_silent() -> None:
    """The frame around the examples says nothing: what is reported is what they hold."""
    assert findings({"example.py": f"{HANDLER.format(number=1)}    return x\n"}) == ()
    assert findings({"shop/settings.py": SETTINGS, "shop/urls.py": URLS}) == ()
