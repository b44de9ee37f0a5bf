"""Which files a process runs: everything that is imported, directly or not, from the file that it enters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import dirname

from statecheck.facts.ir import Const, Display, Expr
from statecheck.facts.walk import iter_expr
from statecheck.project.link import Project

PACKAGE = "__init__.py"


class Reach:
    """Answers for one project which files are reached from others. Files are asked once each."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._next: dict[str, frozenset[str]] = {}
        self._known: dict[tuple[str, ...], frozenset[str]] = {}

    def files(self, entered: tuple[str, ...]) -> frozenset[str]:
        """The files that a process runs which enters these."""
        if entered not in self._known:
            seen: set[str] = set()
            waiting = [path for first in entered for path in (first, *self._packages(first))]
            while waiting:
                path = waiting.pop()
                if path not in seen:
                    seen.add(path)
                    waiting += self._reached(path) - seen
            self._known[entered] = frozenset(seen)
        return self._known[entered]

    def _reached(self, path: str) -> frozenset[str]:
        if path not in self._next:
            self._next[path] = frozenset(found for module in self._named(path) for found in self._with_packages(module))
        return self._next[path]

    def _named(self, path: str) -> Iterator[str]:
        """The modules that a file imports, and those that its texts name: settings, apps, routes."""
        modules = self._project.modules
        for row in self._project.files[path].imports:
            found = modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)
            if found is None:
                continue
            yield found
            if row.name and row.name != "*" and (inner := modules.submodule(found, row.name)):
                yield inner
        yield from self._in_texts(path)

    def _in_texts(self, path: str) -> Iterator[str]:
        for scope in self._project.files[path].scopes:
            for param in scope.params:
                yield from self._in_expression(path, param.default)
            for event in scope.events:
                for expr in (event.value, event.extra, *event.targets):
                    yield from self._in_expression(path, expr)

    def _in_expression(self, path: str, expr: Expr | None) -> Iterator[str]:
        for node in iter_expr(expr) if expr is not None else ():
            if isinstance(node, Const) and node.kind == "str" and "." in node.value:
                yield from self._dotted(path, node.value)
            elif isinstance(node, Display) and node.kind in ("list", "tuple"):
                for item in node.items:
                    if isinstance(item, Const) and item.kind == "str" and item.value.isidentifier():
                        found = self._project.modules.find(path, item.value)
                        if found and found.endswith(PACKAGE):  # an app by its package: all of it is loaded
                            yield from self._below(dirname(found))

    def _dotted(self, path: str, text: str) -> Iterator[str]:
        parts = text.split(".")
        if not all(part.isidentifier() for part in parts):
            return
        for length in range(len(parts), max(len(parts) - 2, 0), -1):
            found = self._project.modules.find(path, ".".join(parts[:length]))
            if found and not found.endswith("/"):
                yield found
                return

    def _below(self, folder: str) -> Iterable[str]:
        return (
            path for path in self._project.files if path.startswith(f"{folder}/") and self._project.is_application(path)
        )

    def _with_packages(self, module: str) -> Iterator[str]:
        if module in self._project.files:
            yield module
            yield from self._packages(module)

    def _packages(self, path: str) -> Iterator[str]:
        folder = dirname(path)
        while folder and f"{folder}/{PACKAGE}" in self._project.files:
            yield f"{folder}/{PACKAGE}"
            folder = dirname(folder)
