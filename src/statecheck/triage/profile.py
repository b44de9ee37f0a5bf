"""What the kind of program, ``profile`` in the settings, changes about a finding."""

from __future__ import annotations

from msgspec import structs

from statecheck.model import LEVELS, Finding
from statecheck.settings import Profile

_STATE = ("memory", "disk")


def in_profile(finding: Finding, profile: Profile | None) -> Finding | None:
    """The finding as it concerns such a program; None when it does not. A service, the default, is concerned by all."""
    if profile in (None, "service"):
        return finding
    if finding.family == "affinity":
        return None  # no balancer sends clients to one process, to a worker or to a library
    if profile == "single-process":
        return _alone(finding)
    if profile == "library" and finding.family in _STATE and finding.confidence == "low":
        return structs.replace(finding, confidence="medium")  # its callers are elsewhere
    return finding


def _alone(finding: Finding) -> Finding | None:
    """With one process nothing is repeated or told apart. What remains is that a restart loses the state."""
    if finding.harm == "repeated":
        return None
    if finding.harm != "split" or finding.family not in _STATE:
        return finding
    lower = LEVELS[max(0, LEVELS.index(finding.severity) - 1)]
    return structs.replace(finding, harm="lost", severity=lower)
