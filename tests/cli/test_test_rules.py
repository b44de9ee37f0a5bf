"""``statecheck test-rules``: the pages of a user's pack are run like our own, and nothing of the pack is code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from helpers import call_joined

from statecheck.rules.load import default_pack_path
from statecheck.testing import assert_page

RULE = """\
code = "ACM101"
name = "acme-cache"
family = "memory"
severity = "medium"
status = "stable"
since = "1.0"
summary = "A cache of Acme"
message = "`acme.Cache` keeps its entries in this process"
instead = "Use the shared cache."
detector = "call"

[[form]]
id = "cache"
call = ["acme.Cache"]
"""
PAGE = """\
# acme-cache (ACM101)

## Flagged

### A cache
```python
import acme
from flask import Flask

app = Flask(__name__)
cache = acme.Cache()  # finding
```

## Not flagged

### The shared one
```python
import acme
from flask import Flask

app = Flask(__name__)
cache = acme.SharedCache()
```
"""

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "ops" / "memory" / "acme-cache"
    folder.mkdir(parents=True)
    (folder / "rule.toml").write_text(RULE)
    (folder / "README.md").write_text(PAGE)
    return tmp_path / "ops"


@pytest.fixture
def run(pack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(pack.parent)
    return partial(call_joined, capsys, "test-rules")


def test_examples_that_are_as_the_page_says(run: Run) -> None:
    assert run("ops") == (0, "ACM101 acme-cache: 2 examples passed\nRules: 0 failed, 1 passed.\n")


def test_the_packs_of_the_settings_are_the_default(run: Run, pack: Path) -> None:
    (pack.parent / "statecheck.toml").write_text('rule-paths = ["ops"]\n')
    assert run()[0] == 0
    assert run("--isolated") == (
        2,
        "error: give the folder of a rule pack; the settings name none (rule-paths)\n",
    )


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("acme.Cache()  # finding", "acme.Other()  # finding", "app.py:5: 0 findings instead of one"),
        ("acme.SharedCache()", "acme.Cache()", "app.py:5: unexpected: `acme.Cache` keeps its entries in this process"),
        ("  # finding", "", 'acme-cache: "A cache" stands under "Flagged" and marks no line with "# finding"'),
        ("## ", "## No ", 'acme-cache: its README.md has no code under "Flagged" or "Not flagged"'),
    ],
)
def test_an_example_that_is_not_as_the_page_says(run: Run, pack: Path, old: str, new: str, line: str) -> None:
    page = pack / "memory" / "acme-cache" / "README.md"
    page.write_text(PAGE.replace(old, new))
    code, out = run("ops")
    assert (code, line in out.splitlines()) == (1, True), out
    assert out.endswith("ACM101 acme-cache: FAILED\nRules: 1 failed, 0 passed.\n")


def test_a_pack_that_cannot_be_used(run: Run, pack: Path) -> None:
    (pack / "memory" / "acme-cache" / "rule.toml").write_text(RULE.replace("summary", "sumary"))
    code, out = run("ops")
    assert (code, out.count("\n")) == (2, 1)
    assert 'rule.toml:7: unknown key "sumary", did you mean "summary"?' in out
    assert run("nowhere") == (2, "error: nowhere: there is no such rule pack\n")


def test_an_empty_pack(run: Run, pack: Path) -> None:
    (pack.parent / "empty").mkdir()
    assert run("empty") == (2, "error: empty: there is no rule in it\n")


def test_the_same_from_pytest(pack: Path) -> None:
    assert_page("acme-cache", [pack])
    page = pack / "memory" / "acme-cache" / "README.md"
    page.write_text(PAGE.replace("acme.SharedCache()", "acme.Cache()"))
    with pytest.raises(AssertionError, match="unexpected"):
        assert_page("acme-cache", [pack])


def test_our_own_pack_can_be_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from statecheck import testing

    monkeypatch.setattr(testing, "check_case", lambda case, rule, packs: None)  # noqa: ARG005 - run by test_pages.py
    code, out = run(str(default_pack_path()))
    assert code == 0
    assert "STC101 mutated-global: " in out
