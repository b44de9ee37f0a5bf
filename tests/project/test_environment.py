"""Which variables of the environment code reads, in all the ways that the models know."""

from __future__ import annotations

import pytest

from statecheck.facts.ir import Const
from statecheck.facts.python import extract
from statecheck.project.environment import Environment
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import link
from statecheck.project.variables import Read
from statecheck.rules.load import load

KNOWLEDGE = Knowledge(load())


def environment(**files: str) -> Environment:
    tree = {f"{name}.py": extract(text) for name, text in files.items()}
    return Environment(link(tree, dict.fromkeys(tree, "app"), KNOWLEDGE))


def told(read: Read) -> tuple[str, str, bool, str | None]:
    """Name, type, whether it is required, and the default ("..." for one that is no literal)."""
    default = read.default.expr if read.default is not None else None
    text = None if default is None else default.value if isinstance(default, Const) else "..."
    return read.variable, read.type, read.required, text


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('import os\nx = os.environ["A"]', ("A", "", True, None)),
        ('from os import environ as env\nx = env["A"]', ("A", "", True, None)),
        ('import os\nx = os.getenv("A")', ("A", "", False, None)),
        ('import os\nx = int(os.environ.get("A", "5"))', ("A", "int", False, "5")),
        ('import os\nx = os.getenv("A", "no").lower() in ("1", "true")', ("A", "bool", False, "no")),
        ('import os\nx = os.getenv("A", "").split(",")', ("A", "list", False, "")),
        ('import os\nx = os.getenv("A") or "b"', ("A", "", False, "b")),
        ('import os\nx = os.getenv("A", None)', ("A", "", False, None)),
        ('import os\ntry:\n    x = os.environ["A"]\nexcept KeyError:\n    x = ""', ("A", "", False, None)),
        ('import os\nif "A" in os.environ:\n    x = 1', ("A", "", False, None)),
        ('import os\nNAME = "A"\nx = os.getenv(NAME, "b")', ("A", "", False, "b")),
        ('import os\nos.environ.setdefault("A", "b")', ("A", "", False, "b")),
        ('import environ\nenv = environ.Env()\nx = env.bool("A", default=False)', ("A", "bool", False, "False")),
        ('import environ\nenv = environ.Env()\nx = env("A", int, 3)', ("A", "int", False, "3")),
        ('import environ\nenv = environ.Env()\nx = env("A")', ("A", "", True, None)),
        ("import environ\nenv = environ.Env(A=(bool, False))", ("A", "bool", False, "False")),
        ('from environs import Env\nenv = Env()\nx = env.int("A", 3)', ("A", "int", False, "3")),
        (
            'from environs import Env\nenv = Env()\nwith env.prefixed("P_"):\n    x = env.str("A")',
            ("P_A", "str", True, None),
        ),
        ('from decouple import config\nx = config("A", default="b", cast=bool)', ("A", "bool", False, "b")),
        (
            'from starlette.config import Config\nc = Config()\nx = c("A", cast=int, default=3)',
            ("A", "int", False, "3"),
        ),
        ('from dynaconf import Dynaconf\ns = Dynaconf(envvar_prefix="P")\nx = s.A', ("P_A", "", False, None)),
        ("from dynaconf import settings\nx = settings.A", ("DYNACONF_A", "", False, None)),
        ("import dynaconf\nx = dynaconf.settings.A", ("DYNACONF_A", "", False, None)),
        (
            'import click\n@click.command()\n@click.option("--a", envvar="A", default="b", type=int)\ndef f(a): ...',
            ("A", "int", False, "b"),
        ),
        (
            'import typer\nfrom typing import Annotated\ndef f(a: Annotated[str, typer.Option(envvar="A")] = "b"): ...',
            ("A", "", False, "b"),
        ),
        ("from flask import Flask\na = Flask(__name__)\na.config.from_prefixed_env()", ("FLASK_*", "", False, None)),
        ('from flask import Flask\na = Flask(__name__)\na.config.from_envvar("A")', ("A", "path", True, None)),
    ],
)
def test_a_read(code: str, expected: tuple[str, str, bool, str | None]) -> None:
    assert expected in [told(read) for read in environment(app=code).reads]


FIELDS = """
from typing import ClassVar
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_")


class Shop(Base):
    url: str
    size: int | None = None
    names: list[str] = Field(default_factory=list)
    key: SecretStr = SecretStr("x")
    other: str = Field(..., validation_alias="OTHER_NAME")
    kind: ClassVar[str] = "shop"
    _private: str = "y"
"""


def test_fields_of_settings_classes() -> None:
    assert [told(read) for read in environment(app=FIELDS).reads] == [
        ("SHOP_URL", "str", True, None),
        ("SHOP_SIZE", "int", False, None),
        ("SHOP_NAMES", "list", False, "..."),
        ("SHOP_KEY", "str", False, "x"),
        ("OTHER_NAME", "str", True, None),
    ]


def test_mixins_declare_variables_too() -> None:
    code = (
        "from pydantic import BaseModel, BaseSettings\n"
        "class Mail(BaseModel):\n    mail_host: str = 'x'\n"
        "class Shop(Mail, BaseSettings):\n    url: str\n"
        "class Other(BaseModel):\n    size: int\n"
    )
    assert {read.variable for read in environment(app=code).reads} == {"MAIL_HOST", "URL"}


HELPERS = """
import os


def flag(name, default=False):
    text = os.environ.get(f"SHOP_{name.upper()}")
    if text is None:
        return default
    return text == "1"


def twice(name):
    return flag(name, True)


class Variable:
    def __init__(self, name, default=None):
        self.name = name
        self.default = default

    def get(self):
        return os.environ.get(self.name, self.default)
"""
USES = """
from helpers import Variable, flag, twice

A = flag("a")
B = flag("b", default=True)
C = twice("c")
D = Variable("D", 7)
"""


def test_helpers_and_classes_are_followed_to_those_who_name_the_variable() -> None:
    found = environment(helpers=HELPERS, app=USES)
    assert {(told(read)[0], told(read)[3], read.place[0]) for read in found.reads} == {
        ("SHOP_A", "False", "app.py"),
        ("SHOP_B", "True", "app.py"),
        ("SHOP_C", "True", "app.py"),
        ("D", "7", "app.py"),
    }
    assert found.hidden == []


def test_a_name_that_only_a_run_tells_is_hidden() -> None:
    found = environment(app="import os, sys\nx = os.environ[sys.argv[1]]\n")
    assert (found.reads, [place[0] for place in found.hidden]) == ([], ["app.py"])


@pytest.mark.parametrize("code", ['import os\nos.environ["A"] = "b"', 'import os\ndel os.environ["A"]', 'x = {}["A"]'])
def test_what_is_no_read(code: str) -> None:
    found = environment(app=code)
    assert (found.reads, found.hidden) == ([], [])
