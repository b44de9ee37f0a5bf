"""``statecheck check -``: what editors do with a file that is not saved yet. The real pipeline runs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from statecheck.cli import main

Run = Callable[..., tuple[int, str, str]]  # the text on stdin and arguments → exit code, stdout, stderr

CART = "CARTS = {}\n\n\ndef add(user, item):\n    BODY\n"
CHANGES, READS = CART.replace("BODY", "CARTS[user] = item"), CART.replace("BODY", "return CARTS.get(user)")
VIEWS = (
    "from flask import Flask, request\n\nfrom shop import cart\n\napp = Flask(__name__)\n\n\n"
    "@app.post('/cart')\ndef add():\n    cart.add(request.form['user'], request.form['item'])\n    return ''\n"
)
ALONE = (
    "from flask import Flask, request\n\napp = Flask(__name__)\nSEEN = {}\n\n\n"
    "@app.post('/')\ndef see():\n    SEEN[request.form['user']] = 1\n    return ''\n"
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose saved files are clean."""
    folder = tmp_path / "project"
    (folder / "shop").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.statecheck]\nextend-exclude = ["made/"]\n')
    for name, text in {"__init__": "", "cart": READS, "views": VIEWS}.items():
        (folder / "shop" / f"{name}.py").write_text(text)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_(text: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = main(["check", *arguments])
        return code, *capsys.readouterr()

    return run_


def places(out: str) -> list[tuple[str, int]]:
    return [(found["path"], found["line"]) for found in json.loads(out)["findings"]]


JSON = ("--output-format", "json")


def test_the_content_stands_in_for_the_file_of_its_project(run: Run, shop: Path) -> None:
    assert run("", "shop/cart.py")[0] == 0
    code, out, _ = run(CHANGES, "-", "--stdin-filename", "shop/cart.py", *JSON)
    assert (code, places(out)) == (1, [("shop/cart.py", 1)])
    assert (shop / "shop" / "cart.py").read_text() == READS


def test_the_excerpt_shows_what_came_from_stdin(run: Run, shop: Path) -> None:  # noqa: ARG001
    _, out, _ = run("\n\n" + CHANGES, "-", "--stdin-filename", "shop/cart.py")
    assert "shop/cart.py:3:1" in out
    assert "3 | CARTS = {}" in out
    assert "shop/cart.py:7:5  CARTS[user] = item" in out


def test_only_findings_of_the_file_are_reported(run: Run, shop: Path) -> None:
    (shop / "shop" / "other.py").write_text(ALONE)
    assert run("", ".")[0] == 1
    code, out, _ = run(READS, "-", "--stdin-filename", str(shop / "shop" / "cart.py"), *JSON)
    assert (code, places(out)) == (0, [])


def test_a_file_that_was_never_saved_joins_the_project(run: Run, shop: Path) -> None:
    text = "from shop import cart\nfrom shop.views import app\n\n\n@app.get('/x')\ndef x():\n    cart.CARTS['x'] = 1\n"
    code, out, _ = run(text, "-", "--stdin-filename", "shop/fresh.py", *JSON)
    assert (code, places(out)) == (1, [("shop/cart.py", 1)])  # where the state is defined; the write is in the new file
    assert not (shop / "shop" / "fresh.py").exists()


@pytest.mark.parametrize("name", [None, "no/such/folder/app.py"])
def test_without_a_place_in_a_project_it_stands_alone(run: Run, shop: Path, name: str | None) -> None:  # noqa: ARG001
    code, out, _ = run(ALONE, "-", *(["--stdin-filename", name] if name else []), *JSON)
    assert (code, places(out)) == (1, [("app.py" if name else "stdin.py", 4)])


def test_a_loose_file_is_not_checked_with_its_neighbours(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    code, out, _ = run(ALONE, "-", "--stdin-filename", str(tmp_path / "app.py"), *JSON)
    assert (code, places(out), json.loads(out)["summary"]["files"]) == (1, [("app.py", 4)], 1)


def test_settings_hold_for_what_stands_alone(run: Run, shop: Path) -> None:  # noqa: ARG001
    assert run(ALONE, "-", "--config", 'ignore=["memory"]')[0] == 0


def test_deployment_files_can_come_from_an_editor_too(run: Run, shop: Path) -> None:  # noqa: ARG001
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  sessionAffinity: ClientIP\n"
    code, out, _ = run(text, "-", "--stdin-filename", "deploy.yaml", *JSON)
    assert (code, [path for path, _ in places(out)]) == (1, ["deploy.yaml"])


def test_what_is_no_python_is_clean(run: Run, shop: Path) -> None:  # noqa: ARG001
    assert run("hello", "-", "--stdin-filename", "notes.txt")[0] == 0


def test_an_excluded_file_is_read_when_it_is_named_and_left_out_with_force_exclude(run: Run, shop: Path) -> None:
    (shop / "made").mkdir()
    named = ("-", "--stdin-filename", "made/app.py")
    assert run(ALONE, *named)[0] == 1
    assert run(ALONE, *named, "--force-exclude")[0] == 0


def test_a_new_file_is_kept_by_force_exclude(run: Run, shop: Path) -> None:  # noqa: ARG001
    assert run(ALONE, "-", "--stdin-filename", "shop/new.py", "--force-exclude")[0] == 1


def test_what_does_not_parse_is_a_finding(run: Run, shop: Path) -> None:  # noqa: ARG001
    code, out, _ = run("def (:\n", "-", "--stdin-filename", "shop/cart.py", *JSON)
    assert (code, places(out)) == (1, [("shop/cart.py", 1)])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("-", "shop"), "- stands for the only file: no other paths can be given"),
        (("shop", "--stdin-filename", "a.py"), "--stdin-filename goes with - in place of the paths"),
        (("-", "--stdin-filename", "shop"), "--stdin-filename: shop: is a folder; give the name of a file"),
        (("-", "--stdin-filename", "x/"), "--stdin-filename: x/: is a folder; give the name of a file"),
        (("-", "--add-ignore", "why"), "--add-ignore changes files; it cannot be given with -"),
    ],
)
def test_wrong_usage(run: Run, shop: Path, arguments: tuple[str, ...], error: str) -> None:  # noqa: ARG001
    assert run("", *arguments) == (2, "", f"error: {error}\n")
