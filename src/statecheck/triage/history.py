"""What git holds: commits, the paths of a tree or of the index, and contents by their id. Nothing is checked out."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from statecheck import git

HISTORY_HINT = "fetch the history (actions/checkout: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`; by hand: `git fetch {}`)"
_FILES = ("100644", "100755")  # neither links nor submodules
_SHORT = 10


class HistoryError(Exception):
    """Git cannot say what was asked. The text is one line."""


class Repository(Struct, frozen=True):
    """A repository, asked from ``folder``: paths are relative to the folder, and only what lies below it counts."""

    folder: Path
    shared: Path  # the folder of git's that all work trees have in common
    is_shallow: bool
    index: Path | None = None  # read in the place of the usual one


def repository(folder: Path) -> Repository:
    """The repository around a folder. Raises HistoryError."""
    words = ("rev-parse", "--is-shallow-repository", "--absolute-git-dir", "--git-common-dir")
    shallow, own, shared = git.text(_asked(folder, words)).splitlines()
    return Repository(folder, folder / shared, shallow == "true", _committed_index(Path(own)))


def _committed_index(own: Path) -> Path | None:
    """``git commit FILE`` and ``git commit -a`` show their hooks an index of their own, which lies in git's folder."""
    name = os.environ.get("GIT_INDEX_FILE")
    path = Path(os.path.realpath(name)) if name else None
    return path if path and path.is_file() and Path(os.path.realpath(own)) in path.parents else None


def merge_base(repo: Repository, ref: str) -> str:
    """The commit at which HEAD left ``ref``. Raises HistoryError, with advice for clones that lack history."""
    commit = head(repo)
    if commit is None:
        raise HistoryError("HEAD has no commit yet: there is nothing to compare with")
    other = _commit(repo, ref)
    if other is None:
        raise HistoryError(f'git knows no commit "{ref}"; {_hint(repo)}')
    done = _run(repo.folder, ("merge-base", other, commit))
    if done.returncode != 0:
        raise HistoryError(f'"{ref}" and HEAD have no commit in common; {_hint(repo)}')
    return git.text(done.stdout).split()[0]


def head(repo: Repository) -> str | None:
    """The commit that is checked out; None before the first one."""
    return _commit(repo, "HEAD")


def short(commit: str) -> str:
    """A commit for people."""
    return commit[:_SHORT]


def files_of(repo: Repository, commit: str) -> dict[str, str]:
    """The ids of the regular files of a commit, by path. Raises HistoryError."""
    found: dict[str, str] = {}
    for row in _rows(_asked(repo.folder, ("ls-tree", "-r", "-z", commit))):
        (mode, _, blob), path = row
        if mode in _FILES:
            found[path] = blob
    return found


def files_of_index(repo: Repository) -> dict[str, str]:
    """The ids of the regular files that are staged, by path. Raises HistoryError."""
    found: dict[str, str] = {}
    for (mode, blob, stage), path in _rows(_asked(repo.folder, ("ls-files", "-s", "-z"), repo.index)):
        if stage != "0":
            raise HistoryError(f"{path}: a merge conflict is not resolved")
        if mode in _FILES:
            found[path] = blob
    return found


def unpack(repo: Repository, blobs: Collection[str], folder: Path) -> None:
    """Write contents, raw, each to a file that is named by its id. Raises HistoryError when git lacks one."""
    if not blobs:
        return
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{blob}\n" for blob in sorted(blobs)).encode())
        asked.seek(0)
        call = git.command("cat-file", "--batch")
        with subprocess.Popen(
            call, cwd=repo.folder, env=git.environment(), stdin=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            for _ in blobs:
                _unpack_next(process.stdout, folder)


def _unpack_next(stream: IO[bytes], folder: Path) -> None:
    """The next answer: "id blob size", the content, a newline."""
    words = git.text(stream.readline()).split()
    if len(words) != 3 or words[1] != "blob":
        name = f"the content {short(words[0])}" if words else "some content"
        raise HistoryError(f"git does not have {name}: the clone is partial; fetch it whole (without --filter)")
    left = int(words[2])
    with (folder / words[0]).open("wb") as out:
        while left > 0:
            piece = stream.read(min(left, 1 << 20))
            if not piece:
                raise HistoryError("git stopped in the middle of a content")
            out.write(piece)
            left -= len(piece)
    stream.read(1)


def _rows(data: bytes) -> list[tuple[list[str], str]]:
    """Rows "word word word<tab>path"."""
    rows = [row.partition("\t") for row in git.text(data).split("\0") if row]
    return [(words.split(" "), path) for words, _, path in rows]


def _commit(repo: Repository, ref: str) -> str | None:
    if not ref or ref.startswith("-"):  # no reference has such a name, and git would take it for an option
        return None
    done = _run(repo.folder, ("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"))
    return git.text(done.stdout).strip() if done.returncode == 0 else None


def _hint(repo: Repository) -> str:
    return "in CI, " + HISTORY_HINT.format("--unshallow" if repo.is_shallow else "origin")


def _asked(folder: Path, words: Sequence[str], index: Path | None = None) -> bytes:
    """What git prints. Raises HistoryError with git's own reason."""
    done = _run(folder, words, index)
    if done.returncode == 0:
        return done.stdout
    reason = next(iter(git.text(done.stderr).splitlines()), "").removeprefix("fatal: ")
    if reason.startswith("not a git repository"):
        raise HistoryError(f"{folder}: is not in a git repository")
    raise HistoryError(f"git cannot be asked: {reason or f'exit code {done.returncode}'}")


def _run(folder: Path, words: Sequence[str], index: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return git.run(folder, words, index)
    except subprocess.TimeoutExpired:
        raise HistoryError(f"git {words[0]} took longer than {git.TIMEOUT} s") from None
    except OSError as error:
        raise HistoryError(f"git cannot be run: {error.strerror or error}") from None
