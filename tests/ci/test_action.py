"""What CI runs: the GitHub Action, the GitLab job and the image. Their shell scripts are run as they stand."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((TOP / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
GITLAB: dict[str, Any] = yaml.safe_load((TOP / "docs" / "ci" / "gitlab.yml").read_text())["statecheck"]
STATEFUL = (
    "from flask import Flask, request\n\napp = Flask(__name__)\nSEEN = {}\n\n\n"
    "@app.post('/')\ndef see():\n    SEEN[request.form['user']] = 1\n    return ''\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(STATEFUL)
    (tmp_path / "code" / "setup.py").write_text("")
    return tmp_path / "code"


def shell(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a script as the hosts do: bash that stops at the first failure, the tool on the path."""
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, env={**os.environ, "PATH": path, **environment}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


# GitHub


def step(name: str) -> dict[str, Any]:
    (found,) = [step for step in STEPS if step["name"] == name]
    return found


def check(project: Path, **inputs: str) -> tuple[str, dict[str, str], Path]:
    """Runs the step "Check": what it prints, its outputs, and the folder of the runner."""
    runner = project.parent / "runner"
    runner.mkdir(exist_ok=True)
    output, summary = runner / "output", runner / "summary.md"
    output.write_text("")
    given = {"ARGS": "", "SINCE": "", "SUMMARY": "true", "ANNOTATIONS": "true", "UPLOAD": "false", **inputs}
    done = shell(
        step("Check")["run"], project,
        RUNNER_TEMP=str(runner), GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary), **given,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr  # the last step fails, after the upload
    return done.stdout, dict(line.split("=", 1) for line in output.read_text().splitlines()), runner


def test_every_input_is_used_and_every_one_used_is_declared() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(STEPS)))
    assert used == set(ACTION["inputs"])
    assert all(each["description"] and isinstance(each["default"], str) for each in ACTION["inputs"].values())


def test_scripts_take_what_others_wrote_from_the_environment_only() -> None:
    scripts = [step for step in STEPS if "run" in step]
    assert all(step["shell"] == "bash" for step in scripts)
    assert not any("${{" in step["run"] for step in scripts)


def test_steps_refer_to_steps_before_them_and_outputs_to_steps() -> None:
    known: set[str] = set()
    for each in STEPS:
        assert set(re.findall(r"steps\.([\w-]+)\.", json.dumps(each))) <= known
        known |= {each["id"]} if "id" in each else set()
    assert set(re.findall(r"steps\.([\w-]+)\.", json.dumps(ACTION["outputs"]))) <= known


def test_actions_are_pinned_to_a_version() -> None:
    assert all(re.search(r"@v\d+$", step["uses"]) for step in STEPS if "uses" in step)


def test_findings_go_to_the_log_the_annotations_the_summary_and_sarif(project: Path) -> None:
    out, outputs, runner = check(project)
    assert "--> app.py:4:1" in out
    assert re.search(r"^::(error|warning).*file=app\.py,line=4", out, re.MULTILINE)
    assert "mutated-global" in (runner / "summary.md").read_text()
    assert outputs == {"exit-code": "1", "sarif": str(runner / "statecheck.sarif")}
    assert len(json.loads((runner / "statecheck.sarif").read_text())["runs"][0]["results"]) == 1
    assert shell(step("Pass or fail")["run"], project, CODE=outputs["exit-code"]).returncode == 1


def test_what_is_not_wanted_is_not_written(project: Path) -> None:
    out, _, runner = check(project, SUMMARY="false", ANNOTATIONS="false")
    assert "::" not in out
    assert not (runner / "summary.md").exists()


def test_arguments_are_words_and_no_patterns(project: Path) -> None:
    _, outputs, runner = check(project, ARGS="  app.py --per-file-ignores")
    assert outputs == {"exit-code": "2"}  # no such option, and no report
    assert not (runner / "statecheck.sarif").exists()
    assert check(project, ARGS="app.py\n--ignore=memory * ")[1]["exit-code"] == "2"  # there is no file named *
    assert check(project, ARGS="app.py\n--ignore=memory")[1]["exit-code"] == "0"


