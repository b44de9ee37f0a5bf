"""``check --fix``, ``--unsafe-fixes`` and ``--diff`` from outside: what is written, what is said, and how it ends."""

from __future__ import annotations

import codecs
import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from helpers import call, call_joined, git_in

from statecheck.cli import fix as fix_module
from statecheck.schemas import report_schema

KEY = "k3y-9f27c1d0a84e5b6677"
APP = f"""\
from flask import Flask

app = Flask(__name__)
app.secret_key = "{KEY}"
LIMITS = (10, 20)  # statecheck: ignore[mutated-global] -- filled by the admin page


@app.get("/")
def index():
    return "hello"
"""
TIDY = APP.replace("  # statecheck: ignore[mutated-global] -- filled by the admin page", "")
FIXED = "import os\n\n" + TIDY.replace(f'"{KEY}"', 'os.environ["SECRET_KEY"]')


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "100")  # as wide as files, whoever runs the tests
    (tmp_path / "statecheck.toml").write_text("")
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def test_fix_mends_what_is_safe_and_reports_the_rest(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "check", str(shop), "--fix")
    assert (code, err) == (1, "")
    assert (shop / "app.py").read_text() == TIDY
    assert "STC401" in out
    assert "fix: Read `SECRET_KEY` from the environment, which must then be set (--fix --unsafe-fixes)" in out
    assert "1 finding fixed.\n1 fixable with --fix --unsafe-fixes.\n" in out


def test_unsafe_fixes_mend_all_and_nothing_is_left(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "check", str(shop), "--fix", "--unsafe-fixes")
    assert code == 0
    assert (shop / "app.py").read_text() == FIXED
    assert "STC" not in out
    assert out.endswith("\n2 findings fixed.\n")


def test_a_second_time_changes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(capsys, "check", str(shop), "--fix", "--unsafe-fixes")
    before = (shop / "app.py").stat()
    code, out, _ = call(capsys, "check", str(shop), "--fix", "--unsafe-fixes")
    assert code == 0
    assert "fixed" not in out
    after = (shop / "app.py").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_without_fix_nothing_is_written_and_what_could_be_is_counted(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(capsys, "check", str(shop))
    assert code == 1
    assert "1 fixable with --fix.\n1 more fixable with --fix --unsafe-fixes.\n" in out
    code, out, _ = call(capsys, "check", str(shop), "--unsafe-fixes")
    assert code == 1
    assert "2 fixable with --fix --unsafe-fixes.\n" in out
    assert (shop / "app.py").read_text() == APP


# -- diff --------------------------------------------------------------------------------------------------------------


def test_diff_prints_what_fix_would_do_and_writes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "check", str(shop), "--diff", "--select", "unused-suppression,mutated-global")
    assert code == 1
    assert (shop / "app.py").read_text() == APP
    assert err == "Would fix 1 finding in 1 file.\n"
    done = subprocess.run(["git", "apply", "-"], input=out.encode(), cwd=shop, check=False)
    assert done.returncode == 0
    assert (shop / "app.py").read_text() == TIDY


def test_diff_of_unsafe_fixes_masks_secrets(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "check", str(shop), "--diff", "--unsafe-fixes")
    assert code == 1
    assert KEY not in out
    assert '\n-app.secret_key = "**********************"\n' in out
    assert '\n+app.secret_key = os.environ["SECRET_KEY"]\n' in out
    assert err == "Would fix 2 findings in 1 file.\n"
    assert (shop / "app.py").read_text() == APP


