"""Variables in Compose files: ``$NAME``, ``${NAME}``, ``${NAME:-default}``, ``${NAME:?error}``, ``${NAME:+other}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from statecheck.deployments.overlays.values import fields_of, mapped, scalar, unknown
from statecheck.deployments.tree import Datum

_START = re.compile(r"\$(?:(?P<escape>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?P<how>:?[-?+])?)")
_WHOLE = re.compile(r"\$(?:[A-Za-z_]\w*|\{[^{}$]*\})\Z")
_NESTED = 8  # defaults within defaults that are followed

Variables = Mapping[str, Datum]  # values of an ``.env`` file by name


class _Text(NamedTuple):
    text: str
    known: bool = True
    source: Datum | None = None  # the variable that gives the whole text


def variables_of(document: Datum | None) -> Variables:
    """The variables that an ``.env`` file sets."""
    return {key: datum for key, datum in fields_of(document).items() if datum.kind == "value"}


def interpolated(datum: Datum, variables: Variables) -> Datum:
    """The tree with its variables replaced by what is set, or by their defaults. Others stay as they are written."""
    return mapped(datum, lambda each: _replaced(each, variables))


def settled(datum: Datum) -> Datum:
    """A value that is nothing but one variable becomes unknown."""
    return unknown(datum) if datum.kind == "value" and _WHOLE.match(datum.value) else datum


def _replaced(datum: Datum, variables: Variables) -> Datum:
    if datum.kind != "value" or "$" not in datum.value:
        return datum
    found = _expanded(datum.value, variables, 0)
    at = datum._replace(templated=True, location=found.source.location if found.source else datum.location)
    return scalar(at, found.text)


def _expanded(text: str, variables: Variables, depth: int) -> _Text:
    parts: list[str] = []
    done, known = 0, True
    source: Datum | None = None
    while match := _START.search(text, done):
        end = match.end()
        if match["name"]:
            close = _close(text, end)
            if close < 0:
                break
            rest, end = text[match.end() : close], close + 1
        else:
            rest = ""
        parts.append(text[done : match.start()])
        value = _Text("$") if match["escape"] else _value(match, rest, variables, depth)
        parts.append(value.text if value.known else text[match.start() : end])
        known = known and value.known
        source = value.source if match.start() == 0 and end == len(text) else None
        done = end
    parts.append(text[done:])
    return _Text("".join(parts), known, source)


def _close(text: str, start: int) -> int:
    """Where the brace that is open at ``start`` closes, -1 for nowhere."""
    depth = 1
    for at in range(start, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
    return -1


def _value(match: re.Match[str], rest: str, variables: Variables, depth: int) -> _Text:
    how = match["how"] or ""
    if rest and not how:
        return _Text("", False)  # no form that Compose knows
    set_ = variables.get(match["plain"] or match["name"])
    here = set_ is not None and bool(set_.value or not how.startswith(":"))
    if how.endswith("+"):
        return _default(rest, variables, depth) if here else _Text("")
    if set_ is not None and here:
        return _Text(set_.value, True, set_)
    return _default(rest, variables, depth) if how.endswith("-") else _Text("", False)


def _default(text: str, variables: Variables, depth: int) -> _Text:
    if "$" not in text:
        return _Text(text)
    return _expanded(text, variables, depth + 1) if depth < _NESTED else _Text("", False)
