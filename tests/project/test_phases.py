"""When functions run, how sure that is, and the way that proves it."""

from __future__ import annotations

from .support import one, tree

FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def test_a_module_body_runs_at_import_and_so_does_what_it_calls() -> None:
    linked = one("def fill(): inner()\ndef inner(): ...\nfill()\nclass C:\n    x = inner()")
    assert linked.phases("app.fill") == linked.phases("app.inner") == {"import": "sure"}


def test_a_request_reaches_what_views_call() -> None:
    linked = one(FLASK + "@app.get('/a')\ndef a(): b()\ndef b(): c()\ndef c(): ...")
    assert linked.phases("app.c") == {"request": "sure"}
    assert linked.way("app.c") == ["GET /a", "app.a", "app.b"]


def test_a_function_of_two_phases() -> None:
    linked = one(FLASK + "def fill(): ...\nfill()\n@app.get('/a')\ndef a(): fill()")
    assert linked.phases("app.fill") == {"import": "sure", "request": "sure"}


def test_the_body_of_a_factory_is_start_up_and_its_views_are_requests() -> None:
    linked = tree(
        {
            "main.py": """
        from flask import Flask
        import db
        def create_app():
            app = Flask(__name__)
            db.connect()
            @app.get("/a")
            def a(): db.query()
            return app
    """,
            "db.py": "def connect(): ...\ndef query(): ...",
        }
    )
    assert linked.phases("main.create_app") == {"startup": "sure"}
    assert linked.phases("db.connect") == {"startup": "sure"}
    assert linked.phases("db.query") == {"request": "sure"}


def test_a_factory_that_the_module_calls_stays_start_up() -> None:
    linked = one(
        "from flask import Flask\ndef make():\n    fill()\n    return Flask(__name__)\ndef fill(): ...\napp = make()"
    )
    assert linked.phases("app.make") == linked.phases("app.fill") == {"startup": "sure"}


def test_start_up_hooks_and_lifespan_around_the_yield() -> None:
    linked = one("""
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        @asynccontextmanager
        async def lifespan(app):
            begin()
            yield
            end()
        def begin(): ...
        def end(): ...
        app = FastAPI(lifespan=lifespan)
    """)
    assert linked.phases("app.begin") == {"startup": "sure"}
    assert linked.phases("app.end") == {"startup": "sure"}


def test_a_thread_started_by_a_view_is_a_worker() -> None:
    linked = one(
        FLASK
        + """
import threading
def job(): deep()
def deep(): ...
@app.post('/a')
def a(): threading.Thread(target=job).start()
"""
    )
    assert linked.phases("app.deep") == {"worker": "sure"}


def test_the_main_guard_is_a_command() -> None:
    linked = one("def main(): inner()\ndef inner(): ...\nif __name__ == '__main__':\n    main()")
    assert linked.phases("app.main") == linked.phases("app.inner") == {"cli": "sure"}


def test_the_main_guard_written_the_other_way_round() -> None:
    assert one("def main(): ...\nif '__main__' == __name__:\n    main()").phases("app.main") == {"cli": "sure"}


def test_a_main_function_that_sets_up_handlers_is_start_up() -> None:
    linked = one("""
        from flask import Flask
        def main():
            app = Flask(__name__)
            fill()
            app.run()
        def fill(): ...
        if __name__ == "__main__":
            main()
    """)
    assert linked.phases("app.fill") == {"startup": "sure"}


def test_tests_and_migrations_by_their_role() -> None:
    linked = tree(
        {
            "shop.py": "def add(): ...\ndef other(): ...",
            "tests/test_shop.py": "import shop\ndef test_add(): shop.add()",
            "migrations/one.py": "import shop\ndef forward(): shop.other()",
        },
        roles={"tests/test_shop.py": "test", "migrations/one.py": "migration"},
    )
    assert linked.phases("shop.add") == {"test": "sure"}
    assert linked.phases("shop.other") == {"cli": "sure"}


