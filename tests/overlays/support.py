"""Small trees of documents in memory, and short ways to look at the stages that they make."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from statecheck.deployments.overlays import stages
from statecheck.deployments.tree import Datum, Stage
from statecheck.facts.documents import read_document
from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.rules.load import load

PLATFORMS = load().models["platforms"]
Files = Mapping[str, str]


def documents_of(files: Files) -> dict[str, DocumentFacts]:
    found = {path: read_document(path, dedent(text).encode()) for path, text in files.items()}
    return {path: facts for path, facts in found.items() if facts is not None}


def stages_of(files: Files, kind: str | None = None) -> tuple[Stage, ...]:
    return tuple(stage for stage in stages(documents_of(files), [PLATFORMS]) if kind is None or stage.kind == kind)


def only(files: Files, kind: str | None = None) -> Stage:
    found = stages_of(files, kind)
    assert len(found) == 1, [stage.name for stage in found]
    return found[0]


def named(files: Files, name: str) -> Stage:
    found = [stage for stage in stages_of(files) if stage.name == name]
    assert found, [stage.name for stage in stages_of(files)]
    return found[0]


def place(datum: Datum | None) -> str:
    """ "path:line" of a value that must be there."""
    assert datum is not None
    return f"{datum.location.path}:{datum.location.line}"


def plain(datum: Datum | None) -> object:
    """The value as Python would have it, for comparisons; what nobody knows is "?"."""
    if datum is None or datum.kind == "null":
        return None
    if datum.kind == "map":
        return {key: plain(below) for key, below in datum.fields.items()}
    if datum.kind == "list":
        return [plain(item) for item in datum.items if not item.key]
    return datum.value if datum.kind == "value" else "?"
