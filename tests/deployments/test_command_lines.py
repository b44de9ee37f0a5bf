"""What command lines start: which server, which application, how many workers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statecheck.deployments.commands import arguments, invocations, number, option, programs, scripts
from statecheck.deployments.lines import split
from statecheck.model import Location
from statecheck.rules.load import load

PROGRAMS = programs(load().models.values())
HERE = Location("Procfile")

# command line → server, what may name the application first, workers as they are written
COMMANDS = [
    ("gunicorn shop:app", "gunicorn", "shop:app", None),
    ("gunicorn -w 4 'shop:create_app()'", "gunicorn", "shop:create_app()", "4"),
    ("gunicorn -w4 shop:app", "gunicorn", "shop:app", "4"),
    ("gunicorn --workers=4 --bind :8000 shop:app", "gunicorn", "shop:app", "4"),
    ("gunicorn shop.wsgi --workers 2 --workers 3", "gunicorn", "shop.wsgi", "3"),
    ("/srv/venv/bin/gunicorn config.wsgi", "gunicorn", "config.wsgi", None),
    ("exec gunicorn shop:app", "gunicorn", "shop:app", None),
    ("PORT=80 WEB_CONCURRENCY=3 gunicorn shop:app", "gunicorn", "shop:app", None),
    ("sh -c 'python manage.py migrate && exec gunicorn -w 2 config.wsgi'", "gunicorn", "config.wsgi", "2"),
    ("/bin/bash -lc \"gunicorn -w 2 config.wsgi\"", "gunicorn", "config.wsgi", "2"),
    ("python -m gunicorn -w 2 shop:app", "gunicorn", "shop:app", "2"),
    ("python3.12 -u -m gunicorn shop:app", "gunicorn", "shop:app", None),
    ("poetry run gunicorn shop:app", "gunicorn", "shop:app", None),
    ("uv run --no-dev gunicorn shop:app", "gunicorn", "shop:app", None),
    ("opentelemetry-instrument --service_name shop gunicorn shop:app", "gunicorn", "shop:app", None),
    ("newrelic-admin run-program gunicorn shop:app", "gunicorn", "shop:app", None),
    ("./wait-for-it.sh db:5432 -- gunicorn shop:app", "gunicorn", "shop:app", None),
    ("dumb-init -- gosu app gunicorn shop:app", "gunicorn", "shop:app", None),
    ("uvicorn chat.main:app --host 0.0.0.0 --port 8000 --workers 2", "uvicorn", "chat.main:app", "2"),
    ("uvicorn --factory chat.main:make", "uvicorn", "chat.main:make", None),
    ("hypercorn -w 3 chat.main:app", "hypercorn", "chat.main:app", "3"),
    ("granian --interface asgi --workers 4 chat.main:app", "granian", "chat.main:app", "4"),
    ("uwsgi --http :80 --module shop.wsgi:app --processes 4", "uwsgi", "shop.wsgi:app", "4"),
    ("uwsgi -w shop.wsgi -p 2", "uwsgi", "shop.wsgi", "2"),
    ("daphne -p 8001 config.asgi:application", "daphne", "config.asgi:application", None),
    ("waitress-serve --threads=8 --call shop:create_app", "waitress", "shop:create_app", None),
    ("mod_wsgi-express start-server wsgi.py --processes 3", "mod-wsgi", "wsgi.py", "3"),
    ("sanic shop.server:app --workers 4", "sanic", "shop.server:app", "4"),
    ("litestar --app shop.main:app run --web-concurrency 4", "litestar", "shop.main:app", "4"),
    ("fastapi run app/main.py --workers 4", "fastapi", "app/main.py", "4"),
    ("flask --app shop run --host 0.0.0.0", "flask", "shop", None),
    ("python manage.py runserver 0.0.0.0:8000", "django", "manage.py", None),
    ("python manage.py migrate", "django-command", "manage.py", None),
    ("streamlit run dash.py --server.port 80", "streamlit", "dash.py", None),
    ("chainlit run app.py", "chainlit", "app.py", None),
    ("panel serve app.py --num-procs 4", "bokeh", "app.py", "4"),
    ("celery -A reports.app worker -c 8", "celery", "reports.app", "8"),
    ("celery --app=reports worker --loglevel=info", "celery", "reports", None),
    ("celery worker -A reports", "celery", "reports", None),
    ("celery -A reports beat", "celery-beat", "reports", None),
    ("dramatiq shop.tasks -p 2 -t 8", "dramatiq", "shop.tasks", "2"),
    ("huey_consumer.py shop.main.huey -w 4 -k process", "huey", "shop.main.huey", "4"),
    ("arq shop.jobs.WorkerSettings", "arq", "shop.jobs.WorkerSettings", None),
    ("taskiq worker shop.broker:broker --workers 3", "taskiq", "shop.broker:broker", "3"),
    ("faststream run shop.main:app --workers 2", "faststream", "shop.main:app", "2"),
    ("python -m reports 2026-03-01", "python-module", "reports", None),
    ("python -u bot.py --token x", "python", "bot.py", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "server", "application", "workers"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_what_a_command_line_starts(line: str, server: str, application: str, workers: str | None) -> None:
    found = invocations(split(line, HERE), PROGRAMS)[-1]
    given = option(found.words, found.server.app_options) or next(iter(arguments(found.server, found.words)), None)
    named = found.program if found.server.app == "itself" else given
    written = option(found.words, found.server.workers)
    assert found.server.id == server
    assert named is not None
    assert named.text == application
    assert (written.text if written else None) == workers


@pytest.mark.parametrize(
    "line",
    [
        "pip install gunicorn",
        "apt-get install -y uwsgi",
        "echo gunicorn shop:app",
        "nginx -g 'daemon off;'",
        "celery -A reports inspect ping",
        "rq info",
        "flask db upgrade",
        "curl http://localhost/gunicorn",
        "",
    ],
)
def test_what_starts_no_server(line: str) -> None:
    assert [found.server.id for found in invocations(split(line, HERE), PROGRAMS)] == []


@pytest.mark.parametrize(("line", "name"), [("rq worker high low", "rq"), ("rqworker", "rqworker")])
def test_workers_that_name_no_module(line: str, name: str) -> None:
    assert [found.server.id for found in invocations(split(line, HERE), PROGRAMS)] == [name]


def test_several_commands_of_one_script() -> None:
    text = "python manage.py migrate; celery -A config worker &\ngunicorn config.wsgi"
    assert [found.server.id for found in invocations(split(text, HERE), PROGRAMS)] == [
        "django-command", "celery", "gunicorn",
    ]  # fmt: skip


def test_variables_set_before_the_command_are_kept() -> None:
    found = invocations(split("env WEB_CONCURRENCY=3 gunicorn shop:app", HERE), PROGRAMS)[0]
    assert found.sets["WEB_CONCURRENCY"].text == "3"


@pytest.mark.parametrize(
    ("text", "value"), [("4", 4), (" 4 ", 4), ("8,2", 8), ("0", 0), ("-1", None), ("$N", None), ("", None), ("٤", None)]
)
def test_numbers(text: str, value: int | None) -> None:
    assert number(text) == value


WORDS = st.sampled_from([
    "gunicorn", "python", "-m", "sh", "-c", "-w", "4", "--", "env", "A=1", "&&", "'", '"', "\\", "$(nproc)", "celery",
    "worker", "poetry", "run", "manage.py",
])  # fmt: skip


@given(st.text(max_size=200) | st.lists(WORDS, max_size=30).map(" ".join))
def test_no_command_line_breaks_the_reader(text: str) -> None:
    lines = list(split(text, HERE))
    for found in invocations(lines, PROGRAMS):
        option(found.words, found.server.workers)
        arguments(found.server, found.words)
    list(scripts(lines))
