"""What a name is: aliases, re-exports, stars, cycles, scopes, conditional imports and copies of frameworks."""

from __future__ import annotations

import pytest

from .support import one, tree


class TestImports:
    def test_aliases(self) -> None:
        linked = tree(
            {
                "shop/__init__.py": "",
                "shop/cart.py": "class Cart: ...",
                "main.py": """
            import shop.cart
            import shop.cart as c
            from shop.cart import Cart as Basket
            from shop import cart as d
            a = shop.cart.Cart
            b = c.Cart
            e = d.Cart
            Again = Basket
        """,
            }
        )
        for name in ("a", "b", "e", "Basket", "Again"):
            assert linked.what(f"main.{name}") == {"class shop.cart.Cart"}
        assert linked.what("main.shop") == {"module shop/__init__.py"}

    def test_a_re_export_through_the_package(self) -> None:
        linked = tree(
            {
                "shop/__init__.py": "from .api import Cart, store as shelf",
                "shop/api/__init__.py": "from ..models import Cart\nfrom .stores import store",
                "shop/api/stores.py": "store = {}",
                "shop/models.py": "class Cart: ...",
                "main.py": "from shop import Cart, shelf",
            }
        )
        assert linked.what("main.Cart") == {"class shop.models.Cart"}
        assert linked.where("main.shelf") == {"global shop.api.stores.store"}

    def test_a_star_import_leaves_out_private_names(self) -> None:
        linked = tree(
            {
                "base.py": "OPEN = {}\n_hidden = {}\ndef f(): ...",
                "main.py": "from base import *\na = OPEN\nb = _hidden\nc = f",
            }
        )
        assert linked.where("main.a") == {"global base.OPEN"}
        assert linked.where("main.b") != {"global base._hidden"}
        assert linked.what("main.c") == {"def base.f"}

    def test_a_star_import_through_a_package_and_by_another_module(self) -> None:
        linked = tree(
            {
                "shop/__init__.py": "from .models import *",
                "shop/models.py": "class Cart: ...",
                "main.py": "from shop import Cart",
                "other.py": "import shop\nfound = shop.Cart",
            }
        )
        assert linked.what("main.Cart") == linked.what("other.found") == {"class shop.models.Cart"}

    def test_a_name_named_in_all_is_exported_though_private(self) -> None:
        linked = tree(
            {
                "base.py": "__all__ = ['_store']\n_store = {}\nother = {}",
                "main.py": "from base import *\na = _store\nb = other",
            }
        )
        assert linked.where("main.a") == {"global base._store"}
        assert linked.where("main.b") != {"global base.other"}

    def test_import_cycles(self) -> None:
        linked = tree({"a.py": "from b import g\nX = {}\ndef f(): g()", "b.py": "from a import f, X\ndef g(): f()"})
        assert linked.what("a.g") == {"def b.g"}
        assert linked.what("b.f") == {"def a.f"}
        assert linked.where("b.X") == {"global a.X"}

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("from b import x", "from a import x"),
            ("from b import *", "from a import *"),
            ("import b\nx = b.x", "import a\nx = a.x"),
        ],
    )
    def test_a_name_that_two_modules_import_from_each_other_is_nothing(self, first: str, second: str) -> None:
        linked = tree({"a.py": first, "b.py": second, "main.py": "from a import x"})
        assert not {value for value in linked.what("main.x") if value != "?"}

    def test_conditional_imports_give_both(self) -> None:
        linked = tree(
            {
                "fast.py": "def dumps(): ...",
                "slow.py": "def dumps(): ...",
                "main.py": """
            try:
                from fast import dumps
            except ImportError:
                from slow import dumps
        """,
            }
        )
        assert linked.member("main.py", "dumps") == {"def fast.dumps", "def slow.dumps"}

    def test_imports_for_type_checkers_tell_types(self) -> None:
        linked = tree(
            {
                "models.py": "class Cart: ...",
                "main.py": """
            from typing import TYPE_CHECKING
            if TYPE_CHECKING:
                from models import Cart
            def f(cart: "Cart"):
                found = cart
        """,
            }
        )
        assert linked.what("main.f.found") == {"object models.Cart"}

    def test_an_import_inside_a_function(self) -> None:
        linked = tree({"store.py": "ITEMS = []", "main.py": "def f():\n    from store import ITEMS\n    found = ITEMS"})
        assert linked.where("main.f.found") == {"global store.ITEMS"}

    def test_foreign_names_have_one_spelling(self) -> None:
        linked = one(
            "from flask import Flask\nfrom flask.app import Flask as F\nimport flask\na = Flask\nb = F\nc = flask.Flask"
        )
        assert linked.what("app.a") == linked.what("app.b") == linked.what("app.c") == {"foreign flask.Flask"}

    def test_a_copy_of_a_one_file_framework_is_that_framework(self) -> None:
        linked = tree(
            {
                "vendor/__init__.py": "",
                "vendor/bottle.py": "class Bottle:\n    def route(self, path): ...",
                "main.py": """
            from vendor.bottle import Bottle
            app = Bottle()
            @app.route("/hello")
            def hello(): ...
        """,
            }
        )
        assert linked.what("main.app") == {"object of bottle.Bottle"}
        assert ("GET /hello", "request", "bottle") in linked.entries()
        assert not linked.project.is_application("vendor/bottle.py")


