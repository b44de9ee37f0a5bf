"""Paths into documents, as ``[[platform]]`` writes them: keys joined by "."; ``*`` is any, ``/…/`` a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from statecheck.deployments.tree import Datum
from statecheck.facts.documents.commands import SHELL

_STEP = re.compile(r'"([^"]*)"|(/.+/)|([^.]+)')


def select(start: Datum, path: str) -> list[Datum]:
    """The values at a path; "" and "." are the start. A key of a list is looked for in its items."""
    found = [start]
    for key, pattern in _steps(path):
        found = [below for datum in found for below in _below(datum, key, pattern)]
    return found


def first(start: Datum, paths: Iterable[str]) -> Datum | None:
    """The value at the first of the paths that leads to one."""
    return next((found[0] for path in paths if (found := select(start, path))), None)


def text(start: Datum, paths: Iterable[str]) -> str:
    """The scalar at the first of the paths that leads to one, else ""."""
    for path in paths:
        for found in select(start, path):
            if found.kind == "value" and found.value:
                return found.value
    return ""


def pairs(datum: Datum | None) -> dict[str, Datum]:
    """Variables: a mapping, a list of ``NAME=value``, or a list of mappings with ``name`` (``key``) and ``value``."""
    found: dict[str, Datum] = {}
    for each in datum.items if datum is not None else ():
        name = each.text("name") or each.text("key") or each.text("Name")
        value = each.at("value") or each.at("Value")
        if name and value is not None:
            found[name] = value
        elif each.key and each.key != SHELL:
            found[each.key] = each
        elif each.kind == "value" and "=" in each.value:
            key, _, said = each.value.partition("=")
            found[key.strip()] = each._replace(value=said)
    return found


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[tuple[str, re.Pattern[str] | None], ...]:
    if path in ("", "."):
        return ()
    steps = []
    for quoted, pattern, plain in _STEP.findall(path):
        steps.append((quoted or plain, re.compile(pattern[1:-1]) if pattern else None))
    return tuple(steps)


def _below(datum: Datum, key: str, pattern: re.Pattern[str] | None) -> Iterator[Datum]:
    if pattern is not None:
        yield from (item for item in datum.items if pattern.fullmatch(item.key))
    elif key == "*":
        yield from (item for item in datum.items if item.key != SHELL)
    elif key in datum.fields:
        yield from (item for item in datum.items if item.key == key)  # a table of TOML can be written in pieces
    else:
        for item in datum.items:
            if not item.key and (inner := item.fields.get(key)) is not None:
                yield inner
