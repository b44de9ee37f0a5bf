"""JSON Schemas, made from the types that the tool itself reads and writes with.

``python -m statecheck.schemas docs/schemas`` writes the published copies anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

SETTINGS_ID = "urn:statecheck:settings"
_DIALECT = "http://json-schema.org/draft-07/schema#"  # the newest that editors' TOML plug-ins all know

SETTINGS_HELP: Mapping[str, str] = MappingProxyType({
    "extend": "Another settings file that lies below this one, relative to this file.",
    "select": "Only these rules: names, codes, code prefixes, families or ALL. Empty: every stable rule.",
    "extend-select": "These rules as well. The lists of all files add up.",
    "ignore": "None of these rules.",
    "min-severity": "Show findings at least this bad.",
    "min-confidence": "Show findings at least this sure.",
    "fail-on": "Exit with 1 for shown findings at least this bad.",
    "exclude": "Not read at all, as in .gitignore. Replaces the usual excludes (virtual environments, caches, builds).",
    "extend-exclude": "Not read either. The lists of all files add up.",
    "per-file-ignores": "Read, but not reported: files as in .gitignore, and the rules they do not want.",
    "rule-paths": "Folders of further rule packs, relative to the root, or to the extended file that names them.",
    "respect-gitignore": "Leave out what git ignores.",
    "test-paths": "Tests: read, but state in them is no finding.",
    "migration-paths": "Migrations of a database: run once, by one process.",
    "cache-dir": "The folder of what is kept between runs. Default: .statecheck_cache in the root.",
    "jobs": "Processes to use. Default: as many as there are cores.",
    "profile": "What kind of program this is.",
    "baseline": "The file of known findings. Default: .statecheck-baseline.jsonl in the root, if it is there.",
    "require-reason": "Every suppressing comment must say why.",
    "entry-points": "Your own wrappers through which a framework calls your code.",
    "request-scoped": "Dotted names of classes whose instances live for one request.",
    "process-safe": "Dotted names of what looks like a container, but is shared by all processes.",
    "storage-api": "Dotted names of functions that keep files in a shared store.",
    "startup": "Dotted names of functions that run only before the first request.",
    "severities": "Rules, and the severity of their findings instead of the rule's own.",
    "rules": "Options of single rules; `statecheck rule NAME` lists them.",
})  # fmt: skip


def settings_schema() -> dict[str, Any]:
    """The schema of ``statecheck.toml`` and of ``[tool.statecheck]``."""
    import msgspec

    from statecheck.settings import Settings

    made = msgspec.json.schema(Settings)
    definitions: dict[str, Any] = made["$defs"]
    top = definitions.pop("Settings")
    for key, value in top["properties"].items():
        value["description"] = SETTINGS_HELP[key]
    schema = {
        "$schema": _DIALECT,
        "$id": SETTINGS_ID,
        "title": "Settings of statecheck",
        "description": "The content of statecheck.toml, or of [tool.statecheck] in pyproject.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": top["properties"],
    }
    tidied: dict[str, Any] = _tidied(schema, definitions)
    return tidied


def tool_schema(_tool: str = "statecheck") -> dict[str, Any]:
    """The same, as validate-pyproject asks for it."""
    return settings_schema()


def report_schema() -> dict[str, Any]:
    """The schema of the JSON report. Every key is always written; a reader must not mind further ones."""
    from statecheck.report.shape import SCHEMA, Document

    return _document_schema(Document, f"urn:statecheck:report:{SCHEMA}", "Report of statecheck")


def inventory_schema() -> dict[str, Any]:
    """The schema of ``statecheck settings --output-format json``."""
    from statecheck.report.inventory_shape import SCHEMA, InventoryDocument

    return _document_schema(InventoryDocument, f"urn:statecheck:inventory:{SCHEMA}", "Inventory of configuration")


def deploy_schema() -> dict[str, Any]:
    """The schema of ``statecheck deploy --output-format json``."""
    from statecheck.report.deploy_shape import SCHEMA, DeployDocument

    return _document_schema(DeployDocument, f"urn:statecheck:deploy:{SCHEMA}", "Picture of a deployment")


def _document_schema(shape: type, id_: str, title: str) -> dict[str, Any]:
    import msgspec

    definitions: dict[str, Any] = msgspec.json.schema(shape)["$defs"]
    for definition in definitions.values():
        definition.pop("additionalProperties", None)
        definition["required"] = list(definition["properties"])
        definition["description"] = " ".join(definition["description"].replace("``", "`").split())
        for value in definition["properties"].values():
            value.pop("default", None)
    top = definitions.pop(shape.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id_,
        **top,
        "title": title,
        "$defs": definitions,
    }


def published() -> dict[str, str]:
    """File name → text of each schema that is published."""
    schemas = {
        "settings.schema.json": settings_schema(),
        "report.schema.json": report_schema(),
        "inventory.schema.json": inventory_schema(),
        "deploy.schema.json": deploy_schema(),
    }
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


def _tidied(value: Any, definitions: Mapping[str, Any]) -> Any:
    """TOML has no null: what may be left out is not written as one. Descriptions become one line.

    Definitions are put where they are referred to: not every reader resolves references.
    """
    if isinstance(value, list | tuple):
        return [_tidied(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _tidied(definitions[value["$ref"].rpartition("/")[2]], definitions)
    tidied = {key: _tidied(item, definitions) for key, item in value.items() if not (key == "default" and item is None)}
    if isinstance(tidied.get("description"), str):
        tidied["description"] = " ".join(tidied["description"].split())
    choices = [choice for choice in tidied.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del tidied["anyOf"]
        tidied = {**choices[0], **tidied}
    return tidied


if __name__ == "__main__":
    for file, text in published().items():
        Path(sys.argv[1], file).write_text(text, encoding="utf-8", newline="\n")
