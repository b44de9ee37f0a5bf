"""What outlives a request, and what keeps it."""

from __future__ import annotations

import pytest

from .support import one, tree

STORE = "class Store:\n    def __init__(self): self.rows = {}\n    def put(self, k): self.rows[k] = 1\n"

DATA = "from dataclasses import dataclass, field\n@dataclass\nclass House:\n"


@pytest.mark.parametrize(
    ("source", "keeper"),
    [
        ("store = Store()", "global app.store"),
        ("class Config:\n    store = Store()", "class attribute app.Config.store"),
        ("stores = {}\ndef f(k): stores[k] = Store()", "global app.stores[]"),
        ("stores = {'a': Store()}", "global app.stores[]"),
        ("stores = [Store() for _ in range(3)]", "global app.stores[]"),
        ("stores = []\ndef f(): stores.append(Store())", "global app.stores[]"),
        ("store = None\ndef f():\n    global store\n    store = Store()", "global app.store"),
        ("class A: ...\ndef f(): A.store = Store()", "class attribute app.A.store"),
        ("from functools import lru_cache\n@lru_cache\ndef f(): return Store()", "function attribute app.f.cache"),
        ("from functools import cache\n@cache\ndef f(key): return Store()", "function attribute app.f.cache"),
        ("def make(): return Store()\nstore = make()", "global app.store"),
        ("from flask import Flask\napp = Flask(__name__)\napp.store = Store()", "foreign flask.Flask.store"),
        ("def f():\n    store = Store()\n    store.put(1)", None),
        ("def f(): return Store()", None),
        ("from flask import request\ndef f(): request.store = Store()", None),
        (DATA + "    store: Store = field(default_factory=Store)", None),
        (DATA + "    store: Store = field(default_factory=Store)\nhouse = House()", "field app.House.store"),
        (DATA + "    store: Store = Store()", "class attribute app.House.store"),
        ("", None),
    ],
)
def test_an_object(source: str, keeper: str | None) -> None:
    assert one(STORE + source).keeper("app.Store") == keeper


class TestApplications:
    def test_application_state(self) -> None:
        linked = one(
            STORE
            + """
from fastapi import FastAPI, Request
app = FastAPI()
app.state.store = Store()
app.state.jobs = {}
@app.get("/a")
def a(request: Request):
    request.app.state.store.put(1)
    request.app.state.jobs[1] = 2
"""
        )
        assert linked.keeper("app.Store") == "foreign starlette.applications.Starlette.state.store"
        assert linked.writes()["field app.Store.rows"] >= {("app.Store.put", "change")}
        assert ("app.a", "change") in linked.writes()["foreign starlette.applications.Starlette.state.jobs"]
        assert linked.keeps("foreign starlette.applications.Starlette.state.jobs")

    def test_state_of_the_request_is_not_kept(self) -> None:
        linked = one(
            STORE
            + """
from fastapi import FastAPI, Request
app = FastAPI()
@app.get("/a")
def a(request: Request):
    request.state.store = Store()
    request.state.store.put(1)
"""
        )
        assert linked.keeper("app.Store") is None

    def test_items_of_an_application(self) -> None:
        linked = one(
            STORE
            + """
from aiohttp import web
app = web.Application()
app["store"] = Store()
app["jobs"] = {}
async def a(request):
    request.app["jobs"][1] = 2
app.router.add_get("/a", a)
"""
        )
        assert linked.keeper("app.Store") == "global app.app[]"
        assert ("app.a", "change") in linked.writes()['foreign aiohttp.web.Application.["jobs"]']
        assert linked.keeps('foreign aiohttp.web.Application.["jobs"]')

    def test_a_local_of_a_factory_that_views_capture(self) -> None:
        linked = one(
            STORE
            + """
from flask import Flask
def make():
    app = Flask(__name__)
    store = Store()
    seen = {}
    @app.get("/a")
    def a():
        store.put(1)
        seen[1] = 2
    return app
"""
        )
        assert linked.keeper("app.Store") == "local app.make.store"
        assert linked.keeps("local app.make.seen")

    def test_a_local_of_a_view_that_an_inner_function_captures_is_not_kept(self) -> None:
        linked = one("""
            from flask import Flask
            app = Flask(__name__)
            @app.get("/a")
            def a():
                seen = {}
                def note(): seen[1] = 2
                note()
        """)
        assert not linked.keeps("local app.a.seen")


