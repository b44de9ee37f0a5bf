"""``--since`` and ``--staged``: what a run is compared with, read from git for as long as the run takes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from statecheck.cli.guard import UsageError
from statecheck.settings import Settings

if TYPE_CHECKING:
    from statecheck.triage.trees import Sides


def vet_comparison(staged: bool, from_stdin: bool, add_ignore: bool) -> None:
    """Raises UsageError for what cannot go with the index."""
    if staged and from_stdin:
        raise UsageError("--staged reads what is staged; it cannot be given with -")
    if staged and add_ignore:
        raise UsageError("--add-ignore changes files on the disk; it cannot be given with --staged")


@contextmanager
def compared_sides(
    root: Path,
    settings: Settings,
    paths: tuple[Path, ...],
    replaced: Mapping[str, Path],
    since: str | None,
    staged: bool,
) -> Iterator[Sides | None]:
    """The trees to compare; None where nothing is. Raises UsageError where git cannot tell."""
    if since is None and not staged:
        yield None
        return
    from statecheck.discovery import discover
    from statecheck.triage.history import HistoryError
    from statecheck.triage.trees import sides

    disk = discover(root, settings, paths, replaced)
    with tempfile.TemporaryDirectory(prefix="statecheck-") as folder:
        try:
            found = sides(disk, settings, since, staged, Path(os.path.realpath(folder)))
        except HistoryError as error:
            raise UsageError(f"{'--staged' if since is None else '--since'}: {error}") from None
        yield found
