"""The documents of a project as trees, made when first asked for, with what the readers kept beside their nodes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from statecheck.deployments.overlays.values import TAGS
from statecheck.deployments.tree import MAX_DEPTH, Datum, Stage, is_too_deep, trees
from statecheck.facts.documents.nodes import DocumentFacts, Hole, Node
from statecheck.facts.documents.templates import FILLER

_FILLED = re.compile(f"{FILLER}+")
_KEPT = 256  # files whose trees are kept for the next that asks: bases are asked for again and again


class Source(NamedTuple):
    """A file that was read: its documents, and what could not be read."""

    path: str
    documents: tuple[Datum, ...]
    notes: tuple[str, ...]

    @property
    def root(self) -> Datum | None:
        """The first document, where that is a mapping."""
        return self.documents[0] if self.documents and self.documents[0].kind == "map" else None


class Built(NamedTuple):
    """Stages, and the files that are part of them."""

    stages: tuple[Stage, ...]
    used: frozenset[str]


class Library:
    """The documents by path. Asking twice gives the same trees."""

    def __init__(self, documents: Mapping[str, DocumentFacts]) -> None:
        self.facts = documents
        self._read: dict[str, Source] = {}
        self.folders: dict[str, list[str]] = {}  # folder → its files
        for path in sorted(documents):
            self.folders.setdefault(posixpath.dirname(path), []).append(path)

    def __contains__(self, path: str) -> bool:
        return path in self.facts

    def get(self, path: str) -> Source | None:
        """The file's trees; variables and tags are put back where the readers' nodes hold less."""
        facts = self.facts.get(path)
        if facts is None:
            return None
        if path not in self._read:
            if len(self._read) >= _KEPT:
                self._read.pop(next(iter(self._read)))
            self._read[path] = _source(path, facts)
        return self._read[path]

    def has_top_key(self, path: str, key: str) -> bool:
        """Has a document of the file this key at the top? Cheap: no tree is made."""
        nodes = self.facts[path].nodes
        index = 0
        while index < len(nodes):
            if nodes[index].key == key and nodes[index].parent >= 0 and nodes[nodes[index].parent].parent < 0:
                return True
            index = nodes[index].last if nodes[index].parent >= 0 else index + 1
        return False


def folder_of(path: str) -> str:
    """The folder of a file, "" for the root."""
    return posixpath.dirname(path)


def resolved(folder: str, name: str) -> str | None:
    """What a relative path means in a folder; ``None`` for what is outside of the project or elsewhere."""
    if not name or "://" in name or "$" in name or name.startswith(("/", "~")):
        return None
    path = posixpath.normpath(posixpath.join(folder, name))
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path


def within(path: str, folder: str) -> str:
    """A path as the folder sees it, for names of stages."""
    return path[len(folder) + 1 :] if folder and path.startswith(f"{folder}/") else path


def _source(path: str, facts: DocumentFacts) -> Source:
    notes = list(_notes(path, facts))
    texts = {(hole.line, hole.column): hole.text for hole in facts.holes if not hole.text.startswith("{")}
    nodes = facts.nodes
    if texts:
        nodes = tuple(_restored(node, texts) for node in nodes)
    if any(FILLER in node.value or FILLER in node.key for node in nodes):
        nodes = tuple(_with_actions(nodes, [hole for hole in facts.holes if hole.text.startswith("{{")]))
    if nodes is not facts.nodes:
        facts = msgspec.structs.replace(facts, nodes=nodes)
    return Source(path, tuple(trees(path, facts)), tuple(notes))


def _notes(path: str, facts: DocumentFacts) -> Iterator[str]:
    if facts.failure is not None:
        yield f"{path}:{facts.failure.line} could not be read to its end: {facts.failure.message}"
    if is_too_deep(facts):
        yield f"{path}: what is nested more than {MAX_DEPTH} levels deep was left out"


def _with_actions(nodes: Sequence[Node], actions: Sequence[Hole]) -> Iterator[Node]:
    """The nodes with template actions as they are written, in the place of what stands for them."""
    by_length: dict[int, list[Hole]] = {}
    for action in reversed(actions):
        by_length.setdefault(len(action.text), []).append(action)

    def written(text: str, line: int) -> str:
        parts: list[str] = []
        used: dict[int, int] = {}  # within this text; the nodes of a command say it twice
        done = 0
        for match in _FILLED.finditer(text):
            length = len(match[0])
            waiting = by_length.get(length, [])
            while waiting and waiting[-1].line < line:
                waiting.pop()
            used[length] = used.get(length, 0) + 1
            known = waiting[-used[length]].text if used[length] <= len(waiting) else "{{ }}"
            parts += [text[done : match.start()], known]
            done = match.end()
        return "".join((*parts, text[done:]))

    for node in nodes:
        if FILLER in node.value or FILLER in node.key:
            key, value = written(node.key, node.line), written(node.value, node.line)
            node = msgspec.structs.replace(node, key=key, value=value)
        yield node


def _restored(node: Node, texts: Mapping[tuple[int, int], str]) -> Node:
    text = texts.get((node.line, node.column))
    if text is None:
        return node
    if text in TAGS:
        return msgspec.structs.replace(node, value=text) if node.kind != "value" else node
    if node.kind not in ("value", "unknown") or not (node.templated or node.kind == "unknown"):
        return node
    return msgspec.structs.replace(node, kind="value", value=text, templated=True)
