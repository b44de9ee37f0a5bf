"""``statecheck rule``, ``explain`` and ``version`` from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import call
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from statecheck import __version__, pipeline
from statecheck.cli.explain import split_place
from statecheck.cli.guard import UsageError
from statecheck.request import Request
from statecheck.rules.schema import Option, Pack, Rule

PAGE = """\
# mutated-global

## What it flags
A module-level **container** that functions change while requests are served, whatever the way: `append`, `x[k] = v`,
or a helper in another module. See [the factor](https://12factor.net/processes).

- A list, dict or set.
- An instance of a class of yours whose methods change it, together with everything that it holds on to in its own
  attributes.

## Flagged
### In two files
```python title=app.py
CARTS = {}  # finding


def add(user):
    CARTS[user] = []
```
"""
RULE = Rule(
    code="STC101", name="mutated-global", family="memory", severity="high", status="stable", since="0.1",
    summary="A module-level container that requests change.", message="m", instead="Use a shared cache.",
    detector="state", aliases=("global-dict",), references=("https://12factor.net/processes",), page=PAGE,
    options={"limit": Option("int", 3, "How many.")},
)  # fmt: skip
OTHER = replace(
    RULE, code="STC401", name="secret", family="config", status="preview", aliases=(), page="", severity="medium"
)
PACK = Pack({"secret": OTHER, "mutated-global": RULE}, {})


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setattr(pipeline, "load_rules", lambda settings, root: PACK)  # noqa: ARG005


@pytest.mark.parametrize("arguments", [["version"], ["--version"], ["-V"]])
def test_version(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert call(capsys, *arguments) == (0, f"statecheck {__version__}\n", "")


def test_the_page_of_a_rule(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert call(capsys, "rule", "mutated-global") == snapshot


def test_a_rule_without_a_page(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert call(capsys, "rule", "secret") == snapshot


def test_the_list_of_rules(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert call(capsys, "rule", "--all") == snapshot


@pytest.mark.parametrize("name", ["mutated-global", "STC101", "stc101", "global-dict"])
def test_a_rule_by_any_of_its_names(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert call(capsys, "rule", name, "--output-format", "markdown") == (0, PAGE, "")


def test_a_rule_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(call(capsys, "rule", "STC101", "--output-format", "json")[1])
    assert shown == {
        "code": "STC101",
        "name": "mutated-global",
        "aliases": ["global-dict"],
        "family": "memory",
        "severity": "high",
        "status": "stable",
        "since": "0.1",
        "summary": "A module-level container that requests change.",
        "instead": "Use a shared cache.",
        "references": ["https://12factor.net/processes"],
        "fix": None,
        "options": {"limit": {"type": "int", "default": 3, "help": "How many."}},
        "page": PAGE,
    }
    every = json.loads(call(capsys, "rule", "--all", "--output-format", "json")[1])
    assert [rule["code"] for rule in every] == ["STC101", "STC401"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["secrt"], 'unknown rule "secrt", did you mean "secret"? (statecheck rule --all lists them)'),
        ([], "give either the name or code of a rule, or --all"),
        (["secret", "--all"], "give either the name or code of a rule, or --all"),
    ],
)
def test_wrong_use_of_rule(capsys: pytest.CaptureFixture[str], arguments: list[str], line: str) -> None:
    assert call(capsys, "rule", *arguments) == (2, "", f"error: {line}\n")


def test_explain_asks_the_pipeline(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, str, int]] = []

    def explain(request: Request, path: str, line: int) -> str:
        asked.append((request.root, path, line))
        return "all about it"

    monkeypatch.setattr(pipeline, "explain", explain)
    (tmp_path / "statecheck.toml").write_text("")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("\n\nCARTS = {}\n")
    assert call(capsys, "explain", "pkg/a.py:3") == (0, "all about it\n", "")
    assert asked == [(tmp_path, "pkg/a.py", 3)]
    error = "error: pkg/a.py: there is no line 4; the file has 3\n"
    assert call(capsys, "explain", "pkg/a.py:4") == (2, "", error)


@pytest.mark.parametrize(
    ("place", "parts"), [("a.py:1", ("a.py", 1)), ("a.py:12:5", ("a.py", 12)), ("a:b.py:7:", ("a:b.py", 7))]
)
def test_a_place(place: str, parts: tuple[str, int]) -> None:
    assert split_place(place) == parts


@pytest.mark.parametrize("place", ["a.py", "a.py:0", "a.py:x", ":3", ""])
def test_no_place(place: str) -> None:
    with pytest.raises(UsageError, match=r"expected PATH:LINE, such as app\.py:12"):
        split_place(place)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("no.py:3", "no.py: no such file or folder"),
        (".:3", ".: is a folder; give a file and a line, such as app.py:12"),
    ],
)
def test_explain_of_nothing(capsys: pytest.CaptureFixture[str], place: str, line: str) -> None:
    assert call(capsys, "explain", place) == (2, "", f"error: {line}\n")
