"""Who calls whom: methods, decorators, callbacks, properties, context managers and calls by computed name."""

from __future__ import annotations

import pytest

from .support import one, tree


class TestMethods:
    def test_functions_of_other_modules(self) -> None:
        linked = tree(
            {
                "shop/__init__.py": "",
                "shop/cart.py": "def add(): ...",
                "main.py": """
            import shop.cart
            from shop import cart
            from shop.cart import add as put
            def a(): shop.cart.add()
            def b(): cart.add()
            def c(): put()
        """,
            }
        )
        for name in ("main.a", "main.b", "main.c"):
            assert linked.calls(name) == {"shop.cart.add"}

    def test_by_self_and_by_super(self) -> None:
        linked = one("""
            class A:
                def f(self): ...
            class B(A):
                def f(self): super().f()
                def g(self): self.f()
                def h(self): super(B, self).f()
        """)
        assert linked.edges("app.B.f") == {("app.A.f", "call")}
        assert linked.edges("app.B.g") == {("app.B.f", "call")}
        assert linked.edges("app.B.h") == {("app.A.f", "call")}

    def test_a_call_through_the_base_may_reach_an_override(self) -> None:
        linked = one("""
            class A:
                def run(self): self.step()
                def step(self): ...
            class B(A):
                def step(self): ...
        """)
        assert linked.edges("app.A.run") == {("app.A.step", "call"), ("app.B.step", "override")}

    def test_a_super_call_reaches_no_override(self) -> None:
        linked = one("""
            class A:
                def f(self): ...
            class B(A):
                def f(self): super().f()
            class C(A):
                def f(self): ...
        """)
        assert linked.calls("app.B.f") == {"app.A.f"}

    def test_making_an_object_runs_its_constructor(self) -> None:
        linked = one("""
            class A:
                def __init__(self): ...
            class B(A): ...
            def f(): B()
        """)
        assert linked.calls("app.f") == {"app.A.__init__"}

    def test_on_module_level_objects_of_other_modules(self) -> None:
        linked = tree(
            {
                "store.py": "class Store:\n    def put(self): ...\nstore = Store()",
                "main.py": "import store\nfrom store import store as s\ndef a(): store.store.put()\ndef b(): s.put()",
            }
        )
        assert linked.calls("main.a") == linked.calls("main.b") == {"store.Store.put"}

    def test_on_annotated_parameters_and_returned_objects(self) -> None:
        linked = one("""
            class Store:
                def put(self): ...
            def make() -> Store: ...
            def a(store: Store): store.put()
            def b(): make().put()
        """)
        assert linked.calls("app.a") == {"app.Store.put"}
        assert linked.calls("app.b") == {"app.make", "app.Store.put"}

    def test_class_methods_and_static_methods(self) -> None:
        linked = one("""
            class A:
                @classmethod
                def make(cls): return cls()
                @staticmethod
                def help(): ...
                def f(self): ...
            def f():
                A.make().f()
                A.help()
        """)
        assert linked.calls("app.f") == {"app.A.make", "app.A.f", "app.A.help"}

    def test_a_callable_object(self) -> None:
        linked = one("class A:\n    def __call__(self): ...\na = A()\ndef f(): a()")
        assert linked.calls("app.f") == {"app.A.__call__"}

    def test_objects_in_a_container(self) -> None:
        linked = one("""
            class Store:
                def put(self): ...
            stores = {}
            def add(key): stores[key] = Store()
            def f(key): stores[key].put()
            def g():
                for store in stores.values(): store.put()
        """)
        assert linked.edges("app.f") == {("app.Store.put", "call")}
        assert linked.edges("app.g") == {("app.Store.put", "call")}

    def test_a_name_that_one_class_has_is_a_guess(self) -> None:
        linked = one("class A:\n    def recompute(self): ...\ndef f(x): x.recompute()")
        assert linked.edges("app.f") == {("app.A.recompute", "guess")}

    def test_two_classes_or_a_common_name_are_no_guess(self) -> None:
        linked = one("""
            class A:
                def recompute(self): ...
                def get(self): ...
            class B:
                def recompute(self): ...
            def f(x):
                x.recompute()
                x.get()
        """)
        assert linked.edges("app.f") == set()

    def test_a_computed_name_may_be_any_public_method(self) -> None:
        linked = one("""
            class A:
                def run(self, verb): getattr(self, verb)()
                def get(self): ...
                def _secret(self): ...
        """)
        assert ("app.A.get", "dynamic") in linked.edges("app.A.run")
        assert "app.A._secret" not in linked.calls("app.A.run")

    def test_a_literal_name_is_that_method(self) -> None:
        linked = one(
            "class A:\n    def run(self): getattr(self, 'go')()\n    def go(self): ...\n    def stop(self): ..."
        )
        assert linked.calls("app.A.run") == {"app.A.go"}


class TestInside:
    def test_lambdas_comprehensions_and_classes_run_where_they_stand(self) -> None:
        linked = one("""
            def g(): ...
            def f():
                a = lambda: g()
                b = [g() for _ in range(3)]
                class C:
                    c = g()
        """)
        inside = {callee for callee, via in linked.edges("app.f") if via == "inline"}
        assert {callee.removeprefix("app.f") for callee in inside} == {".<lambda>", ".<listcomp>", ".C"}
        assert all(linked.calls(name) == {"app.g"} for name in inside)

    def test_context_managers(self) -> None:
        linked = one("""
            class Lock:
                def __enter__(self): ...
                def __exit__(self, *a): ...
            class Session:
                async def __aenter__(self): return self
                async def __aexit__(self, *a): ...
                def query(self): ...
            def f():
                with Lock(): ...
            async def g():
                async with Session() as s: s.query()
        """)
        assert linked.calls("app.f") == {"app.Lock.__enter__", "app.Lock.__exit__"}
        assert linked.calls("app.g") == {"app.Session.__aenter__", "app.Session.__aexit__", "app.Session.query"}

    def test_a_function_used_as_value_escapes_and_a_called_one_does_not(self) -> None:
        linked = one("def a(): ...\ndef b(): ...\ntable = {'a': a}\nb()")
        assert {linked.spell(ref) for ref in linked.project.graph.escaped} == {"app.a"}


