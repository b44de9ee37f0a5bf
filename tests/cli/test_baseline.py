"""Baselines from outside: what is known, keeping the file, a merge by git, and files that are wrong.

The six everyday edits are in test_everyday_edits.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from helpers import GIFT, SHOP, STATE, call_joined, git_in

from statecheck.triage.entries import FILE

APP = (
    SHOP.replace("CARTS = {}\n", "CARTS = {}\nLIMIT = 3\n")
    + """

@app.post("/report")
def report():
    with open("/data/report.txt", "w") as out:
        out.write("total")
    return "ok"


@app.post("/bill")
def bill():
    return "ok"
"""
)
BILL = "def bill():\n"
CALL = '    with open("/data/report.txt", "w") as out:\n        out.write("total")\n'

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "statecheck.toml").write_text("")
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(root)

    return partial(call_joined, capsys)


def states(run: Run, *options: str) -> tuple[int, list[tuple[str, str]], dict[str, Any]]:
    """Exit code, the findings with their state, and the baseline part of the report."""
    code, out = run("check", "--output-format", "json", *options)
    report = json.loads(out)
    return code, [(row["name"], row["baseline_state"]) for row in report["findings"]], report["baseline"]


def edit(root: Path, old: str, new: str) -> None:
    text = (root / "app.py").read_text()
    assert text.count(old) == 1
    (root / "app.py").write_text(text.replace(old, new))


def absent(baseline: dict[str, Any]) -> list[str]:
    return [row["rule"] for row in baseline["absent"]]


@pytest.fixture
def accepted(root: Path, run: Run) -> Path:
    assert [name for name, _ in states(run)[1]] == ["mutated-global", "file-write"]
    assert run("baseline", "create") == (0, f"{root / FILE}: 2 entries.\n")
    return root / FILE


def test_what_is_known_is_hidden_and_counted(run: Run, accepted: Path) -> None:
    code, out = run("check")
    assert code == 0
    assert "2 in the baseline." in out
    assert "CARTS" not in out
    assert states(run, "--no-baseline")[0] == 1
    rows = [json.loads(line) for line in accepted.read_text().splitlines()]
    assert [(row["rule"], row["path"], row["scope"], row["symbol"]) for row in rows] == [
        ("mutated-global", "app.py", "", "CARTS"),
        ("file-write", "app.py", "report", rows[1]["symbol"]),
    ]
    assert set(rows[0]) == {"rule", "path", "scope", "symbol", "fp", "writes", "note"}
    assert len(rows[0]["writes"]) == 1


# What changes


@pytest.mark.usefixtures("accepted")
def test_a_new_write_to_an_old_global_is_reported(root: Path, run: Run) -> None:
    edit(root, GIFT, GIFT + STATE)
    code, found, baseline = states(run)
    assert (code, found, absent(baseline)) == (1, [("mutated-global", "updated")], [])
    assert "known but for a new write" in run("check")[1]


@pytest.mark.usefixtures("accepted")
def test_a_renamed_file_is_quiet_and_its_copy_is_not(root: Path, run: Run) -> None:
    (root / "app.py").rename(root / "shop.py")
    assert states(run)[:2] == (0, [])
    (root / "other.py").write_text((root / "shop.py").read_text())
    assert states(run)[0] == 1


FORMS = """\
from flask import Flask

app = Flask(__name__)


class Form:
    def remember(self, key):
        self.seen[key] = True

{forms}

@app.post("/<key>")
def post(key):
    for form in ({made}):
        form.remember(key)
    return "ok"