def test_diff_says_what_is_left_and_ends_with_0_where_nothing_changes(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, err = call(capsys, "check", str(shop), "--diff")
    assert err == "Would fix 1 finding in 1 file; --unsafe-fixes would fix 1 more.\n"
    call(capsys, "check", str(shop), "--fix")
    assert call(capsys, "check", str(shop), "--diff") == (
        0,
        "",
        "Nothing would be fixed; --unsafe-fixes would fix 1.\n",
    )
    assert call(capsys, "check", str(shop), "--diff", "--quiet") == (0, "", "")


def test_diff_with_exit_zero(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "check", str(shop), "--diff", "--exit-zero")
    assert code == 0
    assert out.startswith("--- a/app.py\n+++ b/app.py\n")


def test_diff_beats_fix(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "check", str(shop), "--fix", "--diff")
    assert code == 1
    assert out.startswith("--- a/app.py\n")
    assert (shop / "app.py").read_text() == APP


def test_diff_of_what_an_editor_holds(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    (shop / "app.py").write_text("")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(APP.encode())))
    code, out, _ = call(capsys, "check", "-", "--stdin-filename", str(shop / "app.py"), "--diff")
    assert code == 1
    assert "\n-LIMITS = (10, 20)  # statecheck: ignore[mutated-global]" in out
    assert (shop / "app.py").read_text() == ""


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_line_ends_and_byte_order_marks_stay(
    shop: Path, capsys: pytest.CaptureFixture[str], newline: str, mark: bytes
) -> None:
    (shop / "app.py").write_bytes(mark + APP.replace("\n", newline).encode())
    assert call(capsys, "check", str(shop), "--fix", "--unsafe-fixes")[0] == 0
    assert (shop / "app.py").read_bytes() == mark + FIXED.replace("\n", newline).encode()


def test_the_encoding_stays(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = '# -*- coding: latin-1 -*-\n"""Böse."""\n'
    (shop / "app.py").write_bytes((head + APP).encode("latin-1"))
    assert call(capsys, "check", str(shop), "--fix", "--unsafe-fixes")[0] == 0
    assert (shop / "app.py").read_bytes().decode("latin-1") == f"{head}import os\n\n{FIXED[11:]}"


def test_mode_and_links_stay_and_nothing_is_left_behind(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "src").mkdir()
    (shop / "app.py").rename(shop / "src" / "main.py")
    (shop / "src" / "main.py").chmod(0o750)
    (shop / "app.py").symlink_to("src/main.py")
    call(capsys, "check", str(shop), "--fix")
    assert (shop / "app.py").is_symlink()
    assert (shop / "src" / "main.py").read_text() == TIDY
    assert (shop / "src" / "main.py").stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in (shop / "src").iterdir()) == ["main.py"]


