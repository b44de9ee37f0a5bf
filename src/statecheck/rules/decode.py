"""TOML of a rule pack into its structs. Errors say file, line and what was meant."""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from statecheck import toml
from statecheck.decoding import Path, did_you_mean, is_struct, mismatch, spell, without_none

T = TypeVar("T")

_AT = re.compile(r" - at `(?:key in )?\$(?P<path>.*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[(\.\.\.)\]")
_FIELD = re.compile(r"(?P<what>unknown|missing required) field `(?P<name>[^`]*)`")


class PackError(Exception):
    """A rule pack that cannot be used. The text is one line: "path:line: message"."""


def error(document: toml.Document, message: str, *keys: str | int) -> PackError:
    """An error at a key path of a document."""
    return PackError(f"{document.path}:{document.line_of(*keys)}: {message}")


def decode(document: toml.Document, type_: type[T]) -> T:
    """The document as a struct. Raises PackError."""
    try:
        return msgspec.convert(document.data, type_)
    except msgspec.ValidationError as problem:
        raise _explain(document, type_, str(problem)) from None


def _explain(document: toml.Document, type_: type, text: str) -> PackError:
    found = _AT.search(text)
    message = text[: found.start()] if found else text
    keys, inner = _follow(document.data, type_, found["path"] if found else "")
    if field := _FIELD.search(message):
        names = [info.encode_name for info in msgspec.structs.fields(inner)] if is_struct(inner) else []
        if field["what"] == "unknown":
            keys = (*keys, field["name"])
            return error(document, f'unknown key "{field["name"]}"{did_you_mean(field["name"], names)}', *keys)
        return error(document, f'"{spell((*keys, field["name"]))}" is missing', *keys)
    return error(document, mismatch(keys, _value(document.data, keys), inner), *keys)


def _follow(data: Any, type_: Any, path: str) -> tuple[Path, Any]:
    """The keys of the parser's path, and the type expected there. "[...]" is any key of a table: find which."""
    keys: list[str | int] = []
    for name, index, anything in (match.groups() for match in _STEP.finditer(path)):
        type_ = without_none(type_)
        if anything:
            value_type = get_args(type_)[1]
            key: str | int = next((key for key, value in data.items() if not _fits(value, value_type)), "")
            type_ = value_type
        elif index:
            key, type_ = int(index), get_args(type_)[0]
        else:
            key, type_ = name, _field_type(type_, name)
        keys.append(key)
        data = _value(data, (key,))
    return tuple(keys), without_none(type_)


def _field_type(type_: Any, name: str) -> Any:
    hints = get_type_hints(type_)
    return next((hints[info.name] for info in msgspec.structs.fields(type_) if info.encode_name == name), Any)


def _fits(value: Any, type_: Any) -> bool:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return True


def _value(data: Any, keys: Path) -> Any:
    for key in keys:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data
