"""Which statements write to which place, and who reads it."""

from __future__ import annotations

import pytest

from .support import one, tree


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("X[1] = 2", "change"),
        ("X[1] += 2", "change"),
        ("X.update(a=1)", "change"),
        ("X.setdefault(1, 2)", "change"),
        ("X |= {}", None),
        ("del X[1]", "clear"),
        ("X.pop(1)", "clear"),
        ("X.clear()", "clear"),
        ("X.get(1)", None),
        ("X[1]", None),
        ("for k in X: ...", None),
        ("X[1].append(2)", "change"),
        ("X[1]['n'] += 1", "change"),
        ("X[1].n = 2", "change"),
        ("X['a']['b']['c'] = 1", "change"),
        ("X.setdefault(1, []).append(2)", "change"),
        ("X.get(1).add(3)", "change"),
        ("e = X[1]\n    e['n'] = 2", "change"),
        ("e = X\n    e[1] = 2", "change"),
        ("for e in X.values():\n        e.clear()", "clear"),
        ("for k, e in X.items():\n        e['n'] = 1", "change"),
        ("a, X[1] = 1, 2", "change"),
        ("[*X[1]] = []", "change"),
        ("with open('f') as X[1]: ...", "change"),
        ("for X[1] in []: ...", "change"),
        ("setattr(X, 'a', 1)", "change"),
        ("e = dict(X)\n    e[1] = 2", None),
        ("e = X.copy()\n    e[1] = 2", None),
        ("e = {**X}\n    e[1] = 2", None),
        ("e = list(X)\n    e.append(1)", None),
        ("X = {}\n    X[1] = 2", None),
        ("e = X or {}\n    e[1] = 2", "change"),
        ("if e := X:\n        e[1] = 2", "change"),
        ("(lambda: X.clear())()", "clear"),
        ("[X.pop(k) for k in ()]", "clear"),
        ("X.__setitem__(1, 2)", "change"),
        ("e = X.get\n    e(1)", None),
        ("X[1]: int = 2", "change"),
        ("e = X['a'] = {}\n    e[1] = 2", "change"),
    ],
)
def test_writes_to_a_module_level_dict(statement: str, kind: str | None) -> None:
    linked = one(f"X = {{}}\ndef f():\n    {statement}\n")
    kinds = {found for _, found in linked.writes().get("global app.X", set())}
    assert (kind in kinds) if kind else kinds == set()


@pytest.mark.parametrize(
    ("made", "statement", "kind"),
    [
        ("[]", "X.append(1)", "change"),
        ("[]", "X += [1]", None),
        ("[]", "X[:] = []", "change"),
        ("[]", "X.sort()", "change"),
        ("[]", "X.index(1)", None),
        ("set()", "X.add(1)", "change"),
        ("set()", "X.discard(1)", "clear"),
        ("()", "X.count(1)", None),
        ("deque()", "X.appendleft(1)", "change"),
        ("deque()", "X.popleft()", "clear"),
        ("defaultdict(list)", "X[1].append(2)", "change"),
        ("Counter()", "X['a'] += 1", "change"),
        ("OrderedDict()", "X.move_to_end(1)", "change"),
        ("count()", "next(X)", "change"),
        ("'text'", "X.pop()", None),
        ("len", "X.append(1)", None),
    ],
)
def test_containers(made: str, statement: str, kind: str | None) -> None:
    linked = one(
        f"from collections import Counter, OrderedDict, defaultdict, deque\nfrom itertools import count\n"
        f"X = {made}\ndef f():\n    {statement}\n"
    )
    kinds = {found for _, found in linked.writes().get("global app.X", set())}
    assert kinds == ({kind} if kind else set())


class TestModules:
    def test_a_global_statement(self) -> None:
        linked = one("n = 0\ndef f():\n    global n\n    n += 1\ndef g():\n    global n\n    del n")
        assert linked.writes() == {"global app.n": {("app.f", "rebind"), ("app.g", "rebind")}}

    def test_an_augmented_list_of_a_module(self) -> None:
        linked = one("X = []\ndef f():\n    global X\n    X += [1]")
        assert linked.writes()["global app.X"] == {("app.f", "rebind")}

    def test_from_other_modules(self) -> None:
        linked = tree(
            {
                "store.py": "D = {}\nn = 0",
                "a.py": "from store import D\ndef f(): D[1] = 2",
                "b.py": "import store\ndef f():\n    store.D.clear()\n    store.n = 1",
                "c.py": "from store import *\ndef f(): D.update({})",
            }
        )
        assert linked.writes() == {
            "global store.D": {("a.f", "change"), ("b.f", "clear"), ("c.f", "change")},
            "global store.n": {("b.f", "rebind")},
        }

    def test_through_a_parameter_a_return_value_and_a_field(self) -> None:
        linked = one("""
            CACHE = {}
            def put(store, k): store[k] = 1
            def a(): put(CACHE, 1)
            def get(): return CACHE
            def b(): get()[1] = 2
            class C:
                def __init__(self): self.cache = CACHE
                def c(self): self.cache[1] = 2
        """)
        assert linked.writes()["global app.CACHE"] == {
            ("app.put", "change"),
            ("app.b", "change"),
            ("app.C.c", "change"),
        }

    def test_several_containers_in_a_loop(self) -> None:
        linked = one("A, B = {}, {}\ndef reset():\n    for each in (A, B):\n        each.clear()")
        assert linked.writes() == {"global app.A": {("app.reset", "clear")}, "global app.B": {("app.reset", "clear")}}

    def test_an_attribute_of_a_module_level_object(self) -> None:
        linked = one("class C: ...\nc = C()\ndef f(): c.x = 1")
        assert linked.writes() == {"field app.C.x": {("app.f", "rebind")}}

    def test_reads(self) -> None:
        linked = tree(
            {
                "store.py": "D = {}\ndef put(): D[1] = 2\ndef get(): return D.get(1)\ndef other(): ...",
                "main.py": "from store import D as d\ndef show(): return len(d)",
            }
        )
        assert {"store.get", "main.show"} <= linked.readers("global store.D")
        assert "store.other" not in linked.readers("global store.D")


