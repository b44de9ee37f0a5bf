"""Small applications with what is wrong in them: every cause is found by its rule, and nothing else is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from statecheck.model import Finding
from statecheck.testing import Case, Cause, PageError, project_cases, report_of

PAGES = sorted((Path(__file__).parent / "cases").glob("[a-z]*.md"))
CASES = [
    pytest.param(case, id=f"{page.stem}: {case.name}")
    for page in PAGES
    for case in project_cases(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case) -> None:
    report = report_of(case)
    assert not report.errors
    assert differences(case, report.findings) == []


def differences(case: Case, findings: tuple[Finding, ...]) -> list[str]:
    """What is missing, in one line each, and what was not expected."""
    open_findings = list(findings)
    missing = []
    for cause in case.causes:
        if met := next((finding for finding in open_findings if meets(finding, cause)), None):
            open_findings.remove(met)
        else:
            places = " or ".join(f"{path}:{line}" for path, line in cause.places)
            harm = f" ({cause.harm})" if cause.harm else ""
            missing.append(f"missing: {' or '.join(cause.rules)}{harm} at {places}")
    return missing + [
        f"unexpected: {finding.name} at {finding.location.path}:{finding.location.line}" for finding in open_findings
    ]


def meets(finding: Finding, cause: Cause) -> bool:
    """Is it of the rule, at a marked line or with a definition or write there?"""
    places = {finding.location, *(step.location for step in finding.flow if step.role in ("definition", "write"))}
    is_harm = cause.harm in ("", finding.harm)
    return is_harm and finding.name in cause.rules and any((place.path, place.line) in cause.places for place in places)


TALLY = """
# Page

## Votes by choice

One sentence.

```python title=shop/votes.py
votes = {}  # finding a: mutated-global|process-cache
```

```python title=app.py
from flask import Flask
from shop.votes import votes

app = Flask(__name__)
app.secret_key = "k9Xq2LmZ7vR4tY8w"  # finding: secret

@app.post("/")
def vote():
    votes["x"] = 1  # finding a: mutated-global|process-cache
    return ""
```
"""


def test_a_mark_may_name_the_harm() -> None:
    [case] = project_cases("## Mail\n\n```python\nsend()  # finding: background-work (lost)\n```\n")
    assert case.causes == (Cause(("background-work",), (("app.py", 1),), "lost"),)
    assert case.files == {"app.py": "send()\n"}


def test_a_letter_joins_the_lines_of_one_cause() -> None:
    [case] = project_cases(TALLY)
    assert (case.name, case.expected) == ("Votes by choice", ())
    assert case.causes == (
        Cause(("mutated-global", "process-cache"), (("shop/votes.py", 1), ("app.py", 9))),
        Cause(("secret",), (("app.py", 5),)),
    )
    assert case.files["shop/votes.py"] == "votes = {}\n"


def test_a_finding_without_mark_and_a_mark_without_finding_are_told() -> None:
    page = TALLY.replace("  # finding: secret", "").replace('return ""', 'return ""  # finding: file-write')
    [case] = project_cases(page)
    assert differences(case, report_of(case).findings) == [
        "missing: file-write at app.py:10",
        "unexpected: secret at app.py:5",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# finding: secret", "# finding", '"Votes by choice" marks line 5 of app.py without the name of a rule'),
        (
            "1  # finding a: mutated-global|process-cache",
            "1  # finding a: secret",
            'line 9 of app.py: the marks of "a" name different rules',
        ),
    ],
)
def test_marks_that_cannot_be_read(old: str, new: str, message: str) -> None:
    with pytest.raises(PageError) as caught:
        project_cases(TALLY.replace(old, new))
    assert str(caught.value) == message
