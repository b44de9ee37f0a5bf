"""Packages whose folder is an import root as well: the program is started inside it, ``__init__.py`` or not.

``backend/__init__.py`` says that ``backend`` is a package, and ``from store import add`` in ``backend/main.py`` that it
is run as ``cd backend; uvicorn main:app``. Inside a package an absolute import never reaches the module next to it, so
what is imported must be defined there. Where other files reach the modules as part of the package, one such import may
mean a library of that name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from posixpath import dirname

from statecheck.facts.ir import FileFacts, Import
from statecheck.project.standard import STANDARD

PACKAGE_FILE = "__init__.py"


def script_roots(files: Mapping[str, FileFacts]) -> frozenset[str]:
    """The folders with ``__init__.py`` in which programs are started."""
    packages = {dirname(path) for path in files if path.rpartition("/")[2] == PACKAGE_FILE} - {""}
    modules: dict[str, set[str]] = {folder: set() for folder in packages}
    for path in files:
        folder, _, name = path.removesuffix("/" + PACKAGE_FILE).removesuffix(".py").rpartition("/")
        if folder in modules and name not in STANDARD:
            modules[folder].add(name)
    found: dict[str, set[str]] = {folder: set() for folder in packages}  # with the modules that are imported so
    refuted: set[str] = set()
    for path, facts in files.items():
        if dirname(path) in packages:
            around = [(folder, folder.rpartition("/")[2], modules[folder]) for folder in _around(path, packages)]
            for row in facts.imports:
                if row.level:
                    refuted.update(folder for folder, _, _ in around[row.level - 1 : row.level])
                    continue
                top = row.module.partition(".")[0]
                for folder, name, inside in around:
                    if top == name and _is_through(row, folder, files):
                        refuted.add(folder)
                    if top in inside and row.name and _is_next_to(row, folder, path, files):
                        found[folder].add(top)
    return frozenset(folder for folder, names in found.items() if len(names) > (1 if folder in refuted else 0))


def _around(path: str, packages: Collection[str]) -> Iterator[str]:
    """The packages around a file, the nearest first."""
    folder = dirname(path)
    while folder in packages:
        yield folder
        folder = dirname(folder)


def _is_through(row: Import, folder: str, files: Mapping[str, FileFacts]) -> bool:
    """Does the import name the package itself: ``from backend.store import add``?"""
    rest = row.module.partition(".")[2]
    return any(_file(f"{folder}/{name}", files) for name in (rest.replace(".", "/"), row.name) if name)


def _is_next_to(row: Import, folder: str, path: str, files: Mapping[str, FileFacts]) -> bool:
    """Does the import name a module of the folder that defines what is imported?"""
    top = row.module.partition(".")[0]
    if _file(f"{dirname(folder)}/{top}".strip("/"), files):
        return False
    target = _file(f"{folder}/{row.module.replace('.', '/')}", files)
    return target not in ("", path) and row.name in defined(files[target])


def _file(stem: str, files: Mapping[str, FileFacts]) -> str:
    return next((name for name in (f"{stem}/{PACKAGE_FILE}", f"{stem}.py") if name in files), "")


def defined(facts: FileFacts) -> set[str]:
    """The names that a module binds itself, and does not import."""
    if not facts.scopes:
        return set()
    return set(facts.scopes[0].binds) - {row.bound for row in facts.imports if not row.scope}


__all__ = ["PACKAGE_FILE", "defined", "script_roots"]
