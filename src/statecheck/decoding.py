"""Tables of TOML as typed data: every error names the key, and file and line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct

from statecheck import toml

Path = tuple[str | int, ...]


class SettingsError(Exception):
    """Settings that cannot be used. The text is one line: where, and what is wrong."""


class Source(Struct, frozen=True):
    """A table of settings, where it stands in its document, and how to name a place in it."""

    document: toml.Document
    prefix: tuple[str, ...] = ()
    name: str = ""  # for text from the command line, instead of file and line

    @property
    def table(self) -> Any:
        """The table; what stands in its place where it is none; an empty one where nothing does."""
        table: Any = self.document.data
        for key in self.prefix:
            table = table.get(key, {}) if isinstance(table, dict) else table
        return table

    def place(self, *keys: str | int) -> str:
        """Where a key stands: file and line, or the option of the command line."""
        return self.name or f"{self.document.path}:{self.document.line_of(*self.prefix, *keys)}"

    def error(self, message: str, *keys: str | int) -> SettingsError:
        """The error of a key."""
        return SettingsError(f"{self.place(*keys)}: {message}")


def decode_table(source: Source, type_: type[Struct]) -> dict[str, Any]:
    """The keys of the table as the fields of ``type_`` want them, by their names in TOML. Raises SettingsError."""
    if not isinstance(source.table, dict):
        raise source.error(f"expected a table, got {_got(source.table)}")
    types = {info.encode_name: info.type for info in msgspec.structs.fields(type_)}
    values = {}
    for key, value in source.table.items():
        if key not in types:
            raise source.error(f'unknown key "{key}"{did_you_mean(key, types)}', key)
        values[key] = _convert(source, value, types[key], (key,))
    return values


def _convert(source: Source, value: Any, type_: Any, path: Path) -> Any:
    """``value`` as ``type_``. Walks containers itself, because an error must name the exact key."""
    type_ = without_none(type_)
    origin, args = get_origin(type_), get_args(type_)
    if origin is dict and isinstance(value, dict):
        return {key: _convert(source, item, args[1], (*path, key)) for key, item in value.items()}
    if origin is tuple and isinstance(value, list):
        return tuple(_convert(source, item, args[0], (*path, position)) for position, item in enumerate(value))
    if is_struct(type_) and isinstance(value, dict):
        return _struct(source, value, type_, path)
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError:
        raise source.error(mismatch(path, value, type_), *path) from None


def _struct(source: Source, table: dict[str, Any], type_: type[Struct], path: Path) -> Struct:
    fields = {info.encode_name: info for info in msgspec.structs.fields(type_)}
    for key in table:
        if key not in fields:
            raise source.error(f'{spell(path)}: unknown key "{key}"{did_you_mean(key, fields)}', *path, key)
    for key, info in fields.items():
        if info.default is NODEFAULT and info.default_factory is NODEFAULT and not table.get(key):
            raise source.error(f'{spell(path)}: "{key}" is missing', *path)
    return type_(**{
        fields[key].name: _convert(source, item, fields[key].type, (*path, key)) for key, item in table.items()
    })  # fmt: skip


def is_struct(type_: Any) -> bool:
    """Is the type a table with keys of its own?"""
    return isinstance(type_, type) and issubclass(type_, Struct)


def without_none(type_: Any) -> Any:
    """TOML has no null: ``X | None`` is written as X."""
    if type(None) not in get_args(type_):
        return type_
    kept = tuple(arg for arg in get_args(type_) if arg is not type(None))
    return Union[kept]  # noqa: UP007 - built at run time


def spell(path: Path) -> str:
    """A key path as TOML writes it: ``entry-points[0].names``."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += ("." if text else "") + spell_key(key)
    return text


def spell_key(key: str) -> str:
    """One key as TOML writes it."""
    return (
        key if key.isascii() and key.replace("-", "").replace("_", "").isalnum() else msgspec.json.encode(key).decode()
    )


_NAMES = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "an array",
    tuple: "an array",
}


def mismatch(path: Path, value: Any, type_: Any) -> str:
    """The error about a value that is not of its type, with the word that was meant where that can be told."""
    known = get_args(type_) if get_origin(type_) is Literal and isinstance(value, str) else ()
    return f"{spell(path)}: expected {_expected(type_)}, got {_got(value)}{did_you_mean(str(value), known)}"


def _expected(type_: Any) -> str:
    origin, args = get_origin(type_), get_args(type_)
    if origin is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in args)
    if origin is Annotated:
        return f"{_expected(args[0])} of at least {args[1].ge}"
    if origin is tuple:
        return f"an array of {'tables' if is_struct(args[0]) else 'strings' if args[0] is str else 'values'}"
    if origin in (Union, UnionType):
        return _one_of(args)
    return _NAMES.get(origin or type_, "a table")


def _one_of(types: tuple[Any, ...]) -> str:
    """The types of a value that may be of several: "a string, integer or boolean"."""
    number = "number" if float in types else "integer" if int in types else ""
    words = ["string" if str in types else "", number, "boolean" if bool in types else ""]
    words.append("array of strings" if tuple[str, ...] in types else "")
    *first, last = filter(None, words)
    return f"a {', '.join(first)} or {last}"


def _got(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if value.isprintable() and len(value) <= 60 else "a long string"
    return str(value) if isinstance(value, int | float) else _NAMES.get(type(value), "a date or time")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown word: ', did you mean "x"?', or nothing."""
    near = get_close_matches(word, list(known), n=1)
    return f', did you mean "{near[0]}"?' if near else ""