class TestClasses:
    def test_attributes_of_a_class(self) -> None:
        linked = one("""
            class Base:
                rows = {}
                count = 0
                @classmethod
                def a(cls): cls.rows[1] = 2
                def b(self): self.rows[1] = 2
                def c(self): type(self).rows.clear()
                def d(self): self.__class__.rows.clear()
                def e(self): Base.count += 1
            class Leaf(Base):
                def g(self): self.rows.pop(1)
            def h(): Leaf.rows.clear()
        """)
        assert linked.writes()["class attribute app.Base.count"] == {("app.Base.e", "rebind")}
        assert linked.writes()["class attribute app.Base.rows"] == {
            ("app.Base.a", "change"),
            ("app.Base.b", "change"),
            ("app.Base.c", "clear"),
            ("app.Base.d", "clear"),
            ("app.Leaf.g", "clear"),
            ("app.h", "clear"),
        }

    def test_a_registry_of_the_base_that_subclasses_define(self) -> None:
        linked = one("""
            class Base:
                @classmethod
                def put(cls): cls.registry[1] = 2
            class Leaf(Base):
                registry = {}
        """)
        assert linked.writes().get("class attribute app.Leaf.registry") == {("app.Base.put", "change")}

    def test_fields(self) -> None:
        linked = one("""
            class C:
                def __init__(self): self.x = {}
                def a(self): self.x[1] = 2
                def b(self): self.x = {}
                def c(self): del self.x
                def d(self): self.x.clear()
        """)
        assert linked.writes() == {
            "field app.C.x": {
                ("app.C.__init__", "rebind"),
                ("app.C.a", "change"),
                ("app.C.b", "rebind"),
                ("app.C.c", "rebind"),
                ("app.C.d", "clear"),
            }
        }

    def test_an_object_just_made_is_nobody_elses(self) -> None:
        assert one("class C: ...\ndef f():\n    c = C()\n    c.x = 1").writes() == {}


class TestCells:
    def test_nonlocal_and_captured(self) -> None:
        linked = one("""
            def make():
                n = 0
                seen = {}
                def f():
                    nonlocal n
                    n += 1
                    seen[1] = 2
                return f
        """)
        assert linked.writes() == {
            "local app.make.n": {("app.make.f", "rebind")},
            "local app.make.seen": {("app.make.f", "change")},
        }

    def test_a_local_is_no_place(self) -> None:
        assert one("def f():\n    x = {}\n    x[1] = 2\n    return x").writes() == {}

    def test_attributes_of_a_function(self) -> None:
        linked = one("def f():\n    f.calls += 1\nf.calls = 0")
        assert linked.writes()["function attribute app.f.calls"] == {("app", "rebind"), ("app.f", "rebind")}


WRAPPED = """
from mongoengine import StringField
def described(inner=None, **info):
    def decorate(function):
        function.info = info
        return function
    return decorate if inner is None else with_info(inner)
"""


def test_a_declared_field_handed_through_a_helper() -> None:
    source = WRAPPED + "class Source:\n    text = described(StringField())\n    def f(self): self.text.comment = 1\n"
    assert "function attribute app.described.decorate.comment" not in one(source).writes()


def test_a_function_that_a_helper_gives() -> None:
    source = WRAPPED + "class Source:\n    text = described()\n    def f(self): self.text.comment = 1\n"
    assert "function attribute app.described.decorate.comment" in one(source).writes()


METHOD = "class View:\n    def post(self): ...\n    def after(self): self.post.meta = 1\n"


def test_an_attribute_that_hides_a_method() -> None:
    source = METHOD + "    def before(self): self.post = self.make()\n"
    assert "function attribute app.View.post.meta" not in one(source).writes()
    assert "function attribute app.View.post.meta" in one(METHOD).writes()