class TestScopes:
    def test_a_function_sees_any_binding_of_a_module_name_and_the_module_those_before(self) -> None:
        linked = one("""
            x = []
            early = x
            x = {}
            def f():
                found = x
        """)
        assert linked.what("app.early") == {"list"}
        assert linked.what("app.f.found") == {"list", "dict"}

    def test_a_local_hides_a_global(self) -> None:
        linked = one("X = {}\ndef f():\n    X = []\n    found = X\ndef g(X):\n    found = X")
        assert linked.what("app.f.found") == {"list"}
        assert linked.where("app.f.found") == set()
        assert linked.where("app.g.found") == set()

    def test_the_last_binding_before_a_use_counts(self) -> None:
        linked = one("def f(flag):\n    x = []\n    x = {}\n    a = x\n    if flag:\n        x = set()\n    b = x")
        assert linked.what("app.f.a") == {"dict"}
        assert linked.what("app.f.b") == {"dict", "set"}

    def test_methods_do_not_see_names_of_the_class_body(self) -> None:
        linked = one("x = {}\nclass C:\n    x = []\n    def f(self):\n        found = x")
        assert linked.where("app.C.f.found") == {"global app.x"}

    def test_a_global_statement_makes_a_module_name(self) -> None:
        linked = one("def f():\n    global made\n    made = {}\ndef g():\n    found = made")
        assert linked.where("app.g.found") == {"global app.made"}
        assert linked.what("app.g.found") == {"dict"}

    def test_a_captured_local_is_a_place(self) -> None:
        linked = one("def make():\n    seen = {}\n    def view():\n        found = seen\n    return view")
        assert linked.where("app.make.view.found") == {"local app.make.seen"}

    def test_unknown_names_are_builtins(self) -> None:
        assert one("x = len").what("app.x") == {"foreign builtins.len"}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("x, y = [], {}\nfound = y", {"dict"}),
        ("(x, (y, z)) = 1, (set(), {})\nfound = z", {"dict"}),
        ("found = [] if flag() else {}", {"list", "dict"}),
        ("def f(given):\n    global found\n    found = given or {}", {"dict"}),
        ("if (found := {}): ...", {"dict"}),
        ("found = [x for x in y]", {"list"}),
        ("from collections import defaultdict\nfound = defaultdict(list)", {"collections.defaultdict"}),
        ("import functools\nfound = functools.partial(print, 1)", {"foreign builtins.print"}),
        ("from typing import cast\nclass C: ...\nfound = cast('C', C())", {"object app.C"}),
        ("class C: ...\nfound = C()", {"object app.C"}),
        ("class C: ...\ndef make(): return C()\nfound = make()", {"object app.C"}),
        ("class C: ...\ndef make() -> 'C': ...\nfound = make()", {"object app.C"}),
        (
            "class C: ...\nasync def make(): return C()\nasync def f():\n    global found\n    found = await make()",
            {"object app.C"},
        ),
        ("def f(): return f()\nfound = f()", set()),
        ("class C:\n    def __call__(self): return {}\nfound = C()()", {"dict"}),
        ("x = lambda: []\nfound = x()", {"list"}),
        ("found = found", set()),
    ],
)
def test_what_an_expression_may_be(statement: str, found: set[str]) -> None:
    assert one(statement).member("app.py", "found") - {"?"} == found


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        ("Cart", {"object app.Cart"}),
        ("'Cart'", {"object app.Cart"}),
        ("Optional[Cart]", {"object app.Cart"}),
        ("Cart | None", {"object app.Cart"}),
        ("Annotated[Cart, 1]", {"object app.Cart"}),
        ("Alias", {"object app.Cart"}),
        ("Union[Cart, Other]", {"object app.Cart", "object app.Other"}),
        ("flask.Flask", {"object of flask.Flask"}),
        ("list[Cart]", set()),
        ("Nothing", set()),
        ("int", set()),
    ],
)
def test_parameters_are_what_their_annotations_name(annotation: str, found: set[str]) -> None:
    linked = one(f"""
        import flask
        from typing import Annotated, Optional, Union
        class Cart: ...
        class Other: ...
        Alias = Annotated[Cart, "shared"]
        def f(cart: {annotation}):
            found = cart
    """)
    assert linked.what("app.f.found") == found


def test_parameters_are_what_callers_pass() -> None:
    linked = one("""
        CACHE = {}
        def put(store, key):
            found = store
        def a():
            put(CACHE, 1)
        def b():
            put(key=2, store=CACHE)
    """)
    assert linked.where("app.put.found") == {"global app.CACHE"}
