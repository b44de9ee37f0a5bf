"""Processes of small trees: what runs, which code it enters, and in how many copies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tomli

from statecheck.deployments import wording
from statecheck.rules.load import PackError, load

from .conftest import Processes, finder

APP = {"shop/__init__.py": "", "shop/web.py": "app = make()\n", "shop/jobs.py": "app = make()\n"}
HERE = Path(__file__).parent


def cases(name: str) -> list[Any]:
    """The cases of a file beside this one."""
    rows = tomli.loads((HERE / name).read_text(encoding="utf-8"))["case"]
    return [pytest.param(row, id=row["name"]) for row in rows]


def compose(service: str) -> dict[str, str]:
    return {"compose.yaml": f"services:\n  web: {service}\n"}


@pytest.mark.parametrize("case", cases("copies.toml"))
def test_one_process(processes_of: Processes, case: dict[str, Any]) -> None:
    found = processes_of({**APP, **case["files"]})
    assert [(each.unit, *each.entered) for each in found] == [(case["unit"], case["entered"])]
    assert wording.multiplied(found[0].copies) == case["copies"]


@pytest.mark.parametrize("case", cases("modules.toml"))
def test_the_module_is_found(processes_of: Processes, case: dict[str, Any]) -> None:
    assert [each.entered for each in processes_of(case["files"])] == [(case["entered"],)]


def test_two_modules_of_one_name_are_not_guessed_between(processes_of: Processes) -> None:
    files = {"one/x/app.py": "", "two/x/app.py": "", **compose("{command: 'gunicorn x.app:app'}")}
    assert [each.entered for each in processes_of(files)] == [()]


def test_what_is_not_found_is_not_repeated(processes_of: Processes) -> None:
    """An unknown word of a command line may be a password."""
    files = compose("{command: 'gunicorn hunter2 --basic-auth me:hunter2'}")
    assert [each.runs for each in processes_of(files)] == ["gunicorn"]


def test_documents_for_development_are_marked(processes_of: Processes) -> None:
    files = {**APP, "compose.dev.yaml": "services: {web: {command: 'gunicorn -w 4 shop.web:app'}}\n"}
    assert [each.development for each in processes_of(files)] == [True]


MOUNTS = """\
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - args: [gunicorn, "shop.web:app"]
        volumeMounts:
        - {name: a, mountPath: /a}
        - {name: b, mountPath: /b, readOnly: true}
        - {name: c, mountPath: /c}
      volumes:
      - {name: a, emptyDir: {}}
      - {name: b, emptyDir: {}}
      - {name: c, persistentVolumeClaim: {claimName: data}}
"""


def test_mounts_say_where_they_lead(processes_of: Processes) -> None:
    found = processes_of({**APP, "web.yaml": MOUNTS})
    assert [(mount.path, mount.source, mount.kind) for mount in found[0].mounts] == [
        ("/a", "emptyDir", "empty"),
        ("/c", "data", "claim"),
    ]


def test_a_new_server_and_platform_need_no_python(tmp_path: Path) -> None:
    model = """
framework = "acme"

[[server]]
id = "acme-serve"
commands = ["acme-serve"]
workers = ["--procs"]

[[platform]]
id = "acme-cloud"
unit = "acme service {name}"
files = ["*acme.yaml"]
has = ["apps"]
units = "apps.*"
replicas = ["times"]
replica-word = "copy"
command = ["run"]
"""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "acme.toml").write_text(model)
    files = {**APP, "acme.yaml": "apps: {web: {run: acme-serve --procs 2 shop.web:app, times: 3}}"}
    found = finder(load([tmp_path]))(files)
    assert [(each.unit, each.entered) for each in found] == [("acme service web", ("shop/web.py",))]
    assert wording.exact(found[0].copies) == 6


CONFIG = """\
kind: ConfigMap
metadata: {name: web}
data: {WEB_CONCURRENCY: "5", COUNT: "7", CONCURRENCY: "3"}
---
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - args: [gunicorn, "shop.web:app"]
        VARIABLES
