"""What surrounds a node: guards beside it, joins, file names, shared patterns, and what silences a form for a tree."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from statecheck.model import Finding
from statecheck.rules.schema import Form
from statecheck.testing import Case, report_of

from .support import facts_of, found, lines, rule_of

MOUNTS = """\
spec:
  containers:
    - {name: web, image: shop, mounts: [{name: a, path: /x}, {name: b, path: /y, readOnly: true}]}
    - {name: db, image: "postgres:17", mounts: [{name: a, path: /z}]}
  volumes:
    - {name: a, emptyDir: {}}
    - {name: b, claim: {}}
"""
PATHS = "spec.containers.mounts.path"


@pytest.mark.parametrize(
    ("guard", "silenced"),
    [
        ("beside.readOnly=true", ["/y"]),
        ("beside.image~postgres", ["/z"]),
        ("beside.image!~postgres", ["/x", "/y"]),
        ("beside.gone=1", []),
        ("has=beside.readOnly", ["/y"]),
        ("name<-spec.volumes[emptyDir?].name", ["/x", "/z"]),
        ("name!<-spec.volumes[emptyDir?].name", ["/y"]),
        ("beside.image=shop&name<-spec.volumes[claim?].name", ["/y"]),
    ],
)
def test_guards_beside_a_node(guard: str, silenced: list[str]) -> None:
    form = Form(id="f", document=(PATHS,), safe_when=(guard,))
    facts = facts_of(MOUNTS)
    every = [node.value for node in facts.nodes if node.key == "path"]
    reported = [finding.flow[0].message.rpartition(" ")[2] for finding in found(rule_of(form), MOUNTS)]
    assert [value for value in every if value not in reported] == silenced


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("spec.containers[image~^post].name", [4]),
        ("spec.containers[image!~^post].name", [3]),
        ("spec.volumes[claim?].name", [7]),
        ("spec.volumes[gone?].name", []),
    ],
)
def test_filters_by_pattern_and_by_presence(selector: str, expected: list[int]) -> None:
    assert lines(rule_of(Form(id="f", document=(selector,))), MOUNTS) == expected


def test_patterns_are_shared_and_stay_whole_in_the_midst_of_another() -> None:
    form = Form(id="f", document=("spec.containers[image~^@db].name",), values=("/^@db$|nothing/",))
    rule = replace(rule_of(form), patterns={"db": "(?i)POSTGRES|mysql|db"})
    assert lines(rule, MOUNTS) == [4]
    assert lines(replace(rule, patterns={"db": "(?i)POSTGRES|mysql"}), MOUNTS) == []


def report(files: dict[str, str], rule: str) -> list[Finding]:
    found = report_of(Case("", files, ()), (rule,))
    return [*found.findings, *found.hidden]


MANY = "web: gunicorn --workers 4 shop.wsgi\n"


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"Procfile": MANY}, 0),
        ({"Procfile": MANY, "shop.py": "import prometheus_client\n"}, 1),
        ({"Procfile": MANY, "shop.py": "from prometheus_client import Counter\n"}, 1),
        ({"Procfile": MANY, "shop.py": "from prometheus_client import multiprocess\n"}, 0),
        ({"Procfile": MANY, "shop.py": "import prometheus_client\n", ".env": "PROMETHEUS_MULTIPROC_DIR=/tmp\n"}, 0),
        ({"Procfile": f"web: PROMETHEUS_MULTIPROC_DIR=/tmp {MANY[5:]}", "shop.py": "import prometheus_client\n"}, 0),
    ],
)
def test_what_a_form_requires_and_what_settles_it(files: dict[str, str], count: int) -> None:
    assert len(report(files, "worker-state")) == count


def test_the_name_of_a_file_decides() -> None:
    assert len(report({"charts/shop/values.yaml": "replicaCount: 1\n"}, "single-instance")) == 1
    assert report({"charts/shop/other.yaml": "replicaCount: 1\n"}, "single-instance") == []


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("compose.yaml", "high"),
        ("compose.override.yaml", "low"),
        ("docker-compose.dev.yml", "low"),
        ("examples/compose.yaml", "low"),
        ("deploy/devices/compose.yaml", "high"),
    ],
)
def test_a_file_for_development_or_show_is_low(path: str, severity: str) -> None:
    text = "services:\n  web:\n    environment:\n      DATABASE_URL: sqlite:///shop.db\n"
    assert [finding.severity for finding in report({path: text}, "local-database")] == [severity]


def test_a_secret_of_a_document_is_not_shown() -> None:
    [finding] = report({".env.production": "API_KEY=4f7a1c90be2d\n"}, "secret")
    assert "4f7a" not in finding.message + "".join(step.message for step in finding.flow)


HEAD = "from aws_cdk import aws_elasticloadbalancingv2 as elb\n\n\n"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("def make(t):\n    t.enable_cookie_stickiness(60)\n", 5),
        ("def make(t):\n    return [t.enable_cookie_stickiness(60)]\n", 5),
        ("@wrap(t.enable_cookie_stickiness(60))\ndef make(): ...\n", 4),
        ('if __name__ == "__main__":\n    t.enable_cookie_stickiness(60)\n', 0),
        ("def make(t):\n    t.enable_cookie_stickiness\n", 0),
        ('def make(t):\n    t.set_attribute("stickiness.enabled", "true")\n', 5),
        ('def make(t):\n    t.set_attribute("stickiness.enabled", "false")\n', 0),
        ("def make(t):\n    return elb.ApplicationTargetGroup(t, stickiness_cookie_duration=HOUR)\n", 5),
        ("def make(t):\n    return elb.ApplicationTargetGroup(t, stickiness_cookie_duration=None)\n", 0),
    ],
)
def test_calls_in_python_are_read_as_documents(code: str, line: int) -> None:
    found = report({"stack.py": HEAD + code}, "sticky-session")
    assert [(finding.location.line, finding.confidence) for finding in found] == ([(line, "medium")] if line else [])


def test_calls_nested_beyond_all_measure_stop_nothing() -> None:
    deep = "f(" * 150 + "t.enable_cookie_stickiness(" + "[" * 40 + "]" * 40 + ")" * 151
    assert len(report({"stack.py": f"x = {deep}\n"}, "sticky-session")) == 1


CONFIG_MAP = """\
kind: ConfigMap
metadata: {name: edge}
data:
  note: "a; b;"
  nginx.conf: |
    upstream web {
      ip_hash;
      server a:80;
      server b:80;
    }
"""


def test_a_proxys_configuration_in_a_config_map_is_read_at_its_place() -> None:
    [finding] = report({"edge.yaml": CONFIG_MAP}, "sticky-session")
    assert (finding.form, finding.location.line, finding.location.column) == ("nginx-ip-hash", 7, 7)


def test_one_that_is_written_on_a_single_line_is_read_at_its_key() -> None:
    text = 'kind: ConfigMap\ndata:\n  haproxy.cfg: "backend a\\n  balance source\\n"\n'
    [finding] = report({"edge.yaml": text}, "sticky-session")
    assert (finding.form, finding.location.line) == ("haproxy-balance-source", 3)