"""


def forms(*names: str, base: str = FORMS) -> str:
    classes = "".join(f"\n\nclass {name}(Form):\n    seen = {{}}\n" for name in names)
    return base.format(forms=classes, made=", ".join(f"{name}()" for name in names))


@pytest.mark.parametrize(
    "names",
    [("Gift", "Cart", "Bill", "Note"), ("Cart", "Gift", "Bill"), ("Bill", "Cart", "Note"), ("Gift", "Note", "Bill")],
    ids=" ".join,
)
def test_a_cause_of_many_definitions_is_known_whichever_comes_first(
    root: Path, run: Run, names: tuple[str, ...]
) -> None:
    (root / "app.py").write_text(forms("Cart", "Bill", "Note"))
    assert run("baseline", "create")[0] == 0
    (root / "app.py").write_text(forms(*names))
    code, found, counts = states(run)
    assert (code, found, len(counts["unchanged"]), counts["absent"]) == (0, [], 1, [])


def test_another_cause_of_many_definitions_is_reported(root: Path, run: Run) -> None:
    (root / "app.py").write_text(forms("Cart", "Bill", "Note"))
    assert run("baseline", "create")[0] == 0
    (root / "other.py").write_text(forms("Cart", "Bill", "Note"))
    code, found, counts = states(run)
    assert (code, found, len(counts["unchanged"])) == (1, [("class-state", "new")], 1)


def test_a_new_write_to_many_definitions_is_reported(root: Path, run: Run) -> None:
    (root / "app.py").write_text(forms("Cart", "Bill", "Note"))
    assert run("baseline", "create")[0] == 0
    more = FORMS.replace("[key] = True\n", '[key] = True\n        self.seen["last"] = key\n')
    (root / "app.py").write_text(forms("Cart", "Bill", "Note", base=more))
    code, found, counts = states(run)
    assert (code, found, counts["absent"]) == (1, [("class-state", "updated")], [])


@pytest.mark.usefixtures("accepted")
def test_what_was_fixed_is_stale(root: Path, run: Run, accepted: Path) -> None:
    edit(root, CALL, "")
    edit(root, STATE, "")
    code, found, baseline = states(run)
    assert (code, found, absent(baseline)) == (0, [], ["mutated-global", "file-write"])
    assert "2 entries of the baseline are stale" in run("check")[1]
    assert run("check", "--fail-on-stale")[0] == 1
    assert run("baseline", "prune")[0] == 0
    assert accepted.read_text() == ""
    assert run("check", "--fail-on-stale")[0] == 0


# Keeping it


def test_rules_that_did_not_run_and_files_that_did_not_parse_make_nothing_stale(
    root: Path, run: Run, accepted: Path
) -> None:
    assert states(run, "--ignore", "file-write")[2]["absent"] == []
    (root / "app.py").write_text("def broken(:\n")
    code, found, baseline = states(run)
    assert (code, found, baseline["absent"]) == (1, [("parse-error", "new")], [])
    before = accepted.read_bytes()
    run("baseline", "prune")
    run("baseline", "update")
    assert accepted.read_bytes() == before


def test_update_keeps_notes_and_touches_only_the_given_paths(root: Path, run: Run, accepted: Path) -> None:
    noted = accepted.read_text().replace('"note":""', '"note":"until the move"', 1)
    accepted.write_text(noted)
    edit(root, GIFT, GIFT + STATE)
    (root / "more").mkdir()
    (root / "more" / "jobs.py").write_text(APP)
    assert run("baseline", "update", "app.py") == (0, f"{accepted}: 0 added, 0 removed, 2 entries.\n")
    rows = [json.loads(line) for line in accepted.read_text().splitlines()]
    assert [(row["note"], len(row["writes"])) for row in rows if row["symbol"] == "CARTS"] == [("until the move", 2)]
    assert set(states(run)[1]) == {("mutated-global", "new"), ("file-write", "new")}
    assert run("baseline", "update")[0] == 0
    assert states(run)[:2] == (0, [])
    before = accepted.read_bytes()
    assert run("baseline", "update")[0] == 0
    assert accepted.read_bytes() == before


@pytest.mark.usefixtures("accepted")
def test_create_replaces_nothing_unasked(run: Run) -> None:
    code, out = run("baseline", "create")
    assert code == 2
    assert "exists already" in out
    assert run("baseline", "create", "--force")[0] == 0


@pytest.mark.usefixtures("accepted")
def test_show_lists_the_entries(run: Run) -> None:
    code, out = run("baseline", "show")
    assert code == 0
    assert out.splitlines()[0] == "app.py: mutated-global CARTS"
    assert out.endswith("2 entries.\n")


def test_another_place_for_the_file(root: Path, run: Run) -> None:
    assert run("baseline", "create", "-o", "known.jsonl")[0] == 0
    assert run("check")[0] == 1
    assert run("check", "--baseline", "known.jsonl")[0] == 0
    (root / "statecheck.toml").write_text('baseline = "known.jsonl"\n')
    assert run("check")[0] == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "1: not an entry of a baseline"),
        ('\n{"rule": "secret"}', "2: not an entry of a baseline"),
        ("<<<<<<< HEAD\n", "1: a merge conflict is not resolved"),
        ('{"rule":"a","path":"b","scope":"","symbol":"","fp":"v9:00"}', 'fingerprints of version "v9" are not known'),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_bad_file_is_one_clear_line(root: Path, run: Run, content: str | bytes, message: str) -> None:
    (root / FILE).write_bytes(content if isinstance(content, bytes) else content.encode())
    code, out = run("check")
    assert code == 2
    assert message in out
    assert len(out.splitlines()) == 1


def test_a_file_that_was_asked_for_must_be_there(root: Path, run: Run) -> None:
    assert run("check", "--baseline", "none.jsonl")[0] == 2
    (root / "statecheck.toml").write_text('baseline = "none.jsonl"\n')
    code, out = run("check")
    assert code == 2
    assert "statecheck baseline create" in out


def test_git_merges_what_two_branches_add(root: Path, run: Run) -> None:
    git = partial(git_in, root)
    for name in ("a", "m", "z"):
        (root / f"{name}.py").write_text(APP.replace("CARTS", f"CARTS_{name.upper()}"))
    (root / "app.py").unlink()
    run("baseline", "create")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "start")
    for branch, name in (("one", "b"), ("two", "y")):
        git("checkout", "-q", "-b", branch, "main")
        (root / f"{name}.py").write_text(APP.replace("CARTS", f"CARTS_{name.upper()}"))
        assert run("baseline", "update")[0] == 0
        git("add", ".")
        git("commit", "-q", "-m", branch)
    git("merge", "-q", "one", "-m", "both")
    code, found, baseline = states(run)
    assert (code, found, baseline["absent"]) == (0, [], [])


def test_a_union_of_two_branches_reads_as_one(run: Run, accepted: Path) -> None:
    lines = accepted.read_text().splitlines()
    accepted.write_text("\n".join([lines[1], *lines, lines[0].replace('"note":""', '"note":"why"')]))
    assert states(run)[:2] == (0, [])
    assert run("baseline", "update")[0] == 0
    assert len(accepted.read_text().splitlines()) == 2
