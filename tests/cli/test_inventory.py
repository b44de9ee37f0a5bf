"""``statecheck settings``: the configuration that an application reads, and what is fixed in its code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import call
from syrupy.assertion import SnapshotAssertion

from statecheck import __version__

APP = """\
import os

import redis
from flask import Flask
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings import flag

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
app.config.from_prefixed_env("SHOP")
PORT = int(os.getenv("PORT", "8000"))
TOKEN = os.getenv("PAYMENT_TOKEN", "k9-Xq2LmZ7vR4tY8wKp1s")
DATABASE = os.getenv("DATABASE_URL", "postgresql://shop:h7Gx2pQ9@db.shop.internal/shop")
FOLDER = os.environ.get("DATA_DIR", os.path.join(os.getcwd(), "data"))
HOME = os.environ["HOME"]
CHARGE = flag("CHARGE_CARDS")
MAIL = flag("SEND_MAIL", True)
cache = redis.Redis(host="10.0.3.17", password="qZ8!rT5#vN2x")


class Mail(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MAIL_")

    host: str
    size: int = 10
    greeting: str = "Dear $name,"
    sender: str | None = Field(None, alias="SENDER")


mail = Mail()


@app.get("/<name>")
def index(name):
    return os.environ.get(name, "") or os.environ.get("PORT", "80")
"""
SETTINGS = """\
import os


def flag(name, default=False):
    text = os.environ.get(name.upper())
    if text is None:
        return default
    return text.lower() in ("1", "true")
"""
VALUES = ("k9-Xq2LmZ7vR4tY8wKp1s", "h7Gx2pQ9", "qZ8!rT5#vN2x")


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "pyproject.toml").write_text("[tool.statecheck]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.mark.parametrize("format_", ["table", "dotenv"])
def test_the_inventory_for_people(
    capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion, format_: str
) -> None:
    code, out, err = call(capsys, "settings", "--output-format", format_)
    assert (code, err) == (0, "")
    assert out == snapshot


def test_the_inventory_for_programs(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    code, out, err = call(capsys, "settings", "--output-format", "json")
    assert (code, err) == (0, "")
    assert out.replace(f'"{__version__}"', '"VERSION"') == snapshot


@pytest.mark.parametrize("format_", ["table", "dotenv", "json"])
def test_no_secret_is_shown(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    _, out, err = call(capsys, "settings", "--output-format", format_)
    assert not [value for value in VALUES if value in out + err]


def test_paths_choose_what_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "settings", "settings.py", "--output-format", "json")
    assert (code, json.loads(out)["variables"]) == (0, [])
    code, out, _ = call(capsys, "settings", "app.py", "--output-format", "json")
    assert "CHARGE_CARDS" in [variable["name"] for variable in json.loads(out)["variables"]]


def test_a_comment_that_ignores_a_finding_takes_it_off_the_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ignored = APP.replace('"qZ8!rT5#vN2x")', '"qZ8!rT5#vN2x")  # statecheck: ignore[secret, host-port]')
    (tmp_path / "app.py").write_text(ignored)
    _, out, _ = call(capsys, "settings", "--output-format", "json")
    assert {row["line"] for row in json.loads(out)["hardcoded"]} == {14, 15}


def test_nothing_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("app.py", "settings.py"):
        (tmp_path / name).write_text("NAME = 1\n")
    assert call(capsys, "settings") == (0, "0 variables, 0 of them required; 0 fixed in the code\n", "")


def test_a_file_that_cannot_be_parsed_makes_the_list_incomplete(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text("def flag(:\n")
    code, out, err = call(capsys, "settings", "--output-format", "json")
    assert (code, json.loads(out)["unparsed"]) == (1, ["settings.py"])
    assert err == "settings.py: could not be parsed, so its variables are missing\n"


def test_the_list_goes_into_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = call(capsys, "settings", "--output-format", "dotenv", "-o", "env.example")
    assert (code, out, err) == (0, "", "")
    assert "SECRET_KEY=\n" in (tmp_path / "env.example").read_text()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("missing",), "error: missing: no such file or folder\n"),
        (("-o", "no/where"), "error: no/where: cannot be written: there is no folder no\n"),
        (("--config", "select=1"), "error: "),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], error: str) -> None:
    code, out, err = call(capsys, "settings", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(error)
    assert err.count("\n") == 1
