"""What is kept between runs, under keys of content: one SQLite file in a folder of its own.

A cache only saves time. Whatever is wrong with it (a full disk, a read-only tree, a corrupt or foreign file, another
run that writes), everything is worked out as if there were none. The clock decides only what is dropped.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from statecheck import __version__

if TYPE_CHECKING:
    import sqlite3

FOLDER: Final = ".statecheck_cache"
TAG: Final = "CACHEDIR.TAG"
DATABASE: Final = "facts-1.sqlite"  # another number where the tables are others
UNUSED_DAYS: Final = 30

_SIGNATURE: Final = "Signature: 8a477f597d28d172789f06886806bc55"  # of the Cache Directory Tagging Specification
_OUR_LINE: Final = "# Facts about Python files, kept by statecheck. `statecheck clean` removes them."
_GUARD: Final = 16  # bytes of a digest before each value
_AT_ONCE: Final = 500  # SQLite takes 999 parameters at least
_PATIENCE: Final = 2.0  # seconds to wait for another run that writes


class Table(NamedTuple):
    """One kind of what is kept, and how many bytes of it at most."""

    name: str
    most_bytes: int


FACTS: Final = Table("facts", 256 * 2**20)  # of Python files: 100,000 lines take about 8 MB
RUNS: Final = Table("runs", 32 * 2**20)  # reports: a thousand findings take about 1 MB


def salt() -> bytes:
    """What facts depend on besides the content: how we extract them, LibCST and Python."""
    digest = blake2b(f"{__version__} {sys.version_info[:2]}".encode(), digest_size=20)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    spec = importlib.util.find_spec("libcst")  # importing it takes longer than all the rest of a run
    if spec is None or spec.origin is None:
        raise OSError("LibCST is not there")
    digest.update(Path(spec.origin).with_name("_version.py").read_bytes())
    return digest.digest()


def key_of(content: bytes, salted: bytes) -> bytes:
    """Under what the facts of a file are kept. ``content`` is the hash of the file's bytes."""
    return blake2b(content, key=salted, digest_size=20).digest()


def is_foreign(folder: Path) -> bool:
    """Is there something else where the cache should be? Then we neither write there nor remove anything."""
    if folder.is_symlink() or (folder / DATABASE).is_symlink():
        return True  # a scanned tree must not lead us elsewhere
    try:
        if not folder.is_dir():
            return folder.exists()
        return _OUR_LINE not in _text(folder / TAG) and any(folder.iterdir())
    except OSError:
        return True


def recall(folder: Path, table: Table, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """What is kept (msgpack) under those keys that have anything."""
    if not _has_sqlite() or is_foreign(folder) or not (folder / DATABASE).is_file():
        return {}
    found: dict[bytes, bytes] = {}
    with _trouble_ignored(folder), _opened(folder) as database:
        today = _today()
        stale: list[tuple[int, bytes]] = []
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            places = ",".join("?" * len(part))
            rows = database.execute(f"SELECT key, used, value FROM {table.name} WHERE key IN ({places})", part)
            for key, used, value in rows:
                if isinstance(value, bytes) and value[:_GUARD] == _guard(key, value[_GUARD:]):
                    found[key] = value[_GUARD:]
                    if used != today:
                        stale.append((today, key))
        if stale:  # once a day, so that most runs only read
            with database:
                database.executemany(f"UPDATE {table.name} SET used = ? WHERE key = ?", stale)
    return found


def remember(folder: Path, table: Table, entries: Mapping[bytes, bytes]) -> None:
    """Keep values (msgpack) by their keys, and drop what was not used for long."""
    if not entries or not _has_sqlite() or is_foreign(folder):
        return
    with _trouble_ignored(folder):
        _prepare(folder)
        today = _today()
        rows = [(key, today, _guard(key, value) + value) for key, value in entries.items()]
        with _opened(folder) as database, database:
            name = table.name
            database.execute(f"CREATE TABLE IF NOT EXISTS {name} (key BLOB PRIMARY KEY, used INTEGER, value BLOB)")
            database.executemany(f"INSERT OR REPLACE INTO {name} VALUES (?, ?, ?)", rows)
            database.execute(f"DELETE FROM {name} WHERE used < ?", (today - UNUSED_DAYS,))
            _shrink(database, table)


def clean(folder: Path) -> int | None:
    """Remove the cache and give its size in bytes; None: there is none. Raises OSError; what is not ours stays."""
    if not folder.is_dir():
        return None
    ours = [folder / name for name in (DATABASE, f"{DATABASE}-journal", ".gitignore", TAG)]
    size = sum(path.stat().st_size for path in ours if path.exists())
    for path in ours:
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody put a file of their own there
        folder.rmdir()
    return size


def _prepare(folder: Path) -> None:
    """Make the folder, and tell backups and git to leave it alone."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {TAG: f"{_SIGNATURE}\n{_OUR_LINE}\n", ".gitignore": "*\n"}
    for name, text in texts.items():
        if _text(folder / name) != text:
            part = folder / f"{name}.{os.getpid()}"
            part.write_text(text, encoding="utf-8")
            part.replace(folder / name)


def _shrink(database: sqlite3.Connection, table: Table) -> None:
    """Down to three quarters of the limit once it is passed: the longest unused first. SQLite uses the space again."""
    name, limit = table
    total = database.execute(f"SELECT coalesce(sum(length(value)), 0) FROM {name}").fetchone()[0]
    if total <= limit:
        return
    for key, size in database.execute(f"SELECT key, length(value) FROM {name} ORDER BY used, rowid").fetchall():
        if total <= limit * 3 // 4:
            return
        database.execute(f"DELETE FROM {name} WHERE key = ?", (key,))
        total -= size


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection that is closed again: workers must not inherit it."""
    import sqlite3

    database = sqlite3.connect(folder / DATABASE, timeout=_PATIENCE)
    try:
        database.execute("PRAGMA synchronous = OFF")  # the digests show what a power cut left half-written
        database.execute("PRAGMA trusted_schema = OFF")
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def _trouble_ignored(folder: Path) -> Iterator[None]:
    """Go on without the cache, whatever is wrong. A file that is no database any more goes, for the next run's sake."""
    import sqlite3

    try:
        yield
    except (OSError, sqlite3.OperationalError, sqlite3.InterfaceError):
        return
    except sqlite3.DatabaseError:
        for name in (DATABASE, f"{DATABASE}-journal"):
            with contextlib.suppress(OSError):
                (folder / name).unlink()


def _has_sqlite() -> bool:
    """Some builds of Python have none."""
    return importlib.util.find_spec("_sqlite3") is not None


def _guard(key: bytes, value: bytes) -> bytes:
    return blake2b(value, key=key, digest_size=_GUARD).digest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _today() -> int:
    return int(time.time() // 86_400)
