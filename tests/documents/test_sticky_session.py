"""What must stay silent although it looks like sticky routing. Every form's own example is in tests/catalogue."""

from __future__ import annotations

import pytest

from statecheck.detectors.document_forms import check

from .support import found, packed_rule

RULE = packed_rule("affinity/sticky-session")


def test_the_rule_compiles() -> None:
    check(RULE)


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
