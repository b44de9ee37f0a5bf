"""What the documents tell users to type and to copy exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from statecheck.cli import COMMANDS
from statecheck.cli.app import app
from statecheck.schemas import SETTINGS_HELP
from statecheck.settings import load

TOP = Path(__file__).parents[2]
DOCUMENTS = sorted([TOP / "README.md", TOP / "CONTRIBUTING.md", *(TOP / "docs").rglob("*.md")])
CODE = re.compile(r"^(````?).*?^\1$", re.MULTILINE | re.DOTALL)  # whatever its language and title
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(path: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(path.read_text()) if kind == language]


def commands() -> list[tuple[str, str]]:
    """Every call of the tool in a block or between backticks, with the document's name."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text()
        lines = [line for block in blocks(path, "console") for line in re.findall(r"^\$ (.*)", block, re.MULTILINE)]
        spans = re.findall(r"`(statecheck [^`]+)`", FENCE.sub("", text))
        found += [(path.name, line) for line in (*lines, *spans) if line.startswith("statecheck ")]
    return found


def options(words: list[str]) -> tuple[str, set[str]]:
    """The command that the words name, and the options it has."""
    group: Any = typer.main.get_command(app)
    chain = []
    while words and hasattr(group, "commands") and words[0].split("|")[0] in group.commands:
        chain.append(words.pop(0).split("|")[0])
        group = group.commands[chain[-1]]
    return " ".join(chain), {name for parameter in group.params for name in parameter.opts} | {"--help", "-h"}


@pytest.mark.parametrize(("document", "line"), commands())
def test_commands_have_the_options_with_which_they_are_shown(document: str, line: str) -> None:
    words = shlex.split(re.split(r" [<>|] | # ", line)[0].replace("[", " ").replace("]", " "))[1:]
    command, known = options(words)
    given = {part for word in words if word.startswith("--") for part in word.split("=")[0].split("|")}
    given = {word if word.startswith("--") else f"--{word}" for word in given}
    assert command or given <= {"--help", "--version", "--install-completion", "--show-completion"}, document
    assert given <= known | ({"--install-completion", "--show-completion", "--version"} if not command else set())


def test_every_command_is_listed_where_a_stranger_begins() -> None:
    table = (TOP / "docs" / "start.md").read_text().split("## Commands")[1]
    assert set(re.findall(r"^\| `statecheck ([\w-]+)", table, re.MULTILINE)) == set(COMMANDS)


def test_every_setting_is_documented_and_no_other() -> None:
    text = (TOP / "docs" / "settings.md").read_text().split("## The keys")[1]
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([\w-]+)`", row)} == set(SETTINGS_HELP)


def test_toml_in_the_documents_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "statecheck-base.toml").write_text("")
    shown = [block for path in DOCUMENTS for block in blocks(path, "toml") if "[[form" not in block]
    assert len(shown) >= 2
    for number, text in enumerate(shown):
        name = "pyproject.toml" if "tool.statecheck" in text else "statecheck.toml"
        folder = tmp_path / "services" / str(number)
        folder.mkdir(parents=True)
        (folder / name).write_text(text)
        assert load(folder).source == folder / name


def test_links_to_files_of_the_repository_lead_somewhere() -> None:
    """As they are read where the repository is hosted; anchors and the site are checked by mkdocs."""
    broken = [
        (path.relative_to(TOP).as_posix(), link)
        for path in DOCUMENTS
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", CODE.sub("", path.read_text()))
        if not (path.parent / link).exists()
    ]
    assert broken == []


def test_yaml_in_the_documents_uses_hooks_and_inputs_that_exist() -> None:
    hooks = {hook["id"] for hook in yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())}
    inputs = yaml.safe_load((TOP / "action.yml").read_text())["inputs"]
    pre_commit, workflow = map(yaml.safe_load, blocks(TOP / "docs" / "ci.md", "yaml"))
    assert {hook["id"] for hook in pre_commit["repos"][0]["hooks"]} <= hooks
    (ours,) = [step for step in workflow["jobs"]["statecheck"]["steps"] if "statecheck" in step["uses"]]
    assert set(ours["with"]) <= set(inputs)
    table = (TOP / "docs" / "ci.md").read_text().split("| input |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)) == set(inputs)
