"""Helpers for authors of rules: the code blocks of a rule's page are its tests.

Under the headings "Flagged" and "Not flagged" each ``### heading`` is one case, made of the fenced blocks below it.
A block is a file: ```` ```python title=shop/urls.py ````, "app.py" where no title is given. A line that ends in the
comment ``# finding`` (in the comment syntax of its language) must carry exactly one finding of the rule, every other
line none.

A page of cases for all rules together has no sections: each ``## heading`` is a case. Its marks name the rule, and a
letter joins the lines of one cause: ``# finding: secret``, ``# finding a: singleton-state|mutated-global``. They may
name the harm as well: ``# finding: background-work (lost)``.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from statecheck.model import Finding, Report
from statecheck.pipeline import check
from statecheck.request import Request
from statecheck.rules.load import load
from statecheck.settings import Settings
from statecheck.settings import load as load_settings

FLAGGED, NOT_FLAGGED = "Flagged", "Not flagged"
SECTIONS = (
    "What it flags",
    "Why it breaks with two processes",
    FLAGGED,
    NOT_FLAGGED,
    "Instead",
    "Known limits",
    "Options",
)

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*(?P<language>[^\s`]*)(?P<info>[^`]*)$")
_TITLE = re.compile(r"title=(?:\"([^\"]*)\"|(\S+))")
_MARK = re.compile(
    r"\s*(?:#|//|--|;|/\*|<!--|\{#)\s*finding(?P<named>(?:\s+(?P<group>\w+))?:\s*(?P<rules>[\w|-]*\w)(?:\s+\((?P<harm>\w+)\))?)?"
    r"\s*(?:\*/|-->|#\})?\s*$"
)
_PROSE = frozenset({"", "text", "console", "output"})  # blocks that show something else than a file


class Cause(Struct, frozen=True):
    """One finding that is expected: the rules of which one must report it, and the places (path, line) it may name.

    ``harm``: lost, split or repeated; "" where the page does not say.
    """

    rules: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    harm: str = ""


class Case(Struct, frozen=True):
    """A small project of a page: its files by path, and the places (path, line from 1) that are flagged."""

    name: str
    files: dict[str, str]
    expected: tuple[tuple[str, int], ...]  # marked without the name of a rule
    causes: tuple[Cause, ...] = ()


class PageError(ValueError):
    """A page that cannot be read as tests."""


def page_cases(page: str) -> list[Case]:
    """The cases of a rule's page (the text of its README.md). Raises PageError."""
    cases: list[Case] = []
    for section, name, files in _projects(page):
        case = _case(name, files)
        if case.causes:
            raise PageError(f'"{name}" names a rule in a mark; its own rule is meant: write "# finding"')
        if section == FLAGGED and not case.expected:
            raise PageError(f'"{name}" stands under "{FLAGGED}" and marks no line with "# finding"')
        if section == NOT_FLAGGED and case.expected:
            raise PageError(f'"{name}" stands under "{NOT_FLAGGED}" and marks line {case.expected[0][1]}')
        cases.append(case)
    return cases


def project_cases(page: str) -> list[Case]:
    """The cases of a page about all rules: one for each ``## heading`` with files. Raises PageError."""
    cases = [_case(name, files) for _, name, files in _projects(page, ())]
    for case in cases:
        if case.expected:
            path, line = case.expected[0]
            raise PageError(f'"{case.name}" marks line {line} of {path} without the name of a rule')
    return cases


def run_case(case: Case, rule_name: str, packs: Sequence[Path] = ()) -> list[Finding]:
    """The findings of the rule in the case, those that are shown by default. ``packs``: folders beside our own."""
    return [finding for finding in report_of(case, (rule_name,), packs).findings if finding.name == rule_name]


def check_case(case: Case, rule_name: str, packs: Sequence[Path] = ()) -> None:
    """Raise AssertionError unless exactly the marked lines are flagged.

    A marked line may be a finding below the default severity or confidence; an unmarked line may carry only such.
    """
    __tracebackhide__ = True  # the message says it all
    report = report_of(case, (rule_name,), packs)
    assert not report.errors, f"{case.name}: {report.errors}"
    shown = [finding for finding in report.findings if finding.name == rule_name]
    hidden = [finding for finding in report.hidden if finding.name == rule_name]
    got = Counter(_place(finding) for finding in (*shown, *hidden))
    wrong = [
        f"{path}:{line}: {got[path, line]} findings instead of one"
        for path, line in case.expected
        if got[path, line] != 1
    ]
    wrong += [
        f"{finding.location.path}:{finding.location.line}: unexpected: {finding.message}"
        for finding in shown
        if _place(finding) not in case.expected
    ]
    assert not wrong, "\n".join((f"{rule_name}, {case.name}:", *wrong))


