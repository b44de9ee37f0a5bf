"""Which constants an expression can be."""

from __future__ import annotations

import pytest

from statecheck.facts.python import extract
from statecheck.project.constants import HOLE, Constant, Resolved, Resolver, constants
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import Project, link
from statecheck.project.sources import Located, Sources
from statecheck.project.values import ScopeRef
from statecheck.rules.load import load

KNOWLEDGE = Knowledge(load())
HEAD = "import os, pathlib, decouple, environ\nfrom other import URL, Config\nenv = environ.Env()\nNAME = 'n'\n"
OTHER = "URL = 'sqlite:///x.db'\nclass Config:\n    PORT = 80\n    def __init__(self): self.host = 'h'\n"


def project(source: str) -> Project:
    files = {"app.py": extract(source), "other.py": extract(OTHER)}
    return link(files, dict.fromkeys(files, "app"), KNOWLEDGE)


def last(tree: Project) -> Located:
    """The value of the last assignment of the module."""
    event = tree.files["app.py"].scopes[0].events[-1]
    assert event.value is not None
    return Located(ScopeRef("app.py", 0), event.value, event.region)


def resolve(expression: str, before: str = "") -> Resolved:
    tree = project(f"{HEAD}{before}x = {expression}\n")
    at = last(tree)
    return constants(tree, at.ref, at.expr, at.region)


def texts(found: Resolved) -> list[str]:
    return [constant.text for constant in found.constants]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'a'", ["a"]),
        ("NAME", ["n"]),
        ("URL", ["sqlite:///x.db"]),
        ("Config.PORT", ["80"]),
        ("Config().host", ["h"]),
        ("'a' if NAME else 'b'", ["a", "b"]),
        ("'a' + NAME", ["an"]),
        ("f'a{NAME}/{f()}.db'", [f"an/{HOLE}.db"]),
        ("'a{}b'.format(NAME)", [f"a{HOLE}b"]),
        ("'a%sb' % NAME", [f"a{HOLE}b"]),
        ("{'k': 'v'}['k']", ["v"]),
        ("os.path.join('a', f(), 'b')", [f"a/{HOLE}/b"]),
        ("pathlib.Path('a') / 'b'", ["a/b"]),
        ("str(pathlib.Path('a'))", ["a"]),
        ("f()", []),
    ],
)
def test_literals(expression: str, expected: list[str]) -> None:
    found = resolve(expression)
    assert texts(found) == expected
    assert all(constant.variable is None for constant in found.constants)


@pytest.mark.parametrize(
    "expression",
    [
        "os.environ.get('V', 'd')",
        "os.getenv('V', 'd')",
        "os.getenv('V', default='d')",
        "os.environ.get('V') or 'd'",
        "decouple.config('V', default='d')",
        "env('V', default='d')",
        "env.str('V', 'd')",
    ],
)
def test_defaults_of_the_environment(expression: str) -> None:
    (constant,) = resolve(expression).constants
    assert (constant.text, constant.variable) == ("d", "V")


@pytest.mark.parametrize("expression", ["os.environ['V']", "os.environ.get('V')", "os.getenv('V', None)", "env('V')"])
def test_required_from_the_environment(expression: str) -> None:
    assert resolve(expression) == Resolved(required=("V",))


def test_nothing_is_known_of_a_parameter_without_default() -> None:
    tree = project(f"{HEAD}def f(p):\n    q = p\n")
    function = tree.files["app.py"].scopes[1]
    event = function.events[-1]
    assert event.value is not None
    assert constants(tree, ScopeRef("app.py", 1), event.value, event.region).unknown


def test_a_name_that_leads_to_itself_is_unknown() -> None:
    assert resolve("y", "y = z\nz = y\n").unknown


def test_none_is_told_from_nothing() -> None:
    assert resolve("None").is_none
    assert not resolve("f()").is_none
    assert not resolve("None if NAME else 'a'").is_none


@pytest.mark.parametrize(
    ("expression", "path", "expected"),
    [
        ("{'a': {'b': 1}}", "a.b", ["1"]),
        ("dict(a=dict(b=1))", "a.b", ["1"]),
        ("{'a': 1, 'c': 2}", "*", ["1", "2"]),
        ("{**base, 'c': 2}", "a", ["0"]),
        ("base", "a", ["0"]),
        ("{'a': 1}", "z", []),
    ],
)
def test_key_paths(expression: str, path: str, expected: list[str]) -> None:
    tree = project(f"{HEAD}base = {{'a': 0}}\nx = {expression}\n")
    found = Sources(tree).inside(last(tree), tuple(path.split(".")))
    assert [texts(Resolver(tree).resolve(value))[0] for _, value in found] == expected


def test_a_constant_knows_whether_all_of_it_is_known() -> None:
    assert Constant("str", "a").whole
    assert not Constant("str", f"a{HOLE}").whole
