"""What a team teaches in its settings about functions and classes of its own tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from statecheck.pipeline import check, explain
from statecheck.request import Request
from statecheck.settings import load

FILES = {
    "shop/__init__.py": "",
    "shop/web/__init__.py": "from shop.web.routing import endpoint\n",
    "shop/web/routing.py": """
def endpoint(function):
    return function

def handle(name, function):
    ROUTES[name] = function

ROUTES = {}

class Bus:
    def on(self, function):
        return function

class Handler:
    def answer(self, name): ...
""",
    "shop/shared.py": """
import os

class RedisDict(dict):
    pass

class Visit:
    pass

def save(name, data):
    with open("/data/" + name, "wb") as file:
        file.write(data)
""",
    "shop/plain/jobs.py": "",
    "shop/app.py": """
from shop.plain import jobs
from shop.shared import RedisDict, Visit, save
from shop.web import endpoint
from shop.web.routing import Bus, Handler, handle

DECORATED, CALLED, ON_BUS, SUBCLASSED, NAMED = {}, {}, {}, {}, {}
SHARED = RedisDict()
VISIT = Visit()
READY = {}
bus = Bus()

@endpoint
def hello(name):
    DECORATED[name] = 1
    SHARED[name] = 1
    VISIT.name = name
    save(name, b"")

def called(name):
    CALLED[name] = 1

handle("called", called)

@bus.on
def heard(name):
    ON_BUS[name] = 1

class Greeting(Handler):
    def answer(self, name):
        SUBCLASSED[name] = 1

def nightly(name):
    NAMED[name] = 1

def prepare():
    READY["shop"] = 1

def start_over():
    prepare()
""",
}
ENTRY = 'entry-points = [{ names = ["shop.web.endpoint"] }, { names = ["shop.app.start_over"], match = "function" }]'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def found(project: Path, *settings: str) -> set[str]:
    (project / "statecheck.toml").write_text("\n".join(settings) + "\n")
    loaded = load(project)
    findings: Any = check(Request(loaded.root, (), loaded.settings, jobs=1)).findings
    sure = [finding for finding in findings if finding.confidence == "high"]
    return {f"{finding.name} {finding.symbol.removeprefix('shop.')}" for finding in sure}


@pytest.mark.parametrize(
    ("entry", "symbol"),
    [
        ('names = ["shop.web.endpoint"]', "DECORATED"),
        ('names = ["shop.web.routing.endpoint"]', "DECORATED"),
        ('names = ["shop.web.routing.handle"], match = "call", position = 1', "CALLED"),
        ('names = ["shop.web.routing.Bus.on"]', "ON_BUS"),
        ('names = ["shop.web.routing.Handler"], match = "subclass", methods = ["answer"]', "SUBCLASSED"),
        ('names = ["shop.app.nightly"], match = "function", phase = "worker"', "NAMED"),
    ],
)
def test_entry_points_may_stand_in_the_tree(project: Path, entry: str, symbol: str) -> None:
    name = f"mutated-global app.{symbol}"
    assert name not in found(project)
    assert name in found(project, f"entry-points = [{{ {entry} }}]")


def test_process_safe_and_request_scoped_objects_are_no_state(project: Path) -> None:
    before = found(project, ENTRY)
    assert {"mutated-global app.SHARED", "singleton-state shared.Visit.name"} <= before
    taught = found(project, ENTRY, 'process-safe = ["shop.shared.RedisDict"]', 'request-scoped = ["shop.shared.Visit"]')
    assert before - taught == {"mutated-global app.SHARED", "singleton-state shared.Visit.name"}


def test_a_storage_api_may_write_files(project: Path) -> None:
    assert any(name.startswith("file-write") for name in found(project, ENTRY))
    taught = found(project, ENTRY, 'storage-api = ["shop.shared.save"]')
    assert not any(name.startswith("file-write") for name in taught)


def test_what_runs_at_startup_may_fill_tables(project: Path) -> None:
    assert "mutated-global app.READY" in found(project, ENTRY)
    assert "mutated-global app.READY" not in found(project, ENTRY, 'startup = ["shop.app.prepare"]')


def test_explain_judges_as_the_check_does(project: Path) -> None:
    (project / "statecheck.toml").write_text(f'{ENTRY}\nseverities = {{ memory = "low" }}\n')
    loaded = load(project)
    line = FILES["shop/app.py"].split("\n").index("READY = {}") + 1
    text = explain(Request(loaded.root, (project / "shop" / "app.py",), loaded.settings, jobs=1), "shop/app.py", line)
    assert "reported here: mutated-global (low severity, high confidence)" in text
