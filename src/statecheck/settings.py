"""Settings: ``[tool.statecheck]`` of pyproject.toml, or ``statecheck.toml``, and what the command line lays over them.

All globs follow the rules of .gitignore and are relative to the project root.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from statecheck import toml
from statecheck.decoding import SettingsError, Source, decode_table, did_you_mean, spell
from statecheck.model import Level, Phase

__all__ = [
    "OWN_FILES", "Loaded", "OptionValue", "Profile", "Settings", "SettingsError", "Stack", "TaughtEntryPoint",
    "did_you_mean", "has_mark", "load", "origins", "package", "settings_in", "settled", "stack",
]  # fmt: skip

Profile = Literal["service", "worker", "library", "single-process"]
OptionValue = bool | int | float | str | tuple[str, ...]

TEST_PATHS = (
    "tests/",
    "test/",
    "testing/",
    "testutils/",
    "test_utils/",
    "_tests/",
    "test_*.py",
    "*_test.py",
    "*_tests.py",
    "tests.py",
    "conftest.py",
)
MIGRATION_PATHS = ("migrations/", "alembic/versions/")
OWN_FILES = ("statecheck.toml", ".statecheck.toml")
PROJECT_MARKS = (*OWN_FILES, "pyproject.toml", "setup.py", "setup.cfg", "manage.py")

_MOST_GAP = 2  # folders without __init__.py that still belong to the package above them


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

    extend: str | None = None  # another settings file below this one, relative to the file that names it
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
    cache_dir: str | None = None  # a folder, relative to the root; None: the default one
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


class Stack(NamedTuple):
    """The tables that settings are made of, weakest first, and the root they speak of."""

    layers: tuple[Source, ...]
    root: Path
    source: Path | None  # the file they start from


def load(start: Path, config: Path | None = None, isolated: bool = False, overrides: Sequence[str] = ()) -> Loaded:
    """Find and read the settings for ``start`` (a file or folder to be checked).

    ``overrides`` are "key=value" with a TOML value and beat the file. The root is the folder of the settings, else of
    git, else the nearest that looks like a project's, else the one from which the topmost package is imported. Raises
    SettingsError.
    """
    return settled(stack(start, config, isolated, overrides))


def settled(found: Stack) -> Loaded:
    """The layers as one. Raises SettingsError."""
    return Loaded(_merged(found.layers), found.root, found.source)


def stack(start: Path, config: Path | None = None, isolated: bool = False, overrides: Sequence[str] = ()) -> Stack:
    """What ``load`` reads, before it is put together. Raises SettingsError."""
    start = Path(os.path.realpath(start))
    folder = start if start.is_dir() else start.parent
    try:
        found = None if isolated else _find(folder)
        source = _explicit(config) if config else found
        # A file given by hand may lie anywhere; it is the root only of a tree it stands in.
        anchor = source if source and source.document.path.parent in (folder, *folder.parents) else found
        layers = [*(_chain(source) if source else ()), *(_override(text) for text in overrides)]
    except toml.TomlError as error:
        raise SettingsError(str(error)) from None
    root = anchor.document.path.parent if anchor else _git_root(folder) or _marked(folder) or package(folder)[0]
    return Stack(tuple(layers), root, source.document.path if source else None)


def origins(layers: Sequence[Source]) -> Mapping[str, tuple[str, ...]]:
    """Where each key that was set comes from: ``severities.secret`` → ``("…/pyproject.toml:7",)``."""
    found: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        for keys in _set_in(layer.table):
            before = found.get(spell(keys), ()) if _adds_up(keys[0]) else ()
            found[spell(keys)] = (*before, layer.place(*keys))
    return found


def _set_in(table: Any, *keys: str) -> Iterator[tuple[str, ...]]:
    """The keys of everything that is no table."""
    if isinstance(table, dict) and (table or not keys):
        for key, inner in table.items():
            yield from _set_in(inner, *keys, key)
    else:
        yield keys


def _find(folder: Path) -> Source | None:
    """The nearest settings going up; statecheck.toml before pyproject.toml of the same folder."""
    return next((found for parent in (folder, *folder.parents) if (found := settings_in(parent))), None)


def settings_in(folder: Path) -> Source | None:
    """The settings that stand in this very folder. Raises TomlError."""
    for name in OWN_FILES:
        if (folder / name).is_file():
            return Source(toml.read(folder / name))
    project = folder / "pyproject.toml"
    if project.is_file() and _mentions_us(project):
        source = _explicit(project)
        return source if source.table != {} else None
    return None


def _mentions_us(path: Path) -> bool:
    """Spares parsing (and errors of) project files that cannot hold our table."""
    try:
        return b"statecheck" in path.read_bytes()
    except OSError:
        return False


def _explicit(path: Path) -> Source:
    path = Path(os.path.realpath(path))
    document = toml.read(path)
    return Source(document, ("tool", "statecheck") if path.name == "pyproject.toml" else ())


def _chain(source: Source) -> list[Source]:
    """The file and those it extends, the farthest first."""
    chain = [source]
    while (given := _extended(chain[-1])) is not None:
        path = Path(os.path.realpath(chain[-1].document.path.parent / given))
        if path in (layer.document.path for layer in chain):
            names = " -> ".join(layer.document.path.name for layer in (*chain, Source(toml.Document(path, "", {}))))
            raise chain[-1].error(f"extend: the files extend one another in a circle: {names}", "extend")
        if not path.is_file():
            raise chain[-1].error(f'extend: there is no file "{given}"', "extend")
        chain.append(_explicit(path))
        if chain[-1].prefix and chain[-1].table == {}:
            raise chain[-2].error(f'extend: "{given}" has no [tool.statecheck]', "extend")
    return chain[::-1]


def _extended(layer: Source) -> str | None:
    given = layer.table.get("extend") if isinstance(layer.table, dict) else None
    return given if isinstance(given, str) else None  # anything else is refused with the other values


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


def _override(text: str) -> Source:
    name = f"--config '{text}'"
    key, _, value = text.partition("=")
    try:
        document = toml.parse(text, Path("--config"))
    except toml.TomlError:
        bare = value.strip(" '\"")
        example = f'{key.strip()}="{bare}"'
        raise SettingsError(f"{name}: the value is not valid TOML; a string needs quotes: '{example}'") from None
    return Source(document, (), name)


def _merged(layers: Sequence[Source]) -> Settings:
    values: dict[str, Any] = {}
    last = max((at for at, layer in enumerate(layers) if not layer.name), default=-1)  # the file that was found
    for at, layer in enumerate(layers):
        decoded = decode_table(layer, Settings)
        if layer.name and "extend" in decoded:
            raise layer.error("extend can only stand in a file; use --config FILE")
        if at < last and "rule-paths" in decoded:  # of a file elsewhere: meant from there
            folder = layer.document.path.parent
            decoded["rule-paths"] = tuple(os.path.join(folder, path) for path in decoded["rule-paths"])
        for key, value in decoded.items():
            values[key] = (*values.get(key, ()), *value) if _adds_up(key) else _over(values.get(key), value)
    values.pop("extend", None)  # done
    names = {info.encode_name: info.name for info in msgspec.structs.fields(Settings)}
    return Settings(**{names[key]: value for key, value in values.items()})


def _adds_up(key: str) -> bool:
    """Do the lists of all layers count, not only the last one?"""
    return key.startswith("extend-")


def _over(old: Any, new: Any) -> Any:
    """Tables are merged key by key; anything else is replaced."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{key: _over(old.get(key), value) for key, value in new.items()}}
