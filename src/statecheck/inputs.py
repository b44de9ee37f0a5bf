"""Everything that a report depends on, as one key: what is equal here gives the same report, byte for byte.

Left out is only what cannot change a report: how many processes work, where the cache is, what is printed and how.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from hashlib import blake2b
from os.path import normpath
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from statecheck import __version__
from statecheck.discovery import Tree
from statecheck.facts.content import hashed, read
from statecheck.request import Request
from statecheck.rules.location import default_pack_path, sources
from statecheck.settings import Settings

Stamp = tuple[int, ...]
_METADATA = (".dist-info", ".egg-info")  # folders named after an installed distribution and its version


class _Origin(Struct):
    """What is asked of the file ``direct_url.json`` of a distribution."""

    dir_info: dict[str, object] = {}


class Inputs(NamedTuple):
    """``key`` tells inputs apart by content. ``stamps`` also tell that a file was changed and changed back."""

    key: bytes
    stamps: tuple[Stamp, ...]


def inputs(request: Request, tree: Tree) -> Inputs | None:
    """What a check of ``tree`` depends on, as it is now; None where something of it cannot be told."""
    stamps: list[Stamp] = []
    try:
        parts = (
            __version__,
            _own(),
            sys.version,
            _installed(),
            [_plugin(name) for name in sorted(request.plugins)],
            [_pack(Path(normpath(request.root / path))) for path in request.settings.rule_paths],
            _judging(request.settings),
            str(request.root),
            sorted(path.relative_to(request.root).as_posix() for path in request.paths),
            request.baseline,
            request.against,
            _tree(tree, stamps),
            None if request.base is None else _tree(request.base, stamps),
        )
        return Inputs(hashed(msgspec.msgpack.encode(parts)), tuple(stamps))
    except (OSError, ValueError, LookupError, msgspec.MsgspecError):
        return None


def _tree(tree: Tree, stamps: list[Stamp]) -> list[object]:
    """The files with their parts and contents. Raises OSError, ValueError."""
    rows: list[object] = [tree.problems]
    for file in tree.files:
        place = tree.replaced.get(file.path) or f"{tree.root}/{file.path}"
        stamps.append(_stamp(os.stat(place)))
        rows.append((file, hashed(read(os.fspath(place)))))
    return rows


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def _judging(settings: Settings) -> Settings:
    """The settings without those that only say how to go about it, or what the exit code is."""
    return replace(settings, jobs=None, cache_dir=None, fail_on="medium", baseline=None, extend=None)


def _own() -> tuple[bytes, bytes]:
    """Our own code and rules: a checkout changes without its version."""
    package = Path(__file__).parent
    code = sorted(path for path in package.rglob("*") if path.suffix in (".py", ".so", ".pyd"))
    return _content(package, code), _pack(default_pack_path())


def _pack(root: Path) -> bytes:
    return _content(root, sources(root))


def _content(base: Path, paths: Iterable[Path]) -> bytes:
    """One hash for files below ``base`` with their names, and the names of folders. Raises OSError."""
    digest = blake2b(digest_size=20)
    for path in paths:
        data = b"" if path.is_dir() else path.read_bytes()
        digest.update(b"%s\0%d\0" % (os.fsencode(os.path.relpath(path, base)), len(data)))
        digest.update(data)
    return digest.digest()


def _installed() -> list[str]:
    """What is installed beside us: another parser may read a file in another way."""
    found: set[str] = set()
    for folder in sys.path:
        try:
            found.update(name for name in os.listdir(folder or ".") if name.endswith(_METADATA))
        except OSError:
            found.add(folder)  # an archive, or nothing at all
    return sorted(found)


def _plugin(name: str) -> tuple[str, bytes]:
    """Version and code of a plug-in. Raises LookupError where they are not known: under development, for example."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise LookupError(name) from None
    origin = msgspec.json.decode(found.read_text("direct_url.json") or "{}", type=_Origin)
    if found.files is None or found.read_text("RECORD") is None or origin.dir_info.get("editable"):
        raise LookupError(name)
    base = Path(str(found.locate_file("")))
    return found.version, _content(base, sorted(base / file for file in found.files if file.suffix != ".pyc"))
