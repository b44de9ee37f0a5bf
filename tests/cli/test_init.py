"""``statecheck init`` from outside: what it finds out, writes and leaves alone. The real pipeline runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli

from statecheck.cli import main
from statecheck.settings import Settings, load

Run = Callable[..., tuple[int, str, str]]

SERVICE = (
    "from flask import Flask, request\n\napp = Flask(__name__)\nSEEN = {}\n\n\n"
    "@app.post('/')\ndef see():\n    SEEN[request.form['user']] = 1\n    return ''\n"
)
WORKER = "from celery import Celery\n\napp = Celery('jobs')\n\n\n@app.task\ndef work():\n    return 1\n"
SECTION = (
    '[tool.statecheck]\nprofile = "service"  # or worker, library, single-process\n'
    'fail-on = "medium"  # the least severity that fails the check\n'
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(SERVICE)
    (tmp_path / "setup.py").write_text("")

    def run_(*arguments: str) -> tuple[int, str, str]:
        code = main(["init", *arguments])
        return code, *capsys.readouterr()

    return run_


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_project_without_pyproject_gets_a_file_and_is_told_what_comes_next(run: Run, tmp_path: Path) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out == (
        f"Entry points: 1 flask.\n{tmp_path}/statecheck.toml: settings written.\n\nNext:\n"
        "  statecheck check              shows what is found\n"
        "  statecheck baseline create    accepts it for now: check then fails only for what is new\n"
    )
    assert (tmp_path / "statecheck.toml").read_text() == SECTION.partition("\n")[2]
    assert load(tmp_path).settings == Settings(profile="service")
    assert names(tmp_path) == {"app.py", "setup.py", "statecheck.toml"}


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (b'[project]\nname = "shop"\n', b"\n" + SECTION.encode()),
        (b'[project]\nname = "shop"', b"\n\n" + SECTION.encode()),
        (b"\xef\xbb\xbf[tool.black]\r\nx = 1  # \xc3\xa9\r\n", ("\n" + SECTION).replace("\n", "\r\n").encode()),
        (b"", SECTION.encode()),
        (b"[tool]\nother = { a = 1 }\n\n\n", b"\n" + SECTION.encode()),
    ],
)
def test_pyproject_gets_a_section_and_every_other_byte_stays(
    run: Run, tmp_path: Path, before: bytes, added: bytes
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_bytes(before)
    project.chmod(0o640)
    assert run()[0] == 0
    assert project.read_bytes() == before + added
    assert tomli.loads(project.read_bytes().decode("utf-8-sig"))["tool"]["statecheck"]["profile"] == "service"
    assert project.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == {"app.py", "setup.py", "pyproject.toml"}


def test_a_link_stays_a_link(run: Run, tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("[project]\n")
    (tmp_path / "pyproject.toml").symlink_to("real.toml")
    assert run()[0] == 0
    assert (tmp_path / "pyproject.toml").is_symlink()
    assert (tmp_path / "real.toml").read_text() == f"[project]\n\n{SECTION}"


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("statecheck.toml", "", ""),
        (".statecheck.toml", "jobs = 1\n", ""),
        ("pyproject.toml", "[project]\n[tool.statecheck]\n", ":2"),
        ("pyproject.toml", "[tool]\nstatecheck.jobs = 1\n", ":2"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--yes",)])
def test_settings_that_are_there_are_never_changed(
    run: Run, tmp_path: Path, name: str, text: str, line: str, options: tuple[str, ...]
) -> None:
    (tmp_path / name).write_text(text)
    before = names(tmp_path)
    error = f"error: {tmp_path}/{name}{line}: there are settings already; nothing was changed\n"
    assert run(*options) == (2, "", error)
    assert ((tmp_path / name).read_text(), names(tmp_path)) == (text, before)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a = = 1", ":1: is not valid TOML: Invalid value"),
        (
            "tool = { x = 1 }\n",
            ": [tool.statecheck] cannot be added at its end; write the settings by hand, or in statecheck.toml",
        ),
    ],
)
def test_a_pyproject_that_cannot_be_added_to(run: Run, tmp_path: Path, text: str, error: str) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(text)
    assert run() == (2, "", f"error: {project}{error}\n")
    assert project.read_text() == text


def test_with_yes_nothing_is_asked_and_a_baseline_is_written(run: Run, tmp_path: Path) -> None:
    assert run("--yes")[0] == 0
    assert len((tmp_path / ".statecheck-baseline.jsonl").read_text().splitlines()) == 1
    assert main(["check"]) == 0


def test_a_baseline_that_is_there_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".statecheck-baseline.jsonl").write_text("")
    code, out, _ = run("--yes")
    assert code == 0
    assert out.endswith("there is a baseline already; it was left as it is.\n")
    assert (tmp_path / ".statecheck-baseline.jsonl").read_text() == ""


class Terminal:
    """Somebody who answers."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def isatty(self) -> bool:
        return True

    def readline(self, *_: int) -> str:
        return self.answer


@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("\n", True), ("n\n", False), ("", False)])
def test_somebody_at_a_terminal_is_asked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, written: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    code, out, _ = run()
    assert code == 0
    assert "Accept today's findings in a baseline? [Y/n]" in out
    assert (tmp_path / ".statecheck-baseline.jsonl").exists() is written
    assert ("Next:" in out) is not written


def test_the_profile_follows_from_the_entry_points(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(WORKER)
    assert run()[1].startswith("Entry points: 1 celery.\n")
    assert load(tmp_path).settings == Settings(profile="worker")
    assert '"worker"  # or service, library, single-process\n' in (tmp_path / "statecheck.toml").read_text()


def test_code_without_entry_points_gets_no_profile(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import flask\n")
    code, out, err = run()
    assert (code, out.splitlines()[0]) == (0, "Entry points: none found.")
    assert err.startswith("warning: flask is imported, but no entry point of it was found")
    assert load(tmp_path).settings == Settings()
    assert load(tmp_path).source == tmp_path / "statecheck.toml"


def test_the_settings_are_written_at_the_top_of_the_project(run: Run, tmp_path: Path) -> None:
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "pyproject.toml").write_text("[project]\n")
    assert run("src/shop")[0] == 0
    assert run("service")[0] == 0
    assert (tmp_path / "statecheck.toml").exists()
    assert "[tool.statecheck]" in (tmp_path / "service" / "pyproject.toml").read_text()


def test_no_folder(run: Run) -> None:
    assert run("no/such") == (2, "", "error: no/such: no such file or folder\n")
    assert run("app.py") == (2, "", "error: app.py: is a file; give the folder of the project\n")