class TestDecorators:
    def test_a_wrapper_stands_in_for_the_function(self) -> None:
        linked = one("""
            import functools
            def logged(func):
                @functools.wraps(func)
                def wrapper(*args):
                    audit()
                    return func(*args)
                return wrapper
            def audit(): ...
            @logged
            def view(): ...
            def caller(): view()
        """)
        assert linked.calls("app.caller") == {"app.view"}
        assert ("app.logged.wrapper", "decorator") in linked.edges("app.view")
        assert "app.view" in linked.calls("app.logged.wrapper")
        assert "app.logged" in linked.calls("app")
        assert "app.audit" in linked.calls("app.logged.wrapper")

    def test_with_arguments(self) -> None:
        linked = one("""
            def cached(seconds):
                def decorate(func):
                    def wrapper(): return func()
                    return wrapper
                return decorate
            @cached(60)
            def view(): ...
        """)
        assert {"app.cached", "app.cached.decorate"} <= linked.calls("app")
        assert ("app.cached.decorate.wrapper", "decorator") in linked.edges("app.view")

    def test_in_another_module(self) -> None:
        linked = tree(
            {
                "deco.py": "def d(f):\n    def inner(): f()\n    return inner",
                "main.py": "from deco import d\n@d\ndef view(): ...",
            }
        )
        assert linked.calls("main.view") == {"deco.d.inner"}
        assert "main.view" in linked.calls("deco.d.inner")

    def test_functions_that_share_a_wrapper_do_not_call_each_other(self) -> None:
        linked = one("""
            def logged(f):
                def wrapper(): return f()
                return wrapper
            @logged
            def first(): ...
            @logged
            def second(): ...
        """)
        assert linked.calls("app.first") == linked.calls("app.second") == {"app.logged.wrapper"}
        assert not linked.calls("app.logged.wrapper") & {"app.first", "app.second"}

    def test_a_wrapper_that_is_registered_itself_calls_what_it_wraps(self) -> None:
        linked = one("""
            from flask import Flask
            app = Flask(__name__)
            def route(f):
                def wrapper(): return f()
                app.add_url_rule("/" + f.__name__, view_func=wrapper)
                return wrapper
            @route
            def first(): ...
            @route
            def second(): ...
        """)
        assert {"app.first", "app.second"} <= linked.calls("app.route.wrapper")

    def test_a_class_as_decorator(self) -> None:
        linked = one("""
            class Count:
                def __init__(self, f): self.f = f
                def __call__(self): return self.f()
            @Count
            def view(): ...
        """)
        assert linked.calls("app.view") == {"app.Count.__call__"}


@pytest.mark.parametrize(
    "handed",
    [
        "sorted([], key=callback)",
        "threading.Thread(target=callback)",
        "unknown.register(callback)",
        "pool.submit(functools.partial(callback, 1))",
        "threading.Timer(5, callback)",
        "atexit.register(callback)",
    ],
)
def test_callbacks_given_to_something_foreign(handed: str) -> None:
    linked = one(f"""
        import atexit, functools, threading, unknown
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor()
        def callback(*a): ...
        def f(): {handed}
    """)
    assert ("app.callback", "callback") in linked.edges("app.f")


def test_a_bound_method_as_callback() -> None:
    linked = one("""
        import threading
        class Worker:
            def start(self): threading.Thread(target=self.loop).start()
            def loop(self): ...
    """)
    assert ("app.Worker.loop", "callback") in linked.edges("app.Worker.start")


def test_a_partial_that_is_called() -> None:
    linked = one("import functools\ndef g(a, b): ...\nh = functools.partial(g, 1)\ndef f(): h(2)")
    assert linked.calls("app.f") == {"app.g"}


def test_a_callback_parameter_that_is_called() -> None:
    linked = one("def run(callback): callback()\ndef g(): ...\ndef f(): run(g)")
    assert "app.g" in linked.calls("app.run")


def test_a_table_of_functions() -> None:
    linked = one("def a(): ...\ndef b(): ...\nTABLE = {}\nTABLE['a'] = a\nTABLE['b'] = b\ndef f(key): TABLE[key]()")
    assert linked.calls("app.f") == {"app.a", "app.b"}


def test_a_table_of_functions_written_as_a_literal() -> None:
    linked = one("def a(): ...\ndef b(): ...\nTABLE = {'a': a, 'b': b}\ndef f(key): TABLE[key]()")
    assert linked.calls("app.f") == {"app.a", "app.b"}


def test_foreign_calls_have_one_spelling() -> None:
    linked = one("""
        import requests, flask
        from flask import Flask
        app = Flask(__name__)
        class Own(Flask): ...
        own = Own(__name__)
        def f():
            requests.get("x")
            app.run()
            own.run()
    """)
    assert linked.uses("app.f") == {"requests.get", "flask.Flask.run"}


def test_recursion_and_mutual_recursion_end() -> None:
    linked = one("def a(x): return b(x)\ndef b(x): return a(x)\ndef c(): c()\nfound = a(1)")
    assert linked.calls("app.a") == {"app.b"}
    assert linked.calls("app.c") == {"app.c"}
    assert linked.what("app.found") == set()
