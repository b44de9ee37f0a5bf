"""Which Compose files the tree itself names together: by ``-f base.yml -f prod.yml``, or in ``COMPOSE_FILE``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from statecheck.deployments.overlays.library import Library, folder_of, resolved
from statecheck.facts.documents.commands import SHELL

_COMPOSE = re.compile(r"\b(?:docker|podman)[ -]compose\b(?P<options>[^;&|]*)")
_FILE = re.compile(r"(?:^|\s)(?:-f|--file)[ =]?[\"']?(?P<name>[\w./-]+\.ya?ml)\b")
_MAX_COMMANDS = 200


def combinations(library: Library) -> tuple[tuple[str, ...], ...]:
    """The files of each command, in its order. Each combination once."""
    found: dict[tuple[str, ...], None] = {}
    for path in sorted(library.facts):
        for names in _named(library, path):
            files = _located(library, folder_of(path), names)
            if files and len(found) < _MAX_COMMANDS:
                found[files] = None
    return tuple(found)


def _named(library: Library, path: str) -> Iterator[list[str]]:
    for node in library.facts[path].nodes:
        if node.key == SHELL and "compose" in node.value:
            for match in _COMPOSE.finditer(node.value[:2_000]):
                names = [each["name"] for each in _FILE.finditer(match["options"])]
                if names:
                    yield names
        elif node.key == "COMPOSE_FILE" and node.value:
            yield re.split(r"[:;]", node.value)


def _located(library: Library, folder: str, names: list[str]) -> tuple[str, ...]:
    """The paths of the names: below the file that says so, or below one of the folders around it."""
    while True:
        paths = [resolved(folder, name) for name in names]
        files = tuple(path for path in paths if path is not None and path in library)
        if len(files) == len(names):
            return tuple(dict.fromkeys(files))
        if not folder:
            return ()
        folder = folder_of(folder)
