"""Trees in a few lines: their processes, and their findings joined with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from statecheck.deployments.ground import Ground
from statecheck.deployments.overlays import stages
from statecheck.deployments.processes import Process, processes
from statecheck.facts.documents import read_document
from statecheck.facts.python import extract
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import link
from statecheck.rules.load import load
from statecheck.rules.schema import Pack

Processes = Callable[[Mapping[str, str]], list[Process]]


def finder(pack: Pack) -> Processes:
    """A function from a tree, given as path → text, to its processes."""
    knowledge = Knowledge(pack)

    def found(files: Mapping[str, str]) -> list[Process]:
        python = {path: extract(text) for path, text in files.items() if path.endswith(".py")}
        read = {path: read_document(path, text.encode()) for path, text in files.items() if path not in python}
        documents = {path: facts for path, facts in read.items() if facts is not None}
        models = list(pack.models.values())
        ground = Ground(link(python, {}, knowledge), documents, models)
        return list(processes(ground, stages(documents, models)))

    return found


@pytest.fixture(scope="session")
def processes_of() -> Processes:
    return finder(load())
