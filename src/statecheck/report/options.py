"""What a reader may choose about a rendering."""

from __future__ import annotations

from msgspec import Struct

from statecheck.model import Level
from statecheck.rules.schema import Rule


class Options(Struct, frozen=True, kw_only=True):
    """``width`` is in terminal cells: prose is wrapped at it, code is cut at ``code_width``."""

    width: int = 100
    code_width: int = 200
    color: bool = False
    quiet: bool = False  # findings only, no summary
    statistics: bool = False  # counts per rule instead of findings
    min_severity: Level = "medium"  # the thresholds of the run, to say how hidden findings can be seen
    min_confidence: Level = "medium"
    unsafe_fixes: bool = False  # are unsafe fixes wanted as well?
    prefix: str = ""  # from the repository's root to the project's, "services/shop/": hosts count from the former
    rules: tuple[Rule, ...] = ()  # of the run, for formats that describe them