def test_the_action_installs_itself_or_the_version_asked_for(tmp_path: Path) -> None:
    runner = tmp_path / "runner"
    scripts = runner / "statecheck-env" / "bin"
    scripts.mkdir(parents=True)
    stand_in = scripts / "python"
    stand_in.write_text('#!/bin/sh\necho "$@"\n')
    stand_in.chmod(0o755)
    script = step("Install")["run"]
    for version, package in (("", "/actions/statecheck"), ("1.2.3", "statecheck==1.2.3")):
        done = shell(
            script, tmp_path, PYTHON="true", RUNNER_TEMP=str(runner), VERSION=version, ACTION="/actions/statecheck"
        )
        assert done.stdout.split()[-1] == package, done.stderr


# A pull request

MORE = "from app import app\n\nGIFTS = []\n\n\n@app.post('/gift')\ndef gift():\n    GIFTS.append(1)\n    return ''\n"


def git(folder: Path, *words: str) -> str:
    """What git prints, without the settings of this machine."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def base(project: Path) -> str:
    """The project as a repository whose HEAD is the merge of a change into main: the commit that main is at."""
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "one finding")
    git(project, "switch", "-q", "-c", "change")
    (project / "more.py").write_text(MORE)
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "another finding")
    git(project, "switch", "-q", "main")
    (project / "notes.md").write_text("")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "main went on")
    tip = git(project, "rev-parse", "HEAD")
    git(project, "switch", "-q", "--detach")
    git(project, "merge", "-q", "--no-ff", "-m", "merged", "change")
    return tip


def find_base(folder: Path, **inputs: str) -> str:
    """Runs the step that finds the base: its output."""
    output = folder.parent / "base-output"
    output.write_text("")
    done = shell(
        step("Find the base of the pull request")["run"], folder,
        **{"SINCE": "", "BASE": "", "GITHUB_OUTPUT": str(output), **inputs},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [line] = output.read_text().splitlines()
    return line.removeprefix("since=")


def test_a_pull_request_is_compared_with_its_base_unless_something_else_is_asked_for(project: Path, base: str) -> None:
    assert find_base(project) == ""  # a push
    assert find_base(project, BASE=base) == base
    assert find_base(project, BASE=base, SINCE="v1.0") == "v1.0"
    assert find_base(project, BASE=base, SINCE="none") == ""


def test_a_pull_request_fails_for_what_it_brings(project: Path, base: str) -> None:
    out, outputs, _ = check(project, SINCE=base)
    assert ("more.py:3:1" in out, "app.py:4:1" in out, outputs["exit-code"]) == (True, False, "1")
    out, outputs, _ = check(project, SINCE="HEAD")
    assert (":4:1" in out, outputs["exit-code"]) == (False, "0")


def test_a_checkout_of_one_commit_fetches_the_history_it_needs(project: Path, base: str, tmp_path: Path) -> None:
    git(project, "switch", "-q", "-c", "merged")
    git(project.parent, "clone", "-q", "--depth", "1", "-b", "merged", project.as_uri(), str(tmp_path / "clone"))
    assert find_base(tmp_path / "clone", BASE=base) == base
    assert check(tmp_path / "clone", SINCE=base)[1]["exit-code"] == "1"


def test_without_history_the_job_fails_and_says_what_to_do(project: Path, base: str, tmp_path: Path) -> None:
    git(project, "switch", "-q", "-c", "merged")
    clone = tmp_path / "clone"
    git(project.parent, "clone", "-q", "--depth", "1", "-b", "merged", project.as_uri(), str(clone))
    git(clone, "remote", "set-url", "origin", str(tmp_path / "gone"))
    find_base(clone, BASE=base)
    done = shell(
        step("Check")["run"], clone, RUNNER_TEMP=str(tmp_path), GITHUB_OUTPUT=str(tmp_path / "output"), SINCE=base,
        ARGS="", SUMMARY="false", ANNOTATIONS="true", UPLOAD="false",
    )  # fmt: skip
    assert "fetch-depth: 0" in done.stderr
    assert (tmp_path / "output").read_text() == "exit-code=2\n"


def test_code_scanning_gets_everything_because_it_compares_by_itself(project: Path, base: str) -> None:
    out, outputs, _ = check(project, SINCE=base, UPLOAD="true")
    assert ("app.py:4:1" in out, outputs["exit-code"]) == (False, "1")
    results = json.loads(Path(outputs["sarif"]).read_text())["runs"][0]["results"]
    assert len(results) == 2
    assert check(project, SINCE="HEAD", UPLOAD="true")[1]["exit-code"] == "0"


# GitLab


def gitlab(project: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return shell("\n".join(GITLAB["script"]), project, **{"STATECHECK_ARGS": "", **variables})


def test_the_gitlab_job_writes_the_reports_that_it_declares(project: Path) -> None:
    done = gitlab(project)
    assert (done.returncode, "--> app.py:4:1" in done.stdout) == (1, True), done.stderr
    reports = GITLAB["artifacts"]["reports"]
    (found,) = json.loads((project / reports["codequality"]).read_text())
    assert found["location"]["path"] == "app.py"
    assert "<testsuite" in (project / reports["junit"]).read_text()
    assert GITLAB["artifacts"]["when"] == "always"


def test_arguments_of_the_gitlab_job(project: Path) -> None:
    assert gitlab(project, STATECHECK_ARGS="--ignore memory").returncode == 0
    assert set(GITLAB["variables"]) >= set(re.findall(r"\$\{?(STATECHECK_\w+)", json.dumps(GITLAB)))


@pytest.mark.parametrize(
    ("variables", "places"),
    [
        ({}, ["app.py:4:1", "more.py:3:1"]),  # a branch
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "BASE"}, ["more.py:3:1"]),
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "BASE~", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "HEAD"}, []),
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "BASE", "STATECHECK_SINCE": "HEAD"}, []),
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "BASE", "STATECHECK_SINCE": "none"}, ["app.py:4:1", "more.py:3:1"]),
    ],
)
def test_a_merge_request_fails_for_what_it_brings_and_code_quality_gets_everything(
    project: Path, base: str, variables: dict[str, str], places: list[str]
) -> None:
    done = gitlab(project, **{name: value.replace("BASE", base) for name, value in variables.items()})
    assert re.findall(r"--> (\S+)", done.stdout) == places, done.stderr
    assert done.returncode == bool(places)
    assert len(json.loads((project / "gl-code-quality-report.json").read_text())) == 2
    assert GITLAB["variables"]["GIT_DEPTH"] == "0"


# Both


@pytest.mark.parametrize(("schema", "file"), [("github-actions", "action.yml"), ("gitlab-ci", "docs/ci/gitlab.yml")])
def test_the_hosts_own_schemas_accept_the_files(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(TOP / file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# The image


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", " ", (TOP / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_the_image_runs_the_tool_as_nobody_in_particular() -> None:
    last = dict(instructions())  # of each kind, the last one holds
    assert last["USER"] not in ("root", "0")
    assert json.loads(last["ENTRYPOINT"]) == ["statecheck"]
    assert json.loads(last["CMD"]) == ["check"]
    assert [text.split()[0] for kind, text in instructions() if kind == "FROM"] == ["python:3.13-slim"] * 2


def test_what_the_image_copies_is_enough_to_build_the_tool(tmp_path: Path) -> None:
    copied = [shlex.split(text)[:-1] for kind, text in instructions() if kind == "COPY" and "--from" not in text]
    ignored = (TOP / ".dockerignore").read_text().splitlines()
    for name in [name for names in copied for name in names]:
        assert f"!{name}" in ignored
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        else:
            shutil.copy(TOP / name, tmp_path / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=tmp_path, check=True, capture_output=True,
        timeout=120,
    )  # fmt: skip
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "statecheck/cli/app.py" in names
    assert "statecheck/rules/pack/memory/mutated-global/rule.toml" in names
