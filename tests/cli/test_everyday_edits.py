"""Six edits that teams make every day, after what was there has been accepted: what is new shows, nothing else does.

Each edit is made to a call that is a finding where it stands, and to state that is held in one place and changed in
another; and what is known comes from a baseline, or from the commit before the change.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import call, git_in

CALL = """\
from flask import Flask

app = Flask(__name__)


@app.post("/report")
def report():
    with open("/data/report.txt", "w") as out:
        out.write("total")
    return "ok"


@app.post("/bill")
def bill():
    return "ok"
"""
STATE = """\
from flask import Flask

app = Flask(__name__)
SEEN = {}


@app.post("/report")
def report():
    SEEN["report"] = 1
    return "ok"


@app.post("/bill")
def bill():
    return "ok"
"""
OPEN = '    with open("/data/report.txt", "w") as out:\n        out.write("total")\n'
WRITE = '    SEEN["report"] = 1\n'
BILL = "def bill():\n"


class Kind(NamedTuple):
    """A file with one finding: its rule, the flagged lines and the same lines as a formatter might leave them."""

    rule: str
    text: str
    lines: str
    formatted: str


CALLED = Kind(
    "file-write",
    CALL,
    OPEN,
    "    with open(  # the total\n        '/data/report.txt', ('w'),\n    ) as out:\n        out.write('total',)\n",
)
HELD = Kind("mutated-global", STATE, WRITE, "    SEEN[\n        ('report')\n    ] = (1)  # seen\n")
KINDS = {"a call": CALLED, "state at its definition": HELD}
KNOWN_FROM = ("baseline", "since")

Found = tuple[int, list[tuple[str, str]], int]  # exit code, (rule, state) of each finding, entries that are stale


class Project:
    """One file under git, with everything in it accepted."""

    def __init__(self, root: Path, kind: Kind, known_from: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.known_from = root / "app.py", known_from
        self._root, self._capsys = root, capsys
        self.file.write_text(kind.text)
        (root / "statecheck.toml").write_text("")
        git_in(root, "init", "-q", "-b", "main")
        if known_from == "baseline":
            assert call(capsys, "baseline", "create", str(root))[0] == 0
        git_in(root, "add", ".")
        git_in(root, "commit", "-q", "-m", "accepted")
        git_in(root, "switch", "-q", "-c", "change")

    def edit(self, change: Callable[[str], str]) -> None:
        before = self.file.read_text()
        after = change(before)
        assert after != before
        self.file.write_text(after)

    def check(self) -> Found:
        options = ("--since", "main") if self.known_from == "since" else ()
        code, out, _ = call(self._capsys, "check", str(self._root), "--output-format", "json", *options)
        report = json.loads(out)
        found = [(row["name"], row["baseline_state"]) for row in report["findings"]]
        return code, found, len((report["baseline"] or {}).get("absent", ()))


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    each: Kind = request.param
    return each


@pytest.fixture(params=KNOWN_FROM)
def project(request: pytest.FixtureRequest, tmp_path: Path, kind: Kind, capsys: pytest.CaptureFixture[str]) -> Project:
    made = Project(tmp_path, kind, request.param, capsys)
    assert made.check()[:2] == (0, [])
    return made


def test_lines_inserted_above_are_quiet(project: Project) -> None:
    project.edit(lambda text: '"""Reports."""\n\nimport os\n\nLIMIT = 3\n' + text)
    assert project.check() == (0, [], 0)


def test_a_second_equal_finding_in_the_file_is_reported(project: Project, kind: Kind) -> None:
    project.edit(lambda text: text.replace(BILL, BILL + kind.lines))
    code, found, stale = project.check()
    assert (code, [rule for rule, _ in found], stale) == (1, [kind.rule], 0)


def test_a_swap_fixed_in_one_function_and_added_in_another_is_reported(project: Project, kind: Kind) -> None:
    project.edit(lambda text: text.replace(kind.lines, "").replace(BILL, BILL + kind.lines))
    code, found, _ = project.check()
    assert (code, [rule for rule, _ in found]) == (1, [kind.rule])


def test_a_flagged_line_that_is_formatted_anew_is_quiet(project: Project, kind: Kind) -> None:
    project.edit(lambda text: text.replace(kind.lines, kind.formatted))
    assert project.check() == (0, [], 0)


def test_a_renamed_file_is_quiet(project: Project) -> None:
    project.file.rename(project.file.with_name("shop.py"))
    assert project.check() == (0, [], 0)


def test_a_fixed_finding_leaves_a_stale_entry_where_there_are_entries(project: Project, kind: Kind) -> None:
    project.edit(lambda text: text.replace(kind.lines, ""))
    assert project.check() == (0, [], 1 if project.known_from == "baseline" else 0)


def test_a_new_write_in_a_file_that_does_not_define_the_state_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, known_from in enumerate(KNOWN_FROM):
        root = tmp_path / str(number)
        root.mkdir()
        project = Project(root, HELD, known_from, capsys)
        (root / "more.py").write_text('from app import SEEN, app\n\n\n@app.post("/x")\ndef x():\n    SEEN.clear()\n')
        assert project.check() == (1, [("mutated-global", "updated")], 0)
