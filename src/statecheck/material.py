"""What is read of a tree before anything is linked or judged: the facts of its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from statecheck.discovery import Tree
from statecheck.facts.documents import read_document
from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.facts.ir import FileFacts
from statecheck.facts.pool import Progress, extract_files
from statecheck.model import Problem
from statecheck.rules.schema import Pack
from statecheck.timing import Timed, untimed

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Material(NamedTuple):
    """What was read: nothing has been judged, nothing linked."""

    tree: Tree
    pack: Pack
    facts: Mapping[str, FileFacts]
    documents: Mapping[str, DocumentFacts]
    problems: tuple[Problem, ...]

    def read(self, path: str) -> bytes:
        """The content of a file of the tree. Raises OSError."""
        return self.tree.place(path).read_bytes()


def gather(
    tree: Tree,
    pack: Pack,
    jobs: int | None = None,
    progress: Progress | None = None,
    like: Material | None = None,
    cache: Path | None = None,
    timed: Timed = untimed,
    executor: Executor | None = None,
) -> Material:
    """The material of a tree. A file that ``like`` has read at the same place, under the same path, is not read again.

    (Not under another: a project tells places apart by the very facts they stand in, and files may be copies.)
    """
    python = [(file.path, tree.place(file.path)) for file in tree.files if file.kind == "python"]
    known = {path: like.facts[path] for path, place in python if like and _is_same(like, path, place)}
    extraction = extract_files(
        [(path, place) for path, place in python if path not in known],
        jobs,
        progress,
        cache=cache,
        timed=timed,
        executor=executor,
    )
    facts = {path: known[path] if path in known else extraction.facts[path] for path, _ in python}
    with timed("documents"):
        documents, unread = read_documents(tree, like)
    return Material(tree, pack, facts, documents, (*tree.problems, *extraction.problems, *unread))


def read_documents(tree: Tree, like: Material | None = None) -> tuple[dict[str, DocumentFacts], list[Problem]]:
    """The deployment and settings documents of the tree, those of tests left out."""
    found: dict[str, DocumentFacts] = {}
    problems: list[Problem] = []
    for file in tree.files:
        if file.kind != "document" or file.role == "test":
            continue
        try:
            facts = _known(tree, file.path, like) or read_document(
                file.path, tree.place(file.path).read_bytes(), file.format
            )
        except OSError as error:
            problems.append(Problem(file.path, f"cannot be read: {error.strerror or error}"))
            continue
        if facts is not None:
            found[file.path] = facts
    return found, problems


def _known(tree: Tree, path: str, like: Material | None) -> DocumentFacts | None:
    return like.documents.get(path) if like and like.tree.place(path) == tree.place(path) else None


def _is_same(like: Material, path: str, place: Path) -> bool:
    return path in like.facts and like.tree.place(path) == place
