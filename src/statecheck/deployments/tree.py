"""Deployment documents as trees that can be merged: each value knows the file and line that it comes from.

Facts of a document are one flat table (:mod:`statecheck.facts.documents.nodes`). Overlays take one tree and lay another
over it, so that a value of the result may come from any of several files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from statecheck.facts.documents.nodes import DocumentFacts, Kind, children, roots
from statecheck.model import Location

_NO_FIELDS: Mapping[str, Datum] = MappingProxyType({})


class Datum(NamedTuple):
    """A value with its place. Maps have ``fields``, lists ``items``, scalars a ``value``; a block may have all three.

    Of a key that stands several times (blocks of one type) the last is in ``fields`` and all are in ``items``.
    """

    kind: Kind
    value: str
    location: Location
    fields: Mapping[str, Datum] = _NO_FIELDS
    items: tuple[Datum, ...] = ()
    key: str = ""
    templated: bool = False  # part of it comes from a template or a variable

    def at(self, *keys: str) -> Datum | None:
        """The value below ``keys``, ``None`` where one is missing."""
        found: Datum | None = self
        for key in keys:
            found = found.fields.get(key) if found is not None else None
        return found

    def text(self, *keys: str) -> str:
        """The scalar below ``keys``; "" where there is none, or only a template knows it."""
        found = self.at(*keys)
        return found.value if found is not None and found.kind == "value" else ""


class Stage(NamedTuple):
    """One way in which the tree is deployed: base documents with what is laid over them."""

    name: str  # for people: "compose.yaml + compose.prod.yaml", "deploy/overlays/production"
    kind: str  # compose, kustomize, helm, or "" for documents that stand alone
    files: tuple[str, ...]  # paths that it is made of, in the order in which they were laid
    documents: tuple[Datum, ...]  # the effective documents
    notes: tuple[str, ...] = ()  # what could not be read, for people


def trees(path: str, facts: DocumentFacts) -> Iterator[Datum]:
    """The documents of a file as trees, in order."""
    for root in roots(facts.nodes):
        yield _tree(path, facts, root)


def _tree(path: str, facts: DocumentFacts, index: int) -> Datum:
    node = facts.nodes[index]
    below = [_tree(path, facts, child) for child in children(facts.nodes, index)]
    return Datum(
        node.kind,
        node.value,
        Location(path, node.line, node.column, node.end_line, node.end_column),
        {datum.key: datum for datum in below if datum.key},
        tuple(below),
        node.key,
        node.templated,
    )
