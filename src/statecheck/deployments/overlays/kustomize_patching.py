"""The patches of a kustomization: where they stand, which objects they are for, what they do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.inline import inline, is_block
from statecheck.deployments.overlays.kustomize_changes import Resource
from statecheck.deployments.overlays.objects import Objects
from statecheck.deployments.overlays.patches import PatchError, json_patch, strategic
from statecheck.deployments.overlays.values import fields_of, items_of
from statecheck.deployments.tree import Datum

_REPEATS = re.compile(r"[*+?{]")
_NESTED = re.compile(r"\)\s*[*+{]")

_MAX_PATCHES = 500  # of one kustomization

# The documents of a file that is named in a kustomization; a file that is not there gives none and a note.
Opener = Callable[[str, Datum], Sequence[Datum]]


class _Patch(NamedTuple):
    body: Datum  # a mapping (strategic merge) or a list (JSON patch)
    target: Datum | None
    place: Datum  # in the kustomization


def patched(
    resources: Sequence[Resource], root: Datum, opened: Opener, known: Objects, notes: list[str]
) -> list[Resource]:
    """The objects with all patches of the kustomization applied."""
    found: list[Resource | None] = list(resources)
    for number, patch in enumerate(_patches(root, opened)):
        if number >= _MAX_PATCHES:
            notes.append(f"{_where(patch.place)}: more than {_MAX_PATCHES} patches")
            break
        hits = 0
        for at, each in enumerate(found):
            if each is not None and _is_for(patch, each):
                hits += 1
                found[at] = _applied(each, patch, known, notes)
        if not hits:
            notes.append(f"{_where(patch.place)}: nothing here fits this patch")
    return [each for each in found if each is not None]


def _where(datum: Datum) -> str:
    return f"{datum.location.path}:{datum.location.line}"


def _patches(root: Datum, opened: Opener) -> Iterator[_Patch]:
    for item in items_of(root.fields.get("patchesStrategicMerge")):
        bodies = inline(item) if is_block(item) or "\n" in item.value else opened(item.value, item)
        yield from (_Patch(body, None, item) for body in bodies if body.kind == "map")
    for key in ("patches", "patchesJson6902"):
        for item in items_of(root.fields.get(key)):
            if item.kind != "map":
                yield from (_Patch(body, None, item) for body in opened(item.value, item) if body.kind == "map")
                continue
            text, path = item.fields.get("patch"), item.fields.get("path")
            bodies = inline(text) if text is not None and text.value else ()
            if path is not None and path.value:
                bodies = tuple(opened(path.value, path))
            target = item.fields.get("target")
            yield from (_Patch(body, target, item) for body in bodies if body.kind in ("map", "list"))


def _is_for(patch: _Patch, resource: Resource) -> bool:
    if patch.target is not None:
        return _selects(patch.target, resource)
    body = patch.body
    namespace = body.text("metadata", "namespace")
    return (
        body.text("kind") == resource.kind
        and body.text("metadata", "name") in resource.names
        and (not namespace or namespace == resource.datum.text("metadata", "namespace"))
    )


def _selects(target: Datum, resource: Resource) -> bool:
    group, slash, version = resource.datum.text("apiVersion").rpartition("/")
    facts: Mapping[str, Sequence[str]] = {
        "kind": (resource.kind,),
        "name": tuple(resource.names),
        "namespace": (resource.datum.text("metadata", "namespace"),),
        "group": (group if slash else "",),
        "version": (version,),
    }
    for key, values in facts.items():
        wanted = target.text(key)
        if wanted and not any(_fits(wanted, value) for value in values):
            return False
    metadata = resource.datum.fields.get("metadata")
    for key, holder in (("labelSelector", "labels"), ("annotationSelector", "annotations")):
        labels = fields_of(metadata.fields.get(holder)) if metadata is not None else {}
        if target.text(key) and not _has_labels(target.text(key), labels):
            return False
    return True


def _fits(pattern: str, value: str) -> bool:
    """A plain name, or a regular expression of the simple kind: anything else fits nothing."""
    if pattern == value:
        return True
    if len(pattern) > 200 or len(_REPEATS.findall(pattern)) > 3 or _NESTED.search(pattern):  # could take for ever
        return False
    try:
        return re.fullmatch(pattern, value[:253]) is not None
    except re.error:
        return False


def _has_labels(selector: str, labels: Mapping[str, Datum]) -> bool:
    for part in selector.split(","):
        key, equals, value = part.replace("==", "=").partition("=")
        is_other = key.endswith("!")
        key = key.rstrip("!").strip()
        found = labels.get(key)
        if equals and (found is not None and found.value == value.strip()) is is_other:
            return False
        if not equals and key and found is None:
            return False
    return True


def _applied(resource: Resource, patch: _Patch, known: Objects, notes: list[str]) -> Resource | None:
    try:
        if patch.body.kind == "list":
            return resource.changed(json_patch(resource.datum, patch.body))
    except PatchError as error:
        notes.append(f"{_where(patch.body)}: the patch does not fit {resource.kind} {_name(resource)}: {error}")
        return resource
    datum = strategic(resource.datum, _without_identity(patch.body), known)
    return None if datum is None else resource.changed(datum)


def _without_identity(patch: Datum) -> Datum:
    """A patch does not rename what it is laid over, unless it is told to."""
    metadata = patch.fields.get("metadata")
    fields = {key: value for key, value in patch.fields.items() if key not in ("apiVersion", "kind")}
    if metadata is not None and metadata.kind == "map":
        kept = {key: value for key, value in metadata.fields.items() if key not in ("name", "namespace")}
        fields["metadata"] = metadata._replace(fields=kept, items=tuple(kept.values()))
    return patch._replace(fields=fields, items=tuple(fields.values()))


def _name(resource: Resource) -> str:
    return resource.datum.text("metadata", "name")
