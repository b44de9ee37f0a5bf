"""TOML of a rule pack into its structs. Errors say file, line and what was meant."""

from __future__ import annotations

import re
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from statecheck import toml
from statecheck.settings import did_you_mean

T = TypeVar("T")
Path = tuple[str | int, ...]

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


def spell(keys: Path) -> str:
    """A key path as a reader would write it: ``form[2].when[0].regex``."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _explain(document: toml.Document, type_: type, text: str) -> PackError:
    found = _AT.search(text)
    message = text[: found.start()] if found else text
    keys, inner = _follow(document.data, type_, found["path"] if found else "")
    if field := _FIELD.search(message):
        names = [info.encode_name for info in msgspec.structs.fields(inner)] if _is_struct(inner) else []
        if field["what"] == "unknown":
            keys = (*keys, field["name"])
            return error(document, f'unknown key "{field["name"]}"{did_you_mean(field["name"], names)}', *keys)
        return error(document, f'"{spell((*keys, field["name"]))}" is missing', *keys)
    value = _value(document.data, keys)
    return error(document, f"{spell(keys)}: expected {_expected(inner)}, got {_got(value)}{_hint(value, inner)}", *keys)


def _follow(data: Any, type_: Any, path: str) -> tuple[Path, Any]:
    """The keys of the parser's path, and the type expected there. "[...]" is any key of a table: find which."""
    keys: list[str | int] = []
    for name, index, anything in (match.groups() for match in _STEP.finditer(path)):
        type_ = _without_none(type_)
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
    return tuple(keys), _without_none(type_)


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


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, msgspec.Struct)


def _without_none(type_: Any) -> Any:
    args = [arg for arg in get_args(type_) if arg is not type(None)]
    return args[0] if get_origin(type_) in (Union, UnionType) and len(args) == 1 else type_


_SPELLED = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "an array",
    tuple: "an array",
}


def _expected(type_: Any) -> str:
    origin, args = get_origin(type_), get_args(type_)
    if origin is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in args)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_expected(arg) for arg in args))
    if origin is tuple:
        return f"an array of {'tables' if _is_struct(args[0]) else 'strings' if args[0] is str else 'values'}"
    return _SPELLED.get(origin or type_, "a table")


def _got(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if value.isprintable() and len(value) <= 60 else "a long string"
    return str(value) if isinstance(value, int | float) else _SPELLED.get(type(value), "a date or time")


def _hint(value: Any, type_: Any) -> str:
    return did_you_mean(value, get_args(type_)) if get_origin(type_) is Literal and isinstance(value, str) else ""
