"""Ways in which an object comes to outlive requests, or an alias leads to it, beside the twin that keeps nothing."""

from __future__ import annotations

from textwrap import dedent

import pytest

from statecheck.testing import Case, report_of

STORE = """
class Store:
    def __init__(self):
        self.rows = {}
    def put(self, key, value):
        self.rows[key] = value
"""

PAIRS = {
    "main()": (
        """
        from bottle import Bottle, run
        from store import Store
        def main():
            app, store = Bottle(), Store()
            @app.post("/<key>")
            def put(key): {line}
            run(app)
        if __name__ == "__main__":
            main()
        """,
        "store.put(key, 1)",
        "Store().put(key, 1)",
    ),
    "lifespan and app.state": (
        """
        from fastapi import FastAPI, Request
        from store import Store
        from contextlib import asynccontextmanager
        @asynccontextmanager
        async def lifespan(app):
            app.state.store = Store()
            yield
        app = FastAPI(lifespan=lifespan)
        @app.post("/{{key}}")
        async def put(key: str, request: Request): {line}
        """,
        "request.app.state.store.put(key, 1)",
        "request.state.rows = {{key: 1}}",
    ),
    "app[...]": (
        """
        from aiohttp import web
        from store import Store
        async def put(request):
            {line}
            return web.Response()
        app = web.Application()
        app["store"] = Store()
        app.router.add_post("/", put)
        """,
        'request.app["store"].put(request.path, 1)',
        'request["store"] = Store()',
    ),
    "dependency provider": (
        """
        from fastapi import Depends, FastAPI
        from store import Store
        kept = Store()
        def store(): return {line}
        app = FastAPI()
        @app.post("/{{key}}")
        async def put(key: str, rows=Depends(store)): rows.put(key, 1)
        """,
        "kept",
        "Store()",
    ),
    "property": (
        """
        from flask import Flask
        from store import Store
        class Shop:
            def __init__(self): self._store = Store()
            @property
            def store(self): return {line}
        shop, app = Shop(), Flask("app")
        @app.post("/<key>")
        def put(key):
            shop.store.put(key, 1)
            return ""
        """,
        "self._store",
        "Store()",
    ),
    "data class": (
        """
        from dataclasses import dataclass, field
        from flask import Flask
        @dataclass
        class Lobby:
            names: list = field(default_factory=list)
        lobby, app = Lobby(), Flask("app")
        @app.post("/<key>")
        def put(key):
            {line}.names.append(key)
            return ""
        """,
        "lobby",
        "Lobby()",
    ),
    "partial": (
        """
        from functools import partial
        from flask import Flask
        from store import Store
        def put(store, key):
            store.put(key, 1)
            return ""
        kept, app = Store(), Flask("app")
        app.add_url_rule("/<key>", "put", {line}, methods=["POST"])
        """,
        "partial(put, kept)",
        "lambda key: put(Store(), key)",
    ),
    "copy": (
        """
        from flask import Flask
        DEFAULTS = {{"rows": 10}}
        app = Flask("app")
        @app.post("/<key>")
        def put(key):
            options = {line}
            options[key] = 1
            return str(options)
        """,
        "DEFAULTS",
        "dict(DEFAULTS)",
    ),
}


def found(source: str, line: str) -> list[str]:
    """The memory findings that are shown for the source with the line in it."""
    text = dedent(source).format(line=line.format())
    report = report_of(Case("", {"app.py": text, "store.py": STORE}, ()))
    assert not report.errors
    assert not report.summary.unparsed
    return [finding.name for finding in report.findings if finding.family == "memory"]


@pytest.mark.parametrize("form", PAIRS)
def test_what_outlives_a_request_is_found(form: str) -> None:
    source, kept, _ = PAIRS[form]
    assert len(found(source, kept)) == 1


@pytest.mark.parametrize("form", PAIRS)
def test_what_goes_with_the_request_is_silent(form: str) -> None:
    source, _, passing = PAIRS[form]
    assert found(source, passing) == []


@pytest.mark.parametrize(
    ("reads", "shown"),
    [
        ("open('/etc/shop/' + name).read()", True),
        ("random.choice(name)", True),
        ("time.strftime(name)", True),
        ("requests.get(name).text", True),
        ("os.environ[name]", False),  # a process keeps the environment that it was started with
        ("name.upper()", False),
        ("json.loads(name)", False),
    ],
)
def test_a_memo_is_judged_by_what_its_function_reads(reads: str, shown: bool) -> None:
    source = """
        import json, os, random, time, requests
        from functools import lru_cache
        from flask import Flask
        app = Flask("app")
        @lru_cache(maxsize=9)
        def read(name): return {line}
        @app.get("/<name>")
        def show(name): return str(read(name))
        """
    assert found(source, reads) == (["process-cache"] if shown else [])
