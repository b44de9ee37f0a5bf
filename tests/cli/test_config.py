"""``statecheck config`` from outside: what holds, where it comes from, whether it can be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
import tomli
from validate_pyproject.api import Validator
from validate_pyproject.error_reporting import ValidationError
from validate_pyproject.plugins import PluginWrapper

from statecheck.cli import main
from statecheck.schemas import SETTINGS_HELP, settings_schema, tool_schema
from statecheck.settings import Settings, SettingsError, load

Run = Callable[..., tuple[int, str, str]]  # exit code, stdout, stderr


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def run_(*arguments: str) -> tuple[int, str, str]:
        code = main(["config", *arguments])
        return code, *capsys.readouterr()

    return run_


def files(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        (root / f"{name}.toml").write_text(text)


# --show


def test_show_prints_every_setting_with_its_origin(run: Run, tmp_path: Path) -> None:
    files(
        tmp_path,
        base='fail-on = "low"\nextend-exclude = ["a/"]\n',
        statecheck='extend = "base.toml"\nextend-exclude = ["b/"]\n[per-file-ignores]\n"x y.py" = ["memory"]\n',
    )
    code, out, err = run("--show", "--config", "jobs=2")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[:2] == [f"# root: {tmp_path}", f"# files: {tmp_path}/statecheck.toml, {tmp_path}/base.toml"]
    assert 'fail-on = "low"  # base.toml:1' in lines
    assert 'extend-exclude = ["a/", "b/"]  # base.toml:2, statecheck.toml:2' in lines
    assert 'per-file-ignores."x y.py" = ["memory"]  # statecheck.toml:4' in lines
    assert "jobs = 2  # --config 'jobs=2'" in lines
    assert 'min-severity = "medium"  # default' in lines
    assert "# profile = not set  # default" in lines


def test_what_show_prints_are_settings(run: Run, tmp_path: Path) -> None:
    text = (
        'exclude = []\n[rules.secret]\nx = 1\n[[entry-points]]\nnames = ["a.b"]\nmatch = "call"\n'
        '[severities]\n"STC1" = "low"\n'
    )
    files(tmp_path, statecheck=text)
    settings = load(tmp_path).settings
    shown = run("--show")[1]
    files(tmp_path, statecheck=shown)
    assert load(tmp_path).settings == settings


def test_show_as_json(run: Run, tmp_path: Path) -> None:
    files(tmp_path, statecheck='[severities]\nsecret = "low"\n')
    (tmp_path / "src").mkdir()
    code, out, _ = run("--show", "--output-format", "json", "src")
    shown = json.loads(out)
    settings, origins = shown.pop("settings"), shown.pop("origins")
    source = str(tmp_path / "statecheck.toml")
    assert code == 0
    assert shown == {"schema": 1, "root": str(tmp_path), "source": source, "files": [source]}
    assert settings["severities"] == {"secret": "low"}
    assert settings["profile"] is None
    assert (origins["severities.secret"], origins["fail-on"]) == (["statecheck.toml:2"], ["default"])


def test_show_without_any_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    code, out, _ = run("--show", "--isolated")
    assert (code, out.splitlines()[:2]) == (0, [f"# root: {tmp_path}", "# files: none"])
    assert {line.rpartition("# ")[2] for line in out.splitlines()[2:]} == {"default"}


# --check


def test_valid_settings(run: Run, tmp_path: Path) -> None:
    files(tmp_path, statecheck='select = ["memory"]\n')
    assert run("--check") == (0, f"{tmp_path}/statecheck.toml: valid.\n", "")


def test_no_settings_are_valid(run: Run, tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    assert run("--check") == (0, "There is no settings file; the defaults hold.\n", "")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('fail_on = "low"', '1: unknown key "fail_on", did you mean "fail-on"?'),
        ('\nselect = [\n  "memory",\n  "memry",\n]', '4: select: unknown rule "memry", did you mean "memory"?'),
        (
            "[rules.mutated-global]\n\nno-such-option = 1",
            '3: rules.mutated-global: unknown option "no-such-option"',
        ),
        ("jobs = 0", "1: jobs: expected an integer of at least 1, got 0"),
        ("extend = 'statecheck.toml'", None),
        ("a = = 1", "1: is not valid TOML: Invalid value"),
    ],
)
def test_settings_that_cannot_be_used(run: Run, tmp_path: Path, text: str, error: str | None) -> None:
    files(tmp_path, statecheck=text)
    error = error or "1: extend: the files extend one another in a circle: statecheck.toml -> statecheck.toml"
    assert run("--check") == (2, "", f"error: {tmp_path}/statecheck.toml:{error}\n")


def test_every_unknown_rule_is_named_and_what_is_only_without_effect_is_a_warning(run: Run, tmp_path: Path) -> None:
    files(tmp_path, statecheck='select = ["xxx1", "yyy2"]\nignore = ["zzz3"]\n')
    place = f"{tmp_path}/statecheck.toml"
    assert run("--check") == (
        2,
        "",
        f'warning: {place}:2: ignore: unknown rule "zzz3"\n'
        f'error: {place}:1: select: unknown rule "xxx1"\nerror: {place}:1: select: unknown rule "yyy2"\n',
    )
    files(tmp_path, statecheck='ignore = ["zzz3"]\n')
    assert run("--check")[0] == 0


# --schema


def test_the_schema_is_printed(run: Run) -> None:
    code, out, _ = run("--schema")
    assert (code, json.loads(out)) == (0, settings_schema())
    assert tool_schema("statecheck") == settings_schema()


def test_the_schema_knows_and_explains_every_key() -> None:
    keys = set(settings_schema()["properties"])
    assert keys == set(SETTINGS_HELP) == {name.replace("_", "-") for name in Settings.__struct_fields__}


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('fail-on = "high"\njobs = 2\nprofile = "worker"\nexclude = ["x/"]', True),
        ('[per-file-ignores]\n"a.py" = ["ALL"]\n[rules.secret]\nx = [1]', False),
        ('[rules.secret]\nx = ["a"]\n[[entry-points]]\nnames = ["a.b"]', True),
        ('[[entry-points]]\nmatch = "call"', False),
        ('fail-on = "hihg"', False),
        ("jobs = 0", False),
        ("jbos = 1", False),
    ],
)
def test_the_schema_and_the_tool_agree(tmp_path: Path, text: str, valid: bool) -> None:
    checker = jsonschema.Draft7Validator(settings_schema())
    jsonschema.Draft7Validator.check_schema(checker.schema)
    files(tmp_path, statecheck=text)
    assert checker.is_valid(tomli.loads(text)) is valid
    with nullcontext() if valid else pytest.raises(SettingsError):
        load(tmp_path)


@pytest.mark.parametrize(("value", "valid"), [("high", True), ("hihg", False)])
def test_validate_pyproject_takes_the_schema(value: str, valid: bool) -> None:
    entry = tomli.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["entry-points"]
    assert entry["validate_pyproject.tool_schema"] == {"statecheck": "statecheck.schemas:tool_schema"}
    validator = Validator(extra_plugins=[PluginWrapper("statecheck", cast("Any", tool_schema))])
    table = {"fail-on": value, "entry-points": [{"names": ["a.b"]}]}
    with nullcontext() if valid else pytest.raises(ValidationError, match="fail-on"):
        validator({"project": {"name": "shop", "version": "1"}, "tool": {"statecheck": table}})


# Wrong usage


@pytest.mark.parametrize("arguments", [(), ("--show", "--check"), ("--check", "--schema")])
def test_one_thing_at_a_time(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == (2, "", "error: give one of --show, --check and --schema\n")


def test_a_path_that_is_not_there(run: Run) -> None:
    assert run("--show", "no/such") == (2, "", "error: no/such: no such file or folder\n")


# Settings of several projects


def test_settings_that_hold_for_some_of_the_paths_only_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    files(tmp_path, statecheck="")
    for name in ("orders", "shop"):
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "src" / "app.py").write_text("X = 1\n")
    files(tmp_path / "orders", pyproject='[tool.statecheck]\nfail-on = "high"\n')

    def warnings(*arguments: str) -> str:
        assert main(["check", *arguments]) == 0
        return capsys.readouterr().err

    both = ("orders/src/app.py", "shop/src/app.py")
    reason = "does not hold in this run: the paths belong to several projects; check each by itself"
    assert warnings(*both) == f"warning: {tmp_path}/orders/pyproject.toml {reason}\n"
    for silent in (
        both[:1],
        both[1:],
        (*both, "--quiet"),
        (*both, "--isolated"),
        (*both, "--config", "statecheck.toml"),
    ):
        assert warnings(*silent) == ""


def test_a_baseline_is_not_made_with_settings_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files(tmp_path, statecheck='select = ["memry"]\n')
    assert main(["baseline", "create", str(tmp_path)]) == 2
    place = f"{tmp_path}/statecheck.toml:1"
    assert capsys.readouterr().err == f'error: {place}: select: unknown rule "memry", did you mean "memory"?\n'
    assert not (tmp_path / ".statecheck-baseline.jsonl").exists()
