"""Readers of reports, as strict as those that the reports are for."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any
from xml.etree import ElementTree

import jsonschema
from markdown_it import MarkdownIt

# What GitLab documents of an entry; `lines.end` and positions are of Code Climate's format, and ignored there.
GITLAB: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "pattern": "^[a-z-]+$"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": r"^(\./|/)"}},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}, "end": {"type": "integer"}},
                    },
                },
            },
        },
    },
}


def valid(document: Any, schema: dict[str, Any]) -> None:
    """Raises ValidationError; the schema says which dialect it is in."""
    checker = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    checker.check_schema(schema)
    checker(schema, format_checker=checker.FORMAT_CHECKER).validate(document)


Command = tuple[str, dict[str, str], str]  # name, properties, message
_COMMAND = re.compile(r"\s*::([\w-]+)(?: ([^:]*(?::(?!:)[^:]*)*?))?::(.*)")
_COMMAND_V1 = re.compile(r"##\[([^\]]*)\](.*)")  # the runner still takes these, anywhere in a line


def workflow_commands(log: str) -> list[Command]:
    """The commands that the runner of GitHub Actions takes from what a step prints."""
    commands: list[Command] = []
    resume = None
    for line in re.split("\r\n|\r|\n", log):
        match = _COMMAND.match(line)
        if resume is not None:
            if match and match[1] == resume:
                resume = None
        elif match and match[1] == "stop-commands":
            resume = match[3]
        elif match:
            pairs = [pair.split("=", 1) for pair in (match[2] or "").split(",") if pair]
            commands.append((match[1], {key: _property(value) for key, value in pairs}, _data(match[3])))
        elif old := _COMMAND_V1.search(line):
            commands.append((old[1], {}, old[2]))
    return commands


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _property(text: str) -> str:
    return _data(text.replace("%3A", ":").replace("%2C", ","))


# What the xUnit plug-in of Jenkins lets an element have; it refuses a file with anything else.
_JUNIT = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "time", "tests", "failures", "errors", "skipped", "timestamp", "hostname", "file", "version"},
    "testcase": {"name", "time", "classname", "group"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
}


def junit_counts(xml: str) -> dict[str, int]:
    """Tests by outcome, as a reader of JUnit XML counts them; every count of the file is checked."""
    reader = import_module("junitparser")
    top = reader.JUnitXml.fromstring(xml.encode())
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in top:
        for case in suite:
            assert case.name
            assert case.classname
            assert len(case.result) <= 1
            counts["tests"] += 1
            for result in case.result:
                counts[{"Failure": "failures", "Error": "errors", "Skipped": "skipped"}[type(result).__name__]] += 1
    for element in ElementTree.fromstring(xml).iter():
        assert set(element.attrib) <= _JUNIT[element.tag]
        if element.tag in ("testsuites", "testsuite"):
            assert {
                name: int(value) for name, value in element.attrib.items() if name in counts
            }.items() <= counts.items()
    return counts


OWN_MARKUP = {"<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>", "<!-- -->"}


def markup(markdown: str) -> set[str]:
    """What is markup in GitHub's Markdown: the types of tokens, and each tag of HTML."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    found: set[str] = set()
    for token in parser.parse(markdown):
        for part in (token, *(token.children or ())):
            if part.type in ("html_block", "html_inline"):
                found |= set(re.findall(r"<!--.*?-->|<[^>]*>", part.content))
            else:
                found.add(part.type)
    return found
