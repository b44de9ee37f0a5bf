"""Light nodes: the same names, the same fields, the same facts, and LibCST as it was before."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import hypothesmith
import libcst
import pytest
from hypothesis import HealthCheck, given, settings

from statecheck.facts.parsing import parse_lightly
from statecheck.facts.python import extract, extract_beside_others

FILES = [
    Path(str(argparse.__file__)),
    *sorted(Path(str(json.__file__)).parent.glob("*.py")),
    *sorted(Path(str(asyncio.__file__)).parent.glob("*.py"))[::5],
    *sorted((Path(__file__).parents[2] / "src" / "statecheck" / "facts").glob("*.py"))[::4],
]
SNIPPETS = [
    "",
    "x = 1",
    "# only a comment\n",
    "match a:\n    case {'b': [c, *_], **rest} if c: pass\n    case D(e, f=1) | None: pass\n",
    "async def f(a, /, b: int = 1, *c, d, **e) -> g:\n    async with h() as i, j: yield i\n",
    "async def f(a):\n    return [k async for k in l if m], (await n)[o:p:q, ...]\n",
    "class A(B, metaclass=C):\n    @d\n    def e(self): return lambda *f: (g := f'{h!r:>{i}}') if not j else -k\n",
    "type T[U: int = str] = list[U]\n",
    "try: a\nexcept* B as c: raise D from c\nelse: del e\nfinally: global f\n",
]


def _pairs(light: object, own: object) -> Iterator[tuple[object, object]]:
    """Each node of a light tree, or value in it, beside that of LibCST's own."""
    waiting = [(light, own)]
    while waiting:
        mine, theirs = waiting.pop()
        yield mine, theirs
        if isinstance(theirs, libcst.CSTNode):
            waiting += [(getattr(mine, field.name), getattr(theirs, field.name)) for field in fields(theirs)]
        elif isinstance(theirs, (list, tuple)):
            assert isinstance(mine, (list, tuple))
            waiting += zip(mine, theirs, strict=True)


def _is_trivia(node: object) -> bool:
    return isinstance(node, (libcst.BaseParenthesizableWhitespace, libcst.TrailingWhitespace, libcst.EmptyLine))


@pytest.mark.parametrize("text", SNIPPETS)
def test_a_light_tree_has_the_nodes_and_values_of_libcst(text: str) -> None:
    for light, own in _pairs(parse_lightly(text), libcst.parse_module(text)):
        if light is None:
            assert own is None or _is_trivia(own)  # what the parser has left out
        elif isinstance(own, libcst.CSTNode):
            assert type(light).__name__ == type(own).__name__
            assert not isinstance(light, libcst.CSTNode)
        elif not isinstance(own, (list, tuple)):
            assert light == own


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_facts_of_real_files_are_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    facts = extract(text)
    assert facts.failure is None
    assert facts == extract_beside_others(text)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(hypothesmith.from_grammar())
def test_the_facts_of_generated_files_are_the_same(text: str) -> None:
    assert extract(text) == extract_beside_others(text)


@pytest.mark.parametrize("text", ["x = 1\n", "x = = 1\n"])
def test_libcst_is_what_it_was_afterwards(text: str) -> None:
    before = dict(vars(libcst))
    extract(text)
    assert dict(vars(libcst)) == before
    assert isinstance(libcst.parse_module("x = 1\n").body[0], libcst.SimpleStatementLine)
