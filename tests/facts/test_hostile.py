"""Legal or nearly legal text that has crashed or stalled parsers: analysed, or refused in one line, and fast."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import time
import tokenize
from pathlib import Path

import hypothesmith
import libcst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statecheck.facts import ir
from statecheck.facts.bounds import Bounded, bound
from statecheck.facts.ir import FileFacts, ParseFailure
from statecheck.facts.job import roomy
from statecheck.facts.lexing import BRACKETS, fstring_end, is_interpolated
from statecheck.facts.pool import extract_files
from statecheck.facts.python import extract, line_starts_of


def facts_of(tmp_path: Path, text: str) -> FileFacts:
    path = tmp_path / "hostile.py"
    path.write_text(text, newline="")
    found = extract_files([("hostile.py", path)])
    assert found.problems == ()
    return found.facts["hostile.py"]


def bounded(text: str) -> Bounded:
    found = bound(text)
    assert isinstance(found, Bounded)
    return found


def indented(head: str, depth: int) -> str:
    return "".join(" " * i + head for i in range(depth)) + " " * depth + "pass\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = " + "[" * 190 + "1" + "]" * 190 + "\n", id="190 brackets"),
        pytest.param("x = " + "f(a, " * 190 + "1" + ")" * 190 + "\n", id="190 calls in calls"),
        pytest.param("x = " + "(a + " * 150 + "b" + ")" * 150 + "\n", id="150 parenthesised sums"),
        pytest.param("x = " + "{1: " * 190 + "f" + "}" * 190 + "\n", id="190 dicts in dicts"),
        pytest.param("a" + ".b()" * 600 + "\n", id="600 chained calls"),
        pytest.param("a" + ".b" * 1000 + "\n", id="1,000 attributes"),
        pytest.param("x = a" + "[0]" * 500 + "\n", id="500 subscripts"),
        pytest.param("x = " + " + ".join(["a"] * 1000) + "\n", id="1,000 terms of +"),
        pytest.param("x = " + " % ".join(["a"] * 1000) + "\n", id="1,000 terms of %"),
        pytest.param("x = " + " or ".join(["a"] * 1000) + "\n", id="1,000 terms of or"),
        pytest.param("x = " + " < ".join(["a"] * 1000) + "\n", id="1,000 comparisons"),
        pytest.param("x = " + " ** ".join(["a"] * 500) + "\n", id="500 powers"),
        pytest.param("x = " + "not " * 1000 + "a\n", id="1,000 not"),
        pytest.param("x = " + "-" * 1000 + "a\n", id="1,000 signs"),
        pytest.param("x = " + "lambda: " * 300 + "a\n", id="300 lambdas"),
        pytest.param("x = " + "a if b else " * 500 + "c\n", id="500 conditional expressions"),
        pytest.param("x = (" + "\n".join(["'a'"] * 1000) + ")\n", id="1,000 adjacent strings"),
        pytest.param("x = (" + "\n".join(["'a'"] * 5000) + ")\n", id="5,000 adjacent strings"),
        pytest.param("x = (" + "\n".join(["f'{a}'"] * 1000) + ")\n", id="1,000 adjacent f-strings"),
        pytest.param("if a: pass\n" + "elif a: pass\n" * 1000, id="1,000 elif"),
        pytest.param("if a: pass\n" + "elif a: pass\n" * 9000, id="9,000 elif"),
        pytest.param(indented("if a:\n", 95), id="indented 95 times"),
        pytest.param(indented("class A:\n", 95), id="95 classes in classes"),
        pytest.param("a = " * 1000 + "1\n", id="1,000 targets"),
        pytest.param("@a\n" * 1000 + "def f(): pass\n", id="1,000 decorators"),
        pytest.param("x = " + 'f"{' * 90 + "1" + '}"' * 90 + "\n", id="90 f-strings in f-strings"),
        pytest.param("import " + "a." * 300 + "b\n", id="300 packages"),
        pytest.param("match a:\n case " + "[" * 8 + "b" + "]" * 8 + ": pass\n", id="8 patterns in patterns"),
        pytest.param("x = 1 \\\n" + "+ 1 \\\n" * 1000 + "\n", id="1,000 continued lines"),
        pytest.param("x = [" + "a," * 10_000 + "]\n", id="10,000 items"),
        pytest.param("\r".join(["x = 1"] * 1000) + "\f\r", id="CR and form feed"),
    ],
)
def test_is_analysed(tmp_path: Path, text: str) -> None:
    started = time.monotonic()
    facts = facts_of(tmp_path, text)
    assert facts.failure is None
    assert facts.length == len(text)
    assert len(facts.scopes[0].events) + len(facts.scopes) > 1
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("x = 1\ny = " + "(" * 3000 + ")" * 3000, 2, "brackets nested deeper than 200",
                     id="3,000 brackets"),
        pytest.param("x = " + "[{(" * 1000, 1, "brackets nested deeper than 200", id="3,000 never closed"),
        pytest.param("x = " + 'f"{' * 1000 + "1" + '}"' * 1000, 1, "brackets nested deeper than 200", id="f-strings"),
        pytest.param("\n\nx = a" + ".b()" * 5000, 3, "a chain of calls or operators is too long", id="5,000 calls"),
        pytest.param("x = (a\n" + ".b(1)\n" * 5000 + ")", 1387, "a chain of calls or operators is too long",
                     id="in lines"),
        pytest.param("x = " + "+".join(["a"] * 20_000), 1, "a chain of calls or operators is too long",
                     id="20,000 terms"),
        pytest.param("x = " + "not " * 20_000 + "a", 1,
                     "operators, lambdas or conditional expressions nested too deep", id="20,000 not"),
        pytest.param("x = " + "lambda x, y: " * 3000 + "a", 1,
                     "operators, lambdas or conditional expressions nested too deep", id="3,000 lambdas"),
        pytest.param("x = " + "a if b else " * 3000 + "c", 1,
                     "operators, lambdas or conditional expressions nested too deep", id="3,000 conditionals"),
        pytest.param("x = " + ("(" + "- " * 20) * 100 + "a" + ")" * 100, 1,
                     "operators, lambdas or conditional expressions nested too deep", id="signs within brackets"),
        pytest.param("x = " + "**".join(["a"] * 20_000), 1,
                     "operators, lambdas or conditional expressions nested too deep", id="20,000 powers"),
        pytest.param("if a: pass\n" + "elif a: pass\n" * 50_000, 10_002, "more than 10,000 elif", id="50,000 elif"),
        pytest.param("match a:\n case " + "A(" * 40 + "b" + ")" * 40 + ": pass", 2,
                     "patterns nested deeper than 10", id="patterns"),
        pytest.param("\n" * 5_000_000, 1, "too large (5,000,000 lines)", id="blank lines"),
        pytest.param("def f(a):\n    return a.b(a, b)\n" * 645_162, 1, "too large (20.0 MB of code)",
                     id="20 MB of code"),
    ],
)  # fmt: skip
def test_is_refused_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    started = time.monotonic()
    failure = facts_of(tmp_path, text).failure
    assert failure is not None
    assert (failure.message, failure.line) == (f"not analysed: {message}", line)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("text", [indented("if a:\n", 150), "x = '''", "x = 'a\n", "f(\n", "\ufffe", "x = \x01"])
def test_what_is_no_python_is_a_failure(tmp_path: Path, text: str) -> None:
    assert facts_of(tmp_path, text).failure is not None


def row(i: int) -> str:
    text = "va]lue " * 20
    return f'''    "key {i}": [{i}, -1.5e-3, "{text}", {{"a": None, "b": (True, 2j)}}],  # {{ a comment\n'''


def test_a_large_literal_keeps_its_place_and_first_item() -> None:
    text = "BEFORE = 1\nDATA = {\n" + "".join(map(row, range(1000))) + "}\nAFTER = [DATA]\n"
    found = bounded(text)
    assert found.elided == {text.index("{")}
    assert len(found.text) == len(text)
    assert [len(line) for line in found.text.split("\n")] == [len(line) for line in text.split("\n")]
    assert found.text.split() == (text[: text.index("],") + 2] + " }\nAFTER = [DATA]\n").split()
    facts = extract(found.text, "utf-8", found.elided)
    data = facts.scopes[0].events[1].value
    assert isinstance(data, ir.Display)
    assert (data.kind, data.elided, data.pos, data.end) == ("dict", True, text.index("{"), text.index("}\nAFTER") + 1)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("X = [" + "1, " * 8000 + "]", "list"),
        ("X = {" + "1, " * 8000 + "}", "set"),
        ("X = (" + "'a'\n'b', " * 8000 + ")", "tuple"),
        ("X = {" + "1: b'2', " * 8000 + "}", "dict"),
        ("X = [" + "[1, 2], " * 8000 + "]", "list"),
    ],
)
def test_each_kind_of_display_stays_its_kind(text: str, kind: str) -> None:
    found = bounded(text)
    value = extract(found.text, "utf-8", found.elided).scopes[0].events[0].value
    assert isinstance(value, ir.Display)
    assert (value.kind, value.elided, value.items) == (kind, True, ())
    assert value.end == len(text) or kind == "tuple"  # whose brackets are not its own
    assert len(found.text.split()) < 10


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("X = [" + "1, " * 8000 + "name]", id="a name"),
        pytest.param("X = [" + "1, " * 8000 + "f'{name}']", id="an f-string"),
        pytest.param("X = [" + "1, " * 8000 + "[[(open('f'),)]]]", id="a call inside"),
        pytest.param("X = f(" + "1, " * 8000 + ")", id="arguments"),
        pytest.param("X = a[" + "1, " * 8000 + "]", id="an index"),
        pytest.param("X = [" + "1, " * 3000 + "]", id="9 KB"),
        pytest.param("__all__ = [" + "'name', " * 8000 + "]", id="the exports"),
        pytest.param("X = ('" + "a" * 20_000 + "')", id="a string in parentheses"),
    ],
)
def test_what_is_more_than_data_is_kept(text: str) -> None:
    assert bounded(text).text == text
    assert bounded(text).elided == frozenset()


def test_only_the_data_inside_a_larger_literal_is_blanked() -> None:
    text = "X = {'a': open('f'), 'b': [" + "1, " * 8000 + "], 'c': name}\n"
    found = bounded(text)
    assert found.elided == {text.index("[")}
    assert " ".join(found.text.split()) == "X = {'a': open('f'), 'b': [1, ], 'c': name}"


def test_brackets_in_strings_and_comments_do_not_count() -> None:
    deep = "[(" * 150
    line = f"# {deep}\nx = '{deep}' + r'\\{deep}' + f'{{a}}{'{{' * 300}' + '''{deep}'''\n"
    text = line * 3
    found = bounded(text)
    assert found == Bounded(text)


def test_a_long_row_of_strings_keeps_its_beginning() -> None:
    text = "X = (" + "\n".join(f"'part {i}'" for i in range(5000)) + ")\nY = 1\n"
    found = bounded(text)
    facts = extract(found.text, "utf-8", found.elided)
    value = facts.scopes[0].events[0].value
    assert isinstance(value, ir.Const)
    assert value.value.startswith("part 0part 1part 2")
    assert facts.scopes[0].events[1].pos == text.index("Y")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("DATA = {\n" + "".join(map(row, range(110_000))) + "}\n", id="20 MB of literal data"),
        pytest.param("X = '''" + "a\\x00'b" * 2_000_000 + "'''\n", id="a string of 14 MB"),
        pytest.param('X = "' + "\\\\" * 5_000_000 + '"\n', id="5 million escapes"),
        pytest.param("# [({\n" * 500_000 + "X = 1\n", id="half a million comments"),
    ],
)
def test_megabytes_of_data_are_bounded_fast(text: str) -> None:
    started = time.process_time()
    found = bounded(text)
    assert len(found.text) == len(text)
    assert time.process_time() - started < 15


def test_the_scan_is_linear() -> None:
    def cost(text: str) -> float:
        started = time.process_time()
        bound(text)
        return time.process_time() - started

    for piece in (
        "x=[[[[[[[[1]]]]]]]];", "'", '"', '"""', "\\'", "f'{", "{", "a.b(c)+", "case (", "#\r", "f'{x:", "''f''",
    ):  # fmt: skip
        small, large = cost(piece * 4_000), cost(piece * 64_000)
        assert large < 60 * small + 0.5, piece


