"""No output of any command holds a secret of the code that is checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import call

from statecheck.cli.outputs import Format

APP = """\
import os

import redis
from flask import Flask

app = Flask(__name__)
app.secret_key = "Zq81-SIGNKEY-a9x2Lm"
PAY = os.getenv("PAYMENT_TOKEN", "Zq82-ENVDEFAULT-k7")
DB = "postgresql://shop:Zq83DSNPASSx@db.shop.internal/shop"
cache = redis.Redis(host="10.0.3.17", password="Zq84-REDISPW-77x")
API = {"key": 1, "api_key": b"Zq85-BYTESKEY-9fk2mz"}
LONG_TOKEN = (
    "Zq86-PART1-aaa9k"
    "Zq87-PART2-x9"
)
CARTS = {}


@app.post("/<name>")
def add(name):
    CARTS[name] = PAY
    return "ok"
"""
SETTINGS = "[shop]\ndatabase_url = postgresql://shop:Zq91INIPASS@db.shop.internal/shop\n"
SECRET = "Zq"


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "shop.ini").write_text(SETTINGS)
    (tmp_path / "pyproject.toml").write_text("[tool.statecheck]\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("format_", [format_.value for format_ in Format])
def test_reports(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    options = ("--min-severity", "low", "--min-confidence", "low")
    code, out, err = call(capsys, "check", "--output-format", format_, *options)
    assert code == 1
    assert "app.py" in out
    assert SECRET not in out + err


@pytest.mark.parametrize("format_", ["table", "json", "dotenv"])
def test_the_inventory(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    code, out, err = call(capsys, "settings", "--output-format", format_)
    assert code == 0
    assert "PAYMENT_TOKEN" in out
    assert SECRET not in out + err


def test_a_baseline(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, err = call(capsys, "baseline", "create")
    assert SECRET not in out + err + (tmp_path / ".statecheck-baseline.jsonl").read_text()


@pytest.mark.parametrize("line", [7, 8, 9, 10, 11, 13, 16])
def test_explanations(capsys: pytest.CaptureFixture[str], line: int) -> None:
    code, out, err = call(capsys, "explain", f"app.py:{line}")
    assert code == 0
    assert SECRET not in out + err


def test_the_changes_of_fixes(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = call(capsys, "check", "--diff", "--unsafe-fixes")
    assert "app.secret_key" in out
    assert SECRET not in out + err