"""
BY_NAME = "- {name: WEB_CONCURRENCY, valueFrom: {configMapKeyRef: {name: web, key: COUNT}}}"


@pytest.mark.parametrize(
    ("variables", "workers"),
    [
        ("envFrom: [{configMapRef: {name: web}}]", [5]),
        (f"env: [{BY_NAME[2:]}]", [7]),
        (f"envFrom: [{{configMapRef: {{name: web}}}}]\n        env: [{BY_NAME[2:]}]", [7]),
        ("envFrom: [{configMapRef: {name: web}}]\n        env: [{name: WEB_CONCURRENCY, value: '2'}]", [2]),
        ("envFrom: [{prefix: WEB_, configMapRef: {name: web}}]", [3]),
        ("envFrom: [{prefix: SHOP_, configMapRef: {name: web}}]", []),
        ("envFrom: [{configMapRef: {name: other}}]", []),
        ("envFrom: [{secretRef: {name: web}}]", []),
        (f"env: [{BY_NAME[2:].replace('key: COUNT', 'key: NONE')}]", []),
    ],
)
def test_variables_may_stand_in_a_document_of_their_own(
    processes_of: Processes, variables: str, workers: list[int]
) -> None:
    [found] = processes_of({**APP, "web.yaml": CONFIG.replace("VARIABLES", variables)})
    assert [count.number for count in found.copies] == workers
    assert all(count.location.path == "web.yaml" for count in found.copies)


def test_a_job_is_a_process_that_ends(processes_of: Processes) -> None:
    pod = "{template: {spec: {containers: [{command: [python, -m, shop.jobs]}]}}}"
    documents = {
        "job.yaml": f"kind: Job\nmetadata: {{name: move}}\nspec: {pod}\n",
        "cron.yaml": f"kind: CronJob\nmetadata: {{name: nightly}}\nspec: {{jobTemplate: {{spec: {pod}}}}}\n",
        "deployment.yaml": f"kind: Deployment\nmetadata: {{name: jobs}}\nspec: {pod}\n",
    }
    found = processes_of({**APP, **documents})
    assert sorted((each.unit, each.server.serves, *each.entered) for each in found) == [
        ("CronJob nightly", "command", "shop/jobs.py"),
        ("Deployment jobs", "program", "shop/jobs.py"),
        ("Job move", "command", "shop/jobs.py"),
    ]


@pytest.mark.parametrize(("mode", "copies"), [("global", "any number of replicas"), ("replicated", "2 replicas")])
def test_a_global_service_runs_on_every_node(processes_of: Processes, mode: str, copies: str) -> None:
    service = f"{{command: 'gunicorn shop.web:app', deploy: {{mode: {mode}, replicas: 2}}}}"
    [found] = processes_of({**APP, **compose(service)})
    assert wording.multiplied(found.copies) == copies


TERRAFORM = """\
resource "aws_ecs_task_definition" "web" {
  family = "shop-${var.stage}"
  container_definitions = DEFINITIONS
}
resource "aws_ecs_service" "SERVICE" {
  name = "NAME"
  desired_count = 3
}
"""
ENCODED = (
    'jsonencode([{ name = "web", command = ["gunicorn", "shop.web:app"],'
    ' environment = [{ name = "WEB_CONCURRENCY", value = "2" }] },'
    ' { name = "proxy", image = "nginx" }])'
)
CLOUDFORMATION = """\
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      ContainerDefinitions:
      - Name: web
        Command: [gunicorn, "shop.web:app"]
        Environment: [{Name: WEB_CONCURRENCY, Value: "2"}]
  Service:
    Type: AWS::ECS::Service
    Properties: {ServiceName: NAME, DesiredCount: 3}
