"""TOML with line numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statecheck.toml import TomlError, parse, read

TEXT = '''\
# comment with = and [brackets]
title = "a # b"

[tool.statecheck]
select = ["memory",
  # between
  "STC3",
]
"quoted key" = { a = 1, b = [
   { c = 2 },
   { c = 3, "d.e" = 4 },
] }
text = """
[not.a.header]
key = 1 \\"""
"""
when = 1979-05-27 07:32:00
number = 1.5
a.b.c = true

[[tool.statecheck.entry]]
id = "one"
[tool.statecheck.entry.sub]
x = 1
[[tool.statecheck.entry]]
id = 'two'
[[tool.statecheck.entry.deep]]
y = 2
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ((), 1),
        (("title",), 2),
        (("tool",), 4),
        (("tool", "statecheck"), 4),
        (("tool", "statecheck", "select"), 5),
        (("tool", "statecheck", "select", 0), 5),
        (("tool", "statecheck", "select", 1), 7),
        (("tool", "statecheck", "quoted key"), 9),
        (("tool", "statecheck", "quoted key", "a"), 9),
        (("tool", "statecheck", "quoted key", "b", 0, "c"), 10),
        (("tool", "statecheck", "quoted key", "b", 1, "d.e"), 11),
        (("tool", "statecheck", "text"), 13),
        (("tool", "statecheck", "when"), 17),
        (("tool", "statecheck", "number"), 18),
        (("tool", "statecheck", "a", "b", "c"), 19),
        (("tool", "statecheck", "entry"), 21),
        (("tool", "statecheck", "entry", 0, "id"), 22),
        (("tool", "statecheck", "entry", 0, "sub"), 23),
        (("tool", "statecheck", "entry", 0, "sub", "x"), 24),
        (("tool", "statecheck", "entry", 1), 25),
        (("tool", "statecheck", "entry", 1, "deep", 0, "y"), 28),
        (("tool", "statecheck", "entry", 1, "nowhere"), 25),
    ],
)
def test_line_of_a_key(keys: tuple[str | int, ...], line: int) -> None:
    assert parse(TEXT, Path("x.toml")).line_of(*keys) == line


def test_windows_line_ends_count_once() -> None:
    assert parse("a = 1\r\n\r\nb = 2\r\n", Path("x.toml")).line_of("b") == 3


def test_a_broken_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("a = 1\nb = = 2\n")
    with pytest.raises(TomlError) as caught:
        read(path)
    assert str(caught.value) == f"{path}:2: is not valid TOML: Invalid value"


def test_a_file_that_ends_too_early_names_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("a = 1\nb = [1,\n")
    with pytest.raises(TomlError, match=r"x\.toml:2: is not valid TOML"):
        read(path)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(TomlError) as caught:
        read(path)
    assert str(caught.value) == f"{path}:2: is not UTF-8"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TomlError, match="cannot be read: No such file or directory"):
        read(tmp_path / "x.toml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read(path).data == {"a": 1}


def test_deep_nesting_that_the_parser_accepts() -> None:
    assert parse("a = " + "[" * 100 + "]" * 100, Path("x")).line_of("a", *[0] * 90) == 1


def test_nesting_that_is_too_deep_is_an_error() -> None:
    with pytest.raises(TomlError, match="is not valid TOML"):
        parse("a = " + "[" * 100_000 + "]" * 100_000, Path("x"))


_values = st.recursive(
    st.sampled_from(["1", "-2.5", "true", '"a, ] } = # b"', "'x'", '"""m\nn"""', "1979-05-27T07:32:00Z", "[]", "{}"]),
    lambda inner: st.one_of(
        st.lists(inner).map(lambda items: "[\n" + ",\n".join(items) + "]"),
        st.lists(inner).map(lambda items: "{" + ", ".join(f"k{i}.s = {v}" for i, v in enumerate(items)) + "}"),
    ),
    max_leaves=8,
)


@given(st.lists(_values, max_size=5))
def test_every_top_level_key_is_found_after_any_values(values: list[str]) -> None:
    text, wanted = "", {}
    for number, value in enumerate(values):
        wanted[f"key{number}"] = text.count("\n") + 1
        text += f"key{number} = {value}  # note\n"
    document = parse(text, Path("x.toml"))
    assert {key: document.line_of(key) for key in document.data} == wanted
