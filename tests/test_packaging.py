"""What is shipped, and what the README promises about it."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import statecheck
from statecheck.settings import load

TOP = Path(__file__).parent.parent
README_COMMANDS = {
    "scan": r"^python3 -m venv \.venv && \.venv/bin/pip install \. && \.venv/bin/statecheck check (?P<path>\S+)$",
    "tests": r"^python3 -m venv \.venv && \.venv/bin/pip install -e '\.\[dev\]' && \.venv/bin/pytest$",
}


def tracked(folder: str) -> set[str]:
    """The files of a folder that git knows; in a tree without git, all of them."""
    if (TOP / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z", folder]
        listing = subprocess.run(command, cwd=TOP, capture_output=True, check=True)
        return {name for name in listing.stdout.decode().split("\0") if name}
    return {path.relative_to(TOP).as_posix() for path in (TOP / folder).rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built the way it is released: from the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(TOP)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_holds_exactly_the_tracked_rules(wheel: zipfile.ZipFile) -> None:
    pack = "statecheck/rules/pack/"
    shipped = {"rules/" + name.removeprefix(pack) for name in wheel.namelist() if name.startswith(pack)}
    assert shipped == tracked("rules")


def test_the_wheel_holds_no_python_beside_the_package(wheel: zipfile.ZipFile) -> None:
    modules = {name for name in wheel.namelist() if name.endswith(".py")}
    assert modules == {name.removeprefix("src/") for name in tracked("src") if name.endswith(".py")}


def test_the_wheel_carries_its_licence_and_type_marker(wheel: zipfile.ZipFile) -> None:
    names = {Path(name).name for name in wheel.namelist()}
    assert {"LICENSE", "py.typed"} <= names


def test_the_version_is_written_once(wheel: zipfile.ZipFile) -> None:
    source = (TOP / "src/statecheck/__init__.py").read_text(encoding="utf-8")
    assert source.count(statecheck.__version__) == 1
    assert statecheck.__version__ not in (TOP / "pyproject.toml").read_text(encoding="utf-8")
    assert f"statecheck-{statecheck.__version__}.dist-info/METADATA" in wheel.namelist()
    assert version("statecheck") == statecheck.__version__


@pytest.mark.parametrize("purpose", README_COMMANDS)
def test_the_readme_gives_one_command(purpose: str) -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    found = list(re.finditer(README_COMMANDS[purpose], readme, re.MULTILINE))
    assert len(found) == 1
    assert (TOP / found[0].groupdict().get("path", ".")).is_dir()


def test_the_settings_shown_in_the_readme_are_valid(tmp_path: Path) -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    (tmp_path / "pyproject.toml").write_text("\n".join(blocks), encoding="utf-8")
    settings = load(tmp_path).settings
    assert settings.entry_points[0].names == ("shop.web.endpoint",)
    assert settings.fail_on == "high"


def test_files_named_in_the_readme_exist() -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", readme)
    assert links
    assert [link for link in links if not (TOP / link).exists()] == []


def test_the_readme_lists_every_rule() -> None:
    table = (TOP / "README.md").read_text(encoding="utf-8").split("| family | rules | what |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (\w+) \| (.*?) \|", table, re.MULTILINE)
    listed = {family: set(re.findall(r"`([a-z-]+)`", names)) for family, names in rows}
    there: dict[str, set[str]] = {}
    for path in (TOP / "rules").glob("*/*/rule.toml"):
        there.setdefault(path.parent.parent.name, set()).add(path.parent.name)
    assert listed == there


def test_no_rule_pack_file_is_code() -> None:
    assert {Path(name).suffix for name in tracked("rules")} <= {".toml", ".md"}


def test_runtime_dependencies_are_all_imported() -> None:
    """A dependency that nothing imports is a download for nothing."""
    imported = {
        name.split(".")[0]
        for path in (TOP / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    text = (TOP / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert block
    modules = {name.replace("-", "_").replace("pyyaml", "yaml") for name in re.findall(r'"([a-z-]+)', block[1])}
    assert modules <= imported
