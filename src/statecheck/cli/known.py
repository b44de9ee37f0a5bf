"""Which baseline a run is compared with."""

from __future__ import annotations

from pathlib import Path

from statecheck.cli.guard import UsageError
from statecheck.model import BaselineEntry
from statecheck.settings import Loaded, Settings


def baseline_path(loaded: Loaded, settings: Settings, given: Path | None) -> Path:
    """The file meant by the command line, else by the settings, else the usual one."""
    from statecheck.triage.entries import FILE

    return given if given is not None else loaded.root / (settings.baseline or FILE)


def known_entries(
    loaded: Loaded, settings: Settings, given: Path | None, without: bool
) -> tuple[BaselineEntry, ...] | None:
    """The entries to compare with; None where there is no baseline. One that was asked for must be there."""
    if without:
        if given is not None:
            raise UsageError("--baseline and --no-baseline cannot be given together")
        return None
    path = baseline_path(loaded, settings, given)
    if not path.exists():
        if given is None and settings.baseline is None:
            return None
        raise UsageError(f"{path}: there is no such baseline; statecheck baseline create makes one")
    return entries_in(path)


def entries_in(path: Path) -> tuple[BaselineEntry, ...]:
    """The entries of a file. Raises UsageError."""
    from statecheck.triage.entries import BaselineError, read

    try:
        return read(path)
    except BaselineError as error:
        raise UsageError(str(error)) from None
