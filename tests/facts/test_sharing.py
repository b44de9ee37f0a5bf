"""Facts of a large tree share what is equal in them, and stay what they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from statecheck.facts import pool
from statecheck.facts.ir import Attr, FileFacts, Name
from statecheck.facts.job import decode_facts
from statecheck.facts.python import extract
from statecheck.facts.sharing import Sharing
from statecheck.facts.walk import flat
from statecheck.project.tables import expressions

CODE = """
import os
from package.module import something as other

@decorated(option=[1, 2])
class Thing(Base, metaclass=Meta):
    def method(self, given: int = default, *rest, **words):
        if self.value and given > 3:
            return {"key": self.value, **words}, f"{given!r}", lambda: self.value
        while given:
            given -= call(self.value, name=given, *rest)[0]
        yield [item.value async for item in given if item]
"""


def decoded(code: str) -> FileFacts:
    return decode_facts(msgspec.msgpack.encode(extract(code, "utf-8", frozenset())))


def names(facts: FileFacts) -> Iterator[str]:
    for scope in facts.scopes:
        for event in scope.events:
            for node in flat(expressions(event)):
                if isinstance(node, Name):
                    yield node.id
                elif isinstance(node, Attr):
                    yield node.attr


def test_what_is_shared_is_equal_to_what_was_decoded() -> None:
    assert Sharing().share(decoded(CODE)) == decoded(CODE)


def test_equal_names_are_one_object_across_files() -> None:
    sharing = Sharing()
    files = [sharing.share(decoded(CODE)) for _ in range(2)]
    objects: dict[str, set[int]] = {}
    for name in (*names(files[0]), *names(files[1])):
        objects.setdefault(name, set()).add(id(name))
    assert {"self", "value", "given"} <= set(objects)
    assert all(len(found) == 1 for found in objects.values())


def test_a_condition_is_the_expression_of_its_event() -> None:
    facts = Sharing().share(decoded(CODE))
    values = [event.value for scope in facts.scopes for event in scope.events]
    tests = [region.test for region in facts.regions if region.test is not None]
    assert tests
    assert all(any(test is value for value in values) for test in tests)


def test_offsets_of_long_files_are_shared() -> None:
    code = "x = 1\n" * 400 + "name = call(name)\n"
    first, second = decoded(code), decoded(code)
    sharing = Sharing()
    shared = [sharing.share(first), sharing.share(second)]
    assert shared[0].line_starts[-1] is shared[1].line_starts[-1]
    assert shared[0].scopes[0].events[-1].end is shared[1].scopes[0].events[-1].end


@pytest.mark.parametrize("kept", [False, True])
def test_the_facts_of_a_large_tree_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    files = [(f"{number}.py", tmp_path / f"{number}.py") for number in range(3)]
    for _, path in files:
        path.write_text(CODE)
    cache = tmp_path / "cache" if kept else None
    plain = pool.extract_files(files, jobs=1, cache=cache).facts
    monkeypatch.setattr(pool, "WORTHWHILE", 0)
    shared = pool.extract_files(files, jobs=1, cache=cache).facts
    assert shared == plain
    assert len({id(name) for facts in shared.values() for name in names(facts) if name == "self"}) == 1
