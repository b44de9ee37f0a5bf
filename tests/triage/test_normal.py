"""The normal form: what a formatter may change does not count, everything else does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statecheck.triage.fingerprint import document_text
from statecheck.triage.normal import normal

SAME = [
    ("f( a,b )", "f(a, b,)"),
    ("x = (a)", "x=a"),
    ("'a'", '"a"'),
    ("'it\\'s'", '"it\'s"'),
    ("'''a'''", '"a"'),
    ("x = (\n  a +\r\n b # why\n)", "x = a + b"),
    ("x \\\n = 1", "x=1"),
    ("x = (a, b)", "x = a, b"),
    ("x = (1,)", "x = 1,"),
    ("return (\n 1,\n 2,\n)", "return 1, 2"),
    ("for (a, b) in (x): pass", "for a, b in x: pass"),
    ("from x import (a, b,)", "from x import a, b"),
    ("with (open(a) as b,): pass", "with open(a) as b: pass"),
    ("if (n := f()): pass", "if n := f(): pass"),
    ("assert (a), (b)", "assert a, b"),
    ("f'{ x }'", 'f"{x}"'),
    ("d[f'{a[\"b\"]:>{w}}']", "d[f\"{a['b']:>{w}}\"]"),
    ("'a' 'b'", '"ab"'),
    ("f'{a}' 'b'", 'f"{a}b"'),
    ("U'a'", "'a'"),
    ("r'\\d'", "'\\\\d'"),
    ("0XAB", "0xab"),
    ("x[(a, b)]", "x[a, b]"),
    ("(a * b) + c", "a*b+c"),
    ("(a - b) - c", "a - b - c"),
    ("not (a in b)", "not a in b"),
    ("-(a**b)", "-a**b"),
    ("f((x for x in y))", "f(x for x in y)"),
    ("[1, 2,]", "[1,2]"),
    ("0x1e-5", "0x1e - 5"),
]
DIFFERENT = [
    ("f((a, b))", "f(a, b)"),
    ("x = (1,)", "x = 1"),
    ("x[a,]", "x[a]"),
    ("(a + b) * c", "a + b * c"),
    ("a - (b - c)", "a - b - c"),
    ("(a < b) < c", "a < b < c"),
    ("(-a) ** b", "-a ** b"),
    ("(a or b) and c", "a or b and c"),
    ("(a if b else c) if d else e", "a if b else c if d else e"),
    ("(await x).y", "await x.y"),
    ("assert (a, b)", "assert a, b"),
    ("[(x for x in y)]", "[x for x in y]"),
    ("'a'", "b'a'"),
    ("'\\n'", "'n'"),
    ("f'{a}'", "'{a}'"),
    ("f'{a!r}'", "f'{a}'"),
    ("f'{{a}}'", "f'{a}'"),
    ("'a', 'b'", "'a' 'b'"),
    ("{a}", "[a]"),
    ("ab", "a b"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_what_a_formatter_may_change_does_not_count(left: str, right: str) -> None:
    assert normal(left) == normal(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_a_change_of_meaning_shows(left: str, right: str) -> None:
    assert normal(left) != normal(right)


NAMES = st.sampled_from(["cart", "user", "x", "f", "rb", "lambda_", "in_", "é"])
TEXTS = st.text("ab'\" #(),{}x", max_size=5)
Written = tuple[str, str, str]  # an expression, the same written differently, one that means something else


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace(quote, f"\\{quote}") + quote


def _joined(parts: list[Written], opening: str, closing: str) -> Written:
    plain = opening + ", ".join(part[0] for part in parts) + closing
    odd = f"{opening}  # (one\n" + " , ".join(part[1] for part in parts) + f",\r\n\t{closing}"
    return plain, odd, opening + ", ".join([parts[0][2], *(part[0] for part in parts[1:])]) + closing


NAME = NAMES.map(lambda name: (name, f"({name})", f"{name}2"))
NUMBER = st.integers(0, 99).map(lambda number: (str(number), f"( {number}\n)", str(number + 1)))
STRING = TEXTS.map(lambda text: (_quoted(text, '"'), f"({_quoted(text, chr(39))} '')", _quoted(text + "z", '"')))


def _grown(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda args: _joined(args, "f(", ")")),
        several.map(lambda args: _joined(args, "[", "]")),
        st.tuples(NAMES, parts).map(lambda p: (f"{p[0]}[{p[1][0]}]", f"{p[0]}[ {p[1][1]} ]", f"{p[0]}[{p[1][2]}]")),
        st.tuples(parts, parts).map(
            lambda p: (f"({p[0][0]} + {p[1][0]}) * 2", f"(({p[0][1]}\n+ {p[1][1]})*2)", f"({p[0][0]} + {p[1][2]}) * 2")
        ),
    )


EXPRESSIONS = st.recursive(st.one_of(NAME, NUMBER, STRING), _grown, max_leaves=8)


@given(EXPRESSIONS)
@settings(max_examples=300, deadline=None)
def test_rewriting_without_a_change_never_shows_and_a_change_always_does(written: Written) -> None:
    plain, odd, other = written
    assert normal(f"x = {odd}") == normal(f"x = ({plain})  # note")
    assert normal(f"x = {other}") != normal(f"x = {plain}")


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_normal_form(text: str) -> None:
    assert normal(text) == normal(re.sub(r"\A[ \t]*", " ", text))
    document_text(text)


def test_a_document_is_compared_without_quotes_comments_and_idle_commas() -> None:
    assert document_text("sessionAffinity:   'ClientIP'  # sticky") == document_text("sessionAffinity: ClientIP")
    assert document_text('types = ["a", "b",]') == document_text("types = [ a, b ] // two")
    assert document_text("url: http://a") != document_text("url: http:")
