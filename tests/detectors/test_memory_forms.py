"""Backends, caches and work of single libraries: each form with one use that is flagged and one that is not."""

from __future__ import annotations

import pytest

from statecheck.testing import Case, report_of

RULES = ("process-backend", "process-cache", "process-coordination", "background-work")
FLASK = "import os\nimport requests\nfrom flask import Flask, request\n\napp = Flask(__name__)\n"
FASTAPI = "import os\nfrom fastapi import FastAPI, Request\n\napp = FastAPI()\n"
GROW = "\n\n@app.post('/items')\ndef add():\n    store.{}(request.json)\n    return ''\n"
STREAM = "\n\n@app.post('/items')\nasync def add(request: Request):\n    await {}.send(await request.json())\n"
LITESTAR = "import os\nfrom litestar import Litestar\nfrom litestar.stores.redis import RedisStore\n"
STORES = "stores={'x': RedisStore.with_client(os.environ['R'])}"


def forms(files: dict[str, str]) -> list[str]:
    """What is found, hidden findings too."""
    report = report_of(Case("form", files, ()), RULES)
    assert report.errors == ()
    return sorted(finding.form or finding.name for finding in (*report.findings, *report.hidden))


BEAKER = "from beaker.middleware import SessionMiddleware\napp.wsgi_app = SessionMiddleware(app.wsgi_app, {})\n"
REGIONS = "from beaker.cache import cache_regions\ncache_regions.update({{'short': {{'type': '{}'}}}})\n"
OPTIONS = (
    "from beaker.cache import CacheManager\nfrom beaker.util import parse_cache_config_options\n"
    "cache = CacheManager(**parse_cache_config_options({{'cache.type': '{}'}}))\n"
)
CHERRY = (
    "import cherrypy\nclass Root:\n    @cherrypy.expose\n    def index(self):\n        return ''\n"
    "cherrypy.quickstart(Root(), '/', {{'/': {{'tools.sessions.on': True{}}}}})\n"
)
SIMPLE = "from llama_index.core.{} import {}\nstore = {}()" + GROW
LLAMA = "from llama_index.core import VectorStoreIndex\nstore = VectorStoreIndex.from_documents([]{})" + GROW
RATES = "from pyrate_limiter import Limiter, Rate, RedisBucket\nlimiter = Limiter({})\n"
MSAL = "import msal\nclient = msal.ConfidentialClientApplication('id'{})\n"


