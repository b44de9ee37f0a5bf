"""``statecheck clean``: remove what was kept between runs. Also: where that is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from statecheck.cli.guard import UsageError, complain, guarded, write
from statecheck.cli.options import CacheDir, Config, Debug, Isolated
from statecheck.cli.target import find_target
from statecheck.settings import Settings

ENVIRONMENT = "STATECHECK_CACHE_DIR"


def command(
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="The project, or something in it.")] = ".",
    cache_dir: CacheDir = None,
    config: Config = None,
    isolated: Isolated = False,
    debug: Debug = False,
) -> None:
    """Remove the facts and reports that were kept between runs.

    Only what statecheck wrote itself is removed.

    Exit codes: 0 there is no cache any more; 2 the folder is not ours, or cannot be removed.
    """

    def action() -> int:
        from statecheck.facts.cache import clean, is_foreign

        loaded = find_target([path], config or [], isolated).loaded
        folder = _place(loaded.root, loaded.settings, cache_dir)
        if is_foreign(folder):
            raise UsageError(f"{folder}: is no cache of statecheck; nothing was removed")
        try:
            size = clean(folder)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be removed: {error.strerror or error}") from None
        write(f"{folder}: {'there is no cache' if size is None else f'removed, {size / 1e6:.1f} MB'}\n", None)
        return 0

    raise typer.Exit(guarded(action, debug))


def cache_folder(root: Path, settings: Settings, given: Path | None = None, quiet: bool = False) -> Path | None:
    """The folder of the cache; None, with a warning, where something else is in its place."""
    from statecheck.facts.cache import is_foreign

    folder = _place(root, settings, given)
    if not is_foreign(folder):
        return folder
    if not quiet:
        complain(f"warning: {folder}: is no cache of statecheck, so nothing is kept between runs")
    return None


def _place(root: Path, settings: Settings, given: Path | None) -> Path:
    """The option, else the environment, else the setting, else the usual folder in the root."""
    from statecheck.facts.cache import FOLDER

    chosen = given or os.environ.get(ENVIRONMENT)
    return Path(os.path.abspath(chosen)) if chosen else root / (settings.cache_dir or FOLDER)
