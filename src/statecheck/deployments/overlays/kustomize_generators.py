"""ConfigMaps and Secrets that a kustomization makes of literals and ``.env`` files, or adds to those of its base."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from statecheck.deployments.overlays.kustomize_changes import Resource, resource
from statecheck.deployments.overlays.values import fields_of, items_of, renamed, texts_of, with_fields
from statecheck.deployments.tree import Datum

_GENERATORS = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))


def with_generated(
    resources: Sequence[Resource], root: Datum, opened: Callable[[str, Datum], Sequence[Datum]]
) -> list[Resource]:
    """The objects with those that are generated. Names get no hash: it stands for the content, which is here."""
    found = list(resources)
    for key, kind in _GENERATORS:
        for item in items_of(root.fields.get(key)):
            name, behavior = item.text("name"), item.text("behavior")
            if not name:
                continue
            data = dict(_data(item, opened))
            at = next((at for at, each in enumerate(found) if each.kind == kind and name in each.names), None)
            if at is None or behavior not in ("merge", "replace"):
                found.append(resource(_object(item, kind, data)))
                continue
            known = fields_of(found[at].datum.fields.get("data")) if behavior == "merge" else {}
            holder = Datum("map", "{}", item.location, key="data")
            merged = with_fields(holder, {**known, **data})
            base = found[at].datum
            found[at] = found[at].changed(with_fields(base, {**base.fields, "data": merged}))
    return found


def _data(item: Datum, opened: Callable[[str, Datum], Sequence[Datum]]) -> Iterator[tuple[str, Datum]]:
    for name in (*texts_of(item.fields.get("envs")), *texts_of(item.fields.get("env"))):
        for document in opened(name.value, name):
            yield from ((key, each) for key, each in fields_of(document).items() if each.kind == "value")
    for name in texts_of(item.fields.get("files")):
        key = name.value.partition("=")[0].rpartition("/")[2]
        yield key, Datum("unknown", "", name.location, key=key, templated=True)
    for literal in texts_of(item.fields.get("literals")):
        key, _, value = literal.value.partition("=")
        yield key, literal._replace(value=_unquoted(value), key=key, fields={}, items=())


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _object(item: Datum, kind: str, data: Mapping[str, Datum]) -> Datum:
    place = item.location
    metadata = {key: renamed(each, key) for key, each in fields_of(item).items() if key in ("name", "namespace")}
    fields: Mapping[str, Datum] = {
        "apiVersion": Datum("value", "v1", place, key="apiVersion"),
        "kind": Datum("value", kind, place, key="kind"),
        "metadata": with_fields(Datum("map", "", place, key="metadata"), metadata),
        "data": with_fields(Datum("map", "{}", place, key="data"), data),
    }
    return with_fields(Datum("map", "", place), fields)
