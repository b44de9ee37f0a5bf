"""One cause, one finding: what two detectors say of the same place becomes one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import structs

from statecheck.model import LEVELS, Finding

Place = tuple[str, str, int]

MANY = 3  # definitions that are told as one


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one family that are defined on the same line, as one: the surest and most severe.

    Where they are equally so, a rule about the very API used beats one about state in general, and takes over its flow.
    """
    groups: dict[Place, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.family, finding.location.path, finding.location.line].append(finding)
    return _by_writes([_one(group) for _, group in sorted(groups.items())])


def _by_writes(findings: Iterable[Finding]) -> list[Finding]:
    """Definitions of one name in many classes that the very same writes change, as one: the first, with all others."""
    groups: dict[object, list[Finding]] = defaultdict(list)
    for finding in findings:
        writes = frozenset(step.location for step in finding.flow if step.role == "write")
        cause: object = (finding.rule, finding.symbol.rpartition(".")[2], writes) if writes else id(finding)
        groups[cause].append(finding)
    return sorted(
        (found for group in groups.values() for found in ([_spread(group)] if len(group) >= MANY else group)),
        key=Finding.sort_key,
    )


def _spread(group: list[Finding]) -> Finding:
    first, *others = sorted(group, key=lambda finding: (*_weight(finding), finding.sort_key()))
    steps = [step for finding in others for step in finding.flow if step.role == "definition"]
    also = f"; {len(others)} other definitions have the same cause"
    return structs.replace(first, message=first.message + also, flow=(*first.flow, *steps), shared=True)


def _weight(finding: Finding) -> tuple[int, int]:
    """The surest and most severe come first."""
    return -LEVELS.index(finding.confidence), -LEVELS.index(finding.severity)


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
