"""``statecheck check`` from outside: options, exit codes, where output goes. The analysis itself is replaced."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from statecheck import pipeline
from statecheck.cli import COMMANDS, main, with_default_command
from statecheck.cli.outputs import Format
from statecheck.model import Finding, Location, Problem, Report, Summary
from statecheck.request import Request
from statecheck.rules.schema import Pack, Rule
from statecheck.settings import Settings

Run = Callable[..., tuple[int, str, str]]  # exit code, stdout, stderr

FINDING = Finding(
    rule="STC101", name="mutated-global", family="memory", severity="medium", confidence="high",
    location=Location("app.py", 1, 1, 1, 6), symbol="app.CARTS", message="Requests change `CARTS`.",
)  # fmt: skip
RULE = Rule(
    code="STC101", name="mutated-global", family="memory", severity="high", status="stable", since="0.1", summary="s",
    message="m", instead="i", detector="state",
)  # fmt: skip
OTHERS = {"file-write": "STC201", "dsn": "STC402", "secret": "STC401", "debug-flag": "STC403", "env-branch": "STC404"}
PACK = Pack(
    {"mutated-global": RULE}
    | {name: replace(RULE, name=name, code=code, family="config") for name, code in OTHERS.items()},
    {},
)


class Engine:
    """Stands in for the pipeline: remembers what it was asked and answers with a report."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.findings: tuple[Finding, ...] = ()
        self.errors: tuple[Problem, ...] = ()
        self.failure: BaseException | None = None

    def __call__(self, request: Request) -> Report:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        summary = Summary(files=1, entry_points={"flask": 1}, shown=len(self.findings))
        return Report(root=str(request.root), findings=self.findings, errors=self.errors, summary=summary)

    @property
    def request(self) -> Request:
        (request,) = self.requests
        return request


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(pipeline, "check", engine)
    monkeypatch.setattr(pipeline, "load_rules", lambda settings, root: PACK)  # noqa: ARG005
    return engine


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app.py").write_text("CARTS = {}\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.py").write_text("")
    (tmp_path / "statecheck.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "STATECHECK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run(engine: Engine, project: Path, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: ARG001 - for their effect
    def run_(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run_


# Commands


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], ["check"]),
        (["src/"], ["check", "src/"]),
        (["--select", "memory", "src/"], ["check", "--select", "memory", "src/"]),
        (["check", "src/"], ["check", "src/"]),
        (["rule", "STC101"], ["rule", "STC101"]),
        (["--help"], ["--help"]),
        (["--version"], ["--version"]),
    ],
)
def test_check_is_the_default_command(given: list[str], meant: list[str]) -> None:
    assert with_default_command(given) == meant


def test_help_lists_every_command(run: Run) -> None:
    code, out, _ = run("--help")
    listed = [line.split()[0] for line in out.split("Commands:\n")[1].splitlines()]
    assert (code, listed) == (0, list(COMMANDS))


# Exit codes


@pytest.mark.parametrize("output_format", [each.value for each in Format])
@pytest.mark.parametrize(
    ("severity", "options", "code"),
    [
        ("medium", [], 1),
        ("low", [], 0),
        ("low", ["--fail-on", "low"], 1),
        ("medium", ["--fail-on", "high"], 0),
        ("high", ["--fail-on", "high"], 1),
        ("high", ["--exit-zero"], 0),
    ],
)
def test_the_exit_code_is_the_same_for_every_format(
    run: Run, engine: Engine, output_format: str, severity: str, options: list[str], code: int
) -> None:
    engine.findings = (replace(FINDING, severity=severity),)
    assert run("--output-format", output_format, *options)[0] == code


