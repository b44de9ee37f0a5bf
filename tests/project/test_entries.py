"""Entry points: what Flask, FastAPI, Django, queues, schedulers and shells call, and what settings teach."""

from __future__ import annotations

import pytest

from statecheck.project.knowledge import Knowledge
from statecheck.rules.schema import EntryPoint, Model, Pack, Shape
from statecheck.settings import Settings, TaughtEntryPoint

from .support import Linked, one, pack, tree


def requests(linked: Linked) -> set[str]:
    return {label for label, phase, _ in linked.entries() if phase == "request"}


class TestFlask:
    @pytest.mark.parametrize(
        ("registered", "label"),
        [
            ("@app.route('/a')\ndef view(): ...", "GET /a"),
            ("@app.route(rule='/a', methods=['POST', 'put'])\ndef view(): ...", "POST,PUT /a"),
            ("@app.delete('/a')\ndef view(): ...", "DELETE /a"),
            ("@bp.route('/a')\ndef view(): ...", "GET /a"),
            ("def view(): ...\napp.add_url_rule('/a', 'a', view)", "GET /a"),
            ("def view(): ...\napp.add_url_rule('/a', view_func=view, methods=['POST'])", "POST /a"),
            ("@app.before_request\ndef view(): ...", "hook view"),
            ("@bp.before_app_request\ndef view(): ...", "hook view"),
            ("@app.errorhandler(404)\ndef view(error): ...", "error handler view"),
            ("def view(error): ...\napp.register_error_handler(500, view)", "error handler view"),
            ("app.add_url_rule('/a', view_func=lambda: 'x')", "GET /a"),
        ],
    )
    def test_functions(self, registered: str, label: str) -> None:
        linked = one(
            f"from flask import Blueprint, Flask\napp = Flask(__name__)\nbp = Blueprint('b', __name__)\n{registered}"
        )
        assert linked.entries() == {(label, "request", "flask")}

    def test_class_views(self) -> None:
        linked = one("""
            from flask import Flask
            from flask.views import MethodView, View
            app = Flask(__name__)
            class Cart(MethodView):
                def get(self): ...
                def post(self): ...
                def helper(self): ...
            class Old(View):
                def dispatch_request(self): ...
            app.add_url_rule("/cart", view_func=Cart.as_view("cart"))
        """)
        assert linked.entries_at("app.Cart.get")
        assert linked.entries_at("app.Cart.post")
        assert linked.entries_at("app.Old.dispatch_request")
        assert not linked.entries_at("app.Cart.helper")

    def test_blueprints_and_applications_of_other_modules(self) -> None:
        linked = tree(
            {
                "shop/__init__.py": "from flask import Flask\napp = Flask(__name__)\nfrom . import views",
                "shop/views.py": "from . import app\nfrom .bp import bp\n@app.get('/a')\ndef a(): ...\n@bp.get('/b')\n"
                "def b(): ...",
                "shop/bp.py": "import flask\nbp = flask.Blueprint('b', __name__)",
            }
        )
        assert requests(linked) == {"GET /a", "GET /b"}

    def test_an_application_made_by_a_factory_or_given_as_parameter(self) -> None:
        linked = one("""
            from flask import Flask
            def make():
                app = Flask(__name__)
                @app.get("/a")
                def a(): ...
                register(app)
                return app
            def register(app):
                @app.get("/b")
                def b(): ...
            application = make()
            @application.get("/c")
            def c(): ...
        """)
        assert requests(linked) == {"GET /a", "GET /b", "GET /c"}

    def test_a_subclass_of_the_application(self) -> None:
        linked = one("import flask\nclass App(flask.Flask): ...\napp = App(__name__)\n@app.get('/a')\ndef a(): ...")
        assert requests(linked) == {"GET /a"}

    def test_an_application_kept_on_an_object(self) -> None:
        linked = one("""
            from flask import Flask
            class Server:
                def __init__(self):
                    self.app = Flask(__name__)
                    self.app.add_url_rule("/a", view_func=self.a)
                def a(self): ...
        """)
        assert linked.entries_at("app.Server.a") == {"GET /a"}

    def test_what_only_looks_like_an_application_is_none(self) -> None:
        assert one("import other\napp = other.App()\n@app.route('/a')\ndef a(): ...").entries() == set()


