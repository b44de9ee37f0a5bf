"""Scripts that start one of several servers, by their arguments or by variables."""

from __future__ import annotations

import pytest

from .conftest import Processes

APP = {"shop/__init__.py": "", "shop/web.py": "app = make()\n", "shop/jobs.py": "app = make()\n"}
DOCKERFILE = 'FROM python\nCOPY . /srv\nWORKDIR /srv\nENTRYPOINT ["/srv/entry.sh"]\nCMD ["web"]\n'
COMPOSE = "services:\n  one: {build: .}\n  two: {build: ., command: worker}\n"

CASE = """\
#!/bin/sh
set -e
case "$1" in
  web)
    shift
    exec gunicorn -w 4 shop.web:app "$@"
    ;;
  worker|jobs) exec celery -A shop.jobs worker ;;
  *) exec "$@"
esac
"""
IF = """\
if [ "$1" = "web" ]; then
  exec gunicorn -w 4 shop.web:app
elif [[ $1 == work* ]]
then
  exec celery -A shop.jobs worker
fi
"""
LEAVES = """\
if [ "$1" != web ]; then exec celery -A shop.jobs worker; fi
exec gunicorn -w 4 shop.web:app
"""
FUNCTIONS = """\
serve() {
  exec gunicorn -w 4 shop.web:app "$@"
}
function work {
  if true; then
    exec celery -A shop.jobs worker
  fi
}
what=${1:-web}
case $what in
  "web") shift; serve --preload ;;
  worker) work ;;
esac
"""


def started(processes_of: Processes, script: str, documents: dict[str, str]) -> list[tuple[str, ...]]:
    found = processes_of({**APP, "Dockerfile": DOCKERFILE, "entry.sh": script, **documents})
    return [(each.server.id, *each.entered) for each in found]


@pytest.mark.parametrize("script", [CASE, IF, LEAVES, FUNCTIONS], ids=["case", "if", "exec leaves", "functions"])
def test_the_argument_chooses_the_server(processes_of: Processes, script: str) -> None:
    found = processes_of({**APP, "Dockerfile": DOCKERFILE, "entry.sh": script, "compose.yaml": COMPOSE})
    assert [(each.unit, *each.entered) for each in found] == [
        ("service one", "shop/web.py"),
        ("service two", "shop/jobs.py"),
    ]
    assert [[count.text for count in each.copies] for each in found] == [["-w 4"], ["one for each core"]]


def test_a_variable_chooses_the_server(processes_of: Processes) -> None:
    script = CASE.replace('"$1"', '"${ROLE:-web}"')
    compose = "services:\n  one: {build: .}\n  two: {build: ., environment: {ROLE: worker}}\n"
    assert started(processes_of, script, {"compose.yaml": compose}) == [
        ("gunicorn", "shop/web.py"),
        ("celery", "shop/jobs.py"),
    ]


def test_further_arguments_are_options_of_the_server(processes_of: Processes) -> None:
    script = CASE.replace("-w 4 ", "")
    compose = "services: {one: {build: ., command: [web, -w, '7']}}\n"
    [found] = processes_of({**APP, "Dockerfile": DOCKERFILE, "entry.sh": script, "compose.yaml": compose})
    assert [count.number for count in found.copies] == [7]


@pytest.mark.parametrize("script", [CASE, IF, FUNCTIONS], ids=["case", "if", "functions"])
def test_an_argument_that_only_a_run_tells_chooses_nothing(processes_of: Processes, script: str) -> None:
    assert processes_of({**APP, "entry.sh": script, "Procfile": "web: ./entry.sh $ROLE\n"}) == []


def test_a_script_with_one_server_says_it_whatever_the_argument_is(processes_of: Processes) -> None:
    script = 'case "$1" in\nserve)\nexec gunicorn shop.web:app\n;;\nesac\n'
    assert started(processes_of, script, {"compose.yaml": COMPOSE}) == [("gunicorn", "shop/web.py")] * 2


@pytest.mark.parametrize(
    "script",
    ['case "$1" in', "case", "if", "if [ x", "f() {", "esac\nfi\n}", 'case "$1" in web', "function", "}", "((", "'"],
)
def test_a_broken_script_is_read_to_its_end(processes_of: Processes, script: str) -> None:
    whole = f"{script}\nexec gunicorn shop.web:app\n"
    assert set(started(processes_of, whole, {"compose.yaml": COMPOSE})) <= {("gunicorn", "shop/web.py")}
