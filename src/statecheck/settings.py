"""Settings: ``[tool.statecheck]`` of pyproject.toml, or ``statecheck.toml``, and what the command line lays over them.

All globs follow the rules of .gitignore and are relative to the project root.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, field

from statecheck import toml
from statecheck.model import Level, Phase

Profile = Literal["service", "worker", "library", "single-process"]
OptionValue = bool | int | float | str | tuple[str, ...]

TEST_PATHS = ("tests/", "test/", "testing/", "test_*.py", "*_test.py", "tests.py", "conftest.py")
MIGRATION_PATHS = ("migrations/", "alembic/versions/")
PROJECT_MARKS = ("statecheck.toml", "pyproject.toml", "setup.py", "setup.cfg", "manage.py")


_MOST_GAP = 2  # folders without __init__.py that still belong to the package above them


class SettingsError(Exception):
    """Settings that cannot be used. The text is one line: where, and what is wrong."""


class TaughtEntryPoint(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A team's own wrapper through which a framework calls their code.

    match = "decorator": the decorated function is called. "function": the function with this name is. "call": the
    function given as ``argument`` (or at 0-based ``position``). "subclass": the ``methods`` of every subclass.
    "attribute": a function assigned to it. "setting": dotted strings under this key.
    """

    names: tuple[str, ...]  # dotted: "shop.web.endpoint"
    match: Literal["decorator", "call", "subclass", "attribute", "setting", "function"] = "decorator"
    phase: Phase = "request"
    argument: str = ""
    position: int | None = None
    methods: tuple[str, ...] = ()


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Everything a project can say about its own check.

    Rules are given by name, code, code prefix ("STC1"), family, or "ALL".
    """

    select: tuple[str, ...] = ()  # empty: every stable rule
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_severity: Level = "medium"
    min_confidence: Level = "medium"
    fail_on: Level = "medium"
    exclude: tuple[str, ...] | None = None  # None: the default excludes
    extend_exclude: tuple[str, ...] = ()
    per_file_ignores: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rule_paths: tuple[str, ...] = ()
    respect_gitignore: bool = True
    test_paths: tuple[str, ...] = TEST_PATHS
    migration_paths: tuple[str, ...] = MIGRATION_PATHS
    jobs: Annotated[int, Meta(ge=1)] | None = None  # None: as many as there are cores
    profile: Profile | None = None
    baseline: str | None = None  # a file, relative to the root; None: the default one, if it is there
    require_reason: bool = False  # every suppressing comment must say why
    entry_points: tuple[TaughtEntryPoint, ...] = ()
    request_scoped: tuple[str, ...] = ()
    process_safe: tuple[str, ...] = ()
    storage_api: tuple[str, ...] = ()
    startup: tuple[str, ...] = ()
    severities: dict[str, Level] = field(default_factory=dict)
    rules: dict[str, dict[str, OptionValue]] = field(default_factory=dict)


class Loaded(Struct, frozen=True):
    """Settings, the absolute folder they speak of, and the file they came from (None: defaults)."""

    settings: Settings
    root: Path
    source: Path | None


def load(start: Path, config: Path | None = None, isolated: bool = False, overrides: Sequence[str] = ()) -> Loaded:
    """Find and read the settings for ``start`` (a file or folder to be checked).

    ``overrides`` are "key=value" with a TOML value and beat the file. The root is the folder of the settings, else of
    git, else the nearest that looks like a project's, else the one from which the topmost package is imported. Raises
    SettingsError.
    """
    start = Path(os.path.realpath(start))
    folder = start if start.is_dir() else start.parent
    try:
        found = None if isolated else _find(folder)
        source = _explicit(config) if config else found
        # A file given by hand may lie anywhere; it is the root only of a tree it stands in.
        anchor = source if source and source.document.path.parent in (folder, *folder.parents) else found
        settings = _decode(source, [_override(text) for text in overrides])
    except toml.TomlError as error:
        raise SettingsError(str(error)) from None
    root = anchor.document.path.parent if anchor else _git_root(folder) or _marked(folder) or package(folder)[0]
    return Loaded(settings, root, source.document.path if source else None)


class _Source(Struct, frozen=True):
    """A table of settings, where it stands in its document, and how to name a place in it."""

    document: toml.Document
    prefix: tuple[str, ...]
    name: str = ""  # for text from the command line, instead of file and line

    @property
    def table(self) -> Any:
        table: Any = self.document.data
        for key in self.prefix:
            table = table.get(key, {}) if isinstance(table, dict) else table
        return table

    def error(self, message: str, *keys: str | int) -> SettingsError:
        place = self.name or f"{self.document.path}:{self.document.line_of(*self.prefix, *keys)}"
        return SettingsError(f"{place}: {message}")


def _find(folder: Path) -> _Source | None:
    """The nearest settings going up; statecheck.toml before pyproject.toml of the same folder."""
    for parent in (folder, *folder.parents):
        own, project = parent / "statecheck.toml", parent / "pyproject.toml"
        if own.is_file():
            return _Source(toml.read(own), ())
        if project.is_file() and _mentions_us(project):
            source = _explicit(project)
            if source.table != {}:
                return source
    return None


def _mentions_us(path: Path) -> bool:
    """Spares parsing (and errors of) project files that cannot hold our table."""
    try:
        return b"statecheck" in path.read_bytes()
    except OSError:
        return False


def _explicit(path: Path) -> _Source:
    path = Path(os.path.realpath(path))
    document = toml.read(path)
    return _Source(document, ("tool", "statecheck") if path.name == "pyproject.toml" else ())


def _git_root(folder: Path) -> Path | None:
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def has_mark(folder: Path) -> bool:
    """Does the folder look like the top of a project?"""
    return any((folder / name).is_file() for name in PROJECT_MARKS)


def _marked(folder: Path) -> Path | None:
    """The nearest folder that looks like a project's. The home folder may hold such files, and much else."""
    parents = (folder, *folder.parents)
    home = Path(os.path.realpath(os.path.expanduser("~")))
    return next((parent for parent in parents if parent != home and has_mark(parent)), None)