class TestFastApi:
    def test_verbs_routers_and_websockets(self) -> None:
        linked = tree(
            {
                "main.py": """
            from fastapi import FastAPI
            from routes import router
            app = FastAPI()
            app.include_router(router)
            @app.get("/a")
            async def a(): ...
            @app.websocket("/ws")
            async def ws(socket): ...
            @app.middleware("http")
            async def timing(request, call_next): ...
            @app.exception_handler(ValueError)
            async def failed(request, error): ...
        """,
                "routes.py": """
            import fastapi
            router = fastapi.APIRouter(prefix="/x")
            @router.post("/b")
            def b(): ...
            @router.api_route("/c", methods=["PUT"])
            def c(): ...
        """,
            }
        )
        assert linked.entries() == {
            (label, "request", "fastapi")
            for label in ("GET /a", "POST /b", "PUT /c", "websocket /ws", "middleware timing", "error handler failed")
        }

    def test_dependencies(self) -> None:
        linked = one("""
            from typing import Annotated
            from fastapi import Depends, FastAPI
            app = FastAPI()
            class Manager:
                def put(self): ...
            manager = Manager()
            def get_manager(): return manager
            @app.get("/a")
            def a(m=Depends(get_manager)): m.put()
            @app.get("/b")
            def b(m: Annotated[Manager, Depends(get_manager)]):
                found = m
        """)
        assert linked.entries_at("app.get_manager") == {"dependency get_manager"}
        assert linked.calls("app.a") >= {"app.Manager.put"}
        assert linked.where("app.b.found") == {"global app.manager"}

    def test_lifespan_and_events(self) -> None:
        linked = one("""
            from contextlib import asynccontextmanager
            from fastapi import FastAPI
            @asynccontextmanager
            async def lifespan(app):
                yield
            app = FastAPI(lifespan=lifespan)
            @app.on_event("startup")
            def begin(): ...
        """)
        assert linked.phases("app.lifespan") == {"startup": "sure"}
        assert linked.phases("app.begin") == {"startup": "sure"}

    def test_starlette_routes_and_middleware(self) -> None:
        linked = one("""
            from starlette.applications import Starlette
            from starlette.middleware.base import BaseHTTPMiddleware
            from starlette.routing import Route, WebSocketRoute
            def a(request): ...
            async def ws(socket): ...
            class Timing(BaseHTTPMiddleware):
                async def dispatch(self, request, call_next): ...
            app = Starlette(routes=[Route("/a", a), WebSocketRoute("/ws", ws)])
        """)
        assert linked.entries_at("app.a") == {"GET /a"}
        assert linked.entries_at("app.ws") == {"websocket /ws"}
        assert linked.entries_at("app.Timing.dispatch")

    def test_background_tasks(self) -> None:
        linked = one("""
            from fastapi import BackgroundTasks, FastAPI
            app = FastAPI()
            def mail(): ...
            @app.post("/a")
            def a(tasks: BackgroundTasks): tasks.add_task(mail)
        """)
        assert linked.phases("app.mail") == {"worker": "sure"}


class TestDjango:
    def test_url_patterns(self) -> None:
        linked = tree(
            {
                "site/__init__.py": "",
                "polls/__init__.py": "",
                "site/urls.py": """
                from django.urls import include, path
                from polls.views import top
                urlpatterns = [path("", top), path("polls/", include("polls.urls"))]
            """,
                "polls/urls.py": """
                from django.urls import path, re_path
                from . import views
                urlpatterns = [path("<int:n>/", views.detail), re_path("^old$", views.Old.as_view())]
            """,
                "polls/views.py": """
                from django.views import View
                def top(request): ...
                def detail(request, n): helper()
                def helper(): ...
                class Old(View):
                    def get(self, request): ...
                    def other(self): ...
            """,
            }
        )
        assert linked.entries_at("polls.views.top")
        assert linked.entries_at("polls.views.detail")
        assert linked.entries_at("polls.views.Old.get")
        assert not linked.entries_at("polls.views.Old.other")
        assert not linked.entries_at("polls.views.helper")
        assert linked.phases("polls.views.helper") == {"request": "sure"}

    def test_rest_framework(self) -> None:
        linked = one("""
            from rest_framework import decorators, viewsets
            from rest_framework.views import APIView
            class Carts(viewsets.ModelViewSet):
                def list(self, request): ...
                @decorators.action(detail=True)
                def pay(self, request): ...
                def inner(self): ...
            class One(APIView):
                def post(self, request): ...
            @decorators.api_view(["GET"])
            def plain(request): ...
        """)
        for name in ("Carts.list", "Carts.pay", "One.post", "plain"):
            assert linked.phases(f"app.{name}") == {"request": "sure"}, name
        assert linked.phases("app.Carts.inner") == {}

    def test_middleware_by_setting(self) -> None:
        linked = tree(
            {
                "site/__init__.py": "",
                "site/settings.py": "MIDDLEWARE = ['site.mid.Count', 'site.mid.simple']",
                "site/mid.py": """
            class Count:
                def __init__(self, get_response): self.get_response = get_response
                def __call__(self, request): ...
            def simple(get_response):
                def handle(request): ...
                return handle
        """,
            }
        )
        assert linked.phases("site.mid.Count.__call__") == {"request": "sure"}
        assert "request" not in linked.phases("site.mid.Count.__init__")
        assert "request" in linked.phases("site.mid.simple.handle")

    def test_signals(self) -> None:
        linked = one("""
            from django.db.models.signals import post_save
            from django.dispatch import receiver
            @receiver(post_save)
            def saved(**kw): ...
            def other(**kw): ...
            post_save.connect(other)
        """)
        assert linked.entries_at("app.saved")
        assert linked.entries_at("app.other")

    def test_commands_application_configuration_and_template_tags(self) -> None:
        linked = tree(
            {
                "polls/__init__.py": "",
                "polls/management/commands/close.py": """
                from django.core.management.base import BaseCommand
                class Command(BaseCommand):
                    def handle(self, *args, **options): work()
                def work(): ...
            """,
                "polls/apps.py": "from django.apps import AppConfig\nclass Polls(AppConfig):\n    def ready(self): ...",
                "polls/templatetags/x.py": """
                from django import template
                register = template.Library()
                @register.filter
                def upper(value): ...
                @register.simple_tag
                def now(): ...
            """,
            }
        )
        handle = next(ref for ref, scope in linked.project.tables.scopes() if scope.name == "handle")
        assert set(linked.project.phases.of(handle)) == {"cli"}
        assert linked.phases("polls.apps.Polls.ready") == {"startup": "sure"}
        filters = [ref for ref, scope in linked.project.tables.scopes() if scope.name in ("upper", "now")]
        assert [set(linked.project.phases.of(ref)) for ref in filters] == [{"request"}, {"request"}]