def test_topics_of_the_standard_library(tmp_path: Path) -> None:
    found = importlib.util.find_spec("pydoc_data.topics")
    assert found is not None
    assert found.origin is not None
    facts = facts_of(tmp_path, Path(found.origin).read_text(encoding="utf-8"))
    assert facts.failure is None
    assert facts.scopes[0].binds == ("topics",)


def test_fstrings_end_where_the_tokenizer_ends_them() -> None:
    for literal in (
        "f'{a}'", "f\"{f('(')}\"", "f'{x:{w}}'", "f'{x:\"^10}'", "f'{{}}{x[1]}'", 'f"{d["a"]}"', "f'\\N{DASH}{x}'",
        "f'{x!r:>{y}}'", "f'{x=}'", "f'{(lambda x: 1)}'", "f'{a:%H:%M}'", "rf'\\d{x}\\''", "f'''{\nx # }'''\n}'''",
        "f'{f'{f'{1}'}'}'", "f'{ {1: 2}[1] }'", "f'{x}}}{{'", "f'\\''", "f\"{'\\n'.join(x)}\"", "f'{a[b:c]:{d}}'",
        "t'{a}'",
    ):  # fmt: skip
        text = literal + " + '('"
        quote = min(text.find(q) for q in "'\"" if q in text)
        assert is_interpolated(text, quote)
        assert fstring_end(text, quote)[0] == len(literal), literal


