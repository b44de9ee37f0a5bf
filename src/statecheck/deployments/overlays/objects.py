"""What the models say of the kinds of objects, as the tools that change objects ask it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from statecheck.rules.schema import Model

Path = tuple[str, ...]


class Objects(NamedTuple):
    """The rows of all models together; :class:`statecheck.rules.platforms.ObjectSchema` explains each."""

    merged: frozenset[str]
    merge_keys: Mapping[str, tuple[str, ...]]
    unnamed: frozenset[str]
    cluster: frozenset[str]
    scaled: frozenset[str]
    templated: frozenset[str]
    selectors: Mapping[str, tuple[Path, ...]]
    references: Mapping[tuple[str, str], str]


def objects(models: Iterable[Model]) -> Objects:
    """What the models know."""
    rows = [row for model in models for row in model.object_schemas]
    return Objects(
        frozenset(kind for row in rows for kind in row.merged),
        {key: items for row in rows for key, items in row.merge_keys.items()},
        frozenset(kind for row in rows for kind in row.unnamed),
        frozenset(kind for row in rows for kind in (*row.unnamed, *row.cluster)),
        frozenset(kind for row in rows for kind in row.scaled),
        frozenset(kind for row in rows for kind in row.templated),
        {
            kind: tuple(tuple(path.split(".")) for path in paths)
            for row in rows
            for kind, paths in row.selectors.items()
        },
        {
            (path.partition(".")[0], path.partition(".")[2]): kind
            for row in rows
            for path, kind in row.references.items()
        },
    )
