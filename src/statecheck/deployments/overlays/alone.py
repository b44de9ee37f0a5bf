"""Documents that nothing is laid over: plain manifests, proxies, units, Procfiles and what else there is.

They belong together, since a proxy in one folder may hide the state of what another runs. What is for another purpose
is kept apart, and so are folders that define the same objects: those are different ways to deploy them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.library import Library, folder_of
from statecheck.deployments.overlays.purpose import Words, purpose_of
from statecheck.deployments.tree import Datum, Purpose, Stage
from statecheck.facts.documents.nodes import Node, children, roots

_MAX_SPLITS = 30  # folders within folders that are looked into

Object = tuple[str, str, str]  # kind, namespace and name


class _Group(NamedTuple):
    paths: tuple[str, ...]
    objects: frozenset[Object]


def lone_stages(library: Library, used: Collection[str], words: Words) -> Iterator[Stage]:
    """Stages of all documents but the used ones, those for production first."""
    by_purpose: dict[Purpose, list[str]] = {"production": [], "": [], "development": [], "test": []}
    for path in sorted(library.facts):
        if path not in used:
            by_purpose[purpose_of(path, words)].append(path)
    for purpose, paths in by_purpose.items():
        objects = {path: objects_of(library.facts[path].nodes) for path in paths}
        for group in _split("", paths, objects, 0):
            if group.paths:
                yield _stage(library, group.paths, purpose)


def _stage(library: Library, paths: Sequence[str], purpose: Purpose) -> Stage:
    documents: list[Datum] = []
    notes: list[str] = []
    for path in paths:
        source = library.get(path)
        if source is not None:
            documents.extend(source.documents)
            notes.extend(source.notes)
    name = posixpath.commonpath([folder_of(path) or "." for path in paths]) if len(paths) > 1 else paths[0]
    return Stage(name or ".", "", tuple(paths), tuple(documents), tuple(notes), purpose)


def _split(folder: str, paths: Sequence[str], objects: Mapping[str, frozenset[Object]], depth: int) -> list[_Group]:
    """One group, or several where sub-folders define the same objects. The first is what they have in common."""
    if depth >= _MAX_SPLITS or not _collide([objects[path] for path in paths]):
        return [_joined(paths, objects)]
    here: list[str] = []
    below: dict[str, list[str]] = {}
    for path in paths:
        first, slash, _ = path[len(folder) :].lstrip("/").partition("/")
        if slash:
            below.setdefault(posixpath.join(folder, first), []).append(path)
        else:
            here.append(path)
    parts = [_split(child, inside, objects, depth + 1) for child, inside in below.items()]
    common, apart = _together([_joined(here, objects), *(part[0] for part in parts)])
    return [common, *apart, *(group for part in parts for group in part[1:])]


def _together(groups: Sequence[_Group]) -> tuple[_Group, list[_Group]]:
    """Those that share no object with another as one group, and the others."""
    seen: dict[Object, int] = {}
    for group in groups:
        for each in group.objects:
            seen[each] = seen.get(each, 0) + 1
    common: list[_Group] = []
    apart: list[_Group] = []
    for group in groups:
        (apart if any(seen[each] > 1 for each in group.objects) else common).append(group)
    paths = tuple(sorted(path for group in common for path in group.paths))
    return _Group(paths, frozenset().union(*(group.objects for group in common))), apart


def _joined(paths: Sequence[str], objects: Mapping[str, frozenset[Object]]) -> _Group:
    return _Group(tuple(paths), frozenset().union(*(objects[path] for path in paths)))


def _collide(objects: Sequence[frozenset[Object]]) -> bool:
    seen: set[Object] = set()
    for each in objects:
        if not seen.isdisjoint(each):
            return True
        seen |= each
    return False


def objects_of(nodes: Sequence[Node]) -> frozenset[Object]:
    """The Kubernetes objects of a file. Cheap: no tree is made."""
    found: set[Object] = set()
    for root in roots(nodes):
        below = {nodes[at].key: at for at in children(nodes, root)}
        kind, metadata = below.get("kind"), below.get("metadata")
        if kind is None or metadata is None or "apiVersion" not in below:
            continue
        named = {nodes[at].key: nodes[at].value for at in children(nodes, metadata)}
        if named.get("name"):
            found.add((nodes[kind].value, named.get("namespace", ""), named["name"]))
    return frozenset(found)