def assert_page(rule_name: str, packs: Sequence[Path] = ()) -> None:
    """Run every case of the page of a rule of the default pack, or of these packs."""
    for case in page_cases(load(packs).rules[rule_name].page):
        check_case(case, rule_name, packs)


def missing_sections(page: str) -> list[str]:
    """The sections that a page lacks, or has out of order."""
    headings = [_HEADING.match(line) for line, fenced in _lines(page) if not fenced]
    found = [heading[2] for heading in headings if heading and heading[1] == "##"]
    return [] if found == list(SECTIONS) else [name for name in SECTIONS if name not in found] or found


def _place(finding: Finding) -> tuple[str, int]:
    return (finding.location.path, finding.location.line)


def report_of(case: Case, rules: tuple[str, ...] = (), packs: Sequence[Path] = ()) -> Report:
    """What the rules say about a case: these (default: every stable rule), or those of its own statecheck.toml.

    ``packs`` are folders of rules beside our own.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name, text in case.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        own = root / "statecheck.toml"
        settings = load_settings(root, config=own).settings if own.is_file() else Settings(select=rules)
        settings = replace(settings, rule_paths=(*settings.rule_paths, *(str(pack.resolve()) for pack in packs)))
        return check(Request(root=root, settings=settings, jobs=1))


def _lines(page: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a fenced block."""
    closing = ""
    for line in page.splitlines():
        if closing:
            yield line, True
            if line.strip().startswith(closing) and not line.strip().strip(closing[0]):
                closing = ""
        else:
            opening = _FENCE.match(line)
            closing = opening[1] if opening else ""
            yield line, bool(opening)


def _projects(
    page: str,
    sections: tuple[str, ...] = (FLAGGED, NOT_FLAGGED),
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Section, case name and files of each case in these sections, or on the whole page."""
    section = name = ""
    files: dict[str, str] = {}
    block: list[str] | None = None
    for line, fenced in _lines(page):
        if not fenced:
            block = None
            if heading := _HEADING.match(line):
                if files:
                    yield section, name, files
                files = {}
                section = heading[2] if len(heading[1]) == 2 else section
                name = heading[2]
        elif sections and section not in sections:
            continue
        elif block is None:
            block = [line]
        else:
            block.append(line)
            if _closes(block):
                if found := _file(block):
                    if found[0] in files:  # the same file again: another case without a heading of its own
                        yield section, name, files
                        files = {}
                    files[found[0]] = found[1]
                block = None
    if files:
        yield section, name, files


def _closes(block: list[str]) -> bool:
    opening = _FENCE.match(block[0])
    assert opening is not None
    last = block[-1].strip()
    return last.startswith(opening[1]) and not last.strip(opening[1][0])


def _file(block: list[str]) -> tuple[str, str] | None:
    opening = _FENCE.match(block[0])
    assert opening is not None
    if opening["language"] in _PROSE:
        return None
    title = _TITLE.search(opening["info"])
    name = (title[1] or title[2]) if title else "app.py"
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise PageError(f'the title "{name}" leads out of the project')
    return name, "".join(f"{line}\n" for line in block[1:-1])


def _case(name: str, files: dict[str, str]) -> Case:
    expected: list[tuple[str, int]] = []
    causes: dict[str, Cause] = {}
    plain: dict[str, str] = {}
    for path, text in files.items():
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            mark = _MARK.search(line)
            if mark and mark["named"]:
                found = Cause(tuple(mark["rules"].split("|")), ((path, number),), mark["harm"] or "")
                _join(causes, mark["group"] or f"{path}:{number}", found)
            elif mark:
                expected.append((path, number))
        plain[path] = "\n".join(_MARK.sub("", line) for line in lines)
    return Case(name, plain, tuple(expected), tuple(causes.values()))


def _join(causes: dict[str, Cause], group: str, found: Cause) -> None:
    known = causes.get(group, found)
    if known.rules != found.rules:
        path, line = found.places[0]
        raise PageError(f'line {line} of {path}: the marks of "{group}" name different rules')
    places = known.places + found.places if known is not found else found.places
    causes[group] = Cause(found.rules, places, known.harm or found.harm)
