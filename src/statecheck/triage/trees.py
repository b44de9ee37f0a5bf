"""Trees that git holds, in the shape of those on the disk. What is equal on both sides is read from the same place."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from statecheck.discovery import File, Tree, chosen
from statecheck.settings import Settings
from statecheck.triage.history import Repository, files_of, files_of_index, head, merge_base, repository, short, unpack

_MOST_BYTES = 64 * 2**20  # more is never analysed
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n")
_POINTER_BYTES = 1024
_NO_COMMIT = "the empty tree"


class Sides(NamedTuple):
    """Two trees to compare. ``against`` names the older one, for people."""

    head: Tree
    base: Tree
    against: str


class _Contents(NamedTuple):
    """Where contents lie on the disk: by path and git's id, by the id alone, and by SHA-256."""

    own: dict[tuple[str, str], Path]
    by_id: dict[str, Path]
    by_sha256: dict[str, Path]

    def place(self, path: str, blob: str) -> Path | None:
        """Where a content lies, best under its own path: there it has been read already."""
        return self.own.get((path, blob)) or self.by_id.get(blob)


def sides(disk: Tree, settings: Settings, since: str | None, staged: bool, folder: Path) -> Sides:
    """What to compare: ``disk``, or with ``staged`` the index, with the merge base of ``since`` and HEAD, or with HEAD.

    Contents that the disk does not hold are put into ``folder``. Raises HistoryError.
    """
    repo = repository(disk.root)
    commit = head(repo) if since is None else merge_base(repo, since)
    older = {} if commit is None else files_of(repo, commit)
    newer = _in_git(repo, files_of_index(repo), disk, settings, folder) if staged else disk
    base = _in_git(repo, older, newer, settings, folder)
    return Sides(newer, base, _named(since, commit))


def _named(since: str | None, commit: str | None) -> str:
    if commit is None:
        return _NO_COMMIT
    return f"HEAD ({short(commit)})" if since is None else f"{since} (merge base {short(commit)})"


def _in_git(repo: Repository, ids: Mapping[str, str], near: Tree, settings: Settings, folder: Path) -> Tree:
    """The tree of these files. What ``near`` holds as well is read where it lies there.

    Repositories inside this one are no matter of its history: both trees have them as they are.
    """
    known = {file.path: file for file in near.files}
    foreign = [file for file in near.files if _is_foreign(near.root, file.path)]
    picked = {file.path: file for file in chosen(near.root, ids, settings)}
    picked |= {path: known[path] for path in ids if path in known}  # given by hand, maybe: excluded, but read
    contents = _contents(near, picked.values(), ids)
    missing = {ids[path] for path in picked} - contents.by_id.keys()
    unpack(repo, missing, folder)
    places = {file.path: near.place(file.path) for file in foreign}
    for path in picked:
        place = _real(contents.place(path, ids[path]) or folder / ids[path], repo, contents)
        if place is not None:
            places[path] = place
    files = {file.path: file for file in (*picked.values(), *foreign) if file.path in places}
    return Tree(near.root, tuple(sorted(files.values())), near.problems, places)


def _is_foreign(root: Path, path: str) -> bool:
    folder = (root / path).parent
    while folder != root:
        if (folder / ".git").exists():
            return True
        folder = folder.parent
    return False


def _contents(near: Tree, picked: Iterable[File], ids: Mapping[str, str]) -> _Contents:
    """The contents of ``near``, and of the disk where the picked files would lie."""
    found = _Contents({}, {}, {})
    algorithm = "sha256" if any(len(blob) == 64 for blob in ids.values()) else "sha1"
    paths = dict.fromkeys([*(file.path for file in near.files), *(file.path for file in picked)])
    for path in paths:
        place = near.place(path)
        data = _data(place)
        if data is None:
            continue
        found.by_sha256.setdefault(hashlib.sha256(data).hexdigest(), place)
        for form in {data, data.replace(b"\r\n", b"\n")}:  # line ends may be converted on the way to the disk
            blob = _id(form, algorithm)
            found.own[path, blob] = place
            found.by_id.setdefault(blob, place)
    return found


def _id(data: bytes, algorithm: str) -> str:
    digest = hashlib.new(algorithm, b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def _data(place: Path) -> bytes | None:
    """The bytes of a regular file; a link or a pipe has none."""
    try:
        status = place.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES:
            return place.read_bytes()
    except (OSError, ValueError):
        pass
    return None


def _real(place: Path, repo: Repository, contents: _Contents) -> Path | None:
    """Where the content is, if this is only a pointer of Git LFS to it; None when it was never fetched."""
    try:
        if place.stat().st_size > _POINTER_BYTES:
            return place
        match = _POINTER.match(place.read_bytes())
    except OSError:
        return place
    if match is None:
        return place
    name = match[1].decode()
    stored = repo.shared / "lfs" / "objects" / name[:2] / name[2:4] / name
    return contents.by_sha256.get(name) or (stored if stored.is_file() else None)
