"""Which comparisons ask for the name of the deploy, and which ask for something else."""

from __future__ import annotations

import pytest

from statecheck.detectors.api import Context
from statecheck.detectors.env_branch import detect
from statecheck.facts.python import extract
from statecheck.model import Finding
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import link
from statecheck.rules.load import load

PACK = load()
HEAD = (
    "import os, sys, socket\nfrom flask import Flask, current_app\nfrom conf import settings\napp = Flask(__name__)\n"
)
ENV = 'ENV = os.environ.get("APP_ENV", "dev")\n'


def find(text: str) -> list[Finding]:
    linked = link({"app.py": extract(HEAD + text)}, {"app.py": "app"}, Knowledge(PACK))
    rules = [rule for rule in PACK.rules.values() if rule.detector == "env-branch"]
    return sorted(detect(rules, Context(linked, {}, {})), key=Finding.sort_key)


def in_view(line: str) -> str:
    return f"{ENV}@app.get('/')\ndef view():\n    {line}\n"


@pytest.mark.parametrize(
    "line",
    [
        'return os.environ["FLASK_ENV"] == "production"',
        'return os.getenv("ENV", "dev").lower() == "production"',
        'return "production" == os.environ.get("ENVIRONMENT")',
        'return ENV == "dev"',
        'return ENV != "PROD"',
        'return ENV in ("staging", "production")',
        'return ENV not in ["staging", "production"]',
        'return ENV.startswith("prod")',
        'return settings.ENV == "production"',
        'return settings.environment in {"staging", "production"}',
        'return app.config["ENV"] == "production"',
        'return current_app.config.get("ENV") == "production"',
        'where = os.environ["APP_ENV"]; return where == "production"',
        'return 1 if ENV == "production" else 2',
        'match ENV:\n        case "production": return 1',
        'return socket.gethostname() == "web-1"',
    ],
)
def test_a_branch_on_the_name(line: str) -> None:
    (finding,) = find(in_view(line))
    assert (finding.severity, finding.confidence, finding.entry_points) == ("medium", "high", ("GET /",))


@pytest.mark.parametrize(
    "line",
    [
        'return os.environ["CHARGE_CARDS"] == "1"',
        'return os.environ.get("LOG_LEVEL") == "debug"',
        'return ENV == "test"',
        'return ENV == "eu-west"',
        "return ENV",
        'return sys.platform == "linux"',
        'return os.name == "nt"',
        'stage = app.name; return stage == "dev"',
        'return settings.stage == "build"',
        'return app.environment == "production"',
        'if ENV not in ("dev", "production"): raise ValueError(ENV)',
        "return socket.gethostname()",
        "return settings.DEBUG is True",
    ],
)
def test_something_else(line: str) -> None:
    assert not find(in_view(line))


def test_the_environment_given_by_a_caller_is_not_that_of_the_process() -> None:
    assert not find('def connect(environment):\n    return "a" if environment == "production" else "b"\n')


def test_a_constant_of_the_code_in_place_of_the_literal() -> None:
    (finding,) = find(f'class Deploy:\n    PRODUCTION = "production"\n{in_view("return ENV == Deploy.PRODUCTION")}')
    assert finding.symbol == "ENV"


def test_a_literal_name_for_error_reports_is_low() -> None:
    (finding,) = find('import sentry_sdk\nsentry_sdk.init(environment="production")\n')
    assert (finding.form, finding.severity) == ("sentry-environment", "low")