def test_what_nothing_calls_is_unreached() -> None:
    linked = one("def a(): b()\ndef b(): ...\nclass C:\n    def f(self): ...")
    for name in ("a", "b", "C.f"):
        assert linked.phases(f"app.{name}") == {}


def test_a_function_in_a_table_may_be_called_at_run_time() -> None:
    linked = one("def a(): b()\ndef b(): ...\nTABLE = {'a': a}")
    assert linked.phases("app.a") == linked.phases("app.b") == {"request": "possible"}


def test_a_function_handed_to_something_unknown_may_be_called_later() -> None:
    linked = one("import unknown\ndef a(): ...\nunknown.register(a)")
    assert linked.phases("app.a") == {"request": "possible"}


def test_a_function_under_an_unknown_decorator_may_be_called() -> None:
    linked = one("import unknown\n@unknown.on('event')\ndef a(): b()\ndef b(): ...")
    assert linked.phases("app.a") == linked.phases("app.b") == {"request": "possible"}


def test_a_method_of_a_class_with_an_unknown_base_may_be_called() -> None:
    linked = one("import unknown\nclass A(unknown.Base):\n    def on_event(self): ...\n    def _own(self): ...")
    assert linked.phases("app.A.on_event") == {"request": "possible"}
    assert linked.phases("app.A._own") == {}


def test_a_function_that_only_a_command_hands_on_stays_a_command() -> None:
    linked = one(
        "import unknown\ndef a(): ...\ndef main(): keep(a)\ndef keep(f): ...\nif __name__ == '__main__':\n    main()"
    )
    assert linked.phases("app.a") == {"cli": "possible"}


def test_a_key_function_runs_where_it_is_used() -> None:
    linked = one("def key(x): ...\nX = sorted([], key=key)")
    assert linked.phases("app.key") == {"import": "sure"}


def test_a_guessed_call_makes_a_guess() -> None:
    linked = one(FLASK + "class C:\n    def recompute(self): ...\n@app.get('/<x>')\ndef a(x): x.recompute()")
    assert linked.phases("app.C.recompute") == {"request": "guess"}


def test_a_sure_way_wins_over_a_guess() -> None:
    linked = one(
        FLASK
        + """
class C:
    def recompute(self): ...
@app.get('/<x>')
def a(x): x.recompute()
@app.get('/b')
def b(): C().recompute()
"""
    )
    assert linked.phases("app.C.recompute") == {"request": "sure"}
    assert linked.way("app.C.recompute") == ["GET /b", "app.b"]


def test_a_dispatch_by_computed_name_is_possible() -> None:
    linked = one(
        FLASK
        + """
class C:
    def run(self, verb): getattr(self, verb)()
    def show(self): ...
@app.get('/a')
def a(): C().run('show')
"""
    )
    assert linked.phases("app.C.show") == {"request": "possible"}


def test_views_under_a_home_made_decorator_are_reached_and_so_is_its_wrapper() -> None:
    linked = one(
        FLASK
        + """
import functools
SEEN = []
def counted(func):
    @functools.wraps(func)
    def wrapper(*args):
        note()
        return func(*args)
    return wrapper
def note(): SEEN.append(1)
@app.get('/a')
@counted
def a(): ...
"""
    )
    assert linked.phases("app.counted") == {"import": "sure"}
    assert linked.phases("app.note") == {"request": "sure"}


def test_recursion_ends() -> None:
    linked = one(FLASK + "@app.get('/a')\ndef a(): b()\ndef b(): a()")
    assert linked.phases("app.b") == {"request": "sure"}
    assert linked.way("app.b") == ["GET /a", "app.a"]


def test_entry_points_that_lead_to_a_function() -> None:
    linked = one(FLASK + "def f(): ...\n@app.get('/a')\ndef a(): f()\n@app.post('/b')\ndef b(): f()")
    assert {entry.label for entry in linked.project.phases.entries_to(linked.ref("app.f"))} == {"GET /a", "POST /b"}
