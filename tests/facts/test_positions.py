"""Offsets: those of LibCST's position provider, found without it."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import typing
from pathlib import Path

import libcst
import pytest
from positions_oracle import all_expressions, fact_places, provider_places, several_indices

from statecheck.facts import ir
from statecheck.facts.positions import MismatchError, TableCursor, TokenCursor
from statecheck.facts.python import extract, line_starts_of, walk_module
from statecheck.facts.walk import iter_expr, span

SNIPPETS = {
    "parentheses": "x = ((a)).b + (c)(d)[e] - ((f.g)(h))\n(a.b).c = (((1)))\n((a) + b) * (c)\n-(-(a)) or not (b)\n",
    "tuples": "a = (b , c , )\n() ; ( )\nd = 1,\nfor x in *e, (f): pass\n(g, h)[0]\n",
    "comments": (
        "f(  # one (\n    a,  # - two\n    -  # three -\n    b, not  # not\n    c)  # four\n"
        "x = [ # [\n 1, # ]\n]\n"
    ),
    "stars and comments": "f(  # *\n  *  # *\n  a, **  # **\n  b)\n[ *  # *\n a]\n",
    "continuation": "x = a + \\\n    b . \\\n  c\nassert a, \\\n  b\n",
    "format strings": (
        "f'{{a}}{ x !r:>{w}}b{y = }' f\"{f'{z}' + g[1:]!s}\" 'tail'\n"
        "f'''{\n  a # b\n}{b,}'''\nrf'\\{c}'\n"
    ),
    "format specifications": "f'{x:#x}{y:%Y,%m}{z!r:{w}.{p}}' ; f'{a:=}' ; f'{(lambda: 1)():>3}'\n",
    "template strings": "t'{a}b{c!r:>{d}}'\n",
    "semicolons": "a = 1; b = a ; c()\nif a: pass; b\n",
    "decorators": (
        "@ a . b (c)\n\n# why\n@d\nasync def f(): pass\n\n"
        "@e\n# how\nclass C(A, metaclass = M): x = 1\n"
    ),
    "parameters": (
        "def f(a, /, b: int = 1, *c: T, d, e=(2), **g: U) -> (R): return\n"
        "lambda a, *, b=1, **c: (a, b)\nlambda *_: 0\n"
    ),
    "calls": "f(a, * b, c = d, ** e, )\nf(x for x in y)\nf((x for x in y))\nf ( ) ( ) [ 0 ]\n",
    "subscripts": (
        "x[a:b:c, ::2, :, ..., -1]; x[:]; x[1:]; x[:1]; x[a, ]\n"
        "x[*b]; x[(a, b)]; x[:42, ..., :24:, 24, 100]\n"
    ),
    "numbers": "a = .5 + 1. + 1e3 - 0x1f + 1j + .1e-1j\nb = [.5, ...]\nc = 1if a else 3or 2\n",
    "keyword prefixes": "isinstance(inn, ifx)\nnotx = orx if andy else elsez\nnone = None\nasyncx = not-1\n",
    "soft keywords": "match = case = type = _ = 1\nmatch(x)\ntype(case)[_]\nprint = match.case\n",
    "comparisons": "a < b <= (c) is not d not in e\nnot a == b\n",
    "operators": "a + b + c - d * e ** f ** g @ h // i % j << k >> l & m | ~n ^ o\na or b or c and d and not e\n",
    "conditionals": "a if b else (c if d else e) if f else g\n",
    "walrus": "if (n := len(a)) > 1 and (m := n): f(x := y)\n",
    "comprehensions": (
        "[x for x in y if x if z for w in x]\n{k: v for k, v in a}\n{a async for a in b}\n"
        "(a.b for a in c)\n"
    ),
    "match": (
        "match x, *y:\n case a, *_ if (b): c\n case [1, 'a' 'b', -1.5, *rest] as z: d\n"
        " case {'k': v, e.f: (g), **h,}: i\n case A.B(c, d=e,) | (None): j\n case (case): k\n case _: l\n"
        " case ({-0-0j: int(real=0+0j)} | (1) as m,): n\n"
    ),
    "type parameters": "def f[T: (int, str) = int, *Ts, **P](x: T): y\nclass A[T](B[T]): pass\ntype X[T] = list[T]\n",
    "with": (
        "with (a as b, c() as d,): e\nwith (a), b as (c, d): pass\n"
        "async def f():\n  async with a as b.c: pass\n"
    ),
    "try": "try: a\nexcept (A, B) as e: b\nexcept C: c\nexcept: d\nelse: e\nfinally: f\ntry: g\nexcept* D as h: i\n",
    "imports": "import a . b as c, d\nfrom . import (e as f, g,)\nfrom .. h.i import *\nfrom ... import j\nx\n",
    "statements": "global g\ndel (a), b[c]\nraise A from b\nassert a, b\nreturn\n",
    "yield": "def f():\n  x = yield\n  y = (yield a)\n  z = yield from (b)\n  await c\n  await (d).e\n",
    "crlf": "a = [\r\n  1,\r\n]\r\nb = '''x\r\ny'''\r\nc = d\r\n",
    "lone carriage returns": "a = 1\rif a:\r  b = [\r1]\rc = d\r",
    "tabs": "if a:\n\tb\t=\tc\n\tif d:\n\t\te\n",
    "form feeds": "a = 1\n\x0c\nb = 2\n\x0cdef f(): pass\n",
    "non-ASCII": "é = 'ü' + ñ.Ω  # ß\n名 = f'日{本}語'\n",
    "no newline at the end": "a = b",
    "empty": "",
}  # fmt: skip


def _modules() -> list[Path]:
    standard = [Path(str(module.__file__)) for module in (argparse, dataclasses, typing)]
    standard += sorted(Path(str(json.__file__)).parent.glob("*.py"))
    standard += sorted(Path(str(asyncio.__file__)).parent.glob("*.py"))[::4]
    own = Path(str(libcst.__file__)).parent
    return [*standard, own / "_nodes" / "op.py", own / "matchers" / "_visitors.py", own / "helpers" / "expression.py"]


def _read(path: Path) -> str:
    return path.read_bytes().decode()


def _from_table(text: str) -> ir.FileFacts:
    module = libcst.parse_module(text)
    line_starts = line_starts_of(text)
    return walk_module(module, TableCursor(module, line_starts, len(text)), text, "utf-8", frozenset(), line_starts)


def _from_tokens(text: str) -> ir.FileFacts:
    module = libcst.parse_module(text)
    return walk_module(module, TokenCursor(text), text, "utf-8", frozenset(), line_starts_of(text))


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.name)
def test_offsets_of_real_files_are_the_providers(path: Path) -> None:
    text = _read(path)
    facts = _from_tokens(text)
    places = fact_places(facts)
    expected = provider_places(text)
    assert expected - places == set()
    assert places - expected - several_indices(facts) == set()


@pytest.mark.parametrize("name", [name for name in SNIPPETS if name not in ("form feeds", "statements")])
def test_offsets_of_tricky_code_are_the_providers(name: str) -> None:
    text = SNIPPETS[name]
    facts = _from_tokens(text)
    places = fact_places(facts)
    expected = provider_places(text)
    assert expected - places == set()
    assert places - expected - several_indices(facts) == set()


def test_offsets_hold_where_the_provider_loses_its_way() -> None:
    text = SNIPPETS["form feeds"]  # LibCST does not give back this file exactly
    assert libcst.parse_module(text).code != text
    scopes = _from_tokens(text).scopes
    assert [text[scope.pos : scope.end] for scope in scopes[1:]] == ["f"]
    assert [text[event.pos] for event in scopes[0].events] == ["a", "b", "d"]


@pytest.mark.parametrize("name", [name for name in SNIPPETS if name != "form feeds"])
def test_the_fallback_gives_the_same_facts_for_tricky_code(name: str) -> None:
    assert _from_table(SNIPPETS[name]) == _from_tokens(SNIPPETS[name])


@pytest.mark.parametrize("path", _modules()[:6], ids=lambda path: path.name)
def test_the_fallback_gives_the_same_facts_for_real_files(path: Path) -> None:
    assert _from_table(_read(path)) == _from_tokens(_read(path))


def test_a_text_that_disagrees_with_the_tree_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a = b.c(d)\n"

    def disagree(self: TokenCursor, *_: object) -> int:
        raise MismatchError(self.pos)

    monkeypatch.setattr(TokenCursor, "leaf", disagree)
    assert extract(text) == _from_table(text)


def test_the_cursor_notices_another_text() -> None:
    module = libcst.parse_module("a = b\n")
    with pytest.raises(MismatchError):
        walk_module(module, TokenCursor("a = c\n"), "a = c\n", "utf-8", frozenset(), (0,))


def test_a_byte_order_mark_counts_as_a_character() -> None:
    event = extract("\ufeffa = 1\n").scopes[0].events[0]
    assert (event.pos, event.end) == (1, 6)


def test_spans_cover_the_source_of_each_expression() -> None:
    text = "a.b[c](d, e=-f)\nawait g.h\nx = yield\n[*i.j]\n"
    found = {text[slice(*span(expr))] for expr in all_expressions(extract(text))}
    assert {"a.b[c](d, e=-f)", "a.b[c]", "a.b", "-f", "await g.h", "yield", "[*i.j]", "*i.j"} <= found


def test_iter_expr_is_in_source_order_and_stays_out_of_inner_scopes() -> None:
    text = "{a: b, **c} if d(e, f=g) else [h for h in i] + (lambda: j)()\n"
    event = extract(text).scopes[0].events[0]
    names = [expr.id for expr in iter_expr(event.value) if isinstance(expr, ir.Name)]
    assert names == ["a", "b", "c", "d", "e", "g"]
