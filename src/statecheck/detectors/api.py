"""What a detector is: a function from rules and one linked tree to findings. Plug-ins see just this and the project.

A detector is registered under the entry-point group ``statecheck.detectors``; rules name it by ``detector = "…"``.
It is called once a run with all selected rules that name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.model import Finding
from statecheck.project.link import Project
from statecheck.rules.schema import Rule
from statecheck.timing import Timed, untimed

API_VERSION = 1

OptionValue = bool | int | float | str | tuple[str, ...]


class Context(NamedTuple):
    """Everything a detector may look at. ``options``: rule name → option → value, defaults filled in.

    ``timed``: what runs inside ``with context.timed(rule.name)`` counts for the rule under ``--timing``.
    """

    project: Project
    documents: Mapping[str, DocumentFacts]
    options: Mapping[str, Mapping[str, OptionValue]]
    timed: Timed = untimed


Detector = Callable[[Sequence[Rule], Context], Iterable[Finding]]
