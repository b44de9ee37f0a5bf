"""What a command line speaks of: which files, of which project, under which settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from statecheck.cli import COMMANDS
from statecheck.cli.guard import UsageError, write
from statecheck.decoding import Source
from statecheck.settings import Loaded, Settings, SettingsError, did_you_mean, settings_in, settled, stack
from statecheck.toml import TomlError


class Target(NamedTuple):
    """``paths`` are absolute, resolved and below ``loaded.root``. ``layers`` are what the settings were read from.

    ``replaced``: files of the project (relative to the root) whose content is to be read from another place.
    ``overlooked``: settings of some of the paths that do not hold for all of them, and so not in this run.
    """

    loaded: Loaded
    paths: tuple[Path, ...]
    layers: tuple[Source, ...] = ()
    replaced: Mapping[str, Path] = MappingProxyType({})
    overlooked: tuple[Path, ...] = ()


def find_target(paths: Sequence[str], config: Sequence[str], isolated: bool) -> Target:
    """The project that holds all ``paths`` (default: the working directory). Raises UsageError, SettingsError."""
    given = paths or ["."]
    missing = [path for path in given if not os.path.exists(path)]
    if missing:
        raise UsageError(f"{', '.join(missing)}: no such file or folder{_meant(missing[0])}")
    resolved = [os.path.realpath(path) for path in given]
    # One project for one run: the settings are sought from where all paths meet.
    try:
        start = Path(resolved[0] if len(resolved) == 1 else os.path.commonpath(resolved))
    except ValueError:  # Windows drives
        raise UsageError(f"{', '.join(given)}: the paths have no folder in common") from None
    files, overrides = split_config(config)
    if len(files) > 1:
        raise UsageError(f"--config: only one file can be given, got {', '.join(map(str, files))}")
    found = stack(start, files[0] if files else None, isolated, overrides)
    places = tuple(Path(path) for path in resolved)
    overlooked = () if files or isolated else _overlooked(found.root, places)
    return Target(settled(found), places, found.layers, overlooked=overlooked)


def _overlooked(root: Path, places: Sequence[Path]) -> tuple[Path, ...]:
    """Settings between the root and one of several paths. A path by itself would have been asked for them."""
    folders = {place if place.is_dir() else place.parent for place in places if place != root}
    between = {each for folder in folders for each in (folder, *folder.parents) if root in each.parents}
    try:
        found = [settings_in(folder) for folder in sorted(between)] if len(places) > 1 else []
    except TomlError as error:
        raise SettingsError(str(error)) from None
    return tuple(source.document.path for source in found if source)


def _meant(word: str) -> str:
    """A mistyped command is taken for a path, because check is the default."""
    near = did_you_mean(word, COMMANDS) if word.isalpha() else ""
    return near.replace("did you mean", "did you mean the command") if near else ""


def split_config(values: Sequence[str]) -> tuple[list[Path], list[str]]:
    """``--config`` takes a file or "key=value"."""
    files = [Path(value) for value in values if "=" not in value or os.path.isfile(value)]
    return files, [value for value in values if Path(value) not in files]


def split_rules(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Comma lists that may be repeated; None when the option was not given."""
    if not values:
        return None
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def overlay(settings: Settings, **choices: object) -> Settings:
    """The settings under what was chosen on the command line; None leaves them as they are."""
    return msgspec.structs.replace(settings, **{name: value for name, value in choices.items() if value is not None})


def paths_to_report(target: Target, settings: Settings, force_exclude: bool) -> tuple[Path, ...]:
    """The given paths that hold anything to read: hooks pass whatever was committed."""
    from statecheck.discovery import discover, is_excluded, is_readable

    paths = tuple(path for path in target.paths if path.is_dir() or is_readable(path))
    if not force_exclude:
        return paths
    root = target.loaded.root
    kept = {root / file.path for file in discover(root, settings).files}
    kept |= {root / path for path in target.replaced if not is_excluded(path, settings)}
    return tuple(path for path in paths if path in kept or any(path in file.parents for file in kept))


def show_files(root: Path, settings: Settings, paths: tuple[Path, ...]) -> None:
    """List what would be read of what was asked for."""
    from statecheck.discovery import discover, within
    from statecheck.report.source import escape

    files = discover(root, settings, paths).files if paths else ()
    write("".join(f"{escape(file.path)}\n" for file in files if within(file.path, root, paths)), None)