def package(folder: Path) -> tuple[Path, Path]:
    """Where imports of code in ``folder`` start, and the topmost package on the way; outside one, both ``folder``."""
    top, gap = None, 0
    for parent in (folder, *folder.parents[:-1]):
        if (parent / "__init__.py").is_file():
            top, gap = parent, 0
        elif (gap := gap + 1) > _MOST_GAP:
            break
    return (top.parent, top) if top else (folder, folder)


def _override(text: str) -> _Source:
    name = f"--config '{text}'"
    key, _, value = text.partition("=")
    try:
        document = toml.parse(text, Path("--config"))
    except toml.TomlError:
        bare = value.strip(" '\"")
        example = f'{key.strip()}="{bare}"'
        raise SettingsError(f"{name}: the value is not valid TOML; a string needs quotes: '{example}'") from None
    return _Source(document, (), name)


def _decode(source: _Source | None, overrides: Sequence[_Source]) -> Settings:
    values: dict[str, Any] = {}
    for layer in [*([source] if source else []), *overrides]:
        if not isinstance(layer.table, dict):
            raise layer.error(f"expected a table, got {_got(layer.table)}")
        for key, value in layer.table.items():
            decoded = _decode_key(layer, key, value)
            old = values.get(key)
            values[key] = {**old, **decoded} if isinstance(old, dict) and isinstance(decoded, dict) else decoded
    names = {info.encode_name: info.name for info in msgspec.structs.fields(Settings)}
    return Settings(**{names[key]: value for key, value in values.items()})


def _decode_key(source: _Source, key: str, value: Any) -> Any:
    types = {info.encode_name: info.type for info in msgspec.structs.fields(Settings)}
    if key not in types:
        raise source.error(f'unknown key "{key}"{did_you_mean(key, types)}', key)
    return _convert(source, value, types[key], (key,))


def _convert(source: _Source, value: Any, type_: Any, path: tuple[str | int, ...]) -> Any:
    """``value`` as ``type_``. Walks containers itself, because an error must name the exact key."""
    type_ = _without_none(type_)
    origin, args = get_origin(type_), get_args(type_)
    if origin is dict and isinstance(value, dict):
        return {key: _convert(source, item, args[1], (*path, key)) for key, item in value.items()}
    if origin is tuple and isinstance(value, list):
        return tuple(_convert(source, item, args[0], (*path, position)) for position, item in enumerate(value))
    if type_ is TaughtEntryPoint and isinstance(value, dict):
        return _entry_point(source, value, path)
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError:
        hint = did_you_mean(value, args) if origin is Literal and isinstance(value, str) else ""
        raise source.error(f"{_spell(path)}: expected {_expected(type_)}, got {_got(value)}{hint}", *path) from None


def _entry_point(source: _Source, table: dict[str, Any], path: tuple[str | int, ...]) -> TaughtEntryPoint:
    types = {info.encode_name: info.type for info in msgspec.structs.fields(TaughtEntryPoint)}
    for key in table:
        if key not in types:
            raise source.error(f'{_spell(path)}: unknown key "{key}"{did_you_mean(key, types)}', *path, key)
    if not table.get("names"):
        raise source.error(f'{_spell(path)}: "names" is missing', *path)
    return TaughtEntryPoint(**{key: _convert(source, item, types[key], (*path, key)) for key, item in table.items()})


def _without_none(type_: Any) -> Any:
    """TOML has no null: ``X | None`` is written as X."""
    if type(None) not in get_args(type_):
        return type_
    kept = tuple(arg for arg in get_args(type_) if arg is not type(None))
    return Union[kept]  # noqa: UP007 - built at run time


def _spell(path: tuple[str | int, ...]) -> str:
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += ("." if text else "") + (key if key.replace("-", "").replace("_", "").isalnum() else f'"{key}"')
    return text


_NAMES = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "an array",
}


def _expected(type_: Any) -> str:
    origin, args = get_origin(type_), get_args(type_)
    if origin is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in args)
    if origin is Annotated:
        return f"{_expected(args[0])} of at least {args[1].ge}"
    if origin is tuple:
        return "an array of strings" if args[0] is str else "an array of tables"
    if origin in (Union, UnionType):
        return "a string, number, boolean or array of strings"
    return _NAMES.get(origin or type_, "a table")


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
