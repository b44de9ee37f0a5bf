"""The published schemas are those of the code, and real reports and settings fit them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from statecheck.schemas import published, report_schema, settings_schema

TOP = Path(__file__).parent.parent
SCHEMAS = TOP / "docs" / "schemas"

APP = """\
import flask

app = flask.Flask(__name__)
A = []
B = []{}


@app.post("/")
def f():
    {}
    B.append(1)
"""


@pytest.mark.parametrize("name", sorted(published()))
def test_the_published_schema_is_fresh(name: str) -> None:
    text = (SCHEMAS / name).read_text(encoding="utf-8")
    assert text == published()[name], "run: python -m statecheck.schemas docs/schemas"


def test_nothing_else_is_published() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == set(published())


def test_the_command_writes_what_is_published(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "statecheck.schemas", str(tmp_path)], check=True)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == published()


def report_of(folder: Path, *options: str) -> tuple[int, Any]:
    main = "import sys; from statecheck.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", main, "check", str(folder), "--output-format", "json", *options]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, json.loads(done.stdout)


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without its leave for further keys: what the tool writes has to be described."""
    closed = {**schema, "unevaluatedProperties": False}
    return {
        **closed,
        "$defs": {name: {**part, "unevaluatedProperties": False} for name, part in schema["$defs"].items()},
    }


def fits(report: Any) -> None:
    jsonschema.Draft202012Validator(strict(report_schema())).validate(report)


@pytest.mark.parametrize("name", ["celery-worker", "django-poll", "fastapi-chat", "flask-shop"])
def test_the_report_of_an_example_fits(name: str) -> None:
    code, report = report_of(TOP / "examples" / name / "stateful", "--min-severity", "low", "--min-confidence", "low")
    assert code == 1
    assert report["findings"]
    fits(report)


def test_a_report_with_all_that_can_be_in_one_fits(tmp_path: Path) -> None:
    """A baseline with a known and a stale entry, a comment, and a file that cannot be parsed."""
    source = tmp_path / "app.py"
    source.write_text(APP.format("", "A.append(1)"))
    (tmp_path / "statecheck.toml").write_text("")
    main = "import sys; from statecheck.cli import main; sys.exit(main())"
    subprocess.run([sys.executable, "-c", main, "baseline", "create", str(tmp_path)], check=True, capture_output=True)
    known = (tmp_path / ".statecheck-baseline.jsonl").read_text()
    (tmp_path / ".statecheck-baseline.jsonl").write_text(known + known.splitlines()[0].replace("A", "GONE") + "\n")
    source.write_text(APP.format("  # statecheck: ignore[mutated-global] -- one replica", "A.append(1)"))
    (tmp_path / "broken.py").write_text("def (:\n")
    code, report = report_of(tmp_path)
    assert code == 1
    assert {finding["name"] for finding in report["findings"]} == {"parse-error", "mutated-global"}
    assert report["baseline"]["unchanged"]
    assert report["baseline"]["absent"]
    fits(report)


@pytest.mark.parametrize("change", [{"schema": 2}, {"errors": [{"path": "a"}]}, {"findings": [{}]}, {"baseline": 1}])
def test_the_schema_refuses_another_shape(change: dict[str, Any]) -> None:
    empty = {
        "schema": 1, "tool": {"name": "statecheck", "version": "1"}, "findings": [], "baseline": None, "errors": [],
        "summary": {
            "files": 0, "documents": 0, "lines": 0, "entry_points": {}, "unresolved_imports": [], "unparsed": [],
            "shown": 0, "hidden": 0, "suppressed": 0, "unchanged": 0, "compared_with": "", "stale": 0,
            "fixed": 0, "warnings": [],
        },
    }  # fmt: skip
    checker = jsonschema.Draft202012Validator(report_schema())
    checker.validate(empty)
    assert not checker.is_valid({**empty, **change})


def test_the_settings_of_the_readme_fit() -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    samples = [tomli.loads(text) for text in re.findall(r"^```toml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)]
    ours = [sample["tool"]["statecheck"] for sample in samples if "statecheck" in sample.get("tool", {})]
    assert ours
    for settings in ours:
        jsonschema.Draft7Validator(settings_schema()).validate(settings)
