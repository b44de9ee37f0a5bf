"""Taking names out of suppressing comments: what else stands on the line stays."""

from __future__ import annotations

import pytest
from fixing import assert_settled, mended

from statecheck.fixes.comments import comment_edit

COMMENT = "# statecheck: ignore[a, b, c] -- because"


def without(text: str, *names: str) -> str:
    """``text`` holds a comment, which ends with its line or where another tool's begins."""
    start = text.index("# statecheck:")
    end = next((at for at in (text.find(mark, start) for mark in ("\r", "\n")) if at >= 0), len(text))
    edit = comment_edit(text, start, end, set(names))
    assert edit is not None
    return text[: edit.start] + edit.text + text[edit.end :]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        (f"x = 1  {COMMENT}\ny = 2\n", "abc", "x = 1\ny = 2\n"),
        (f"x = 1  {COMMENT}\ny = 2\n", "ac", "x = 1  # statecheck: ignore[b] -- because\ny = 2\n"),
        (f"x = 1  {COMMENT}\ny = 2\n", "b", "x = 1  # statecheck: ignore[a, c] -- because\ny = 2\n"),
        (f"x = 1  {COMMENT}\ny = 2\n", "a", "x = 1  # statecheck: ignore[b, c] -- because\ny = 2\n"),
        (f"def f():\n    {COMMENT}\n    x = 1\n", "abc", "def f():\n    x = 1\n"),
        (f"x = 1\r\n{COMMENT}\r\ny = 2\r\n", "abc", "x = 1\r\ny = 2\r\n"),
        (f"x = 1\r{COMMENT}\ry = 2\r", "abc", "x = 1\ry = 2\r"),
        (f"x = 1  {COMMENT}", "abc", "x = 1"),
        (f"x = 1  # noqa: E501  {COMMENT}\n", "abc", "x = 1  # noqa: E501\n"),
        (f"x = 1  {COMMENT}  # noqa: E501\n", "abc", "x = 1  # noqa: E501\n"),
        ("# statecheck: ignore-file[a]\nx = 1\n", "a", "x = 1\n"),
    ],
)
def test_names_and_comments_go(text: str, names: str, expected: str) -> None:
    assert without(text, *names) == expected


def test_a_comment_without_a_list_is_left_to_a_person() -> None:
    assert comment_edit("# statecheck: ignore\n", 0, 20, {"a"}) is None


APP = """\
from flask import Flask

app = Flask(__name__)
CARTS = {}  # statecheck: ignore[mutated-global, secret, dsn] -- one process
# statecheck: ignore[dsn]
# statecheck: ignore[secret]
LIMITS = ()


@app.post("/cart")
def cart():
    CARTS["me"] = "book"
    return "ok"
"""


def test_what_suppresses_something_stays() -> None:
    """Two findings of one comment are mended by one edit."""
    rules = ("mutated-global", "secret", "dsn", "unused-suppression")
    after = mended({"app.py": APP}, rules)
    assert after.files["app.py"].splitlines()[3:5] == [
        "CARTS = {}  # statecheck: ignore[mutated-global] -- one process",
        "LIMITS = ()",
    ]
    assert len(after.fixed) == 4
    assert_settled({"app.py": APP}, after, rules)
