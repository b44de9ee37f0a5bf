"""The pages of the rules: what they say is flagged is flagged, and nothing else."""

from __future__ import annotations

import pytest

from statecheck.rules.load import load
from statecheck.testing import Case, PageError, check_case, page_cases

CASES = [(rule.name, case) for rule in load().rules.values() for case in page_cases(rule.page)]


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule}: {case.name}" for rule, case in CASES])
def test_page(rule: str, case: Case) -> None:
    check_case(case, rule)


def test_consecutive_blocks_are_one_project_and_marks_are_taken_out() -> None:
    page = """
## Flagged

### Two files
```python title=shop/state.py
CARTS = {}  # finding
```
```yaml title="deploy/web app.yaml"
replicas: 1  # finding
```

## Not flagged

### One
```python
x = 1
```
"""
    assert page_cases(page) == [
        Case(
            "Two files",
            {"shop/state.py": "CARTS = {}\n", "deploy/web app.yaml": "replicas: 1\n"},
            (("shop/state.py", 1), ("deploy/web app.yaml", 1)),
        ),
        Case("One", {"app.py": "x = 1\n"}, ()),
    ]


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ("x = 1  # finding", "x = 1"),
        ("x = 1; // finding", "x = 1;"),
        ("<a/> <!-- finding -->", "<a/>"),
        ("a = b ; finding", "a = b"),
    ],
)
def test_marks_in_the_comments_of_any_language(mark: str, code: str) -> None:
    [case] = page_cases(f"## Flagged\n```txt title=a\n{mark}\n```\n")
    assert (case.files, case.expected) == ({"a": f"{code}\n"}, (("a", 1),))


def test_blocks_outside_the_two_sections_and_of_plain_output_are_no_cases() -> None:
    assert page_cases("## Instead\n```python\nx = 1  # finding\n```\n## Not flagged\n```text\nhello\n```\n") == []


def test_headings_inside_a_block_are_comments() -> None:
    [case] = page_cases("## Not flagged\n```python\n## Instead\nx = 1\n```\n")
    assert case.files == {"app.py": "## Instead\nx = 1\n"}


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("## Flagged\n### A\n```python\nx = 1\n```\n", '"A" stands under "Flagged" and marks no line with "# finding"'),
        (
            "## Not flagged\n### A\n```python\nx = 1  # finding\n```\n",
            '"A" stands under "Not flagged" and marks line 1',
        ),
        (
            "## Flagged\n### A\n```python title=../a.py\nx = 1  # finding\n```\n",
            'the title "../a.py" leads out of the project',
        ),
    ],
)
def test_pages_that_cannot_be_read_as_tests(page: str, message: str) -> None:
    with pytest.raises(PageError) as caught:
        page_cases(page)
    assert str(caught.value) == message


def test_a_wrong_page_fails() -> None:
    flagged = Case("nothing to see", {"app.py": "x = 1\n"}, (("app.py", 1),))
    with pytest.raises(AssertionError, match=r"app\.py:1: 0 findings instead of one"):
        check_case(flagged, "parse-error")
    silent = Case("not silent", {"app.py": "x = (\n"}, ())
    with pytest.raises(AssertionError, match="unexpected: "):
        check_case(silent, "parse-error")
