"""Which files are read, on made-up trees, with git and without."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from statecheck.discovery import discover, matcher, within
from statecheck.model import Problem
from statecheck.settings import Settings


def tree(root: Path, *names: str, **texts: str) -> Path:
    for name in (*names, *texts):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(name, ""))
    return root


def ignore(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (path / ".gitignore").write_text(text)


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def paths(root: Path, settings: Settings | None = None, given: tuple[Path, ...] = ()) -> list[str]:
    return [file.path for file in discover(root, settings or Settings(), given).files]


@pytest.fixture(params=["walk", "git"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty project; every test using it holds with and without git."""
    folder = tmp_path / "project"
    folder.mkdir()
    if request.param == "git":
        git(folder, "init", "-q")
    return folder


def test_python_and_documents_are_found_and_sorted(root: Path) -> None:
    tree(root, "b.py", "a/z.pyw", "a/stub.pyi", "a/data.json", "README.md", "k8s/app.yaml", "Procfile")
    found = [(file.path, file.kind, file.format) for file in discover(root, Settings()).files]
    assert found == [
        ("Procfile", "document", "procfile"),
        ("a/z.pyw", "python", ""),
        ("b.py", "python", ""),
        ("k8s/app.yaml", "document", "yaml"),
    ]


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("compose.yml", "yaml"),
        ("main.tf", "hcl"),
        ("main.tf.json", "tf-json"),
        ("job.nomad", "hcl"),
        ("nginx.conf", "nginx"),
        ("nginx.conf.j2", "nginx"),
        ("supervisord.conf", "ini"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.prod", "dockerfile"),
        ("web.Dockerfile", "dockerfile"),
        (".env", "env"),
        (".env.example", "env"),
        ("prod.env", "env"),
        ("Procfile.dev", "procfile"),
        ("alembic.ini", "ini"),
        ("app.service", "ini"),
        ("haproxy.cfg", "haproxy"),
        ("Caddyfile", "caddyfile"),
        ("sites-enabled/shop", "conf"),
        ("httpd.conf", "apache"),
        ("keepalived.conf", "keepalived"),
        ("squid.conf", "squid"),
        ("default.vcl", "vcl"),
        ("infra/main.bicep", "bicep"),
        ("stack.template", "cfn"),
        ("app.json", "json"),
        ("web-taskdef.json", "json"),
        ("workers.properties", "ini"),
        (".ebextensions/01.config", "yaml"),
        ("Makefile", "makefile"),
        ("start.sh", "shell"),
        ("docker-entrypoint", "shell"),
        (".env.template", "env"),
        ("pyproject.toml", "toml"),
    ],
)
def test_the_format_of_a_document_is_guessed_from_its_name(tmp_path: Path, name: str, format_: str) -> None:
    (file,) = discover(tree(tmp_path, name), Settings()).files
    assert (file.kind, file.format) == ("document", format_)


def test_data_that_only_looks_like_a_document_is_left_alone(tmp_path: Path) -> None:
    assert discover(tree(tmp_path, "package.json", "locale/de.json", "notes.txt", "bin/tool"), Settings()).files == ()


def test_roles(root: Path) -> None:
    tree(root, "app.py", "contest/views.py", "tests/helpers.py", "shop/test_cart.py", "conftest.py")
    tree(root, "shop/migrations/0001_initial.py", "alembic/versions/ab.py", "alembic/env.py")
    assert {file.path: file.role for file in discover(root, Settings()).files} == {
        "app.py": "app",
        "contest/views.py": "app",
        "tests/helpers.py": "test",
        "shop/test_cart.py": "test",
        "conftest.py": "test",
        "shop/migrations/0001_initial.py": "migration",
        "alembic/versions/ab.py": "migration",
        "alembic/env.py": "app",
    }


def test_roles_follow_the_settings(tmp_path: Path) -> None:
    tree(tmp_path, "checks/a.py", "tests/b.py")
    files = discover(tmp_path, Settings(test_paths=("checks/",))).files
    assert [file.role for file in files] == ["test", "app"]


