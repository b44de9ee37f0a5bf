"""Whole outputs of every renderer, and what no output may ever contain."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType

import made_up_report as sample
import msgspec
import pytest
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from statecheck import __version__
from statecheck.model import Report, Step, Summary
from statecheck.report import concise, text
from statecheck.report import json as json_report
from statecheck.report.options import Options
from statecheck.report.source import SourceReader

CLEAN = Report(root="/", summary=Summary(files=3, lines=40, entry_points={"flask": 2}))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return sample.write_sources(tmp_path)


def render(renderer: ModuleType, root: Path, report: Report | None = None, **choices: object) -> str:
    options = msgspec.structs.replace(Options(width=80, code_width=80), **choices)
    output: str = renderer.render(report or sample.report(root), SourceReader(root), options)
    return output


@pytest.mark.parametrize("width", [80, 140])
def test_text(root: Path, width: int, snapshot: SnapshotAssertion) -> None:
    assert render(text, root, width=width, code_width=width) == snapshot


def test_text_in_colour(root: Path, snapshot: SnapshotAssertion) -> None:
    assert render(text, root, color=True) == snapshot


def test_text_without_findings(root: Path, snapshot: SnapshotAssertion) -> None:
    assert render(text, root, CLEAN) == snapshot


def test_concise(root: Path, snapshot: SnapshotAssertion) -> None:
    assert render(concise, root) == snapshot


def test_json(root: Path, snapshot: SnapshotAssertion) -> None:
    assert render(json_report, root).replace(__version__, "VERSION") == snapshot


def test_json_has_exactly_the_promised_keys(root: Path) -> None:
    envelope = json.loads(render(json_report, root))
    assert list(envelope) == ["schema", "tool", "summary", "findings", "baseline", "errors"]
    assert " ".join(envelope["findings"][1]) == (
        "rule name family severity confidence path line column end_line end_column symbol scope message instead harm "
        "entry_points flow form fingerprint fix suppressed baseline_state deployments"
    )
    assert " ".join(envelope["findings"][1]["flow"][0]) == (
        "role path line column end_line end_column message fingerprint baseline_state"
    )


@pytest.mark.parametrize("renderer", [text, concise])
def test_statistics_replace_the_findings(root: Path, renderer: ModuleType) -> None:
    output = render(renderer, root, statistics=True, quiet=True)
    assert output.splitlines() == [
        "1  STC101 mutated-global (high)",
        "1  STC101 mutated-global (low)",
        "1  STC401 secret (medium)",
        "1  STC402 dsn (high)",
    ]


@pytest.mark.parametrize("renderer", [text, concise])
def test_quiet_leaves_only_the_findings(root: Path, renderer: ModuleType) -> None:
    output = render(renderer, root, quiet=True)
    assert "STC101" in output
    assert "Found" not in output
    assert "warning" not in output
    assert render(renderer, root, CLEAN, quiet=True) == ""


@pytest.mark.parametrize("renderer", [text, concise, json_report])
def test_what_the_tree_says_cannot_steer_a_terminal(root: Path, renderer: ModuleType) -> None:
    output = render(renderer, root)
    assert not {char for char in output if char in "\x1b\u202e\x07\x9b" or (ord(char) < 32 and char != "\n")}


@pytest.mark.parametrize("renderer", [text, concise, json_report])
def test_no_secret_is_repeated(root: Path, renderer: ModuleType) -> None:
    output = render(renderer, root)
    assert "battery" not in output
    assert "hunter2" not in output


def test_no_line_of_prose_is_wider_than_the_terminal(root: Path) -> None:
    for width in (80, 100, 140):
        assert max(map(len, render(text, root, width=width, code_width=width).splitlines())) <= width


def test_nothing_checked_does_not_look_clean(root: Path) -> None:
    output = render(text, root, Report(root="/"))
    assert "Nothing was checked: no Python file was found." in output
    assert "No findings" not in output


def test_no_entry_point_is_said(root: Path) -> None:
    assert "entry points  none found" in render(text, root, Report(root="/", summary=Summary(files=3)))


@pytest.mark.parametrize(
    ("severity", "confidence", "advice"),
    [
        ("low", "high", "--min-severity low shows it"),
        ("high", "low", "--min-confidence low shows it"),
        ("low", "low", "--min-severity low --min-confidence low shows it"),
    ],
)
def test_hidden_findings_say_what_shows_them(root: Path, severity: str, confidence: str, advice: str) -> None:
    hidden = msgspec.structs.replace(sample.HIDDEN, severity=severity, confidence=confidence)
    output = render(text, root, Report(root="/", hidden=(hidden,), summary=Summary(files=1)))
    assert f"1 hidden: {advice}." in output


def test_a_source_that_is_gone_leaves_the_place(tmp_path: Path) -> None:
    output = render(text, tmp_path, Report(root="/", findings=(sample.GLOBAL,)))
    assert "--> shop/cart.py:7:1" in output
    assert "CARTS: dict" not in output


def test_a_long_code_flow_is_cut_and_says_so(root: Path) -> None:
    call = Step("call", sample.at("shop/views.py", 11, 22, 30), "calls `shop.cart.add`")
    writes = [Step("write", sample.at("shop/cart.py", line), f"write {line}") for line in (1, 1, 2, 3, 4, 5, 6)]
    reads = [Step("read", sample.at("shop/cart.py", line), f"read {line}") for line in (1, 2, 3)]
    finding = replace(sample.GLOBAL, flow=(call, *writes, *reads))
    output = render(text, root, Report(root=str(root), findings=(finding,)))
    steps = [line.strip(" |") for line in output.splitlines() if re.match(r" +\| (\d+\.|   and)", line)]
    assert steps == [
        "1. calls `shop.cart.add`", "2. write 1", "3. write 2", "4. write 3", "5. write 4", "6. read 1", "7. read 2",
        "and 2 more writes, 1 more read",
    ]  # fmt: skip


def test_a_step_that_is_a_point_has_no_marks(root: Path) -> None:
    step = Step("call", sample.at("shop/views.py", 11, 22, 23), "calls `shop.cart.add`")
    report = Report(root=str(root), findings=(replace(sample.GLOBAL, flow=(step,)),))
    assert 'return {"total": cart.add(' in render(text, root, report, color=True)
