"""Which files are read: the Python files and deployment documents below the project root, and the part each plays.

Nothing in the tree is run: git is asked with its hooks off. Symbolic links are never followed, so loops and links out
of the tree do no harm; what they point to inside the tree is found under its own name.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from statecheck import git
from statecheck.facts.formats import format_of
from statecheck.model import Problem
from statecheck.settings import Settings, has_mark, package

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Role = Literal["app", "test", "migration"]

ALWAYS_EXCLUDED = (".git/", ".hg/", ".svn/", "__pycache__/")
DEFAULT_EXCLUDES = (
    ".venv/", "venv/", "site-packages/", "node_modules/", "__pypackages__/", "build/", "_build/", "dist/", "buck-out/",
    ".tox/", ".nox/", ".eggs/", "*.egg-info/", ".direnv/", ".pyenv/", ".pants.d/", ".ipynb_checkpoints/", ".terraform/",
    ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".pytype/", ".hypothesis/", ".statecheck_cache/",
    "_vendor/", "_vendored/", "vendored/",  # code of others, as in site-packages; "vendor" may be a shop's
)  # fmt: skip
PYTHON_SUFFIXES = (".py", ".pyw")  # stubs (.pyi) hold no state


class File(Struct, frozen=True, order=True):
    """A file to read. ``format`` is a guess from a document's name ("yaml", "hcl", "nginx" …), "" for Python."""

    path: str  # relative to the root, with "/"
    kind: Literal["python", "document"]
    role: Role
    format: str = ""


class Tree(Struct, frozen=True):
    """Everything below ``root`` that is read, sorted by path, and what could not be looked at."""

    root: Path
    files: tuple[File, ...]
    problems: tuple[Problem, ...] = ()
    replaced: Mapping[str, Path] = {}  # files whose content lies elsewhere: an editor has not saved them

    def place(self, path: str) -> Path:
        """Where the content of a file lies."""
        return self.replaced.get(path) or self.root / path


def discover(
    root: Path, settings: Settings, given: Sequence[Path] = (), replaced: Mapping[str, Path] = MappingProxyType({})
) -> Tree:
    """All files of the project at ``root`` (an absolute, resolved folder), ``replaced`` ones whether or not they exist.

    ``given`` are absolute paths from the command line. They do not narrow the tree (see ``within``), but what they name
    is read even if it is excluded or ignored.
    """
    problems: list[Problem] = []
    paths: set[str] = set()
    for base in _bases(root, given):
        prefix = "" if base == root else f"{base.relative_to(root).as_posix()}/"
        paths.update(prefix + inner for inner in _listed(base, settings, problems))
    for path in given:
        relative = path.relative_to(root).as_posix()
        if relative in replaced:
            continue
        if path.is_file():
            paths.update(_valid_names([relative], problems))
        elif relative != "." and not any(found.startswith(f"{relative}/") for found in paths):
            paths.update(f"{relative}/{inner}" for inner in _listed(path, settings, problems, walk=True))
    by_hand = {path.relative_to(root).as_posix() for path in given if path.is_file()}
    files = _classified(root, paths | set(replaced), settings, by_hand)
    return Tree(root, files, tuple(dict.fromkeys(problems)), replaced)


def chosen(root: Path, paths: Iterable[str], settings: Settings) -> tuple[File, ...]:
    """Which of the paths of a tree that is not on the disk ``discover`` would read there; ignored ones are in none."""
    return _classified(root, set(_kept(list(paths), settings, [])), settings, set())


def _classified(root: Path, paths: set[str], settings: Settings, by_hand: set[str]) -> tuple[File, ...]:
    is_test, is_migration = matcher(settings.test_paths), matcher(settings.migration_paths)
    files = []
    for relative in sorted(paths):
        kind, format_ = _kind(root, relative, relative in by_hand)
        if kind:
            role: Role = "test" if is_test(relative) else "migration" if is_migration(relative) else "app"
            files.append(File(relative, kind, role, format_))
    return tuple(files)


def is_excluded(path: str, settings: Settings) -> bool:
    """Do the settings leave out the file with this relative path?"""
    return _excludes(settings).match_file(path)


def is_project(root: Path) -> bool:
    """Is the folder the top of something, and not just where a file happens to lie?"""
    return _has_git(root) or has_mark(root)


def _bases(root: Path, given: Sequence[Path]) -> list[Path]:
    """The folders to list: the project. Where nothing marks one, the packages given: they may meet in the disk."""
    if not given or is_project(root):
        return [root]
    folders = {package(path if path.is_dir() else path.parent)[1] for path in given}
    return sorted(folder for folder in folders if not folders.intersection(folder.parents))