def test_clean_is_0(run: Run) -> None:
    assert run() == (0, "     checked  1 Python file\nentry points  1 flask\n\nNo findings in 1 Python file.\n", "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["no.py"], "error: no.py: no such file or folder"),
        (["app.py", "no.py", "nor"], "error: no.py, nor: no such file or folder"),
        (["--config", "no.toml"], "error: {root}/no.toml: cannot be read: No such file or directory"),
        (["--config", "jobs=0"], "error: --config 'jobs=0': jobs: expected an integer of at least 1, got 0"),
        (["--config", "a.toml", "--config", "b"], "error: --config: only one file can be given, got a.toml, b"),
        (["--select", "mutated-globl"], 'error: select: unknown rule "mutated-globl", did you mean "mutated-global"?'),
        (["--jobs", "0"], 'error: --jobs: expected a number of at least 1 or "auto", got "0"'),
        (["-o", "no/report.txt"], "error: no/report.txt: cannot be written: there is no folder no"),
    ],
)
def test_wrong_usage_is_2_and_one_line(run: Run, project: Path, arguments: list[str], line: str) -> None:
    assert run(*arguments) == (2, "", line.format(root=project) + "\n")
    assert run(*arguments, "--exit-zero")[0] == 2


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["--fail-on", "huge"], ["--output-format", "xml"]])
def test_wrong_options_are_2(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert arguments[-1] in err


def test_bad_settings_are_2_with_file_and_line(run: Run, project: Path) -> None:
    (project / "statecheck.toml").write_text('\nmin-severty = "low"\n')
    line = f'error: {project}/statecheck.toml:2: unknown key "min-severty", did you mean "min-severity"?\n'
    assert run() == (2, "", line)
    assert run("--isolated")[0] == 0


def test_an_unknown_rule_in_a_settings_file_names_the_file(run: Run, project: Path) -> None:
    (project / "statecheck.toml").write_text('ignore = ["secrets"]\n')
    assert run("--ignore=dsns")[2].splitlines() == [
        f'warning: {project}/statecheck.toml:1: ignore: unknown rule "secrets", did you mean "secret"?',
        'warning: ignore: unknown rule "dsns", did you mean "dsn"?',
    ]


def test_an_internal_error_is_2_and_one_line(run: Run, engine: Engine) -> None:
    engine.failure = RuntimeError("boom \x1b[31m")
    code, out, err = run()
    assert (code, out) == (2, "")
    assert err.startswith("error: internal error: RuntimeError: boom \\x1b[31m (statecheck ")
    assert err.count("\n") == 1


def test_a_traceback_is_shown_only_on_request(run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.failure = RuntimeError("boom")
    assert "Traceback" in run("--debug")[2]
    monkeypatch.setenv("STATECHECK_DEBUG", "1")
    assert "Traceback" in run()[2]


def test_a_broken_detector_is_2_but_the_rest_is_reported(run: Run, engine: Engine) -> None:
    engine.findings, engine.errors = (FINDING,), (Problem("", "internal error in detector x: boom"),)
    code, out, _ = run("--exit-zero")
    assert code == 2
    assert "STC101" in out
    assert "error: internal error in detector x: boom" in out


@pytest.mark.parametrize("form", ["text", "concise"])
def test_quiet_does_not_hide_that_a_part_broke(run: Run, engine: Engine, form: str) -> None:
    engine.errors = (Problem("", "internal error in detector x: boom"), Problem("a.py", "cannot be read"))
    errors = "error: internal error in detector x: boom\nerror: a.py: cannot be read\n"
    assert run("-q", "--output-format", form) == (2, "", errors)


def test_an_interrupted_run_says_so(run: Run, engine: Engine) -> None:
    engine.failure = KeyboardInterrupt()
    assert run() == (130, "", "interrupted\n")


# What the pipeline is asked


def test_options_become_settings(run: Run, engine: Engine, project: Path) -> None:
    text = 'ignore = ["secret"]\nextend-select = ["dsn"]\nmin-severity = "high"\njobs = 2\n'
    (project / "statecheck.toml").write_text(text)
    run(
        "sub",
        "--select=memory,STC2",
        "--select=config",
        "--ignore=debug-flag",
        "--extend-select=env-branch",
        "--min-severity=low",
        "--min-confidence=high",
        "--fail-on=high",
        "--config=profile='worker'",
        "--plugin=statecheck",
    )
    assert engine.request._replace(tree=None) == Request(
        root=project,
        paths=(project / "sub",),
        settings=Settings(
            select=("memory", "STC2", "config"),
            extend_select=("dsn", "env-branch"),
            ignore=("secret", "debug-flag"),
            min_severity="low",
            min_confidence="high",
            fail_on="high",
            profile="worker",
            jobs=2,
        ),
        jobs=2,
        plugins=("statecheck",),
        cache=Path(os.environ["STATECHECK_CACHE_DIR"]),
    )


@pytest.mark.parametrize(("jobs", "wanted"), [("3", 3), ("auto", None)])
def test_jobs(run: Run, engine: Engine, jobs: str, wanted: int | None) -> None:
    run("-j", jobs)
    assert engine.request.jobs == wanted


def test_the_root_is_where_the_settings_are_not_the_working_directory(
    run: Run, engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "sub")
    run()
    assert (engine.request.root, engine.request.paths) == (project, (project / "sub",))


def test_settings_are_sought_from_where_all_paths_meet(run: Run, engine: Engine, project: Path) -> None:
    (project / "sub" / "statecheck.toml").write_text('fail-on = "high"')
    run("sub", "app.py")
    assert engine.request.root == project


def test_a_settings_file_by_hand(run: Run, engine: Engine, project: Path) -> None:
    (project / "strict.toml").write_text('fail-on = "low"')
    run("--config", "strict.toml")
    assert engine.request.settings == Settings(fail_on="low")


def test_an_unknown_rule_to_ignore_is_only_a_warning(run: Run) -> None:
    code, _, err = run("--ignore", "mutated-globl")
    assert (code, err) == (0, 'warning: ignore: unknown rule "mutated-globl", did you mean "mutated-global"?\n')
    assert run("--ignore", "mutated-globl", "--quiet") == (0, "", "")


# Which files


def test_show_files_lists_what_would_be_read_below_the_paths(run: Run, engine: Engine) -> None:
    assert run("--show-files") == (0, "app.py\nstatecheck.toml\nsub/b.py\n", "")
    assert run("--show-files", "sub") == (0, "sub/b.py\n", "")
    assert not engine.requests


def test_a_given_file_that_is_excluded_is_reported_unless_forced(run: Run, engine: Engine, project: Path) -> None:
    (project / "statecheck.toml").write_text('extend-exclude = ["sub/"]')
    assert run("--show-files", "sub/b.py")[1] == "sub/b.py\n"
    assert run("--show-files", "--force-exclude", "sub/b.py")[1] == ""
    run("--force-exclude", "sub/b.py", "app.py")
    assert engine.request.paths == (project / "app.py",)


def test_nothing_to_read_among_the_arguments_is_0_with_a_note(run: Run, engine: Engine, project: Path) -> None:
    (project / "README.md").write_text("")
    assert run("README.md") == (0, "Nothing was checked: no Python file was found.\n", "")
    assert json.loads(run("README.md", "--output-format", "json")[1])["findings"] == []
    assert not engine.requests


# Output


def test_text_concise_and_json(run: Run, engine: Engine) -> None:
    engine.findings = (FINDING,)
    assert run("--quiet")[1].splitlines()[:5] == [
        "STC101 mutated-global (medium): Requests change `CARTS`.",
        "  --> app.py:1:1",
        "   |",
        " 1 | CARTS = {}",
        "   | ^^^^^",
    ]
    assert run("--output-format", "concise", "-q")[1] == "app.py:1:1: STC101 mutated-global Requests change `CARTS`.\n"
    assert json.loads(run("--output-format", "json")[1])["findings"][0]["symbol"] == "app.CARTS"


def test_statistics(run: Run, engine: Engine) -> None:
    engine.findings = (FINDING, replace(FINDING, symbol="b"))
    assert run("--statistics", "-q")[1] == "2  STC101 mutated-global (medium)\n"


def test_output_file(run: Run, engine: Engine, project: Path) -> None:
    engine.findings = (FINDING,)
    assert run("-o", "report.json", "--output-format", "json") == (1, "", "")
    assert json.loads((project / "report.json").read_text())["schema"] == 1


def test_colour_only_where_it_is_wanted(run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.findings = (FINDING,)
    assert "\x1b[" not in run()[1]
    assert "\x1b[" in run("--color", "always")[1]
    assert "\x1b[" not in run("--color", "always", "--output-format", "json")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run()[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run()[1]


def test_no_progress_where_there_is_no_terminal(run: Run, engine: Engine) -> None:
    run()
    assert engine.request.progress is None


def test_in_a_folder_of_a_repository_without_settings(
    run: Run, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "statecheck.toml").unlink()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path / "sub")
    run("b.py")
    assert engine.request.root == tmp_path


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["chek"], 'chek: no such file or folder, did you mean the command "check"?'),
        (["--plugin", "nowhere"], "--plugin: no detectors are installed by nowhere"),
        (["-o", "nowhere/report.txt"], "nowhere/report.txt: cannot be written: there is no folder nowhere"),
        (["-o", "sub"], "sub: is a folder; give the name of a file"),
    ],
)
def test_what_cannot_work_is_said_before_the_scan(run: Run, engine: Engine, arguments: list[str], line: str) -> None:
    assert run(*arguments) == (2, "", f"error: {line}\n")
    assert engine.requests == []
