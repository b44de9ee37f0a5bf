"""One cause, one finding: what two detectors say of the same place becomes one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import structs

from statecheck.model import LEVELS, Finding

Place = tuple[str, str, int]


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one family that are defined on the same line, as one: the surest and most severe.

    Where they are equally so, a rule about the very API used beats one about state in general, and takes over its flow.
    """
    groups: dict[Place, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.family, finding.location.path, finding.location.line].append(finding)
    return [_one(group) for _, group in sorted(groups.items())]


def _one(group: list[Finding]) -> Finding:
    if len(group) == 1:
        return group[0]
    best = max(
        group,
        key=lambda finding: (
            LEVELS.index(finding.confidence),
            LEVELS.index(finding.severity),
            finding.form is not None,
            -ord(finding.rule[-1]),
        ),
    )
    proof = max(group, key=lambda finding: len(finding.flow))
    entries = tuple(dict.fromkeys(label for finding in (best, proof) for label in finding.entry_points))
    return structs.replace(best, flow=proof.flow, entry_points=entries)
