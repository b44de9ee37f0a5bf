"""Look-alikes of state: what any process makes again, what ends with the request, what only declares."""

from __future__ import annotations

import pytest

from statecheck.testing import Case, report_of

FLASK = "import os\nfrom flask import Flask, request\n\napp = Flask(__name__)\n"
VIEW = "\n\n@app.post('/x')\ndef show():\n    {}\n    return ''\n"

CLIENTS = """
aiohttp.ClientSession anthropic.Anthropic asyncpg.create_pool boto3.client boto3.resource elasticsearch.Elasticsearch
google.genai.Client grpc.insecure_channel httpx.Client httpx.AsyncClient jinja2.Environment kafka.KafkaProducer
langchain_openai.ChatOpenAI minio.Minio motor.motor_asyncio.AsyncIOMotorClient neo4j.GraphDatabase.driver openai.OpenAI
openai.AsyncOpenAI psycopg_pool.ConnectionPool psycopg2.pool.ThreadedConnectionPool pymemcache.client.base.PooledClient
pymongo.MongoClient redis.Redis redis.from_url requests.Session slack_sdk.WebClient sqlalchemy.create_engine
sqlalchemy.orm.sessionmaker stripe.StripeClient urllib3.PoolManager transformers.pipeline faiss.read_index joblib.load
jwt.PyJWKClient statsd.StatsClient opentelemetry.trace.get_tracer logging.getLogger structlog.get_logger
"""
CONSTANTS = """
frozendict.frozendict pyrsistent.pmap types.MappingProxyType decimal.Decimal re.compile string.Template struct.Struct
operator.itemgetter argparse.ArgumentParser werkzeug.datastructures.ImmutableDict multidict.MultiDictProxy
typing.TypeVar django.utils.translation.gettext_lazy django.utils.functional.SimpleLazyObject
"""
BASES = """
django.apps.AppConfig django.contrib.admin.ModelAdmin django.core.management.base.BaseCommand django.db.models.Model
django.db.migrations.Migration django.forms.Form django.forms.ModelForm django.views.generic.base.View
django_filters.FilterSet rest_framework.serializers.Serializer rest_framework.viewsets.ModelViewSet celery.Task
flask_admin.contrib.sqla.ModelView graphene.ObjectType litestar.Controller marshmallow.Schema mongoengine.Document
msgspec.Struct peewee.Model pydantic.BaseModel pydantic_settings.BaseSettings scrapy.Spider
sqlalchemy.orm.DeclarativeBase sqlmodel.SQLModel tortoise.models.Model wtforms.Form
enum.Enum typing.NamedTuple typing.TypedDict factory.Factory
"""
BACKENDS = """
aiohttp_session.cookie_storage.EncryptedCookieStorage aiohttp_session.redis_storage.RedisStorage
aiohttp_session.SimpleCookieStorage chromadb.HttpClient langgraph.checkpoint.postgres.PostgresSaver
langgraph.checkpoint.redis.RedisSaver limits.storage.RedisStorage pyramid.session.SignedCookieSessionFactory
litestar.middleware.session.client_side.CookieBackendConfig socketio.AsyncRedisManager starsessions.CookieStore
starlette.middleware.sessions.SessionMiddleware
"""
CONTEXTS = "threading.local gevent.local.local werkzeug.local.Local asgiref.local.Local"


def found(source: str | dict[str, str]) -> list[str]:
    """The findings of the memory family that are shown by default."""
    files = source if isinstance(source, dict) else {"app.py": source}
    report = report_of(Case("safe", files, ()))
    assert report.errors == ()
    return [f"{finding.name}: {finding.message}" for finding in report.findings if finding.family == "memory"]


def module(name: str) -> str:
    return name.split(".")[0] if name.count(".") == 1 else name.rpartition(".")[0]


@pytest.mark.parametrize("name", CLIENTS.split())
def test_a_client_that_any_process_makes_again(name: str) -> None:
    start = f"import functools\nimport {module(name)}\n" + FLASK
    lazy = "global client\n    if client is None:\n        client = {0}(os.environ['X'])\n    client.ping()"
    assert found(f"{start}client = {name}(os.environ['X'])" + VIEW.format("client.ping()")) == []
    assert found(f"{start}client = None" + VIEW.format(lazy.format(name))) == []
    cached = f"@functools.lru_cache\ndef client():\n    return {name}(os.environ['X'])"
    assert found(f"{start}{cached}" + VIEW.format("client().ping()")) == []
    assert found(f"{start}app.extensions['client'] = {name}(os.environ['X'])" + VIEW.format("pass")) == []


@pytest.mark.parametrize("name", CONSTANTS.split())
def test_a_constant(name: str) -> None:
    assert found(f"import {module(name)}\n{FLASK}FIXED = {name}('x')" + VIEW.format("return str(FIXED)")) == []


@pytest.mark.parametrize("name", BASES.split())
def test_a_declaration_in_a_class_body(name: str) -> None:
    body = "    fields = ['a', 'b']\n    options = {'a': 1}\n    name = 'x'\n"
    use = f"class Thing({name}):\n{body}\n\n@app.get('/x')\ndef show():\n    return str(Thing.options['a'])\n"
    assert found(f"import {module(name)}\n{FLASK}{use}") == []


@pytest.mark.parametrize("name", BACKENDS.split())
def test_a_backend_that_keeps_nothing_in_the_process(name: str) -> None:
    assert found(f"import {module(name)}\n{FLASK}backend = {name}(os.environ['X'])" + VIEW.format("pass")) == []


