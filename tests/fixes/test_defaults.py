"""What becomes of the default of a variable, of a field of a settings class, and of a value drawn at random."""

from __future__ import annotations

import pytest
from fixing import FLASK, mended_text

HEAD = f"import os\nimport secrets\nimport uuid\n{FLASK}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('os.environ.get("SECRET_KEY", "changeme")', 'os.environ["SECRET_KEY"]'),
        ("os.environ.get('SECRET_KEY', 'changeme')", "os.environ['SECRET_KEY']"),
        ('os.getenv("SECRET_KEY", "changeme")', 'os.environ["SECRET_KEY"]'),
        ('os.getenv("SECRET_KEY", default="changeme")', 'os.environ["SECRET_KEY"]'),
        ('os.environ.get("SECRET_KEY", "changeme").strip()', 'os.environ["SECRET_KEY"].strip()'),
        ('os.environ.get("SECRET_KEY") or "k3y-9f27c1d0a84e5b6677"', 'os.environ["SECRET_KEY"]'),
        ('os.environ.get("SECRET_KEY") or secrets.token_hex(32)', 'os.environ["SECRET_KEY"]'),
        ('os.environ.get("SECRET_KEY", secrets.token_hex(32))', 'os.environ["SECRET_KEY"]'),
        ('os.environ.get("SECRET_KEY", uuid.uuid4().hex)', 'os.environ["SECRET_KEY"]'),
    ],
)
def test_a_default_of_a_secret_goes(old: str, new: str) -> None:
    assert mended_text(f"{HEAD}app.secret_key = {old}\n") == f"{HEAD}app.secret_key = {new}\n"


@pytest.mark.parametrize(
    ("head", "old", "new"),
    [
        ("import environ\nenv = environ.Env()\n", 'env("SECRET_KEY", default="changeme")', 'env("SECRET_KEY")'),
        ("import environ\nenv = environ.Env()\n", 'env.str("SECRET_KEY", "changeme")', 'env.str("SECRET_KEY")'),
        ("from decouple import config\n", 'config("SECRET_KEY", default="changeme")', 'config("SECRET_KEY")'),
        (
            "from decouple import config\n",
            'config(\n    "SECRET_KEY",  # of the shop\n    default="changeme",\n    cast=str,\n)',
            'config(\n    "SECRET_KEY",  # of the shop\n    cast=str,\n)',
        ),
        ("from decouple import config\n", 'config(default="changeme", option="A_SECRET")', 'config(option="A_SECRET")'),
    ],
)  # fmt: skip
def test_libraries_that_fail_without_the_variable_only_lose_the_default(head: str, old: str, new: str) -> None:
    assert mended_text(f"{head}{FLASK}app.secret_key = {old}\n") == f"{head}{FLASK}app.secret_key = {new}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('os.environ.get("DEBUG", "True") == "True"', 'os.environ.get("DEBUG", "False") == "True"'),
        ("os.environ.get('DEBUG', '1') == '1'", "os.environ.get('DEBUG', '0') == '1'"),
        ('os.getenv("DEBUG", True)', 'os.getenv("DEBUG", False)'),
    ],
)
def test_a_switch_that_is_on_by_default_is_switched_off(old: str, new: str) -> None:
    assert mended_text(f"{HEAD}app.debug = {old}\n") == f"{HEAD}app.debug = {new}\n"


FIELDS = """\
import secrets

from fastapi import FastAPI
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    {}


settings = Settings()
app = FastAPI()
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('secret_key: str = "change-me"  # of the shop', "secret_key: str  # of the shop"),
        ('secret_key: str="change-me"', "secret_key: str"),
        ('secret_key: str = Field("change-me")', "secret_key: str"),
        ('secret_key: str = Field(default="change-me", min_length=8)', "secret_key: str = Field(min_length=8)"),
        ('secret_key: str = Field("change-me", min_length=8)', "secret_key: str = Field(min_length=8)"),
        ('secret_key: str = Field(min_length=8, default="change-me")', "secret_key: str = Field(min_length=8)"),
        ('secret_key: SecretStr = SecretStr("change-me")', "secret_key: SecretStr"),
        ("secret_key: str = secrets.token_hex(32)", "secret_key: str"),
        ("secret_key: str = Field(default_factory=lambda: secrets.token_hex(32))", "secret_key: str"),
        ("debug: bool = True", "debug: bool = False"),
    ],
)
def test_a_field_of_a_settings_class_becomes_required(old: str, new: str) -> None:
    assert mended_text(FIELDS.format(old)) == FIELDS.format(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("secrets.token_hex(32)", 'os.environ["SECRET_KEY"]'),
        ("uuid.uuid4().hex", 'os.environ["SECRET_KEY"]'),
        ("str(uuid.uuid4())", 'os.environ["SECRET_KEY"]'),
        ("os.urandom(24)", 'bytes.fromhex(os.environ["SECRET_KEY"])'),
        ("os.urandom(24).hex()", 'os.environ["SECRET_KEY"]'),
        ('"v1:" + secrets.token_hex(8)', '"v1:" + os.environ["SECRET_KEY"]'),
        ("secrets.token_hex(32).encode()", 'os.environ["SECRET_KEY"].encode()'),
    ],
)
def test_a_drawn_value_keeps_its_type(old: str, new: str) -> None:
    assert mended_text(f"{HEAD}app.secret_key = {old}\n") == f"{HEAD}app.secret_key = {new}\n"


@pytest.mark.parametrize(
    "line",
    [
        "app.secret_key = make()",  # the helper has to change, and others may call it
        "app.secret_key = uuid.uuid4()",  # no text: who compares it with what?
        'app.secret_key = "".join(secrets.choice("abc") for _ in range(40))',
    ],
)
def test_a_drawn_value_that_a_person_must_replace_stays(line: str) -> None:
    text = f"{HEAD}\n\ndef make():\n    return secrets.token_hex(32)\n\n\n{line}\n"
    assert mended_text(text) == text