class TestQueues:
    @pytest.mark.parametrize(
        "source",
        [
            "from celery import Celery\napp = Celery('x')\n@app.task\ndef job(): ...",
            "from celery import Celery\napp = Celery('x')\n@app.task(bind=True)\ndef job(self): ...",
            "from celery import shared_task\n@shared_task\ndef job(): ...",
            "from rq import Queue\nq = Queue()\ndef job(): ...\ndef view(): q.enqueue(job)",
            "from rq.decorators import job as queued\n@queued('low')\ndef job(): ...",
            "from apscheduler.schedulers.background import BackgroundScheduler\n"
            "s = BackgroundScheduler()\ndef job(): ...\n"
            "s.add_job(job, 'cron')",
            "from apscheduler.schedulers.background import BackgroundScheduler\ns = BackgroundScheduler()\n"
            "@s.scheduled_job('interval')\ndef job(): ...",
            "import threading\ndef job(): ...\nthreading.Thread(target=job).start()",
        ],
    )
    def test_jobs_run_in_the_worker(self, source: str) -> None:
        assert one(source).phases("app.job") == {"worker": "sure"}

    def test_a_task_class(self) -> None:
        linked = one("from celery import Task\nclass Job(Task):\n    def run(self): ...")
        assert linked.phases("app.Job.run") == {"worker": "sure"}

    def test_a_task_called_by_hand_runs_in_the_caller_too(self) -> None:
        linked = one("""
            from celery import shared_task
            from flask import Flask
            app = Flask(__name__)
            @shared_task
            def job(): inner()
            def inner(): ...
            @app.get("/a")
            def a(): job()
            @app.get("/b")
            def b(): job.delay()
        """)
        assert linked.phases("app.inner") == {"worker": "sure", "request": "sure"}


class TestShells:
    @pytest.mark.parametrize(
        "source",
        [
            "import click\n@click.command()\ndef main(): ...",
            "import click\n@click.group()\ndef top(): ...\n@top.command()\ndef main(): ...",
            "import typer\napp = typer.Typer()\n@app.command()\ndef main(): ...",
            "import typer\ndef main(): ...\nif __name__ == '__main__':\n    typer.run(main)",
            "import argparse\ndef main():\n    argparse.ArgumentParser().parse_args()\nif __name__ == '__main__':\n"
            "    main()",
            "import argparse\ndef main(args): ...\np = argparse.ArgumentParser()\np.set_defaults(func=main)",
            "import click\n@click.option('-x')\n@click.command()\ndef main(x): ...",
        ],
    )
    def test_commands(self, source: str) -> None:
        assert set(one(source).phases("app.main")) == {"cli"}


class TestTests:
    def test_entry_points_of_test_files_are_none_of_the_application(self) -> None:
        linked = tree(
            {
                "shop.py": "CART = {}\ndef add(): CART[1] = 2",
                "tests/test_shop.py": """
            import pytest
            from flask import Flask
            import shop
            app = Flask(__name__)
            @app.get("/fake")
            def fake(): shop.add()
            @pytest.fixture
            def cart(): shop.add()
            def test_add(cart): shop.add()
        """,
            },
            roles={"tests/test_shop.py": "test"},
        )
        assert linked.project.frameworks() == {}
        assert linked.phases("shop.add") == {"test": "sure"}