@pytest.mark.parametrize(
    ("form", "bad", "good"),
    [
        (
            "beaker-session-middleware",
            BEAKER.format("{'session.type': 'memory'}"),
            BEAKER.format("{'session.type': 'ext:redis'}"),
        ),
        (
            "beaker-session-middleware",
            BEAKER.format("{'session.auto': True}"),
            BEAKER.format("{'session.auto': True, 'session.type': 'cookie'}"),
        ),
        (
            "beaker-session-middleware-prefixed",
            BEAKER.format("{'beaker.session.type': 'memory'}"),
            BEAKER.format("load()"),
        ),
        ("beaker-cache-regions", REGIONS.format("memory"), REGIONS.format("ext:redis")),
        ("beaker-cache-options", OPTIONS.format("memory"), OPTIONS.format("ext:redis")),
        (
            "beaker-cache-manager",
            "from beaker.cache import CacheManager\ncache = CacheManager()\n",
            "from beaker.cache import CacheManager\ncache = CacheManager(type='ext:redis')\n",
        ),
        (
            "flask-kvsession-dict-store",
            "from flask_kvsession import KVSessionExtension\n"
            "from simplekv.memory import DictStore\nKVSessionExtension(DictStore(), app)\n",
            "from flask_kvsession import KVSessionExtension\nfrom simplekv.memory.redisstore import RedisStore\n"
            "KVSessionExtension(RedisStore(os.environ['R']), app)\n",
        ),
        ("cherrypy-mounted-ram-session", CHERRY.format(""), CHERRY.format(", 'tools.sessions.storage_class': Redis")),
        (
            "pyrate-limiter-rates",
            RATES.format("[Rate(5, 60)]"),
            RATES.format("RedisBucket.init([Rate(5, 60)], redis, 'k')"),
        ),
        (
            "llama-index-vector-store-index",
            LLAMA.format("", "insert"),
            LLAMA.format(", storage_context=made()", "insert"),
        ),
        (
            "llama-index-simple-document-store",
            SIMPLE.format("storage.docstore", "SimpleDocumentStore", "SimpleDocumentStore", "add_documents"),
            SIMPLE.format("storage.docstore", "SimpleDocumentStore", "SimpleDocumentStore", "get_document"),
        ),
        (
            "llama-index-simple-index-store",
            SIMPLE.format("storage.index_store", "SimpleIndexStore", "SimpleIndexStore", "add_index_struct"),
            SIMPLE.format("storage.index_store", "SimpleIndexStore", "SimpleIndexStore", "get_index_struct"),
        ),
        (
            "llama-index-simple-graph-store",
            SIMPLE.format("graph_stores", "SimpleGraphStore", "SimpleGraphStore", "upsert_triplet"),
            SIMPLE.format("graph_stores", "SimpleGraphStore", "SimpleGraphStore", "get"),
        ),
        (
            "llama-index-chat-memory-buffer",
            "from llama_index.core.memory import ChatMemoryBuffer\nmemory = ChatMemoryBuffer(token_limit=9)\n",
            "from llama_index.core.memory import ChatMemoryBuffer\nmemory = ChatMemoryBuffer(chat_store=made())\n",
        ),
        (
            "llama-index-ingestion-cache",
            "from llama_index.core.ingestion import IngestionCache\ncache = IngestionCache()\n",
            "from llama_index.core.ingestion import IngestionCache\ncache = IngestionCache(cache=made())\n",
        ),
        ("msal-token-cache", MSAL.format(""), MSAL.format(", token_cache=load()")),
        (
            "msal-token-cache-object",
            "import msal\ncache = msal.TokenCache()\n",
            "import msal\ncache = msal.SerializableTokenCache()\n",
        ),
        (
            "aiocache-simple-memory-cache",
            "from aiocache import Cache\ncache = Cache.MEMORY()\n",
            "from aiocache import Cache\ncache = Cache.REDIS()\n",
        ),
        (
            "optuna-in-memory-storage",
            "import optuna\nstorage = optuna.storages.InMemoryStorage()\n",
            "import optuna\nstorage = optuna.storages.RDBStorage(os.environ['DB'])\n",
        ),
        (
            "opentelemetry-in-memory-exporter",
            "from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter\n"
            "spans = InMemorySpanExporter()\n",
            "from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter\n"
            "spans = OTLPSpanExporter()\n",
        ),
        (
            "faststream-test-broker",
            "from faststream.redis import RedisBroker, TestRedisBroker\nbroker = TestRedisBroker(RedisBroker())\n",
            "from faststream.redis import RedisBroker\nbroker = RedisBroker(os.environ['R'])\n",
        ),
        (
            "apscheduler-local-event-broker",
            "from apscheduler.eventbrokers.local import LocalEventBroker\nbroker = LocalEventBroker()\n",
            "from apscheduler.eventbrokers.redis import RedisEventBroker\nbroker = RedisEventBroker(os.environ['R'])\n",
        ),
        (
            "prometheus-http-server",
            "from prometheus_client import start_http_server\nstart_http_server(9000)\n",
            "from prometheus_client import push_to_gateway\npush_to_gateway(os.environ['G'], 'job', None)\n",
        ),
        (
            "sched-run",
            "import sched\n\n@app.get('/')\ndef later():\n    sched.scheduler().enter(9, 1, print)\n    return ''\n",
            "@app.get('/')\ndef later():\n    return ''\n",
        ),
        (
            "barrier",
            "import threading\nboth = threading.Barrier(2)\n\n@app.get('/')\ndef meet():\n"
            "    both.wait()\n    return ''\n",
            "import threading\n\n@app.get('/')\ndef meet():\n"
            "    both = threading.Barrier(1)\n    both.wait()\n    return ''\n",
        ),
        (
            "aiojobs-spawn",
            "from aiojobs.aiohttp import spawn\n\n@app.get('/')\nasync def start():\n"
            "    await spawn(request, send())\n",
            "from aiojobs.aiohttp import spawn\n\n@app.get('/')\nasync def start():\n"
            "    job = await spawn(request, send())\n    await job.wait()\n",
        ),
    ],
)
def test_a_use_of_a_library_in_a_flask_application(form: str, bad: str, good: str) -> None:
    assert forms({"app.py": FLASK + bad}) == [form]
    assert forms({"app.py": FLASK + good}) == []