def test_the_scan_sees_the_brackets_that_the_tokenizer_sees() -> None:
    """Real files without f-strings, which Python's tokenizer reads differently from version to version."""
    folder = Path(os.__file__).parent
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))[:120]]
    plain = [text for text in texts if not re.search(r"[fF][rR]?['\"]", text)]
    assert len(plain) > 30
    for text in plain:
        seen = [match.start() for match in BRACKETS.finditer(text) if match[0] in tuple("([{")]
        starts = line_starts_of(text)
        tokens = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
        assert seen == [starts[token.start[0] - 1] + token.start[1] for token in tokens if token.string in tuple("([{")]


def check_any_source(text: str) -> None:
    """Whatever LibCST parses gives facts, and every place in them lies within the text."""
    found = bound(text)
    assert isinstance(found, Bounded)
    assert len(found.text) == len(text)
    caught: list[FileFacts] = []
    roomy(lambda: caught.append(extract(found.text, "utf-8", found.elided)))
    facts = caught[0]
    try:
        libcst.parse_module(text)
    except Exception:
        assert facts.failure is not None
        return
    assert facts.failure is None
    for scope in facts.scopes:
        assert 0 <= scope.pos <= scope.end <= len(text)
        for event in scope.events:
            assert 0 <= event.pos <= event.end <= len(text), event
            assert 0 <= event.region < len(facts.regions)
    for imported in facts.imports:
        assert 0 <= imported.pos <= imported.end <= len(text)


SOME = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@SOME
@given(hypothesmith.from_grammar())
def test_any_source_of_the_grammar(text: str) -> None:
    check_any_source(text)


@SOME
@given(hypothesmith.from_node())
def test_any_source_of_the_tree(text: str) -> None:
    check_any_source(text)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("()[]{}'\"\\fr:#\n\r,. ab1=+-*"), max_size=80) | st.text(max_size=40))
def test_any_text_is_bounded(text: str) -> None:
    found = bound(text)
    assert isinstance(found, ParseFailure) or len(found.text) == len(text)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.integers() | st.text(max_size=20) | st.none() | st.binary(max_size=9) | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=9), inner),
    )
)
def test_blanked_data_still_parses(value: object) -> None:
    text = "X = [" + f"{value!r},\n" * (20_000 // (len(repr(value)) + 2) + 2) + "]\nY = 1\n"
    found = bounded(text)
    assert found.elided >= {4} or "inf" in text
    assert libcst.parse_module(found.text).code == found.text
    assert found.text.count("\n") == text.count("\n")
