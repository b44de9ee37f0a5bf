"""The catalogue of configuration against the rules: each example is reported by its rule, the rest says why not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from statecheck import toml
from statecheck.testing import Case, report_of

PAGE = Path(__file__).with_name("config.toml")
ENTRIES = toml.read(PAGE).data["entry"]
LEFT = toml.read(PAGE.with_name("left.toml")).data["config"]
PLAIN = [entry for entry in ENTRIES if "file" not in entry]  # all of them are modules of one application
COUNT = 230  # entries of the catalogue
APP = """from flask import Flask

{imports}

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"
"""


def module(entry: dict[str, str]) -> str:
    return f"shop_{ENTRIES.index(entry):03}"


@cache
def reported() -> frozenset[tuple[str, str]]:
    """File and rule of each finding of the application that imports all examples."""
    files = {f"{module(entry)}.py": entry["example"] for entry in PLAIN}
    files["app.py"] = APP.format(imports="\n".join(f"import {module(entry)}" for entry in PLAIN))
    return found(files)


def found(files: dict[str, str]) -> frozenset[tuple[str, str]]:
    report = report_of(Case(name="catalogue", files=files, expected=()))
    assert not report.errors
    return frozenset((finding.location.path, finding.name) for finding in (*report.findings, *report.hidden))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_the_rule_reports_the_example(entry: dict[str, str]) -> None:
    name = entry.get("file", f"{module(entry)}.py")
    if "file" not in entry:
        assert (name, entry["used"]) in reported()
    else:
        files = {"app.py": APP.format(imports=""), "shop/urls.py": "urlpatterns = []\n", name: entry["example"]}
        assert (name, entry["used"]) in found(files)


def test_each_entry_stands_here_once_and_is_used_or_left() -> None:
    ids = [*(entry["id"] for entry in ENTRIES), *LEFT]
    assert len(ids) == len(set(ids)) == COUNT
    for entry in ENTRIES:
        assert {"id", "used", "example"} <= set(entry) <= {"id", "used", "file", "example"}, entry["id"]
    assert all(reason.endswith(".") and len(reason.split()) > 5 for reason in LEFT.values())
