"""The two hooks of ``.pre-commit-hooks.yaml``, run by pre-commit itself in a repository.

pre-commit would install the tool from a package index. Here it runs the one under test instead: the hooks are taken
from the file as they stand, but for the language. ``.ci/run`` installs them as users do.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from statecheck.discovery import discover
from statecheck.facts.documents import READERS
from statecheck.facts.formats import format_of
from statecheck.settings import Settings

TOP = Path(__file__).parents[2]
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())
}
FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "CARTS = {}\n\n\ndef get(user):\n    return CARTS.get(user)\n",
    "shop/views.py": (
        "from flask import Flask, request\n\nfrom shop import cart\n\napp = Flask(__name__)\n\n\n"
        "@app.post('/cart')\ndef show():\n    return cart.get(request.form['user'])\n"
    ),
    "pyproject.toml": '[tool.statecheck]\nextend-exclude = ["made/"]\n',
    "README.md": "A shop.\n",
}
WRITES = (
    FILES["shop/views.py"]
    + "\n\n@app.post('/x')\ndef put():\n    cart.CARTS[request.form['user']] = 1\n    return ''\n"
)


class Repository:
    """A project under git with the hooks installed."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        scripts = sysconfig.get_path("scripts")
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))}
        self.environment = {
            **keep,
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "PRE_COMMIT_HOME": str(home),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "NO_COLOR": "1",
        }

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def git(self, *arguments: str) -> None:
        done = self.call("git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments)
        assert done.returncode == 0, done.stderr

    def stage(self, **texts: str) -> None:
        for name, text in texts.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", ".")

    def run(self, hook: str, *options: str) -> tuple[int, str]:
        done = self.call(sys.executable, "-m", "pre_commit", "run", hook, *options)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    root = tmp_path / "shop"
    root.mkdir()
    made = Repository(root, tmp_path / "home")
    made.git("init", "-q")
    hooks = [{**hook, "language": "system"} for hook in HOOKS.values()]
    config = yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]})
    made.stage(**FILES, **{".pre-commit-config.yaml": config})
    made.git("commit", "-q", "-m", "begin")
    return made


def test_the_manifest_is_valid() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(TOP / ".pre-commit-hooks.yaml")]
    subprocess.run(command, check=True, timeout=60)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_clean_project_passes(repository: Repository, hook: str) -> None:
    code, out = repository.run(hook, "--all-files")
    assert (code, "Passed" in out) == (0, True), out


def test_a_new_write_to_state_in_a_file_that_was_not_touched_is_reported(repository: Repository) -> None:
    repository.stage(**{"shop/views.py": WRITES})
    code, out = repository.run("statecheck")
    assert code == 1
    assert "shop/cart.py:1:1" in out
    assert "mutated-global" in out


def test_findings_in_other_files_keep_nobody_from_committing(repository: Repository) -> None:
    repository.stage(**{"shop/views.py": WRITES})
    repository.git("commit", "-q", "-m", "a finding")
    repository.stage(**{"shop/other.py": "X = 1\n"})
    assert repository.run("statecheck")[0] == 0
    code, out = repository.run("statecheck-all")
    assert (code, "shop/cart.py:1:1" in out) == (1, True), out


def use(repository: Repository, hook: str, *arguments: str) -> None:
    """Give the hook these ``args`` in the configuration."""
    path = repository.root / ".pre-commit-config.yaml"
    config = yaml.safe_load(path.read_text())
    [found] = [each for each in config["repos"][0]["hooks"] if each["id"] == hook]
    found["args"] = list(arguments)
    repository.stage(**{path.name: yaml.safe_dump(config)})
    repository.git("commit", "-q", "-m", "other arguments")


def test_staged_reports_what_the_commit_brings(repository: Repository) -> None:
    repository.stage(**{"shop/views.py": WRITES})
    repository.git("commit", "-q", "-m", "a finding")
    use(repository, "statecheck", "--staged")
    repository.stage(**{"shop/cart.py": "# carts\n" + FILES["shop/cart.py"]})
    assert repository.run("statecheck")[0] == 0  # the old finding is in a file of this commit
    again = WRITES.replace("def put", "def post").replace("'/x'", "'/y'").split("app = Flask(__name__)\n")[1]
    repository.stage(**{"shop/more.py": f"from shop import cart\nfrom shop.views import app, request\n{again}"})
    code, out = repository.run("statecheck")
    assert (code, "shop/cart.py:2:1" in out, "known but for a new write" in out) == (1, True, True), out