@pytest.mark.parametrize("name", CONTEXTS.split())
def test_what_each_thread_or_task_has_of_its_own(name: str) -> None:
    assert found(f"import {module(name)}\n{FLASK}here = {name}()" + VIEW.format("here.user = request.json")) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "from aiohttp import web\nasync def h(request):\n    request['k'] = 1\n    return web.Response()\n"
            "app = web.Application()\napp.router.add_get('/', h)\n",
            id="aiohttp",
        ),
        pytest.param(
            "from flask import g, session\n" + FLASK + VIEW.format("g.k = session['k'] = request.k = 1"), id="flask"
        ),
        pytest.param(
            "import falcon\nclass R:\n    def on_get(self, req, resp):\n        req.context.k = 1\n"
            "app = falcon.App()\napp.add_route('/', R())\n",
            id="falcon",
        ),
        pytest.param(
            "from fastapi import FastAPI, Request\napp = FastAPI()\n@app.get('/')\ndef h(request: Request):\n"
            "    request.state.k = 1\n    request.session['k'] = 1\n",
            id="fastapi",
        ),
        pytest.param(
            "from litestar import Litestar, Request, get\n@get('/')\nasync def h(request: Request) -> str:\n"
            "    request.state.k = 1\n    return ''\napp = Litestar([h])\n",
            id="litestar",
        ),
        pytest.param(
            "from pyramid.view import view_config\n@view_config(route_name='x')\ndef h(request):\n"
            "    request.k = 1\n    return {}\n",
            id="pyramid",
        ),
        pytest.param(
            "from quart import Quart, g\napp = Quart(__name__)\n@app.get('/')\nasync def h():\n    g.k = 1\n",
            id="quart",
        ),
        pytest.param(
            "from sanic import Sanic\napp = Sanic('a')\n@app.get('/')\nasync def h(request):\n    request.ctx.k = 1\n",
            id="sanic",
        ),
        pytest.param(
            "import tornado.web\nclass H(tornado.web.RequestHandler):\n    def get(self):\n        self.k = 1\n"
            "app = tornado.web.Application([('/', H)])\n",
            id="tornado",
        ),
        pytest.param(
            "from celery import Celery\napp = Celery('a')\n@app.task(bind=True)\ndef t(self):\n    self.request.k = 1",
            id="celery",
        ),
        pytest.param(
            "from flask.views import MethodView\n" + FLASK + "class V(MethodView):\n    def get(self):\n"
            "        self.k = 1\n        return ''\napp.add_url_rule('/', view_func=V.as_view('v'))\n",
            id="flask views",
        ),
        pytest.param(
            "from contextvars import ContextVar\n" + FLASK + "user = ContextVar('user')" + VIEW.format("user.set(1)"),
            id="context variables",
        ),
    ],
)
def test_what_ends_with_the_request(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "HOOKS = {}\ndef hook(f):\n    HOOKS[f.__name__] = f\n    return f\n@hook\ndef a(): ...\n", id="decorator"
        ),
        pytest.param(
            "class Base:\n    known = {}\n    def __init_subclass__(cls):\n        Base.known[cls.__name__] = cls\n"
            "class A(Base): ...\n",
            id="__init_subclass__",
        ),
        pytest.param(
            "from importlib.metadata import entry_points\nFOUND = {e.name: e for e in entry_points(group='x')}\n",
            id="plug-ins",
        ),
        pytest.param("import atexit\nimport redis\npool = redis.Redis()\natexit.register(pool.close)\n", id="atexit"),
        pytest.param(
            "import json\nfrom pathlib import Path\nDATA = json.loads((Path(__file__).parent / 'a').read_text())\n",
            id="a shipped file",
        ),
        pytest.param(
            "import os\nos.environ.setdefault('OMP_NUM_THREADS', '1')\nos.environ['X'] = '1'\n",
            id="environment at import",
        ),
        pytest.param("import time\nSTARTED = time.time()\n", id="start time"),
    ],
)
def test_what_is_filled_at_import(source: str) -> None:
    assert found(source + FLASK + VIEW.format("pass")) == []


@pytest.mark.parametrize(
    "settings",
    [
        "SESSION_ENGINE = 'django.contrib.sessions.backends.db'\n",
        "SESSION_ENGINE = 'django.contrib.sessions.backends.cached_db'\n",
        "SESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'\n",
        "MESSAGE_STORAGE = 'django.contrib.messages.storage.fallback.FallbackStorage'\n",
        "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.dummy.DummyCache'}}\n",
        "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.db.DatabaseCache', 'LOCATION': 'cache'}}\n",
        "STORAGES = {'default': {'BACKEND': 'storages.backends.s3.S3Storage'}}\n",
        "CHANNEL_LAYERS = {'default': {'BACKEND': 'channels_redis.core.RedisChannelLayer'}}\n",
        "INSTALLED_APPS = []\nINSTALLED_APPS += ['x']\nMIDDLEWARE = []\nMIDDLEWARE.insert(0, 'y')\n",
    ],
)
def test_settings_that_keep_nothing_in_the_process(settings: str) -> None:
    base = "import os\nSECRET_KEY = os.environ['KEY']\nROOT_URLCONF = 'shop.urls'\n"
    assert found({"shop/settings.py": base + settings, "shop/urls.py": "urlpatterns = []\n"}) == []
