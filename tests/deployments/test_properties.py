"""Whatever documents say, processes are read from them or not; nothing raises, and no order of files matters."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Processes

APP = {"shop/__init__.py": "", "shop/web.py": "app = make()\n"}
TEXTS = st.sampled_from([
    "gunicorn -w 2 shop.web:app", "sh -c 'gunicorn shop.web:app", "$N", "${N:-3}", ".", "..", "../../x", "/", "", "-w",
    "*", "./data:/srv", "a:b:c:d", ":", "Deployment", "shop:1", "shop@sha256:1", "web", "0", "3", "-1", "1e9", "None",
    "[", "\u0000x",
])  # fmt: skip
KEYS = st.sampled_from([
    "services", "web", "command", "entrypoint", "environment", "image", "build", "context", "dockerfile", "deploy",
    "replicas", "scale", "volumes", "working_dir", "kind", "metadata", "name", "spec", "template", "containers", "args",
    "env", "value", "volumeMounts", "mountPath", "emptyDir", "hostPath", "scaleTargetRef", "maxReplicas", "runtime",
    "app", "processes", "<<",
])  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    TEXTS | st.integers(-2, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(VALUES, VALUES)
def test_no_document_breaks_the_reader(processes_of: Processes, service: Any, document: Any) -> None:
    processes_of({
        **APP,
        "compose.yaml": json.dumps({"services": {"web": service, "more": document}}),
        "compose.prod.yaml": json.dumps({"services": {"web": document}}),
        "k8s/web.yaml": json.dumps({"kind": "Deployment", "spec": {"template": {"spec": service}}}),
        "k8s/any.yaml": json.dumps(document),
        "fly.toml": 'app = "x"\n',
    })  # fmt: skip


@QUICK
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_the_reader(processes_of: Processes, one: str, other: str) -> None:
    processes_of({**APP, "Procfile": one, "Dockerfile": other, "web.service": one, "supervisord.conf": other})


@QUICK
@given(st.permutations(["compose.yaml", "Dockerfile", "Procfile", "hpa.yaml", "web.yaml"]))
def test_the_order_of_files_does_not_matter(processes_of: Processes, order: list[str]) -> None:
    files = {
        "compose.yaml": '{services: {web: {build: ., scale: 2}, other: {command: "gunicorn shop.web:app"}}}',
        "Dockerfile": "FROM x\nCMD gunicorn -w 2 shop.web:app\n",
        "Procfile": "web: gunicorn shop.web:app\n",
        "hpa.yaml": "kind: HorizontalPodAutoscaler\nspec: {maxReplicas: 9, scaleTargetRef: {name: web}}\n",
        "web.yaml": "{kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{image: x}]}}}}",
    }
    assert processes_of({**APP, **{name: files[name] for name in order}}) == processes_of({**APP, **files})
