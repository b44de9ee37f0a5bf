"""Settings of the process that one call changes and sets back are a race, and low; what stays changed is medium."""

from __future__ import annotations

import pytest

from statecheck.detectors.api import Context
from statecheck.detectors.call import detect
from statecheck.facts.python import extract
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import link
from statecheck.rules.load import load

PACK = load()
HEAD = "import os, warnings\nfrom flask import Flask\napp = Flask(__name__)\n@app.post('/<x>')\ndef view(x):\n"


def found(body: str) -> list[tuple[str | None, str]]:
    """Form and severity of each finding, by line."""
    text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    linked = link({"app.py": extract(text)}, {"app.py": "app"}, Knowledge(PACK))
    findings = detect([PACK.rules["env-mutation"]], Context(linked, {}, {}))
    return [(row.form, row.severity) for row in sorted(findings, key=lambda row: row.location)]


@pytest.mark.parametrize(
    "body",
    [
        "old = os.getcwd()\nos.chdir(x)\ntry:\n    work()\nfinally:\n    os.chdir(old)",
        "old = os.getcwd()\nos.chdir(x)\nwork()\nos.chdir(old)",
        "old = os.getcwd()\ntry:\n    os.chdir(x)\n    work()\nfinally:\n    os.chdir(old)",
    ],
)
def test_a_directory_that_is_left_again_is_low(body: str) -> None:
    assert found(body) == [("working-directory-restored", "low")]


@pytest.mark.parametrize(
    "body",
    [
        "os.environ['K'] = x\ntry:\n    work()\nfinally:\n    os.environ.pop('K')",
        "os.environ['K'] = x\ntry:\n    work()\nfinally:\n    del os.environ['K']",
        "old = dict(os.environ)\nos.environ['K'] = x\nwork()\nos.environ.update(old)",
    ],
)
def test_a_variable_that_is_taken_back_is_low(body: str) -> None:
    assert found(body) == [("environ-item-restored", "low")]


def test_another_variable_takes_nothing_back() -> None:
    assert found("os.environ['A'] = x\nos.environ['B'] = x") == [("environ-item", "medium")] * 2


def test_branches_that_exclude_each_other_set_nothing_back() -> None:
    switch = "if x:\n    os.environ['K'] = '1'\nelse:\n    os.environ['K'] = '0'"
    assert found(switch) == [("environ-item", "medium")] * 2


def test_a_change_after_an_early_return_sets_nothing_back() -> None:
    switch = "if x:\n    os.environ['K'] = '1'\n    return ''\nos.environ.pop('K', None)"
    assert found(switch) == [("environ-item", "medium"), ("environ-call", "medium")]


def test_a_block_that_sets_back_is_silent_and_what_is_left_changed_is_low() -> None:
    assert found("with warnings.catch_warnings():\n    warnings.simplefilter('ignore')") == []
    assert found("warnings.simplefilter('ignore')") == [("process-default", "low")]