def within(path: str, root: Path, given: Sequence[Path]) -> bool:
    """Is the relative ``path`` one of the paths given, or below one? Everything is when none was given."""
    names = [item.relative_to(root).as_posix() for item in given]
    return not names or any(name in (".", path) or path.startswith(f"{name}/") for name in names)


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test of relative paths against patterns as in .gitignore."""
    lines = tuple(patterns)
    if not lines:
        return lambda _: False
    return _spec(lines).match_file


def is_readable(path: Path) -> bool:
    """Would this file, given by hand, be read: is it Python, or a deployment document by its name?"""
    return bool(_kind(path.parent, path.name, by_hand=True)[0])


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


def _kind(root: Path, relative: str, by_hand: bool) -> tuple[Literal["python", "document", ""], str]:
    name = relative.rpartition("/")[2].lower()
    if name.endswith(PYTHON_SUFFIXES):
        return "python", ""
    format_ = format_of(relative)
    if format_:
        return "document", format_
    if by_hand and "." not in name and _is_python_script(root / relative):
        return "python", ""
    return "", ""


def _is_python_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first


def _listed(root: Path, settings: Settings, problems: list[Problem], walk: bool = False) -> Iterator[str]:
    """Paths of the regular files below ``root`` that are neither ignored nor excluded."""
    in_git = settings.respect_gitignore and not walk
    paths = list(_git(root, problems)) if in_git and _has_git(root) else []
    if paths:
        yield from _kept(paths, settings, problems)
    else:  # no git, or a folder that git ignores as a whole
        walked = _walk(root, _excludes(settings), settings.respect_gitignore, problems)
        yield from _valid_names(walked, problems)


def _kept(paths: Sequence[str], settings: Settings, problems: list[Problem]) -> Iterator[str]:
    """The paths that could matter and are not excluded."""
    excluded = _excludes(settings)
    environments = tuple(path[: -len("pyvenv.cfg")] for path in paths if path.endswith("/pyvenv.cfg"))
    for path in _valid_names(paths, problems):
        if _could_matter(path) and not path.startswith(environments) and not excluded.match_file(path):
            yield path


def _excludes(settings: Settings) -> GitIgnoreSpec:
    patterns = DEFAULT_EXCLUDES if settings.exclude is None else settings.exclude
    return _spec([*ALWAYS_EXCLUDED, *patterns, *settings.extend_exclude])


def _could_matter(path: str) -> bool:
    """A cheap test before the patterns: most files of a tree are neither Python nor documents."""
    return path.lower().endswith(PYTHON_SUFFIXES) or bool(format_of(path))


def _valid_names(paths: Iterable[str], problems: list[Problem]) -> Iterator[str]:
    for path in paths:
        if path.isascii() or path.encode("utf-8", "replace").decode() == path:
            yield path
        elif _could_matter(path):
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            problems.append(Problem(shown, "is not read: its name is not UTF-8"))


def _has_git(root: Path) -> bool:
    return any((parent / ".git").exists() for parent in (root, *root.parents))


def _git(root: Path, problems: list[Problem]) -> Iterator[str]:
    """What git tracks or would track. Nothing when git is missing or refuses."""
    try:
        done = git.run(root, ("ls-files", "-coz", "--exclude-standard"))
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode != 0:
        return
    for folder in re.findall(rb"could not open directory '(.*?)/?': (.*)", done.stderr):
        path, reason = (part.decode("utf-8", "backslashreplace") for part in folder)
        problems.append(Problem(path, f"cannot be read: {reason}"))
    for name in sorted(set(git.text(done.stdout).split("\0")) - {""}):
        yield from _expand(root, name, problems)


def _expand(root: Path, name: str, problems: list[Problem]) -> Iterator[str]:
    """A listed name: a file, or another repository inside this one (a submodule, a checkout)."""
    path = root / name
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # deleted, but still in the index
    if stat.S_ISREG(mode):
        yield name
    elif stat.S_ISDIR(mode) and (path / ".git").exists():
        prefix = name.rstrip("/")
        for inner in _git(path, problems):
            yield f"{prefix}/{inner}"


def _walk(root: Path, excluded: GitIgnoreSpec, gitignore: bool, problems: list[Problem]) -> Iterator[str]:
    """The same without git, honouring .gitignore files at every level."""
    pending: list[tuple[str, tuple[tuple[str, GitIgnoreSpec], ...]]] = [("", ())]
    while pending:
        folder, ignores = pending.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError as error:
            problems.append(Problem(folder.rstrip("/") or ".", f"cannot be read: {error.strerror or error}"))
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names and folder:
            continue
        if gitignore and ".gitignore" in names:
            ignores = (*ignores, (folder, _spec(_lines(root / folder / ".gitignore"))))
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not entry.is_file(follow_symlinks=False):
                continue
            path = f"{folder}{entry.name}" + "/" * is_folder
            if (not is_folder and not _could_matter(path)) or excluded.match_file(path) or _ignored(path, ignores):
                continue
            if is_folder:
                pending.append((path, ignores))
            else:
                yield path


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []


def _ignored(path: str, ignores: Sequence[tuple[str, GitIgnoreSpec]]) -> bool:
    """The deepest .gitignore that says anything about the path decides."""
    for folder, spec in reversed(ignores):
        verdict = spec.check_file(path[len(folder) :]).include
        if verdict is not None:
            return verdict
    return False