@pytest.mark.parametrize(
    ("library", "call"), [("anyio", "create_memory_object_stream"), ("trio", "open_memory_channel")]
)
def test_both_ends_of_a_channel_are_the_channel(library: str, call: str) -> None:
    made = f"import {library}\nsender, receiver = {library}.{call}(9)\n"
    assert forms({"app.py": FASTAPI + made + STREAM.format("sender")}) == ["memory-stream"]
    assert forms({"app.py": FASTAPI + made}) == []


@pytest.mark.parametrize(
    ("form", "use", "argument"),
    [
        (
            "litestar-default-session-store",
            "from litestar.middleware.session.server_side import ServerSideSessionConfig",
            "",
        ),
        ("litestar-default-rate-store", "from litestar.middleware.rate_limit import RateLimitConfig", ""),
        (
            "litestar-response-cache",
            "from litestar.config.response_cache import ResponseCacheConfig",
            "response_cache_config=ResponseCacheConfig(60)",
        ),
    ],
)
def test_the_default_store_of_litestar_is_judged_where_stores_would_stand(form: str, use: str, argument: str) -> None:
    assert forms({"app.py": f"{LITESTAR}{use}\napp = Litestar([], {argument})\n"}) == [form]
    rest = f", {argument}" if argument else ""
    assert forms({"app.py": f"{LITESTAR}{use}\napp = Litestar([], {STORES}{rest})\n"}) == []
    assert forms({"app.py": f"{LITESTAR}app = Litestar([])\n"}) == []


def test_the_cache_of_a_panel_server_is_shared_by_its_sessions() -> None:
    source = "import panel as pn\n\ndef view():\n    {}\n    return pn.pane.Str('')\n\npn.serve(view)\n"
    assert forms({"app.py": source.format("pn.state.cache['n'] = 1")}) == ["panel-state-cache"]
    assert forms({"app.py": source.format("n = pn.state.cache.get('n')")}) == []


@pytest.mark.parametrize(("body", "found"), [("await bill()", ["discord-loop"]), ("logging.info('alive')", [])])
def test_a_loop_of_a_bot_counts_if_it_does_something(body: str, found: list[str]) -> None:
    bot = "import logging\nimport requests\nfrom discord.ext import tasks\n\nasync def bill():\n    requests.post('https://x')\n"
    assert forms({"bot.py": f"{bot}\n@tasks.loop(hours=1)\nasync def hourly():\n    {body}\n"}) == found


LIMITER = "from flask_limiter import Limiter\n{}\nlimiter = Limiter(None, app=app{})\n"


@pytest.mark.parametrize(
    ("config", "argument", "found"),
    [
        ("", "", ["flask-limiter"]),
        ("", ", storage_uri=os.environ['R']", []),
        ("class Config:\n    RATELIMIT_STORAGE_URI = os.environ['R']\napp.config.from_object(Config)", "", []),
        ("class Config:\n    DEBUG = False\napp.config.from_object(Config)", "", ["flask-limiter"]),
        ("app.config.from_prefixed_env()", "", []),
        ("app.config.from_envvar('SETTINGS')", "", []),
    ],
)
def test_a_default_counts_unless_the_configuration_gives_it_or_cannot_be_seen(
    config: str, argument: str, found: list[str]
) -> None:
    assert forms({"app.py": FLASK + LIMITER.format(config, argument)}) == found