def test_staged_leaves_aside_what_is_not_staged(repository: Repository) -> None:
    use(repository, "statecheck", "--staged")
    repository.stage(**{"shop/other.py": "X = 1\n"})
    (repository.root / "shop" / "views.py").write_text(WRITES)
    assert repository.run("statecheck")[0] == 0
    assert (repository.root / "shop" / "views.py").read_text() == WRITES


def test_a_push_is_compared_with_the_branch_it_left(repository: Repository) -> None:
    repository.stage(**{"shop/views.py": WRITES})
    repository.git("commit", "-q", "-m", "a finding")
    use(repository, "statecheck-all", "--since", "accepted")
    repository.git("branch", "accepted")
    assert repository.run("statecheck-all", "--all-files")[0] == 0
    repository.stage(**{"shop/cart.py": FILES["shop/cart.py"] + "\n\ndef drop(user):\n    CARTS.pop(user)\n"})
    text = WRITES + "\n\n@app.post('/z')\ndef drop():\n    cart.drop(request.form['user'])\n    return ''\n"
    repository.stage(**{"shop/views.py": text})
    repository.git("commit", "-q", "-m", "a new write")
    code, out = repository.run("statecheck-all", "--all-files")
    assert (code, "known but for a new write" in out) == (1, True), out


def test_an_excluded_file_is_left_out_though_its_name_is_passed(repository: Repository) -> None:
    repository.stage(**{"made/broken.py": "def (:\n"})
    assert repository.run("statecheck")[0] == 0


def test_a_file_that_does_not_parse_is_reported(repository: Repository) -> None:
    repository.stage(**{"shop/broken.py": "def (:\n"})
    code, out = repository.run("statecheck")
    assert (code, "parse-error" in out) == (1, True), out


@pytest.mark.parametrize("hook", HOOKS)
def test_a_commit_of_prose_costs_nothing(repository: Repository, hook: str) -> None:
    repository.stage(**{"README.md": "Two shops.\n"})
    code, out = repository.run(hook)
    assert (code, "Skipped" in out) == (0, True), out


def test_one_process_reads_the_project_however_many_files_are_committed(repository: Repository) -> None:
    repository.stage(**{f"shop/{'long' * 20}_{number}.py": "X = 1\n" for number in range(300)})
    _, out = repository.run("statecheck", "--verbose")
    assert out.count("checked  303 Python files") == 1, out


def test_the_hooks_are_asked_about_exactly_what_the_tool_reads(tmp_path: Path) -> None:
    names = [
        "a.py", "a.pyw", "a.PY", "a.pyi", "a.pyc", "apyx", "b.yaml", "b.yml", "b.yml.j2", "values.yaml.tmpl", "yaml",
        "main.tf", "main.tofu", "main.tf.json", "x.tfvars", "x.hcl", "job.nomad", "nginx.conf", "site.conf.j2", "x.j2",
        "site.nginx", "site.vhost", "x.conf.bak", "sites-enabled/shop", "haproxy.cfg", "haproxy.conf", "squid.conf",
        "keepalived.conf", "httpd.conf", "supervisord.conf", "uwsgi.ini", "setup.cfg", "app.service", "default.vcl",
        "workers.properties", "gradle.properties", ".ebextensions/options.config", "web.config", "pyproject.toml",
        "x.json", "package.json", "app.json", "fly.json", "web-task-definition.json", "azuredeploy.json", "x.cfn.json",
        "docker-compose.prod.json", "arm/shop/main.json", "cloudformation/web.json", "stack.template", "main.bicep",
        "Dockerfile", "Dockerfile.web", "web.dockerfile", "Containerfile", "Dockerfile.j2", "Procfile", "Procfile.dev",
        "Caddyfile", "shop.caddyfile", ".env", ".env.production", "shop.env", "env.example", "dotenv.sample", "env.py",
        "Makefile", "GNUmakefile", "rules.mk", "start.sh", "start.sh.j2", "deploy.ps1", "entrypoint",
        "docker-entrypoint", "x.md", "x.txt", "x.css", "index.html", "index.html.j2", "x.js", "LICENSE", "profile",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    readers = {*READERS, "conf", "cfn"}  # the content decides which reader takes the last two
    read = {file.path for file in discover(tmp_path, Settings()).files if not file.format or file.format in readers}
    assert {format_of(name) for name in read} >= readers - {"helm-template"}  # each of them is in the list
    for hook in HOOKS.values():
        assert {name for name in names if re.search(hook["files"], name)} == read
