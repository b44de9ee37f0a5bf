"""Environments and trees, in the folder of the benchmark. Asks whatever package index pip is set up to use."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib  # type: ignore[import-not-found, no-redef, unused-ignore]

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]


class BenchmarkError(Exception):
    """The benchmark cannot go on. The text is one line."""


class Tree(NamedTuple):
    """A tree on the disk, and how much Python it holds."""

    name: str
    root: Path
    files: int
    lines: int


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise BenchmarkError(f"{' '.join(map(str, command))}: {''.join(last)}")


def executable(environment: Path, name: str) -> Path:
    """A program of a virtual environment."""
    folder = environment / ("Scripts" if os.name == "nt" else "bin")
    return folder / (name + (".exe" if os.name == "nt" else ""))


def environment(folder: Path, name: str, requirements: Sequence[str], fresh: bool = False) -> Path:
    """A virtual environment with these packages; one that is there and has them is used as it is."""
    place = folder / "envs" / name
    mark = place / "requirements.txt"
    wanted = "\n".join(requirements) + "\n"
    if not fresh and mark.is_file() and mark.read_text() == wanted:
        return place
    print(f"environment {name}: {' '.join(requirements)}", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True)
    run([executable(place, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements])
    mark.write_text(wanted)
    return place


def archives(folder: Path, packages: Iterable[dict[str, str]]) -> Iterator[Path]:
    """The wheels, fetched where they are not there yet, each with the hash that is written down."""
    place = folder / "archives"
    place.mkdir(parents=True, exist_ok=True)
    for package in packages:
        name, version, digest = package["name"], package["version"], package["sha256"]
        target = place / f"{name}-{version}.whl"
        if not target.is_file():
            _download(place, name, version, digest).replace(target)
        if hashlib.sha256(target.read_bytes()).hexdigest() != digest:
            raise BenchmarkError(f"{target} is not the archive of trees.toml: delete it and run again")
        yield target


def _download(place: Path, name: str, version: str, digest: str) -> Path:
    incoming = place / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    pinned = incoming / "requirements.txt"
    pinned.write_text(f"{name}=={version} --hash=sha256:{digest}\n")
    flags = [
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--ignore-requires-python",
    ]
    run([sys.executable, "-m", "pip", "download", *flags, "--require-hashes", "-r", pinned, "--dest", incoming])
    return next(incoming.glob("*.whl"))


def grown(files: Iterable[tuple[str, bytes]], lines: int) -> Iterator[tuple[str, bytes]]:
    """The first files that have ``lines`` lines together; the last one may go over it."""
    total = 0
    for name, content in files:
        if total >= lines:
            return
        yield name, content
        total += content.count(b"\n")


def sources(wheels: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """The Python files of the wheels: where each goes, and what is in it."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".py") and ".." not in name.split("/") and not name.startswith("/"):
                    yield f"{wheel.stem}/{name}", archive.read(name)


def tree(folder: Path, name: str, lines: int, packages: Iterable[dict[str, str]]) -> Tree:
    """The tree of that many lines, made anew: a run that was stopped may have left a changed file."""
    root = folder / "trees" / name
    shutil.rmtree(root, ignore_errors=True)
    files = total = 0
    for path, content in grown(sources(archives(folder, packages)), lines):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        files, total = files + 1, total + content.count(b"\n")
    if total < lines:
        raise BenchmarkError(f"trees.toml has {total} lines of Python, too few for the tree {name}")
    return Tree(name, root, files, total)
