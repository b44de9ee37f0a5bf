"""Which file is which module: import roots, dotted names, and where an import leads.

Nothing is imported or executed: names come from the tree alone. A folder without ``__init__.py`` can be an import
root or a namespace package, and one tree can hold several projects with equal top-level names, so an absolute import
is looked up from the importing file outwards: the nearest folder that holds the first part of the name wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from posixpath import commonpath, dirname

from statecheck.facts.ir import FileFacts
from statecheck.project.script_roots import PACKAGE_FILE, script_roots
from statecheck.project.standard import STANDARD

SOURCE_FOLDERS = ("src", "lib", "python")


class ModuleIndex:
    """All Python files of a tree by path and by dotted name. ``paths`` are relative to the root, with "/".

    What the files say tells which packages are started in their own folder, and which of two modules is meant.
    """

    def __init__(self, paths: Iterable[str], facts: Mapping[str, FileFacts] | None = None) -> None:
        self._files = frozenset(paths)
        self._facts = facts or {}
        self._script_roots = script_roots(self._facts)
        self._folders = self._all_folders()
        self._roots_of = self._roots_by_name()
        self._names = {path: self._dotted_name(path) for path in sorted(self._files)}
        self._found: dict[tuple[str, str], str | None] = {}

    def name(self, path: str) -> str:
        """The dotted name of the module in ``path``."""
        return self._names[path]

    def package(self, path: str) -> str:
        """The folder whose modules a relative import of one dot reaches."""
        return dirname(path)

    def find(self, importer: str, dotted: str) -> str | None:
        """The file that ``import dotted`` in ``importer`` reads, or None for a module outside the tree.

        A folder without ``__init__.py`` is named by its path with a trailing "/".
        """
        key = (dirname(importer), dotted)
        if key not in self._found:
            self._found[key] = self._search(importer, dotted)
        return self._found[key]

    def relative(self, importer: str, level: int, dotted: str) -> str | None:
        """The file that ``from ..dotted import`` reads; for an empty ``dotted`` the package itself."""
        folder = dirname(importer)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = dirname(folder)
        return self._below(folder, dotted) if dotted else self._module_at(folder)

    def submodule(self, module: str, name: str) -> str | None:
        """The module ``name`` inside the package ``module`` (its ``__init__.py``, or a folder ending in "/")."""
        if module.endswith("/"):
            return self._module_at(f"{module}{name}")
        if module == PACKAGE_FILE or module.endswith("/" + PACKAGE_FILE):
            return self._module_at(_join(dirname(module), name))
        return None

    def _search(self, importer: str, dotted: str) -> str | None:
        top = dotted.partition(".")[0]
        near = list(self._around(importer, dotted))
        others = [path for path in near if path != importer]  # a module that imports its own name means another
        if others:
            return others[0] if len(others) == 1 else self._meant(importer, dotted, others)
        if near:
            return near[0]
        roots = self._roots_of.get(top, ()) if top not in STANDARD else ()  # a far ``utils/time.py`` is not ``time``
        for root in sorted(roots, key=lambda root: (-_shared(root, importer), root)):
            if found := self._below(root, dotted):
                return found
        return None

    def _around(self, importer: str, dotted: str) -> Iterator[str]:
        """What has the name in a folder around the importing file, the nearest first."""
        folder = dirname(importer)
        while True:
            is_root = _join(folder, PACKAGE_FILE) not in self._files or (
                folder in self._script_roots and dotted.partition(".")[0] not in STANDARD
            )
            if is_root and (found := self._below(folder, dotted)):
                yield found
            if not folder:
                break
            folder = dirname(folder)

    def _meant(self, importer: str, dotted: str, near: list[str]) -> str:
        """Of modules with an equal name, the nearest that binds a name which files of the folder import from it."""
        folder = dirname(importer)
        wanted = {
            row.name
            for path, facts in self._facts.items()
            if dirname(path) == folder
            for row in facts.imports
            if not row.level and row.module == dotted and row.name
        }
        for path in near:
            facts = self._facts.get(path)
            binds = set(facts.scopes[0].binds) if facts is not None and facts.scopes else set()
            rows = facts.imports if facts is not None else ()
            binds -= {row.bound for row in rows if not row.level and row.module == dotted}  # has it from the other
            if not wanted.isdisjoint(binds) or any(self.submodule(path, name) for name in wanted):
                return path
        return near[0]

    def _below(self, folder: str, dotted: str) -> str | None:
        return self._module_at(_join(folder, dotted.replace(".", "/")))

    def _module_at(self, stem: str) -> str | None:
        for candidate in (_join(stem, PACKAGE_FILE), f"{stem}.py", f"{stem}.pyw"):
            if candidate in self._files:
                return candidate
        return f"{stem}/" if stem and stem in self._folders else None

    def _all_folders(self) -> frozenset[str]:
        folders: set[str] = set()
        for path in self._files:
            folder = dirname(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = dirname(folder)
        return frozenset(folders)

    def _import_roots(self) -> set[str]:
        """The folders above each top-level package or loose module, and conventional source folders."""
        roots = {""}
        for path in self._files:
            roots.add(self._root_above(path))
        roots.update(folder for folder in self._folders if folder.rpartition("/")[2] in SOURCE_FOLDERS)
        return roots

    def _root_above(self, path: str) -> str:
        folder = dirname(path)
        while folder and _join(folder, PACKAGE_FILE) in self._files:
            folder = dirname(folder)
        return folder

    def _roots_by_name(self) -> dict[str, set[str]]:
        """First part of a dotted name → the import roots that hold it."""
        roots = self._import_roots()
        found: dict[str, set[str]] = defaultdict(set)
        for path in self._files:
            folder, name = dirname(path), path.rpartition("/")[2].removesuffix(".py")
            while True:
                if folder in roots:
                    found[name].add(folder)
                if not folder:
                    break
                folder, _, name = folder.rpartition("/")
        return found

    def _dotted_name(self, path: str) -> str:
        root = self._root_above(path)
        if dirname(path) == root or "/" not in path:
            root = self._namespace_root(root)
        prefix = f"{root}/" if root else ""
        stem = path[len(prefix) :].removesuffix(".pyw").removesuffix(".py").removesuffix("/__init__")
        return stem.replace("/", ".")

    def _namespace_root(self, folder: str) -> str:
        """For a module outside any package: the nearest conventional source folder above it, else the tree's root."""
        while folder:
            if folder.rpartition("/")[2] in SOURCE_FOLDERS:
                return folder
            folder = dirname(folder)
        return folder


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _shared(left: str, right: str) -> int:
    """How many leading characters of folders two paths share: how near they stand in the tree."""
    return len(commonpath([f"/{left}", f"/{right}"]))
