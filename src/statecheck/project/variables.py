"""A variable of the environment, as one place of the code reads it."""

from __future__ import annotations

from typing import NamedTuple

from statecheck.project.sources import Located
from statecheck.project.values import ScopeRef


class Read(NamedTuple):
    """``variable`` ends in "*" where all that begin so are read. ``default`` is None where there is none.

    ``required``: without it the code fails. ``type``: what the code makes of it ("int", "bool"), "" if that is not
    known. ``via`` is the match of the reader: call, item, option, declaration, prefix, class, attribute.
    """

    variable: str
    place: tuple[str, int, int]
    ref: ScopeRef
    region: int
    default: Located | None
    required: bool
    type: str
    via: str
