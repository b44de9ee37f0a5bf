"""Bad input, through the whole program: one clear line each, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import call

SECRETLESS = "x = 1\n"
PARSE_ERRORS: dict[str, Callable[[Path], object]] = {
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 20),
    "utf-16": lambda path: path.write_text(SECRETLESS, "utf-16"),
    "latin-1 without a coding line": lambda path: path.write_bytes(b"x = '\xe9'\n"),
    "an unknown coding": lambda path: path.write_bytes(b"# coding: martian\n"),
    "NUL bytes": lambda path: path.write_bytes(b"x = 1\0\n"),
    "nested brackets": lambda path: path.write_text("x = " + "[" * 3000 + "]" * 3000 + "\n"),
    "wrong syntax": lambda path: path.write_text("def (:\n"),
}
HARMLESS: dict[str, Callable[[Path], object]] = {
    "latin-1 with a coding line": lambda path: path.write_bytes(b"# coding: latin-1\nx = '\xe9'\n"),
    "a byte order mark": lambda path: path.write_bytes(b"\xef\xbb\xbfx = 1\n"),
    "an empty file": lambda path: path.write_text(""),
    "old Mac line ends": lambda path: path.write_bytes(b"x = 1\ry = 2\r"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to its folder": lambda path: path.symlink_to(path.parent, target_is_directory=True),
    "a dead link": lambda path: path.symlink_to("nowhere.py"),
    "a folder named like a file": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
}


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "statecheck.toml").write_text("")
    (tmp_path / "good.py").write_text(SECRETLESS)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("make", PARSE_ERRORS.values(), ids=PARSE_ERRORS.keys())
def test_a_file_that_cannot_be_parsed_is_a_finding(
    make: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "bad.py")
    code, out, err = call(capsys, "--output-format", "concise", "--quiet")
    assert (code, err, out.count("\n")) == (1, "", 1)
    assert out.startswith("bad.py:")
    assert " STC901 parse-error " in out
    report = json.loads(call(capsys, "--output-format", "json")[1])
    assert report["summary"]["unparsed"] == ["bad.py"]
    assert report["summary"]["files"] >= 1
    assert call(capsys, "good.py")[0] == 0  # what is reported is chosen by the paths


@pytest.mark.parametrize("make", HARMLESS.values(), ids=HARMLESS.keys())
def test_odd_files_do_no_harm(
    make: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "odd.py")
    code, out, err = call(capsys, "--quiet")
    assert (code, out, err) == (0, "", "")


def test_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no code")
    code, out, err = call(capsys, "empty")
    assert (code, out, err) == (0, "Nothing was checked: no Python file was found.\n", "")


def test_a_closed_pipe_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def (:\n")
    program = "import sys; from statecheck.cli import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", program, "."], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        if process.stdout and process.stderr:
            process.stdout.close()
            assert process.stderr.read() == b""
    assert process.returncode == 1


def test_output_in_a_terminal_that_knows_only_ascii(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = 'grün' = (\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from statecheck.cli import main; sys.exit(main())", "."],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "gr\\xfcn" in done.stdout


def test_only_documents_and_no_python_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.py").unlink()
    (tmp_path / "app.yaml").write_text("a: [closed]\n")
    assert call(capsys)[0] == 0


def test_a_document_that_does_not_parse_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.yaml").write_text("a: [unclosed\n")
    status, out, _ = call(capsys)
    assert (status, "parse-error" in out, "app.yaml:2:1" in out) == (1, True, True)


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -m statecheck"
    return subprocess.run(["sh", "-c", f"{program} {command}"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (". >&-", "nothing can be printed: the standard output is closed"),
        ("rule --all >&-", "nothing can be printed: the standard output is closed"),
        (". >/dev/full", "the report cannot be printed: No space left on device"),
    ],
)
def test_output_that_goes_nowhere_is_one_line_and_2(tmp_path: Path, command: str, line: str) -> None:
    if "/dev/full" in command and not Path("/dev/full").exists():
        command, line = ". >&-", "nothing can be printed: the standard output is closed"
    done = shell(command, tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: {line}\n")


def test_nobody_hears_the_errors(tmp_path: Path) -> None:
    assert shell(". 2>&-", tmp_path).returncode == 0
    assert shell("nowhere 2>&-", tmp_path).returncode == 2


def test_standard_input_is_not_needed(tmp_path: Path) -> None:
    assert shell(". <&-", tmp_path).returncode == 0
