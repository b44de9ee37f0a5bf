"""Reports of whole runs, kept under everything they depend on and given again only when all of it is unchanged."""

from __future__ import annotations

from pathlib import Path

import msgspec

from statecheck.discovery import Tree
from statecheck.facts.cache import RUNS, recall, remember
from statecheck.inputs import Inputs, inputs
from statecheck.model import Report
from statecheck.request import Request, find_files


def check(request: Request) -> Report:
    """As ``pipeline.check``, which is spared where nothing has changed since a run whose report was kept."""
    if request.cache is None or request.replaced:  # what an editor has not saved is different each time
        return _worked_out(request)
    tree = find_files(request)
    with request.timed("known report"):
        before = inputs(request, tree)
        report = _recalled(request.cache, before.key) if before else None
    if report is None:
        report = _worked_out(request._replace(tree=tree))
        with request.timed("known report"):
            _keep(request, tree, before, report)
    return report


def _worked_out(request: Request) -> Report:
    with request.timed("import"):
        from statecheck import pipeline  # and with it everything else

    return pipeline.check(request)


def _recalled(folder: Path, key: bytes) -> Report | None:
    try:
        return _decoded(recall(folder, RUNS, [key])[key])
    except (KeyError, ValueError, RecursionError):
        return None


def _keep(request: Request, tree: Tree, before: Inputs | None, report: Report) -> None:
    """An error may be gone the next time. And what was read later than the key must still be what the key says."""
    if request.cache is None or before is None or report.errors or inputs(request, tree) != before:
        return
    try:
        data = msgspec.msgpack.encode(report)
        if _decoded(data) != report:
            return
    except (TypeError, ValueError, OverflowError, RecursionError):  # a plug-in may put anything into a finding
        return
    remember(request.cache, RUNS, {before.key: data})


def _decoded(data: bytes) -> Report:
    """Raises ValueError."""
    return msgspec.msgpack.decode(data, type=Report)
