"""Deployment documents as trees that can be merged: each value knows the file and line that it comes from.

Facts of a document are one flat table (:mod:`statecheck.facts.documents.nodes`). Overlays take one tree and lay another
over it, so that a value of the result may come from any of several files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from statecheck.facts.documents.nodes import DocumentFacts, Kind, Node
from statecheck.model import Location

MAX_DEPTH = 100  # levels of a document that are kept: trees are walked by recursion
MERGE = "<<"

_NO_FIELDS: Mapping[str, Datum] = MappingProxyType({})

Purpose = Literal["production", "development", "test", ""]


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
    purpose: Purpose = ""  # what its name says it is for; staging is production-like; "" where it says nothing


def trees(path: str, facts: DocumentFacts) -> Iterator[Datum]:
    """The documents of a file as trees, in order. Merge keys (``<<``) are resolved; what is too deep is left out."""
    depths = _depths(facts.nodes)
    below: dict[int, list[Datum]] = {}
    for index in range(len(facts.nodes) - 1, -1, -1):  # children stand behind their parents: no recursion
        node = facts.nodes[index]
        inner = below.pop(index, [])
        if depths[index] < MAX_DEPTH:
            inner.reverse()
            below.setdefault(node.parent, []).append(_datum(path, node, inner))
    yield from reversed(below.get(-1, ()))


def is_too_deep(facts: DocumentFacts) -> bool:
    """Does :func:`trees` leave something out?"""
    return max(_depths(facts.nodes), default=0) >= MAX_DEPTH


def _depths(nodes: Sequence[Node]) -> list[int]:
    depths: list[int] = []
    for node in nodes:
        depths.append(depths[node.parent] + 1 if node.parent >= 0 else 0)
    return depths


def _datum(path: str, node: Node, below: list[Datum]) -> Datum:
    place = Location(path, node.line, node.column, node.end_line, node.end_column)
    if not below:
        return Datum(node.kind, node.value, place, key=node.key, templated=node.templated)
    fields = {datum.key: datum for datum in below if datum.key}
    if MERGE in fields and node.kind == "map":
        below = [*_inherited(fields), *(datum for datum in below if datum.key != MERGE)]
        fields = {datum.key: datum for datum in below if datum.key}
    return Datum(node.kind, node.value, place, fields, tuple(below), node.key, node.templated)


def _inherited(fields: Mapping[str, Datum]) -> Iterator[Datum]:
    """What a merge key adds: fields that the map has not itself. The first of several sources wins."""
    source = fields[MERGE]
    seen = set(fields)
    for each in source.items if source.kind == "list" else (source,):
        yield from (datum for key, datum in each.fields.items() if key not in seen)
        seen.update(each.fields)
