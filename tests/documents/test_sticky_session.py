"""Every form of sticky-session finds its own example, and says nothing about the example's fixed version."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from statecheck.detectors.document_forms import check
from statecheck.model import at_least

from .support import facts_of, found, packed_rule

RULE = packed_rule("affinity/sticky-session")
CASES = [json.loads(line) for line in (Path(__file__).parent / "cases/sticky-session.jsonl").read_text().splitlines()]

# A refinement of another form, or a form that another one covers in this example: reported as that form.
COVERED = {
    "k8s-service-affinity-timeout": "k8s-service-clientip",
    "traefik-swarm-deploy-label": "traefik-docker-label-sticky",
    "nginx-ansible-template-ip-hash": "nginx-ip-hash",
}


def test_the_rule_compiles_and_has_one_case_a_form() -> None:
    check(RULE)
    assert Counter(case["form"] for case in CASES) == Counter(form.id for form in RULE.forms)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["form"])
def test_bad_example(case: dict[str, str]) -> None:
    assert facts_of(case["bad"], case["format"]).failure is None
    findings = found(RULE, case["bad"], case["format"])
    assert [finding.form for finding in findings] == [COVERED.get(case["form"], case["form"])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["form"])
def test_ok_example(case: dict[str, str]) -> None:
    shown = [finding for finding in found(RULE, case["ok"], case["format"]) if at_least(finding.severity, "medium")]
    assert shown == []


SERVICE = "kind: Service\nmetadata: {name: NAME}\nspec:\n  sessionAffinity: ClientIP\n  ports: [{port: PORT}]\n"


@pytest.mark.parametrize(
    ("name", "port", "silent"),
    [
        ("shop", "80", False),
        ("shop", "5432", True),
        ("orders-postgresql", "80", True),
        ("redis-master", "80", True),
        ("shop-db", "80", True),
        ("mysqlito", "80", False),
    ],
)
def test_services_in_front_of_stateful_backends_are_silent(name: str, port: str, silent: bool) -> None:
    assert (found(RULE, SERVICE.replace("NAME", name).replace("PORT", port)) == []) is silent


def test_schemas_headless_services_and_bundled_databases_are_silent() -> None:
    assert found(RULE, "kind: CustomResourceDefinition\nspec:\n  x: {sessionAffinity: ClientIP}\n") == []
    assert found(RULE, "kind: Service\nspec: {clusterIP: None, sessionAffinity: ClientIP}\n") == []
    assert found(RULE, "postgresql:\n  primary:\n    service: {sessionAffinity: ClientIP}\n") == []
    assert len(found(RULE, "web:\n  service: {sessionAffinity: ClientIP}\n")) == 1


def test_a_database_service_in_terraform_does_not_excuse_its_neighbour() -> None:
    block = (
        'resource "kubernetes_service" "NAME" {\n  spec {\n    session_affinity = "ClientIP"\n'
        "    port { port = PORT }\n  }\n}\n"
    )
    both = block.replace("NAME", "db").replace("PORT", "5432") + block.replace("NAME", "web").replace("PORT", "80")
    assert [finding.symbol for finding in found(RULE, both, "hcl")] == ["kubernetes_service.web spec.session_affinity"]


def test_an_upstream_with_one_server_on_this_machine_pins_nobody() -> None:
    assert found(RULE, "upstream a { ip_hash; server unix:/run/app.sock; }", "nginx") == []
    assert len(found(RULE, "upstream a { ip_hash; server app:8000; }", "nginx")) == 1


def test_a_snippet_without_its_upstream_block_is_read() -> None:
    assert [finding.form for finding in found(RULE, "ip_hash;\n", "nginx")] == ["nginx-ansible-template-ip-hash"]
