"""YAML that stands as text in a document, with its places in the file that holds it."""

from __future__ import annotations

import msgspec

from statecheck.deployments.overlays.values import items_of
from statecheck.deployments.tree import Datum, trees
from statecheck.facts.documents import yaml


def inline(text: Datum) -> tuple[Datum, ...]:
    """The documents that a text holds. Lines are right where it is a block (``|``); columns are not known."""
    facts = yaml.read(text.value.encode("utf-8", "replace"))
    first = text.location.end_line if is_block(text) else text.location.line - 1
    return tuple(_moved(datum, text, first) for datum in trees(text.location.path, facts))


def is_block(text: Datum) -> bool:
    """Does the text begin on the line below its key? A block's span ends with its ``|``: the text has no room in it."""
    place = text.location
    return place.line == place.end_line and place.end_column - place.column < len(text.key) + len(text.value)


def _moved(datum: Datum, home: Datum, first: int) -> Datum:
    line = datum.location.line + first
    place = msgspec.structs.replace(datum.location, line=line, column=1, end_line=line, end_column=2)
    fields = {key: _moved(below, home, first) for key, below in datum.fields.items()}
    if datum.kind == "list":
        items = (*(_moved(item, home, first) for item in items_of(datum)), *fields.values())
        return datum._replace(location=place, fields=fields, items=items)
    return datum._replace(location=place, fields=fields, items=tuple(fields.values()))
