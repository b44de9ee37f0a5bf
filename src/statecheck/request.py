"""What is asked of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from statecheck.discovery import Tree, discover
from statecheck.model import BaselineEntry
from statecheck.settings import Settings
from statecheck.timing import Timed, untimed

if TYPE_CHECKING:
    from concurrent.futures import Executor

Progress = Callable[[str, int, int], None]
Keep = Callable[[object], None]


class Request(NamedTuple):
    """What to check. ``paths`` (absolute) filter the report, never the analysis; empty: everything below ``root``."""

    root: Path
    paths: tuple[Path, ...] = ()
    settings: Settings = Settings()
    jobs: int | None = None
    plugins: tuple[str, ...] = ()
    progress: Progress | None = None
    baseline: tuple[BaselineEntry, ...] | None = None  # known findings; None: compare with nothing
    replaced: Mapping[str, Path] = MappingProxyType({})  # files whose content is read from another place
    tree: Tree | None = None  # what to check; None: what is found on the disk
    base: Tree | None = None  # an older state of the tree: its findings are known as well
    against: str = ""  # what ``base`` is, for people
    cache: Path | None = None  # the folder of what is kept between runs
    timed: Timed = untimed  # told when each phase begins
    executor: Executor | None = None  # extracts in the place of our own processes
    keep: Keep | None = None  # of a process that ends soon: keeps alive what takes long to free


def find_files(request: Request) -> Tree:
    """The files of the project, and those given by hand."""
    with request.timed("discover"):
        return request.tree or discover(request.root, request.settings, request.paths, request.replaced)
