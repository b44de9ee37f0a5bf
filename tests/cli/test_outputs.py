"""Several reports from one run, each where it was asked for; none of them decides the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from statecheck import pipeline
from statecheck.cli import main
from statecheck.cli.outputs import Format
from statecheck.model import Problem, Report

FORMATS = [each.value for each in Format]
FOR_PROGRAMS = [name for name in FORMATS if name not in ("text", "concise")]

SHOP = """\
from flask import Flask, request

app = Flask(__name__)
CARTS = {}


@app.post("/cart")
def add():
    CARTS[request.form["user"]] = request.form["item"]
    return "added"
"""
CLEAN = "def double(number):\n    return 2 * number\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`statecheck check` in a repository whose project is in services/shop."""
    (tmp_path / ".git").mkdir()
    project = tmp_path / "services" / "shop"
    project.mkdir(parents=True)
    (project / "statecheck.toml").write_text("")
    (project / "app.py").write_text(SHOP)
    monkeypatch.chdir(project)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")  # as wide as files

    def run_(*arguments: str) -> tuple[int, str, str]:
        code = main(["check", "--jobs", "1", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run_


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (SHOP, (), 1),
        (SHOP, ("--exit-zero",), 0),
        (SHOP, ("--ignore", "memory"), 0),
        (SHOP.replace("CARTS = {}", "CARTS = {}  # statecheck: ignore[mutated-global] -- one process"), (), 0),
        (CLEAN, (), 0),
        ("def (:\n", (), 1),
    ],
)
def test_the_exit_code_does_not_depend_on_the_format(
    run: Run, form: str, text: str, options: tuple[str, ...], code: int
) -> None:
    Path("app.py").write_text(text)
    assert run("--output-format", form, *options)[0] == code
    assert run("--quiet", "--output-format", "concise", "--report", f"{form}:out", *options)[0] == code


@pytest.mark.parametrize("form", FORMATS)
def test_a_part_that_broke_is_2_in_every_format_and_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    broken = Report(root=str(Path.cwd()), errors=(Problem("", "internal error in detector state"),))
    monkeypatch.setattr(pipeline, "check", lambda request: broken)  # noqa: ARG005
    code, out, err = run("--output-format", form, "--quiet")
    assert code == 2
    assert "internal error in detector state" in out + err


@pytest.mark.parametrize("form", FOR_PROGRAMS)
def test_a_second_report_is_what_it_is_alone(run: Run, form: str) -> None:
    _, alone, _ = run("--output-format", form)
    code, text, _ = run("--report", f"{form}:out")
    assert (code, text) == run()[:2]
    assert Path("out").read_text(encoding="utf-8") == alone


def test_as_many_as_are_asked_for(run: Run) -> None:
    reports = ("--report", "json:a.json", "--report", "sarif:b.sarif", "--report", "text:c.txt")
    _, out, _ = run("-o", "main.txt", *reports)
    assert out == ""
    assert Path("main.txt").read_text() == Path("c.txt").read_text()
    assert json.loads(Path("a.json").read_text())["schema"] == 1
    assert json.loads(Path("b.sarif").read_text())["version"] == "2.1.0"


def places(form: str, text: str) -> Any:
    if form == "gitlab":
        return [entry["location"]["path"] for entry in json.loads(text)]
    (run,) = json.loads(text)["runs"]
    return [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]]


@pytest.mark.parametrize("form", ["gitlab", "sarif", "sarif-open"])
def test_code_hosts_get_paths_from_the_root_of_the_repository(run: Run, form: str) -> None:
    assert places(form, run("--output-format", form)[1]) == ["services/shop/app.py"]
    Path("../../.git").rmdir()
    assert places(form, run("--output-format", form)[1]) == ["app.py"]


def test_sarif_describes_the_rules_that_ran(run: Run) -> None:
    _, out, _ = run("--output-format", "sarif", "--select", "memory")
    rules = json.loads(out)["runs"][0]["tool"]["driver"]["rules"]
    assert {rule["id"][:4] for rule in rules} == {"STC1"}
    assert all(rule["help"]["markdown"].startswith(f"# {rule['name']} ({rule['id']})") for rule in rules)


SECRETS = """\
import sqlalchemy
from flask import Flask

app = Flask(__name__)
app.secret_key = "{0}-9f8a7b6c5d4e"
engine = sqlalchemy.create_engine("postgresql://bob:{0}@db.example/shop")
connect("postgresql://bob:{0}@db.example/shop")
TOKENS = {{"Authorization": "Bearer ghp_{0}0123456789abcdef01234567"}}
"""


def test_no_format_repeats_a_secret(run: Run) -> None:
    Path("app.py").write_text(SECRETS.format("Pa55w0rd"))
    reports = [word for form in FORMATS for word in ("--report", f"{form}:out.{form}")]
    code, out, _ = run("--select", "config", "--min-confidence", "low", *reports)
    assert code == 1
    assert len(json.loads(Path("out.json").read_text())["findings"]) >= 3
    assert [form for form in FORMATS if "Pa55w0rd" in Path(f"out.{form}").read_text(encoding="utf-8")] == []
    assert "Pa55w0rd" not in out


def test_text_in_a_file_is_never_coloured_by_chance(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    run("--report", "text:out.txt")
    assert "\x1b" not in Path("out.txt").read_text()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["sarif"], '--report: expected FORMAT:FILE, for example sarif:statecheck.sarif, got "sarif"'),
        (["sarif:"], '--report: expected FORMAT:FILE, for example sarif:statecheck.sarif, got "sarif:"'),
        (["sraif:a"], '--report: there is no format "sraif", did you mean "sarif"?'),
        (["yaml:a"], f'--report: there is no format "yaml" (one of {", ".join(FORMATS)})'),
        (["json:-"], "--report: one report goes to the standard output, by --output-format"),
        (["json:no/a"], "no/a: cannot be written: there is no folder no"),
        (["json:a", "--report", "sarif:./a"], "a: two reports cannot go to the same file"),
        (["json:a", "-o", "a"], "a: two reports cannot go to the same file"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_the_scan(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str], line: str
) -> None:
    monkeypatch.setattr(pipeline, "check", lambda request: pytest.fail("scanned"))  # noqa: ARG005
    assert run("--report", *options) == (2, "", f"error: {line}\n")