def test_several_files_and_only_those_that_are_given(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (shop / name).write_text(APP)
    call(capsys, "check", str(shop / "a.py"), str(shop / "c.py"), "--fix")
    assert [(shop / name).read_text() == TIDY for name in ("a.py", "b.py", "c.py", "app.py")] == [
        True,
        False,
        True,
        False,
    ]


def test_comments_in_documents_go_as_well(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "kind: Service\napiVersion: v1\nspec:\n  ports: []  # statecheck: ignore[sticky-session] -- gone\n"
    (shop / "service.yaml").write_text(text)
    call(capsys, "check", str(shop / "service.yaml"), "--fix")
    assert (shop / "service.yaml").read_text() == text.replace("  # statecheck: ignore[sticky-session] -- gone", "")


def test_a_file_that_changed_meanwhile_is_left_alone(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = APP + "# a thought\n"
    mend = fix_module.Mender.mend

    def slow(mender: fix_module.Mender, unsafe: bool) -> fix_module.Mended:
        done = mend(mender, unsafe)
        (shop / "app.py").write_text(edited)
        return done

    monkeypatch.setattr(fix_module.Mender, "mend", slow)
    code, out, err = call(capsys, "check", str(shop), "--fix")
    assert code == 2
    assert err == "error: app.py: not fixed: it has changed since it was read\n"
    assert "fixed." not in out
    assert "1 fixable with --fix.\n" in out
    assert (shop / "app.py").read_text() == edited
    assert sorted(path.name for path in shop.iterdir()) == ["app.py", "statecheck.toml"]


def test_a_text_that_changed_before_it_was_mended_is_left_alone(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_module, "_digest", lambda _: "another")
    code, _, err = call(capsys, "check", str(shop), "--fix")
    assert code == 2
    assert err == "error: app.py: not fixed: it has changed since it was read\n"
    assert (shop / "app.py").read_text() == APP


def test_what_cannot_be_parsed_makes_no_comment_useless(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the comment is for may stand in the file that could not be read."""
    (shop / "broken.py").write_text("def (:\n")
    code, out, _ = call(capsys, "check", str(shop), "--fix")
    assert code == 1
    assert "fixed." not in out
    assert (shop / "app.py").read_text() == APP


# -- with other options ------------------------------------------------------------------------------------------------


def test_only_what_is_new_is_mended_with_since(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = APP.replace(KEY, "0ld-9f27c1d0a84e5b6677")
    (shop / "app.py").write_text(old)
    git_in(shop, "init", "-q", "-b", "main")
    git_in(shop, "add", ".")
    git_in(shop, "commit", "-qm", "begin")
    (shop / "mail.py").write_text('from app import app\n\napp.config["MAIL_PASSWORD"] = "n3w-8d27c1d0a84e5b6655"\n')
    code, out, _ = call(capsys, "check", str(shop), "--since", "main", "--fix", "--unsafe-fixes")
    assert code == 0, out
    assert (shop / "app.py").read_text() == old
    assert 'app.config["MAIL_PASSWORD"] = os.environ["MAIL_PASSWORD"]\n' in (shop / "mail.py").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fix", "--staged"], "--fix is about files on the disk; it cannot be given with --staged"),
        (["--diff", "--staged"], "--diff is about files on the disk; it cannot be given with --staged"),
        (["--fix", "--add-ignore", "x"], "--add-ignore and --fix cannot be given together"),
        (
            ["--diff", "--output-format", "json"],
            "--diff prints the changes instead of a report; leave out --output-format, -o and --report",
        ),
    ],
)
def test_what_cannot_go_together(
    shop: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert call(capsys, "check", str(shop), *options) == (2, "", f"error: {message}\n")


def test_fix_cannot_change_what_comes_from_stdin(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = call_joined(capsys, "check", "-", "--fix")
    assert (code, out) == (2, "error: --fix changes files; with - give --diff, which shows the changes\n")


def test_reports_are_about_what_is_left(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "check", str(shop), "--fix", "--output-format", "json")
    report = json.loads(out)
    assert code == 1
    assert report["summary"]["fixed"] == 1
    assert [finding["name"] for finding in report["findings"]] == ["secret"]


def test_fixes_are_in_the_report_for_programs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "check", str(shop), "--output-format", "json")
    report = json.loads(out)
    jsonschema.Draft202012Validator(report_schema()).validate(report)
    [finding] = report["findings"]
    fix = finding["fix"]
    assert (fix["path"], fix["applicability"]) == ("app.py", "unsafe")
    assert applied(APP, fix["edits"]) == FIXED.replace("LIMITS = (10, 20)", APP.splitlines()[4])
    assert KEY not in out


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    for edit in reversed(edits):
        text = text[: edit["start"]] + edit["text"] + text[edit["end"] :]
    return text


def test_sarif_has_the_same_fix(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "check", str(shop), "--output-format", "sarif")
    [result] = json.loads(out)["runs"][0]["results"]
    [change] = result["fixes"][0]["artifactChanges"]
    edits = [
        {
            "start": row["deletedRegion"]["charOffset"],
            "end": row["deletedRegion"]["charOffset"] + row["deletedRegion"]["charLength"],
            "text": row["insertedContent"]["text"],
        }
        for row in change["replacements"]
    ]
    assert change["artifactLocation"]["uri"] == "app.py"
    assert applied(APP, edits) == FIXED.replace("LIMITS = (10, 20)", APP.splitlines()[4])
