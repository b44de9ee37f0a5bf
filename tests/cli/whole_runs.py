"""What tests of whole reports that are kept share: a shop with all kinds of files, and a count of the work done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import SHOP, call

from statecheck import pipeline
from statecheck.model import Problem, Report
from statecheck.request import Request

VARIABLES = 'import os\n\nDEBUG = os.environ.get("DEBUG")\n'
COMPOSE = "services:\n  web:\n    image: shop\n    volumes: [uploads:/srv/uploads]\n"


class Work:
    """Counts how often the pipeline works a report out, and can do something meanwhile."""

    def __init__(self) -> None:
        self.done = 0
        self.meanwhile: Callable[[], object] = lambda: None
        self.errors: tuple[Problem, ...] = ()


def counted(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts from now on, up to the end of the test."""
    work = Work()
    really = pipeline.check

    def check(request: Request) -> Report:
        work.done += 1
        work.meanwhile()
        report = really(request)
        return report if not work.errors else Report(root=report.root, errors=work.errors)

    monkeypatch.setattr(pipeline, "check", check)
    return work


def write_shop(root: Path) -> Path:
    """A project with Python, a document and settings."""
    (root / "sub").mkdir(parents=True)
    (root / "statecheck.toml").write_text("")
    (root / "app.py").write_text(SHOP)
    (root / "sub" / "env.py").write_text(VARIABLES)
    (root / "compose.yaml").write_text(COMPOSE)
    return root


def content(shop: Path) -> None:
    (shop / "app.py").write_text(SHOP.replace('"book"', '"pen"'))


def report(capsys: pytest.CaptureFixture[str], root: Path, *options: str) -> tuple[int, str, str]:
    return call(capsys, "check", str(root), "--output-format", "json", *options)
