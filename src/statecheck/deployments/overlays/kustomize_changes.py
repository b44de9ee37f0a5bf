"""What a kustomization does to all of its objects: names, namespaces, labels, replicas, images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.objects import Objects
from statecheck.deployments.overlays.values import fields_of, items_of, mapped, put, scalar, with_fields, with_items
from statecheck.deployments.tree import Datum

Names = Mapping[tuple[str, str], str]  # of objects with their kind, or kinds by what leads to them
_IMAGE = re.compile(r"(?P<name>.*?)(?P<tag>:[\w][\w.-]*)?(?P<digest>@[\w:+.-]+)?\Z")


class Resource(NamedTuple):
    """An object, and all names that it has or had."""

    datum: Datum
    names: frozenset[str]

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.datum.text("kind")

    def changed(self, datum: Datum) -> Resource:
        """The resource with another content; earlier names still count."""
        return Resource(datum, self.names | {datum.text("metadata", "name")})


def resource(datum: Datum) -> Resource:
    """An object as a file has it."""
    return Resource(datum, frozenset({datum.text("metadata", "name")}))


def transformed(resources: Sequence[Resource], root: Datum, known: Objects) -> list[Resource]:
    """The objects after everything but the patches."""
    found = list(resources)
    for change in (_namespaced, _prefixed, _labelled, _annotated, _scaled):
        found = change(found, root, known)
    return _imaged(found, root)


def _namespaced(resources: list[Resource], root: Datum, known: Objects) -> list[Resource]:
    namespace = root.fields.get("namespace")
    if namespace is None or namespace.kind != "value" or not namespace.value:
        return resources
    found = []
    for each in resources:
        if each.kind == "Namespace":
            found.append(each.changed(put(each.datum, ("metadata", "name"), namespace)))
        elif each.kind in known.cluster:
            found.append(each)
        else:
            found.append(each.changed(put(each.datum, ("metadata", "namespace"), namespace)))
    return found


def _prefixed(resources: list[Resource], root: Datum, known: Objects) -> list[Resource]:
    prefix, suffix = root.text("namePrefix"), root.text("nameSuffix")
    if not prefix and not suffix:
        return resources
    renamed: dict[tuple[str, str], str] = {}
    found = []
    for each in resources:
        name = each.datum.at("metadata", "name")
        if each.kind in known.unnamed or name is None or name.kind != "value":
            found.append(each)
            continue
        new = f"{prefix}{name.value}{suffix}"
        renamed.update(((each.kind, old), new) for old in each.names)
        found.append(each.changed(put(each.datum, ("metadata", "name"), scalar(name, new))))
    return [each._replace(datum=_referring(each.datum, renamed, known.references)) for each in found]


def _referring(datum: Datum, renamed: Names, references: Names) -> Datum:
    """The object with the new names of the objects that it names."""
    if datum.kind == "list":
        before = items_of(datum)
        items = [_referring(item, renamed, references) for item in before]
        return datum if all(new is old for new, old in zip(items, before, strict=True)) else with_items(datum, items)
    if datum.kind != "map":
        return datum
    fields = {key: _reference(datum, key, below, renamed, references) for key, below in datum.fields.items()}
    same = all(below is datum.fields[key] for key, below in fields.items())
    return datum if same else with_fields(datum, fields)


def _reference(holder: Datum, key: str, below: Datum, renamed: Names, references: Names) -> Datum:
    if below.kind != "value":
        return _referring(below, renamed, references)
    kind = references.get((holder.key, key), "")
    if kind.startswith("."):
        kind = holder.text(kind[1:])
    new = renamed.get((kind, below.value)) if kind else None
    return below if new is None else scalar(below, new)


def _labelled(resources: list[Resource], root: Datum, known: Objects) -> list[Resource]:
    for pairs, selectors, templates in _label_sets(root):
        changed = []
        for each in resources:
            paths: list[Sequence[str]] = [("metadata", "labels")]
            leading = known.selectors.get(each.kind, ())
            paths += [path for path in leading if selectors or (templates and path[-1] == "labels")]
            datum = each.datum
            for path in paths:
                datum = _with_all(datum, path, pairs)
            changed.append(each._replace(datum=datum))
        resources = changed
    return resources


def _label_sets(root: Datum) -> Iterator[tuple[Mapping[str, Datum], bool, bool]]:
    common = fields_of(root.fields.get("commonLabels"))
    if common:
        yield common, True, True
    for item in items_of(root.fields.get("labels")):
        pairs = fields_of(item.fields.get("pairs"))
        if pairs:
            yield pairs, item.text("includeSelectors") == "true", item.text("includeTemplates") == "true"


def _annotated(resources: list[Resource], root: Datum, known: Objects) -> list[Resource]:
    pairs = fields_of(root.fields.get("commonAnnotations"))
    if not pairs:
        return resources
    found = []
    for each in resources:
        datum = _with_all(each.datum, ("metadata", "annotations"), pairs)
        if datum.at("spec", "template") is not None and each.kind in known.templated:
            datum = _with_all(datum, ("spec", "template", "metadata", "annotations"), pairs)
        found.append(each._replace(datum=datum))
    return found


def _with_all(datum: Datum, path: Sequence[str], pairs: Mapping[str, Datum]) -> Datum:
    for key, value in pairs.items():
        datum = put(datum, (*path, key), value)
    return datum


def _scaled(resources: list[Resource], root: Datum, known: Objects) -> list[Resource]:
    for item in items_of(root.fields.get("replicas")):
        count = item.fields.get("count")
        if count is not None:
            resources = [
                each.changed(put(each.datum, ("spec", "replicas"), count))
                if each.kind in known.scaled and item.text("name") in each.names
                else each
                for each in resources
            ]
    return resources


def _imaged(resources: list[Resource], root: Datum) -> list[Resource]:
    images = {item.text("name"): item for item in items_of(root.fields.get("images")) if item.text("name")}
    if not images:
        return resources
    change = _image_change(images)
    return [each._replace(datum=mapped(each.datum, change)) for each in resources]


def _image_change(images: Mapping[str, Datum]) -> Callable[[Datum], Datum]:
    def change(datum: Datum) -> Datum:
        if datum.key != "image" or datum.kind != "value":
            return datum
        match = _IMAGE.match(datum.value)
        item = images.get(match["name"]) if match else None
        if match is None or item is None:
            return datum
        tag, digest = item.text("newTag"), item.text("digest")
        end = f"@{digest}" if digest else f":{tag}" if tag else f"{match['tag'] or ''}{match['digest'] or ''}"
        at = datum._replace(location=item.location, templated=False)
        return scalar(at, f"{item.text('newName') or match['name']}{end}")

    return change
