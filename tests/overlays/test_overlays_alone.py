"""Documents that nothing is laid over: what belongs together, and what each stage is for."""

from __future__ import annotations

import pytest

from statecheck.deployments.overlays import stages
from statecheck.rules.load import load

from .support import Files, documents_of

MODELS = tuple(load().models.values())


def deployment(name: str, kind: str = "Deployment") -> str:
    return f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"


def groups(files: Files) -> list[tuple[str, str, list[str]]]:
    return [(stage.name, stage.purpose, list(stage.files)) for stage in stages(documents_of(files), MODELS)]


def test_what_runs_the_code_and_what_stands_before_it_are_one_stage() -> None:
    files = {
        "Procfile": "web: gunicorn shop",
        "nginx/site.conf": "upstream u { ip_hash; server a; }",
        "k8s/web/deployment.yaml": deployment("web"),
        "k8s/ingress.yaml": deployment("web", "Ingress"),
    }
    assert groups(files) == [(".", "", ["Procfile", "k8s/ingress.yaml", "k8s/web/deployment.yaml", "nginx/site.conf"])]


def test_folders_that_define_the_same_objects_are_different_ways_to_deploy() -> None:
    files = {
        "Procfile": "web: gunicorn shop",
        "k8s/east/web.yaml": deployment("web"),
        "k8s/east/more.yaml": deployment("web", "Service"),
        "k8s/west/web.yaml": deployment("web"),
        "k8s/db.yaml": deployment("db"),
    }
    assert groups(files) == [
        (".", "", ["Procfile", "k8s/db.yaml"]),
        ("k8s/east", "", ["k8s/east/more.yaml", "k8s/east/web.yaml"]),
        ("k8s/west/web.yaml", "", ["k8s/west/web.yaml"]),
    ]


def test_other_namespaces_are_other_objects() -> None:
    files = {
        name: f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {name[0]}}}\n"
        for name in ("a.yaml", "b.yaml")
    }
    assert [paths for _, _, paths in groups(files)] == [["a.yaml", "b.yaml"]]


def test_purposes_are_kept_apart_and_production_comes_first() -> None:
    files = {
        "deploy/test/web.yaml": deployment("web"),
        "deploy/staging/web.yaml": deployment("web"),
        "deploy/web.yaml": deployment("web"),
        "Dockerfile.dev": "FROM python\nCMD flask run\n",
    }
    assert [(name, purpose) for name, purpose, _ in groups(files)] == [
        ("deploy/staging/web.yaml", "production"),
        ("deploy/web.yaml", ""),
        ("Dockerfile.dev", "development"),
        ("deploy/test/web.yaml", "test"),
    ]


@pytest.mark.parametrize(
    ("path", "purpose"),
    [
        ("compose.yaml", ""),
        ("compose.prod.yaml", "production"),
        ("docker-compose-dev.yml", "development"),
        ("ci/compose.yaml", "test"),
        ("examples/production/compose.yaml", "production"),
        ("production.yml", "production"),
        ("reproduction/compose.yaml", ""),
    ],
)
def test_a_compose_file_is_for_what_its_name_says(path: str, purpose: str) -> None:
    found = stages(documents_of({path: "services: {web: {image: shop}}"}), MODELS)
    assert [(stage.kind, stage.purpose) for stage in found] == [("compose", purpose)]


def test_without_words_nothing_has_a_purpose() -> None:
    found = stages(documents_of({"prod/compose.yaml": "services: {web: {image: shop}}", "dev/Procfile": "web: a"}))
    assert [stage.purpose for stage in found] == ["", ""]


def test_an_empty_tree_has_no_stages() -> None:
    assert stages({}) == ()
