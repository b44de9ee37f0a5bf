"""What a shell asks for while somebody types comes at once: help, the version and completions import nothing slow."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SLOW = ("libcst", "rich", "yaml", "tree_sitter", "pathspec", "statecheck.facts", "statecheck.project")
PROBE = f"""
import sys
from statecheck.cli import main
code = main(sys.argv[1:])
print("slow:", *[name for name in {SLOW!r} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""


def ask(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("check", "--help"), ("baseline", "--help"), ("config", "--help"), ("version",), ("--version",)],
)
def test_help_and_version_import_nothing_slow(arguments: tuple[str, ...]) -> None:
    done = ask(*arguments)
    assert (done.returncode, done.stderr) == (0, "slow:\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("statecheck ba", 1, "baseline"),
        ("statecheck check --min-sev", 2, "--min-severity"),
        ("statecheck baseline pr", 2, "prune"),
    ],
)
def test_shells_complete_commands_and_options(shell: str, line: str, word: int, offered: str) -> None:
    asked = {
        "_STATECHECK_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,  # bash
        "COMP_CWORD": str(word),
        "_TYPER_COMPLETE_ARGS": line,  # zsh, fish
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": line.rpartition(" ")[2],
    }
    done = ask(**asked)
    assert offered in done.stdout, done.stderr
    assert done.stderr in ("slow:\n", "slow: rich\n")  # typer itself takes rich for the texts of zsh and fish


def test_the_completion_script_can_be_shown() -> None:
    done = ask("--show-completion", "bash")
    assert (done.returncode, done.stderr) == (0, "slow:\n")
    assert "complete -o default -F _statecheck_completion statecheck" in done.stdout
