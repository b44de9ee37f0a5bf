"""What tests of the command line share: a small shop with one defect, and calls of statecheck and git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from statecheck.cli import main

SHOP = """\
from flask import Flask

app = Flask(__name__)
CARTS = {}


@app.post("/cart")
def add():
    CARTS["me"] = "book"
    return "ok"


@app.post("/gift")
def gift():
    return "ok"
"""
STATE = '    CARTS["me"] = "book"\n'
GIFT = "def gift():\n"


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command in this process."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def call_joined(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code, and stdout with stderr behind it."""
    code, out, err = call(capsys, *arguments)
    return code, out + err


def git_in(folder: Path, *words: str) -> str:
    """What git prints. Raises CalledProcessError."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    files = ("-c", "protocol.file.allow=always")
    done = subprocess.run(["git", *who, *files, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
