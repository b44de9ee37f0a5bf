"""The example applications: every defect of the stateful ones is found, the stateless ones are silent."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

TOP = Path(__file__).parent.parent
EXAMPLES = TOP / "examples"
PYTHON_FILES = sorted(path.relative_to(TOP).as_posix() for path in EXAMPLES.rglob("*.py"))
YAML_FILES = sorted(path.relative_to(TOP).as_posix() for path in EXAMPLES.rglob("*.yaml"))

# rule → files of `stateful` with at least one finding; nothing else may be found
EXPECTED: dict[str, dict[str, set[str]]] = {
    "celery-worker": {
        "mutated-global": {"reports/results.py"},
        "process-backend": {"reports/app.py"},
        "process-cache": {"reports/tasks.py"},
        "temp-as-state": {"reports/tasks.py"},
    },
    "django-poll": {
        "debug-flag": {"config/settings.py"},
        "local-database": {"config/settings.py"},
        "local-volume": {"compose.yaml"},
        "mutated-global": {"polls/views.py"},
        "process-cache": {"config/settings.py"},
        "secret": {"config/settings.py"},
        "session-files": {"config/settings.py"},
        "sticky-session": {"main.tf"},
        "upload-to-disk": {"config/settings.py"},
    },
    "fastapi-chat": {
        "background-work": {"chat/archive.py", "chat/main.py"},
        "mutated-global": {"chat/archive.py"},
        "singleton-state": {"chat/connections.py"},
        "sticky-session": {"nginx.conf"},
    },
    "flask-shop": {
        "background-work": {"shop/orders.py"},
        "env-branch": {"shop/settings.py"},
        "local-database": {"shop/settings.py"},
        "mutated-global": {"shop/cart.py"},
        "process-cache": {"shop/orders.py"},
        "rebound-global": {"shop/orders.py"},
        "secret": {"shop/settings.py"},
        "session-files": {"shop/settings.py"},
        "sticky-session": {"k8s.yaml", "nginx.conf"},
        "upload-to-disk": {"shop/views.py"},
    },
}


def check(folder: str, *options: str) -> subprocess.CompletedProcess[str]:
    """`statecheck check examples/FOLDER` from the top of the repository."""
    main = "import sys; from statecheck.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", main, "check", f"examples/{folder}", *options]
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=TOP, env=env, capture_output=True, text=True, encoding="utf-8")


def report(folder: str, *options: str) -> dict[str, Any]:
    done = check(folder, "--output-format", "json", *options)
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def test_each_example_comes_as_a_pair() -> None:
    pairs = {folder.name: {side.name for side in folder.iterdir()} for folder in EXAMPLES.iterdir() if folder.is_dir()}
    assert pairs == {name: {"stateful", "stateless"} for name in EXPECTED}


@pytest.mark.parametrize("path", PYTHON_FILES)
def test_python_file_compiles(path: str) -> None:
    compile((TOP / path).read_text(encoding="utf-8"), path, "exec")


@pytest.mark.parametrize("path", YAML_FILES)
def test_deployment_file_is_yaml(path: str) -> None:
    documents = list(yaml.safe_load_all((TOP / path).read_text(encoding="utf-8")))
    assert all(isinstance(document, dict) for document in documents)


@pytest.mark.parametrize("name", EXPECTED)
def test_stateful_example_has_these_findings(name: str) -> None:
    found: dict[str, set[str]] = {}
    for finding in report(f"{name}/stateful")["findings"]:
        found.setdefault(finding["name"], set()).add(finding["path"])
    assert found == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_stateful_example_reads_like_this(name: str, snapshot: SnapshotAssertion) -> None:
    done = check(f"{name}/stateful", "--output-format", "text")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == snapshot


def test_the_readme_shows_a_real_finding() -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    samples = re.findall(r"^```text\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert len(samples) == 1
    assert samples[0] in check("flask-shop/stateful").stdout


@pytest.mark.parametrize("name", EXPECTED)
def test_stateless_example_is_silent(name: str) -> None:
    assert report(f"{name}/stateless")["findings"] == []
    assert check(f"{name}/stateless").returncode == 0


@pytest.mark.parametrize("name", EXPECTED)
def test_stateless_example_was_understood(name: str) -> None:
    """Silence counts only when the entry points were found and every file was read."""
    summary = report(f"{name}/stateless")["summary"]
    assert sum(summary["entry_points"].values()) > 0
    assert summary["unparsed"] == []
    assert summary["unresolved_imports"] == []
    assert summary["warnings"] == []