def test_default_excludes_at_any_depth(root: Path) -> None:
    for folder in ("venv", ".venv", "node_modules", "build", "dist", ".tox", "x.egg-info", "__pycache__"):
        tree(root, f"{folder}/a.py", f"deep/er/{folder}/a.py")
    tree(root, "env/a.py", "builder/a.py", "mine/pyvenv.cfg", "mine/lib/a.py")
    assert paths(root) == ["builder/a.py", "env/a.py"]


def test_exclude_replaces_the_defaults_and_extend_exclude_adds(root: Path) -> None:
    tree(root, "build/a.py", "vendor/a.py", "src/gen_x.py", "src/gen/keep.py", "app.py")
    assert paths(root, Settings(exclude=("vendor/",))) == ["app.py", "build/a.py", "src/gen/keep.py", "src/gen_x.py"]
    assert paths(root, Settings(extend_exclude=("vendor", "src/gen_*.py"))) == ["app.py", "src/gen/keep.py"]


def test_nested_gitignore(root: Path) -> None:
    tree(root, "app.py", "secret.py", "a/secret.py", "a/keep/secret.py", "a/local.py", "b/local.py")
    tree(root, "out/x.py", "a/out/y.py")
    ignore(root, "secret.py\n/out/\n")
    ignore(root / "a", "local.py\n")
    ignore(root / "a" / "keep", "!secret.py\n")
    assert paths(root) == ["a/keep/secret.py", "a/out/y.py", "app.py", "b/local.py"]


def test_gitignore_is_set_aside_on_request(root: Path) -> None:
    ignore(tree(root, "a.py", "b.py"), "b.py\n")
    assert paths(root, Settings(respect_gitignore=False)) == ["a.py", "b.py"]


def test_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    tree(tmp_path / "outside", "x.py")
    tree(root, "pkg/a.py")
    (root / "pkg" / "loop").symlink_to(root, target_is_directory=True)
    (root / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "b.py").symlink_to(root / "pkg" / "a.py")
    (root / "dead.py").symlink_to(root / "nowhere.py")
    assert paths(root) == ["pkg/a.py"]


def test_things_that_are_no_files_are_passed_by(root: Path) -> None:
    tree(root, "folder.py/a.py")
    os.mkfifo(root / "pipe.py")
    assert paths(root) == ["folder.py/a.py"]


def test_a_name_that_is_not_utf8_is_a_problem_not_a_crash(root: Path) -> None:
    tree(root, "a.py", "grün.py")
    Path(os.fsdecode(bytes(root) + b"/b\xff.py")).write_text("")
    found = discover(root, Settings())
    assert [file.path for file in found.files] == ["a.py", "grün.py"]
    assert found.problems == (Problem("b\\xff.py", "is not read: its name is not UTF-8"),)
    given = Path(os.fsdecode(bytes(root) + b"/b\xff.py"))
    assert discover(root, Settings(), (given,)) == found


def test_an_unreadable_folder_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.py", "locked/b.py")
    scandir = os.scandir

    def refuse(path: Path) -> Iterator[os.DirEntry[str]]:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the tests may run as a user who may read everything
    found = discover(tmp_path, Settings())
    assert [file.path for file in found.files] == ["a.py"]
    assert found.problems == (Problem("locked", "cannot be read: Permission denied"),)