class TestFrameworks:
    def test_middleware_lives_with_the_process(self) -> None:
        linked = tree(
            {
                "site/__init__.py": "",
                "site/settings.py": "MIDDLEWARE = ['site.mid.Count']",
                "site/mid.py": """
            class Count:
                def __init__(self, get_response): self.seen = {}
                def __call__(self, request): self.seen[1] = 2
        """,
            }
        )
        assert linked.keeper("site.mid.Count") == "the framework keeps one instance"
        assert linked.keeps("field site.mid.Count.seen")

    def test_starlette_middleware(self) -> None:
        linked = one("""
            from starlette.middleware.base import BaseHTTPMiddleware
            class Count(BaseHTTPMiddleware):
                def __init__(self, app): self.seen = {}
                async def dispatch(self, request, call_next): self.seen[1] = 2
        """)
        assert linked.keeper("app.Count") == "the framework keeps one instance"

    @pytest.mark.parametrize(
        "source",
        [
            "from django.views import View\nclass A(View):\n    def get(self, request): self.seen = {}",
            "from flask.views import MethodView\nclass A(MethodView):\n    def get(self): self.seen = {}",
            "from rest_framework import serializers\nclass A(serializers.Serializer):\n"
            "    def validate(self, x): self.seen = {}",
            "from django import forms\nclass A(forms.Form):\n    def clean(self): self.seen = {}",
            "import tornado.web\nclass A(tornado.web.RequestHandler):\n    def get(self): self.seen = {}",
            "from pydantic import BaseModel\nclass A(BaseModel):\n    def f(self): self.seen = {}",
        ],
    )
    def test_views_forms_and_models_live_for_a_request(self, source: str) -> None:
        linked = one(source)
        assert linked.keeper("app.A") is None
        assert not linked.keeps("field app.A.seen")

    def test_a_singleton_by_metaclass(self) -> None:
        linked = one("""
            class Single(type):
                made = {}
                def __call__(cls, *args):
                    if cls not in cls.made:
                        cls.made[cls] = super().__call__(*args)
                    return cls.made[cls]
            class Store(metaclass=Single):
                def __init__(self): self.rows = {}
        """)
        assert linked.keeper("app.Store") == "its metaclass keeps one instance"


class TestReach:
    def test_what_a_kept_object_holds_is_kept(self) -> None:
        linked = one(STORE + "class Service:\n    def __init__(self): self.store = Store()\nservice = Service()")
        assert linked.keeper("app.Store") == "field app.Service.store"

    def test_what_is_handed_to_a_kept_object_is_kept(self) -> None:
        linked = one(
            STORE + "class Service:\n    def __init__(self, store): self.store = store\nservice = Service(Store())"
        )
        assert linked.keeper("app.Store") == "field app.Service.store"

    def test_what_an_object_of_one_request_holds_is_not(self) -> None:
        linked = one(STORE + "class Service:\n    def __init__(self): self.store = Store()\ndef f(): Service()")
        assert linked.keeper("app.Store") is None

    def test_a_kept_subclass_keeps_the_fields_of_its_base(self) -> None:
        linked = one(STORE + "class Own(Store): ...\nstore = Own()")
        assert linked.keeper("app.Store") == "global app.store"
        assert linked.keeps("field app.Store.rows")

    def test_a_default_is_made_once(self) -> None:
        linked = one("def f(seen={}): seen[1] = 2")
        assert linked.keeps("default app.f.seen")

    def test_an_attribute_of_a_function_is_kept_if_there_is_one_such_function(self) -> None:
        assert one("def f(): f.seen = 1").keeps("function attribute app.f.seen")
        assert not one("def make():\n    def f(): f.seen = 1\n    return f").keeps("function attribute app.make.f.seen")


@pytest.mark.parametrize(
    ("base", "keeper"), [("wtforms.fields.SelectField", None), ("house.Widget", "class attribute app.Page.row")]
)
def test_what_stands_in_the_body_of_a_class(base: str, keeper: str | None) -> None:
    module, _, name = base.rpartition(".")
    source = f"from {module} import {name}\nfrom forms import Form\nclass Row({name}): ...\n"
    assert one(source + "class Page(Form):\n    row = Row()\n").keeper("app.Row") == keeper