class TestGateways:
    @pytest.mark.parametrize(
        "source",
        [
            "def application(environ, start_response): ...",
            "class App:\n    def __call__(self, environ, start_response): ...",
            "async def application(scope, receive, send): ...",
            "def handler(event, context): ...",
        ],
    )
    def test_known_by_their_parameters(self, source: str) -> None:
        name = "app.App.__call__" if "class" in source else f"app.{source.partition('(')[0].rpartition(' ')[2]}"
        assert one(source).phases(name) == {"request": "sure"}


def of_shape(source: str, shape: Shape, parameter_types: tuple[str, ...] = ()) -> set[str]:
    """The functions that the shape of a pack of one's own makes entry points."""
    entry = EntryPoint("acme", "shape", "worker", shape=shape, parameter_types=parameter_types)
    models = {**pack().models, "acme": Model("acme", entries=(entry,))}
    linked = tree({"app.py": source}, known=Knowledge(Pack(pack().rules, models)))
    assert {framework for _, _, framework in linked.entries()} <= {"acme"}
    return {label for label, _, _ in linked.entries()}


class TestShapesOfAPack:
    def test_a_class_that_lists_functions(self) -> None:
        source = """
            def send(): ...
            def other(): ...
            class Jobs:
                tasks = [send]
                others = [other]
            class Settings:
                tasks = [other]
        """
        assert of_shape(source, Shape(classes=("Jobs",), lists=("tasks",))) == {"send"}

    def test_methods_of_a_base_class_with_such_a_name(self) -> None:
        source = """
            import acme_made
            class Shop(acme_made.ShopHandlers):
                def add(self, message, sender): ...
                def other(self, message): ...
            class Page(acme_made.Handlers2):
                def add(self, message, sender): ...
        """
        assert of_shape(source, Shape(bases=("*Handlers",))) == {"Shop.add", "Shop.other"}
        assert of_shape(source, Shape(bases=("*Handlers",), parameters=(("message", "sender"),))) == {"Shop.add"}

    @pytest.mark.parametrize(
        ("row", "fits"),
        [
            (("event",), {"run"}),
            (("event", "..."), {"run", "both"}),
            (("...", "context"), {"both"}),
            (("...", "first", "event"), set()),
        ],
    )
    def test_parameters(self, row: tuple[str, ...], fits: set[str]) -> None:
        source = "def run(event): ...\ndef both(event, context): ...\ndef none(): ..."
        assert of_shape(source, Shape(parameters=(row,))) == fits

    def test_functions_of_a_module_by_name(self) -> None:
        source = "def start(): ...\ndef other(): ...\nclass A:\n    def start(self): ..."
        assert of_shape(source, Shape(functions=("start",))) == {"start"}

    def test_the_type_of_the_first_parameter(self) -> None:
        source = "import acme\ndef start(event: acme.Event): ...\n"
        assert of_shape(source, Shape(functions=("start",)), ("acme.Event",)) == {"start"}
        assert of_shape(source, Shape(functions=("start",)), ("acme.Message",)) == set()


class TestTaught:
    def test_a_decorator_of_the_team(self) -> None:
        taught = Settings(
            entry_points=(TaughtEntryPoint(names=("lib.web.endpoint",), match="decorator", phase="request"),)
        )
        linked = tree(
            {
                "lib/__init__.py": "",
                "lib/web.py": "def endpoint(f): return f",
                "main.py": "from lib.web import endpoint\n@endpoint\ndef view(): helper()\ndef helper(): ...",
            },
            settings=taught,
        )
        assert linked.phases("main.view") == {"request": "sure"}
        assert linked.phases("main.helper") == {"request": "sure"}
        assert {framework for _, _, framework in linked.entries()} == {"settings"}

    def test_a_registering_call_and_a_base_class(self) -> None:
        taught = Settings(
            entry_points=(
                TaughtEntryPoint(names=("lib.register",), match="call", phase="worker", position=0),
                TaughtEntryPoint(names=("lib.Page",), match="subclass", phase="request", methods=("show",)),
            )
        )
        linked = tree(
            {
                "lib.py": "def register(f): ...\nclass Page: ...",
                "main.py": """
            import lib
            def job(): ...
            lib.register(job)
            class Home(lib.Page):
                def show(self): ...
                def other(self): ...
        """,
            },
            settings=taught,
        )
        assert linked.phases("main.job") == {"worker": "sure"}
        assert linked.phases("main.Home.show") == {"request": "sure"}
        assert linked.phases("main.Home.other") == {}

    def test_start_up(self) -> None:
        linked = one("def prepare(): fill()\ndef fill(): ...", Settings(startup=("app.prepare",)))
        assert linked.phases("app.prepare") == linked.phases("app.fill") == {"startup": "sure"}
