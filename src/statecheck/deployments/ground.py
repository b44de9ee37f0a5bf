"""What the reading of processes rests on: documents, images and the linked project, found by their paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import dirname

from statecheck.deployments.images import Image, image, joined
from statecheck.deployments.paths import select
from statecheck.deployments.tree import Datum, trees
from statecheck.facts.documents.commands import SHELL
from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.project.calls import Use
from statecheck.project.link import Project
from statecheck.rules.schema import Model
from statecheck.rules.serving import Server

PROJECT_FILE = "pyproject.toml"


class Place:
    """Where a process works: its folders in the tree, best first, and how paths of its image lead into the tree."""

    def __init__(self, base: str, directory: str, copies: Sequence[tuple[str, str]], document: str) -> None:
        self.base = base  # build context, or the folder of the document
        self.directory = directory  # in the image; "" where nothing is known of it
        self._copies = copies
        self._document = dirname(document)

    def paths(self, name: str) -> Iterator[str]:
        """Paths of the tree that a relative or absolute path may mean to the process, best first."""
        inside = name if name.startswith("/") else f"{self.directory or '/'}/{name}"
        inside = "/" + joined("", inside)
        for target, source in self._copies:
            if inside == target or inside.startswith(target.rstrip("/") + "/"):
                rest = inside[len(target.rstrip("/")) :].lstrip("/")
                yield joined(self.base, source, rest)
        if self.directory and not self.directory.startswith("/"):
            yield joined(self._document, self.directory, name)
        if not name.startswith("/"):
            yield joined(self.base, name)
            folder = self._document
            while True:
                yield joined(folder, name)
                yield joined(folder, "src", name)
                if not folder:
                    break
                folder = dirname(folder)


class Ground:
    """Look-ups for one tree. Nothing in it changes any more."""

    def __init__(self, project: Project, documents: Mapping[str, DocumentFacts], models: Iterable[Model] = ()) -> None:
        self.project = project
        self.documents = documents
        self.models = tuple(models)
        self.starters: dict[str, Server] = {
            project.knowledge.canonical(name): server
            for model in self.models
            for server in model.servers
            for name in server.call
        }
        self._starts: list[Use] = [use for use in project.graph.uses if use.name in self.starters]
        self.images: dict[str, Image] = {
            path: image(path, root)
            for path, facts in sorted(documents.items())
            if facts.format == "dockerfile"
            for root in list(trees(path, facts))[:1]
        }

    def starts(self) -> list[Use]:
        """The calls of the tree that start a server."""
        return self._starts

    def commands(self) -> dict[str, tuple[Server, str]]:
        """The commands that the projects of the tree install, with the object that each runs: ``shop.cli:main``."""
        rows = [(server, table) for model in self.models for server in model.servers for table in server.tables]
        return {
            command.key: (server, command.value)
            for path, facts in sorted(self.documents.items())
            if path.rpartition("/")[2] == PROJECT_FILE
            for root in trees(path, facts)
            for server, table in rows
            for command in select(root, f"{table}.*")
            if command.kind == "value" and command.key
        }

    def is_file(self, path: str) -> bool:
        """Is it a Python file of the tree?"""
        return path in self.project.files

    def script(self, paths: Iterable[str]) -> list[Datum]:
        """The lines of the first of the paths that is a shell script of the tree."""
        for path in paths:
            facts = self.documents.get(path)
            if facts is not None and facts.format == "shell":
                return [item for root in trees(path, facts) for item in root.items if item.key == SHELL]
        return []

    def document(self, paths: Iterable[str]) -> Datum | None:
        """The first of the paths that is a document, as a tree."""
        return next(
            (root for path in paths if path in self.documents for root in trees(path, self.documents[path])), None
        )

    def modules(self) -> frozenset[str]:
        """The top-level names of the tree's modules."""
        return frozenset(self.project.modules.name(path).partition(".")[0] for path in self.project.files)