"""


@pytest.mark.parametrize(
    ("service", "name", "tasks"),
    [("web", "x", "3 tasks"), ("x", "web", "3 tasks"), ("x", "y", "any number of tasks")],
)
def test_tasks_in_terraform_have_the_count_of_the_service_of_that_name(
    processes_of: Processes, service: str, name: str, tasks: str
) -> None:
    text = TERRAFORM.replace("DEFINITIONS", ENCODED).replace("SERVICE", service).replace("NAME", name)
    [found] = processes_of({**APP, "main.tf": text})
    assert (found.entered, wording.multiplied(found.copies)) == (("shop/web.py",), f"2 workers{wording.TIMES}{tasks}")


@pytest.mark.parametrize(("name", "tasks"), [("web", "3 tasks"), ("other", "any number of tasks")])
def test_tasks_in_cloudformation_have_the_count_of_the_service_of_that_name(
    processes_of: Processes, name: str, tasks: str
) -> None:
    [found] = processes_of({**APP, "stack.yaml": CLOUDFORMATION.replace("NAME", name)})
    assert (found.entered, wording.multiplied(found.copies)) == (("shop/web.py",), f"2 workers{wording.TIMES}{tasks}")


MOUNTED = {
    "fly.toml": 'app = "shop"\n[experimental]\ncmd = "gunicorn shop.web:app"\n'
    '[[mounts]]\nsource = "disk"\ndestination = "/data"\n[[mounts]]\nsource = "more"\ndestination = "/more"\n',
    "render.yaml": "services:\n- {name: web, startCommand: 'gunicorn shop.web:app',"
    " disk: {name: disk, mountPath: /data, sizeGB: 10}}\n",
    "web.nomad": 'job "shop" { group "web" { task "web" {\nconfig {\ncommand = "gunicorn"\nargs = ["shop.web:app"] }\n'
    '  volume_mount {\n volume = "disk"\n destination = "/data"\n }\n} } }\n',
}


@pytest.mark.parametrize("name", MOUNTED)
def test_one_mount_may_stand_without_a_list(processes_of: Processes, name: str) -> None:
    [found] = processes_of({**APP, name: MOUNTED[name]})
    more = [("/more", "more")] if name == "fly.toml" else []
    assert [(mount.path, mount.source) for mount in found.mounts] == [("/data", "disk"), *more]


ACME = """
framework = "acme"

[[platform]]
id = "acme-orbit"
unit = "acme orbit {name}"
files = ["*orbit.yaml"]
kinds = ["Orbit"]
name = ["title"]
namespace = ["realm"]
units = "crew.*"
replicas = ["times"]
volumes = "holds"
command = ["run"]
mounts = ["lays"]
mount-form = "acme"

[[mount-form]]
id = "acme"
path = ["into"]
source = ["hold"]
kind = ["sort"]
other-kinds = ["ram"]
read-only = ["frozen"]
parts = ["path", "source", "mode"]
read-only-modes = ["look"]
volume-name = ["called"]
volume = [
  { kind = "host", has = "rack", source = ["rack.shelf"] },
  { kind = "empty", has = "scratch" },
]

[[scaler]]
kinds = ["Boost"]
target = "orbit"
namespace = ["realm"]
maximum = "top"
"""
ORBIT = """\
kind: Orbit
realm: one
crew:
- title: web
  run: gunicorn shop.web:app
  times: 2
  lays:
  - {into: /a, hold: a}
  - {into: /b, hold: b}
  - {into: /c, hold: c, frozen: true}
  - {into: /d, hold: d, sort: ram}
  - /e:./here:write
  - /f:./there:write,look
  - /g
  holds:
  - {called: a, rack: {shelf: /disk/7}}
  - {called: b, scratch: {}}
---
kind: Boost
orbit: web
realm: REALM
top: 9
"""


def acme(folder: Path, model: str = ACME) -> Processes:
    (folder / "models").mkdir()
    (folder / "models" / "acme.toml").write_text(model)
    return finder(load([folder]))


def test_a_new_form_of_mounts_needs_no_python(tmp_path: Path) -> None:
    [found] = acme(tmp_path)({**APP, "orbit.yaml": ORBIT})
    assert [(mount.path, mount.source, mount.kind) for mount in found.mounts] == [
        ("/a", "/disk/7", "host"),
        ("/b", "scratch", "empty"),
        ("/e", "./here", "bind"),
        ("/g", "", "volume"),
    ]


@pytest.mark.parametrize(("realm", "copies"), [("one", "up to 9 replicas"), ("two", "2 replicas")])
def test_a_new_scaler_speaks_of_its_own_namespace(tmp_path: Path, realm: str, copies: str) -> None:
    [found] = acme(tmp_path)({**APP, "orbit.yaml": ORBIT.replace("REALM", realm)})
    assert wording.multiplied(found.copies) == copies


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mount-form = "acme"', 'mount-form = "acne"', 'there is no mount-form "acne", did you mean "acme"?'),
        ('mount-form = "acme"', "", "mounts and mount-form go together"),
    ],
)
def test_mounts_in_no_known_form_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PackError, match=re.escape(message)):
        acme(tmp_path, ACME.replace(old, new))


def test_arguments_of_a_factory_are_not_repeated(processes_of: Processes) -> None:
    """They may hold a password."""
    files = {**APP, **compose("""{command: "gunicorn 'shop.web:make(key=hunter2)'"}""")}
    assert [each.runs for each in processes_of(files)] == ["gunicorn shop.web:make(…)"]
