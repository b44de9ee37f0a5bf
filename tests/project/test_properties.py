"""What holds for every tree: linking never fails, and findings hang on neither the order of files nor hashes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statecheck.detectors import load_detectors
from statecheck.detectors.api import Context
from statecheck.facts.python import extract
from statecheck.model import Finding
from statecheck.project.accesses import Accesses
from statecheck.project.link import Project, link

from .support import knowledge, pack

TOP = Path(__file__).parents[2]
PATHS = ("a.py", "b.py", "pkg/__init__.py", "pkg/a.py", "pkg/deep/b.py", "src/pkg/c.py", "tests/test_a.py")
MODULES = ("a", "b", "pkg", "pkg.a", "pkg.deep.b", "pkg.c", ".", ".a", "..", "..a", "...b", "flask", "queue")
NAMES = ("a", "b", "X", "C", "f", "app", "self", "pkg")

names = st.sampled_from(NAMES)
modules = st.sampled_from(MODULES)
absolute = st.sampled_from([module for module in MODULES if not module.startswith(".")])
expressions = st.recursive(
    names
    | st.sampled_from(
        ["{}", "[]", "set()", "0", "'k'", "None", "object()", "Flask(__name__)", "super()", "type(self)"]
    ),
    lambda inner: st.one_of(
        st.builds("{}.{}".format, inner, names),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}({})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("[{} for {} in {}]".format, inner, names, inner),
        st.builds("(lambda {}: {})".format, names, inner),
        st.builds("{{'k': {}}}".format, inner),
        st.builds("{}.get({})".format, inner, inner),
        st.builds("functools.partial({}, {})".format, inner, inner),
        st.builds("getattr({}, {})".format, inner, inner),
    ),
    max_leaves=5,
)
targets = st.one_of(
    names,
    st.builds("{}.{}".format, names, names),
    st.builds("{}[{}]".format, names, expressions),
    st.builds("{}, *{}".format, names, names),
)
simple = st.one_of(
    st.builds("{} = {}".format, targets, expressions),
    st.builds("from {} import {}".format, modules, names),
    st.builds("from {} import {} as {}".format, modules, names, names),
    st.builds("import {}".format, absolute),
    st.builds("import {} as {}".format, absolute, names),
    expressions,
    st.builds("{}.append({})".format, names, expressions),
    st.builds("{}[{}] += {}".format, names, expressions, expressions),
    st.builds("del {}[{}]".format, names, expressions),
    st.builds("{} += {}".format, names, expressions),
)
HEAD = """import functools
from flask import Flask
from pkg.a import *
app = Flask(__name__)
X = {}
class C:
    def f(self, given): self.a = X
    def __call__(self): self.a['k'] = 1
a = C()
"""


def indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for text in lines for line in text.splitlines()) or "    pass"


def suite(heads: st.SearchStrategy[str], body: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda head, lines: f"{head}:\n{indented(lines)}", heads, st.lists(body, min_size=1, max_size=4))


def decorated(body: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    decorators = st.lists(
        st.sampled_from(["@property", "@classmethod", "@functools.lru_cache", "@app.route('/x')"])
        | st.builds("@{}".format, names)
        | st.builds("@{}({})".format, names, expressions),
        max_size=2,
    )
    return st.builds(lambda above, below: "\n".join([*above, below]), decorators, body)


local = st.one_of(
    simple,
    st.builds("return {}".format, expressions),
    st.builds("global {}".format, st.just("X")),
    st.builds("yield {}".format, expressions),
)
statements = st.recursive(
    simple,
    lambda inner: st.one_of(
        decorated(suite(st.builds("def {}({}={})".format, names, names, expressions), local | inner)),
        decorated(suite(st.builds("def {}(self, {}: {})".format, names, st.just("given"), names), local | inner)),
        decorated(suite(st.builds("class {}({})".format, names, names), inner)),
        suite(st.builds("with {} as {}".format, expressions, names), inner),
        suite(st.builds("for {} in {}".format, names, expressions), inner),
        suite(st.builds("if {}".format, expressions), inner),
    ),
    max_leaves=4,
)
sources = st.lists(statements, max_size=6).map(lambda lines: "\n".join([HEAD, *lines, ""]))
trees = st.dictionaries(st.sampled_from(PATHS), sources, min_size=1, max_size=4)


def linked(files: Mapping[str, str]) -> Project:
    roles = {path: "test" if path.startswith("tests/") else "app" for path in files}
    return link({path: extract(source) for path, source in files.items()}, roles, knowledge())


def found(project: Project) -> list[Finding]:
    rules = list(pack().rules.values())
    context = Context(project, {}, {rule.name: {} for rule in rules})
    state = load_detectors(())["state"]
    return sorted(
        state([rule for rule in rules if "state" in (rule.detector, *rule.also_detected_by)], context),
        key=Finding.sort_key,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trees)
def test_any_tree_can_be_linked(files: dict[str, str]) -> None:
    project = linked(files)
    assert set(project.files) <= set(files)
    writes = Accesses(project.evaluator).writes
    for place in writes:
        assert project.lifetimes.keeps(place) in (True, False)
    for ref, _ in project.tables.scopes():
        assert project.phases.of(ref) is not None
        assert len(project.phases.chain(ref)) <= len(project.graph.edges) + 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trees, st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(files: dict[str, str], chance: Random) -> None:
    shuffled = list(files.items())
    chance.shuffle(shuffled)
    first, second = linked(files), linked(dict(shuffled))
    assert first.entries == second.entries
    assert first.phases.reach == second.phases.reach
    assert first.lifetimes.holders == second.lifetimes.holders
    assert Accesses(first.evaluator).writes == Accesses(second.evaluator).writes
    assert found(first) == found(second)


@pytest.mark.parametrize("example", ["flask-shop", "fastapi-chat", "django-poll"])
def test_the_seed_of_hashes_changes_nothing(example: str) -> None:
    def report(seed: str) -> bytes:
        main = "import sys; from statecheck.cli import main; sys.exit(main())"
        command = [
            sys.executable,
            "-c",
            main,
            "check",
            f"examples/{example}/stateful",
            "--output-format",
            "json",
            "--exit-zero",
        ]
        done = subprocess.run(
            command, cwd=TOP, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        return done.stdout

    first = report("1")
    assert first == report("4242")
    assert b'"findings"' in first
