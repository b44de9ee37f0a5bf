"""``statecheck deploy``: the picture of a deployment as table, JSON and flowchart."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from statecheck.schemas import deploy_schema

from .test_join import CASES, written

TOP = Path(__file__).parent.parent.parent
EXAMPLES = TOP / "examples"
SIDES = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*") if path.is_dir())
FORMATS = ("table", "json", "mermaid")

# A name that would end a label, colour a terminal or run in a page, if it came through as it is.
EVIL = "we\u001b[31mb\"]; click p0 href 'javascript:alert(1)' <script>x</script>"


def deploy(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "140", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "statecheck", "deploy", *options],
        cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def picture(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(deploy(folder, "--output-format", "json").stdout)
    return loaded


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("output_format", FORMATS)
def test_the_deployments_of_the_examples_read_like_this(
    side: str, output_format: str, snapshot: SnapshotAssertion
) -> None:
    done = deploy(EXAMPLES / side, "--output-format", output_format)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == snapshot


@pytest.mark.parametrize("side", SIDES)
def test_stateless_examples_keep_nothing(side: str) -> None:
    document = picture(EXAMPLES / side)
    kept = [each for process in document["processes"] for each in process["keeps"]] + document["unclaimed"]
    assert bool(kept) == side.endswith("stateful")


@pytest.mark.parametrize("case", [CASES[0], CASES[5], CASES[8], CASES[12]], ids=lambda case: case["name"])
def test_the_json_fits_its_schema(case: dict[str, Any], tmp_path: Path) -> None:
    document = picture(written(tmp_path, case["files"]))
    assert document["processes"]
    jsonschema.Draft202012Validator(deploy_schema()).validate(document)


def test_without_documents_the_code_alone_is_shown(tmp_path: Path) -> None:
    done = deploy(written(tmp_path, CASES[2]["files"]))
    assert done.returncode == 0
    assert done.stdout.startswith(
        "No document of this tree starts its code in a way that is known (0 documents were read)."
    )
    assert "Entry points: flask 1" in done.stdout
    assert re.search(r"last +memory +shop\.py:3", done.stdout)


def test_a_process_that_an_overlay_leaves_as_it_is_is_shown_once(tmp_path: Path) -> None:
    web = {"command": "gunicorn -w 2 shop:app"}
    files = {
        "shop.py": CASES[0]["files"]["shop.py"],
        "compose.yaml": json.dumps({"services": {"web": web}}),
        "compose.blue.yaml": json.dumps({"services": {"proxy": {"image": "nginx"}}}),
        "compose.green.yaml": json.dumps({"services": {"web": {"deploy": {"replicas": 3}}}}),
    }
    shown = picture(written(tmp_path, files))["processes"]
    assert sorted((each["unit"], each["copies"]) for each in shown) == [("service web", 2), ("service web", 6)]


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    for output_format in FORMATS:
        done = deploy(tmp_path, "--output-format", output_format)
        assert (done.returncode, done.stderr) == (0, ""), output_format


def test_paths_choose_what_is_shown(tmp_path: Path) -> None:
    case = next(case for case in CASES if case["name"].startswith("tasks run in the worker"))
    folder = written(tmp_path, case["files"])
    done = deploy(folder, "tasks.py", "--output-format", "json")
    shown = {each["unit"]: [kept["symbol"] for kept in each["keeps"]] for each in json.loads(done.stdout)["processes"]}
    assert shown == {"service worker": ["tasks.DONE"]}


def test_what_the_tree_says_moves_neither_terminal_nor_flowchart(tmp_path: Path) -> None:
    files = {"shop.py": CASES[0]["files"]["shop.py"]}
    service = json.dumps({"services": {EVIL: {"command": ["gunicorn", "-w", "2", "shop:app"]}}})
    folder = written(tmp_path, {**files, "compose.yaml": service})
    assert picture(folder)["processes"][0]["name"] == EVIL
    assert "\x1b" not in deploy(folder).stdout
    chart = deploy(folder, "--output-format", "mermaid").stdout
    assert "\x1b" not in chart
    assert "<script" not in chart
    labels = re.findall(r'"([^"]*)"', chart)
    bare = re.sub(r'"[^"]*"', "", chart)
    assert all(re.fullmatch(r"(?:[\w .,:;/+=#\-\u00d7]|<br/>)*", label) for label in labels)
    assert "click" not in bare
    assert re.fullmatch(r"(?:flowchart LR|[\w \-\[\](){}|.>]*|\n)*", bare)


def test_secrets_of_command_lines_are_not_shown(tmp_path: Path) -> None:
    command = "celery -A shop flower --basic-auth=me:hunter2 --broker redis://me:hunter2@q"
    folder = written(tmp_path, {"shop.py": "", "compose.yaml": json.dumps({"services": {"a": {"command": command}}})})
    for output_format in FORMATS:
        done = deploy(folder, "--output-format", output_format)
        assert "celery shop" in done.stdout
        assert "hunter2" not in done.stdout + done.stderr


def test_what_of_an_overlay_could_not_be_followed_is_told(tmp_path: Path) -> None:
    remote = [f"https://example.com/base-{number}" for number in range(5)]
    web = {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 3}}
    files = {"kustomization.yaml": json.dumps({"resources": ["web.yaml", *remote]}), "web.yaml": json.dumps(web)}
    folder = written(tmp_path, files)
    told = deploy(folder).stdout
    assert told.count("not followed: kustomization.yaml") == 3
    assert "not followed: 2 more, see --output-format json" in told
    notes = picture(folder)["notes"]
    assert [remote[at] in note for at, note in enumerate(notes)] == [True] * 5


def test_a_file_that_does_not_parse_is_named(tmp_path: Path) -> None:
    done = deploy(written(tmp_path, {**CASES[0]["files"], "broken.py": "def f(:\n"}))
    assert done.returncode == 1
    assert "broken.py: could not be parsed, so what it says is missing" in done.stderr
    assert "Deployment web" in done.stdout


@pytest.mark.parametrize("options", [("nowhere",), ("--output-format", "svg"), ("--config", "select=1")])
def test_wrong_usage_ends_with_two(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = deploy(tmp_path, *options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_picture_goes_to_a_file(tmp_path: Path) -> None:
    folder = written(tmp_path, CASES[0]["files"])
    done = deploy(folder, "--output-format", "mermaid", "-o", "picture.mmd")
    assert (done.returncode, done.stdout) == (0, "")
    assert (folder / "picture.mmd").read_text(encoding="utf-8").startswith("flowchart LR\n")


@pytest.mark.parametrize("service", [
    "{command: 'gunicorn -w hunter2 shop:app'}",
    "{command: 'gunicorn --workers=${N:-hunter2} shop:app'}",
    "{command: 'gunicorn shop:app', environment: {WEB_CONCURRENCY: hunter2}}",
    "{command: 'gunicorn shop:app', scale: hunter2}",
])  # fmt: skip
def test_a_number_of_copies_that_is_none_is_not_shown(service: str, tmp_path: Path) -> None:
    files = {"shop.py": "app = 1\n", "compose.yaml": f"services:\n  web: {service}\n"}
    done = deploy(written(tmp_path, files), "--output-format", "json")
    assert '"number": null' in done.stdout
    assert "hunter2" not in done.stdout


def test_who_asks_about_a_document_sees_what_its_processes_keep(tmp_path: Path) -> None:
    done = deploy(written(tmp_path, CASES[0]["files"]), "web.yaml")
    assert "CARTS" in done.stdout
    assert "the code keeps 1 thing in memory and 0 on disk" in done.stdout
