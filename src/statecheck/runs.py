"""Reports of whole runs, kept under everything they depend on and given again only when all of it is unchanged."""

from __future__ import annotations

from pathlib import Path

import msgspec

from statecheck.facts.cache import RUNS, recall, remember
from statecheck.inputs import inputs
from statecheck.model import Report
from statecheck.request import Request, find_files


def check(request: Request) -> Report:
    """As ``pipeline.check``, which is spared where nothing has changed since a run whose report was kept."""
    if request.cache is None or request.replaced:  # what an editor has not saved is different each time
        return _worked_out(request)
    tree = find_files(request)
    before = inputs(request, tree)
    if before is None:
        return _worked_out(request._replace(tree=tree))
    report = _recalled(request.cache, before.key)
    if report is None:
        report = _worked_out(request._replace(tree=tree))
        # An error may be gone the next time. And what was read later than the key must still be what the key says.
        if not report.errors and inputs(request, tree) == before:
            _keep(request.cache, before.key, report)
    return report


def _worked_out(request: Request) -> Report:
    from statecheck import pipeline  # imports everything else

    return pipeline.check(request)


def _recalled(folder: Path, key: bytes) -> Report | None:
    try:
        return _decoded(recall(folder, RUNS, [key])[key])
    except (KeyError, ValueError, RecursionError):
        return None


def _keep(folder: Path, key: bytes, report: Report) -> None:
    try:
        data = msgspec.msgpack.encode(report)
        if _decoded(data) != report:
            return
    except (TypeError, ValueError, OverflowError, RecursionError):  # a plug-in may put anything into a finding
        return
    remember(folder, RUNS, {key: data})


def _decoded(data: bytes) -> Report:
    """Raises ValueError."""
    return msgspec.msgpack.decode(data, type=Report)
