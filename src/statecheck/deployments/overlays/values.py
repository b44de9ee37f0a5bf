"""Small steps on trees that every overlay needs. Whatever they make keeps the place of what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from statecheck.deployments.tree import Datum
from statecheck.facts.documents import commands
from statecheck.facts.documents.commands import SHELL
from statecheck.facts.documents.nodes import REMARK

RESET, OVERRIDE = TAGS = ("!reset", "!override")  # values of mappings, lists and unknown values that bear these tags


def with_fields(base: Datum, fields: Mapping[str, Datum]) -> Datum:
    """The mapping with other fields. A tag stays."""
    value = base.value if base.value in TAGS else "" if fields else "{}"
    return base._replace(kind="map", value=value, fields=fields, items=tuple(fields.values()))


def with_items(base: Datum, items: Iterable[Datum]) -> Datum:
    """The list with other items; of a list that is a command, the line that they make is made again."""
    found = tuple(items)
    value = base.value if base.value in TAGS else "" if found else "[]"
    made = base._replace(kind="list", value=value, fields={}, items=found)
    if SHELL not in base.fields or not found:
        return made
    words = [item.value if item.kind == "value" and item.value else "?" for item in found]
    line = base.fields[SHELL]._replace(
        value=commands.joined(words), location=found[0].location, templated=any(item.templated for item in found)
    )
    return made._replace(items=(*found, line), fields={SHELL: line})


def items_of(datum: Datum | None) -> tuple[Datum, ...]:
    """The items of a list, without what the reader added; nothing for all else."""
    if datum is None or datum.kind != "list":
        return ()
    return tuple(item for item in datum.items if not item.key) if datum.fields else datum.items


def fields_of(datum: Datum | None) -> Mapping[str, Datum]:
    """The fields of a mapping; nothing for all else."""
    return datum.fields if datum is not None and datum.kind == "map" else {}


def texts_of(datum: Datum | None) -> tuple[Datum, ...]:
    """A scalar, or the scalars of a list."""
    if datum is None:
        return ()
    return tuple(each for each in (datum, *items_of(datum)) if each.kind == "value" and each.value)


def scalar(at: Datum, text: str, key: str | None = None) -> Datum:
    """A plain value at the place of another; a command gets its line."""
    made = at._replace(kind="value", value=text, fields={}, items=(), key=at.key if key is None else key)
    if SHELL in at.fields and "\n" not in text.strip():
        line = at.fields[SHELL]._replace(kind="value", value=text.strip(), templated=at.templated)
        return made._replace(items=(line,), fields={SHELL: line})
    return made


def unknown(at: Datum) -> Datum:
    """A value that nobody knows, at the place of another."""
    return at._replace(kind="unknown", value="", fields={}, items=(), templated=True)


def renamed(datum: Datum, key: str) -> Datum:
    """The same under another key."""
    return datum if datum.key == key else datum._replace(key=key)


def mapped(datum: Datum, change: Callable[[Datum], Datum]) -> Datum:
    """Every scalar of the tree changed; what is the same stays the same object."""
    if datum.kind == "map":
        fields = {key: mapped(below, change) for key, below in datum.fields.items()}
        if all(below is datum.fields[key] for key, below in fields.items()):
            return datum
        return with_fields(datum, fields)
    if datum.kind == "list":
        before = items_of(datum)
        items = [mapped(item, change) for item in before]
        return datum if all(new is old for new, old in zip(items, before, strict=True)) else with_items(datum, items)
    if datum.key == REMARK:
        return datum
    return change(datum)


def put(datum: Datum, keys: Sequence[str], value: Datum) -> Datum:
    """The mapping with a value below ``keys``; mappings that are missing are made, at the place of the value."""
    first, rest = keys[0], keys[1:]
    below = datum.fields.get(first)
    if rest:
        inner = below if below is not None and below.kind == "map" else Datum("map", "{}", value.location, key=first)
        value = put(inner, rest, value)
    return with_fields(datum, {**fields_of(datum), first: renamed(value, first)})