def test_a_folder_that_git_cannot_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, ".git/HEAD", "a.py")
    script = tree(tmp_path / "bin", "git") / "git"
    script.write_text("#!/bin/sh\nprintf 'a.py\\0'\necho \"warning: could not open directory 'x/': Nope\" >&2\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    found = discover(tmp_path, Settings())
    assert [file.path for file in found.files] == ["a.py"]
    assert found.problems == (Problem("x", "cannot be read: Nope"),)


def test_an_empty_project(root: Path) -> None:
    assert paths(root) == []


# Paths given on the command line


@pytest.mark.parametrize("marker", [".git/HEAD", "statecheck.toml", "pyproject.toml"])
def test_given_paths_do_not_narrow_a_project(tmp_path: Path, marker: str) -> None:
    tree(tmp_path, marker, "a/x.py", "b/y.py")
    assert [path for path in paths(tmp_path, given=(tmp_path / "a",)) if path.endswith(".py")] == ["a/x.py", "b/y.py"]


def test_without_a_project_only_the_given_folders_are_read(tmp_path: Path) -> None:
    tree(tmp_path, "a/x.py", "a/deep/y.py", "b/z.py", "c/w.py", "v.py")
    given = (tmp_path / "a", tmp_path / "a" / "deep", tmp_path / "b" / "z.py")
    assert paths(tmp_path, given=given) == ["a/deep/y.py", "a/x.py", "b/z.py"]
    assert paths(tmp_path, given=(tmp_path / "v.py",)) == ["a/deep/y.py", "a/x.py", "b/z.py", "c/w.py", "v.py"]


def test_without_a_project_the_whole_package_of_a_given_file_is_read(tmp_path: Path) -> None:
    tree(tmp_path, "shop/__init__.py", "shop/cart.py", "shop/web/__init__.py", "shop/web/views.py", "other/x.py")
    wanted = ["shop/__init__.py", "shop/cart.py", "shop/web/__init__.py", "shop/web/views.py"]
    assert paths(tmp_path, given=(tmp_path / "shop" / "web" / "views.py",)) == wanted
    (tmp_path / "shop" / "events").mkdir()
    assert paths(tmp_path, given=(tmp_path / "shop" / "events",)) == wanted


def test_a_given_file_is_read_even_if_excluded_or_ignored(root: Path) -> None:
    ignore(tree(root, "pyproject.toml", "a.py", "build/b.py", "c.py"), "c.py\n")
    assert paths(root, given=(root / "build" / "b.py", root / "c.py"))[:3] == ["a.py", "build/b.py", "c.py"]


def test_a_given_folder_is_read_even_if_excluded_or_ignored(root: Path) -> None:
    ignore(tree(root, "pyproject.toml", "a.py", "build/lib/b.py", "build/lib/venv/c.py", "skip/d.py"), "skip/\n")
    given = (root / "build" / "lib", root / "skip")
    assert paths(root, given=given) == ["a.py", "build/lib/b.py", "pyproject.toml", "skip/d.py"]


def test_a_script_without_suffix_counts_only_when_given(root: Path) -> None:
    (tree(root, "shell", "data") / "run").write_text("#!/usr/bin/env python3\n")
    (root / "shell").write_text("#!/bin/sh\n")
    assert paths(root) == []
    assert paths(root, given=(root / "run", root / "shell", root / "data")) == ["run"]


def test_within(tmp_path: Path) -> None:
    given = (tmp_path / "a", tmp_path / "b.py")
    wanted = {"a/x.py": True, "a/b/c.py": True, "b.py": True, "ab/x.py": False, "b.pyw": False}
    assert {path: within(path, tmp_path, given) for path in wanted} == wanted
    assert within("anything.py", tmp_path, ())
    assert within("anything.py", tmp_path, (tmp_path,))


def test_matcher_without_patterns_matches_nothing() -> None:
    assert not matcher(())("a.py")


# Git


def test_tracked_files_count_even_if_ignored_and_deleted_ones_do_not(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    tree(tmp_path, "tracked.py", "gone.py")
    git(tmp_path, "add", "-A")
    ignore(tmp_path, "*.py\n")
    tree(tmp_path, "untracked.py")
    (tmp_path / "gone.py").unlink()
    assert paths(tmp_path) == ["tracked.py"]


def test_a_subfolder_of_a_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    ignore(tmp_path, "local.py\n/ignored/\n")
    tree(tmp_path, "service/a.py", "service/local.py", "other/b.py", "ignored/c.py")
    assert paths(tmp_path / "service") == ["a.py"]
    assert paths(tmp_path / "ignored") == ["c.py"]


def test_a_repository_inside_a_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    inner = tree(tmp_path / "apps" / "inner", "a.py", "skip.py")
    git(inner, "init", "-q")
    ignore(inner, "skip.py\n")
    assert paths(tmp_path) == ["apps/inner/a.py"]


def test_programs_named_in_the_repositorys_configuration_are_not_run(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    tree(tmp_path, "a.py")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    trap.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(trap))
    assert paths(tmp_path) == ["a.py"]
    assert not (tmp_path / "ran").exists()


def test_an_outer_git_does_not_mislead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q")
    tree(tmp_path, "a.py")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert paths(tmp_path) == ["a.py"]


def test_a_machine_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, ".git/HEAD", "a.py")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert paths(tmp_path) == ["a.py"]
