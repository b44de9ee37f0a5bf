"""Detectors: the code that looks for what rules describe."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

from statecheck.detectors.api import Detector

GROUP = "statecheck.detectors"
OWN = "statecheck"


class DetectorError(Exception):
    """A plug-in that was asked for and cannot be used. The text is one line."""


def load_detectors(plugins: Sequence[str] = ()) -> dict[str, Detector]:
    """Our detectors and those of the named distributions, by name.

    Other distributions that register detectors stay unloaded: the scanned project may be installed beside us, and its
    code must not run.
    """
    wanted = {OWN, *(name.lower().replace("_", "-") for name in plugins)}
    found: dict[str, Detector] = {}
    seen: set[str] = set()
    for point in entry_points(group=GROUP):
        distribution = (point.dist.name if point.dist else "").lower().replace("_", "-")
        if distribution not in wanted:
            continue
        seen.add(distribution)
        try:
            found[point.name] = point.load()
        except Exception as error:
            raise DetectorError(f"detector {point.name} of {distribution} cannot be loaded: {error}") from error
    if missing := sorted(wanted - seen):
        raise DetectorError(f"no detectors are installed by {', '.join(missing)}")
    return found
