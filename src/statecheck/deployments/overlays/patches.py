"""Patches of Kubernetes objects: strategic merge patches and JSON patches. What they set keeps the patch's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from statecheck.deployments.overlays.objects import Objects
from statecheck.deployments.overlays.values import fields_of, items_of, renamed, with_fields, with_items
from statecheck.deployments.tree import Datum

_DIRECTIVE = "$patch"

# What tells items of a list from each other, by the key of the list; other lists are replaced as a whole.
MergeKeys = Mapping[str, Sequence[str]]


class PatchError(Exception):
    """A step of a JSON patch that does not fit the object."""


def strategic(base: Datum, patch: Datum, known: Objects) -> Datum | None:
    """The object with a strategic merge patch laid over it, ``None`` where the patch deletes it."""
    if patch.text(_DIRECTIVE) == "delete":
        return None
    return _strategic(base, patch, known.merge_keys if base.text("kind") in known.merged else {})


def _strategic(base: Datum, patch: Datum, merge_keys: MergeKeys) -> Datum:
    if base.kind != "map" or patch.kind != "map":
        return patch
    if patch.text(_DIRECTIVE) == "replace":
        return _plain(patch)
    fields = dict(base.fields)
    for key, value in patch.fields.items():
        if key.startswith("$"):
            continue
        below = fields.get(key)
        if value.kind == "null" or value.text(_DIRECTIVE) == "delete":
            fields.pop(key, None)
        elif below is None:
            fields[key] = _plain(value)
        elif key in merge_keys and below.kind == "list" and value.kind == "list":
            fields[key] = _lists(below, value, key, merge_keys)
        else:
            fields[key] = _strategic(below, value, merge_keys)
    return with_fields(base, fields)


def _plain(patch: Datum) -> Datum:
    """What a patch adds, without its directives."""
    if patch.kind == "map":
        kept = {key: _plain(value) for key, value in patch.fields.items() if not key.startswith("$")}
        same = len(kept) == len(patch.fields) and all(value is patch.fields[key] for key, value in kept.items())
        return patch if same else with_fields(patch, kept)
    if patch.kind == "list":
        before = items_of(patch)
        items = [_plain(item) for item in before if item.text(_DIRECTIVE) != "delete"]
        same = len(items) == len(before) and all(new is old for new, old in zip(items, before, strict=True))
        return patch if same else with_items(patch, items)
    return patch


def _lists(base: Datum, patch: Datum, name: str, merge_keys: MergeKeys) -> Datum:
    """Items merged by their key. Those of the patch come first, in its order, as the tool has it."""
    over = items_of(patch)
    rest = [item for item in over if item.fields.keys() != {_DIRECTIVE}]
    if len(rest) < len(over):  # "$patch: replace" for the list as a whole
        return _plain(with_items(patch, rest))
    keys = merge_keys[name]
    key = next((key for key in keys if any(key in item.fields for item in over)), keys[0])
    below = {item.text(key) or f"#{number}": item for number, item in enumerate(items_of(base))}
    items: list[Datum] = []
    for item in over:
        found = below.pop(item.text(key), None) if item.text(key) else None
        if item.text(_DIRECTIVE) != "delete":
            items.append(_plain(item) if found is None else _strategic(found, item, merge_keys))
    return with_items(base, [*items, *below.values()])


def json_patch(base: Datum, operations: Datum) -> Datum:
    """The object after the steps of a JSON patch. Raises PatchError at the first that does not fit."""
    for step in items_of(operations):
        kind, path = step.text("op"), _pointer(step.text("path"))
        value = step.fields.get("value")
        if kind in ("move", "copy"):
            source = _pointer(step.text("from"))
            value = _found(base, source)
            if kind == "move":
                base = _changed(base, source, None, "remove")
            base = _changed(base, path, value, "add")
        elif kind in ("add", "replace", "remove"):
            if value is None and kind != "remove":
                raise PatchError("a step without a value")
            base = _changed(base, path, value, kind)
        elif kind != "test":
            raise PatchError(f'"{kind}" is no step of a patch')
    return base


def _pointer(text: str) -> list[str]:
    if not text.startswith("/"):
        raise PatchError(f'"{text}" is no path')
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _found(datum: Datum, path: Sequence[str]) -> Datum:
    for key in path:
        if datum.kind == "list":
            datum = items_of(datum)[_index(datum, key, 1)]
        elif key in fields_of(datum):
            datum = datum.fields[key]
        else:
            raise PatchError(f'nothing at "{key}"')
    return datum


def _index(datum: Datum, key: str, room: int) -> int:
    """The index that a step names in a list; ``room`` is 0 where it may stand behind the last."""
    length = len(items_of(datum))
    if key == "-":
        return length
    if not key.isdecimal() or len(key) > 6 or int(key) > length - room:
        raise PatchError(f'nothing at "{key}"')
    return int(key)


def _changed(datum: Datum, path: Sequence[str], value: Datum | None, kind: str) -> Datum:
    """The tree with the value at ``path`` added, replaced or removed."""
    key, rest = path[0], path[1:]
    if datum.kind == "list":
        items = list(items_of(datum))
        at = _index(datum, key, 0 if kind == "add" and not rest else 1)
        if rest:
            if at >= len(items):
                raise PatchError(f'nothing at "{key}"')
            items[at] = _changed(items[at], rest, value, kind)
        elif kind == "add" and value is not None:
            items.insert(at, renamed(value, ""))
        elif at >= len(items):
            raise PatchError(f'nothing at "{key}"')
        else:
            items[at : at + 1] = [renamed(value, "")] if value is not None else []
        return with_items(datum, items)
    fields = dict(fields_of(datum))
    if datum.kind != "map" or (key not in fields and (rest or kind != "add")):
        raise PatchError(f'nothing at "{key}"')
    if rest:
        fields[key] = _changed(fields[key], rest, value, kind)
    elif value is None:
        del fields[key]
    else:
        fields[key] = renamed(value, key)
    return with_fields(datum, fields)
