"""Where rule packs lie, and what is read of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def default_pack_path() -> Path:
    """The folder of our own pack: inside the package when installed, the checkout's ``rules/`` in a checkout."""
    inside = shipped()
    return inside if inside.is_dir() else inside.parents[3] / "rules"


def shipped() -> Path:
    """The folder of our own pack in an installed package, whether or not it is there."""
    return Path(__file__).resolve().parent / "pack"


def folders(root: Path) -> list[Path]:
    """The folders of families and models in a pack, or those of rules in a family."""
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))


def sources(root: Path) -> Iterator[Path]:
    """Everything below ``root`` that decides what a pack holds: its folders, and the files in them. Raises OSError."""
    for folder in folders(root):
        yield folder  # one that belongs to no family is an error
        for place in (folder, *folders(folder)):
            yield from sorted(path for path in place.iterdir() if path.suffix in (".toml", ".md"))
