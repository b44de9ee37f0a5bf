"""The configuration that an application reads: its variables with their places, types and defaults."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from msgspec import Struct

from statecheck.detectors.samples import is_sample
from statecheck.model import Finding, Location, Problem
from statecheck.project.constants import Resolver
from statecheck.project.environment import Environment
from statecheck.project.link import Project
from statecheck.project.variables import Read

MASK = "****"
_URL_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):([^\s/@]+)(?=@)")


class Reading(Struct, frozen=True, order=True):
    """One place that reads a variable. ``default`` is what it gives without; None: nothing, or what only runs tell."""

    location: Location
    required: bool
    default: str | None = None
    computed: bool = False  # there is a default, but it is put together at run time
    kind: str = ""  # of the default: str, int, float, bool


class Variable(Struct, frozen=True):
    """A variable of the environment. ``name`` ends in "*" where all that begin so are read.

    ``type``: int, bool, float, list, dict, path, url, json or str, "" where the code does not say. ``default`` is that
    of the first place that has one; secrets are masked.
    """

    name: str
    type: str
    required: bool
    default: str | None
    computed: bool
    secret: bool
    readings: tuple[Reading, ...]


class Inventory(Struct, frozen=True):
    """``hardcoded`` are findings about configuration. ``unnamed`` reads variables whose names only a run tells."""

    variables: tuple[Variable, ...]
    hardcoded: tuple[Finding, ...] = ()
    unnamed: tuple[Location, ...] = ()
    unparsed: tuple[str, ...] = ()
    errors: tuple[Problem, ...] = ()


class Naming(Struct, frozen=True):
    """What names tell. ``secret``: a pattern of names that take secrets; ``taken``: variables of every system."""

    secret: str
    taken: Collection[str]


def variables(project: Project, naming: Naming) -> list[Variable]:
    """The variables that the application reads, by name; those of the system, and of examples, are left out."""
    by_name: dict[str, list[Read]] = defaultdict(list)
    for read in project.once(Environment).reads:
        if read.variable not in naming.taken and not is_sample(read.place[0]):
            by_name[read.variable].append(read)
    return [_variable(project, name, by_name[name], naming) for name in sorted(by_name)]


def hidden(project: Project) -> list[Location]:
    """Places that read variables whose names only a run tells."""
    found = {project.location(*place) for place in project.once(Environment).hidden if not is_sample(place[0])}
    return sorted(found)


def _variable(project: Project, name: str, reads: Iterable[Read], naming: Naming) -> Variable:
    secret = re.search(naming.secret, name) is not None
    readings: dict[Location, Reading] = {}
    for read in reads:
        reading = _reading(project, read, secret)
        known = readings.get(reading.location)
        if known is None or _weight(reading) > _weight(known):
            readings[reading.location] = reading
    ordered = tuple(sorted(readings.values(), key=lambda reading: reading.location))
    first = next((reading for reading in ordered if reading.default is not None), None)
    return Variable(
        name=name,
        type=next((read.type for read in reads if read.type), "") or (first.kind if first is not None else ""),
        required=any(reading.required for reading in ordered),
        default=first.default if first is not None else None,
        computed=any(reading.computed for reading in ordered),
        secret=secret,
        readings=ordered,
    )


def _weight(reading: Reading) -> tuple[bool, bool, bool]:
    return reading.default is not None, reading.computed, reading.required


def _reading(project: Project, read: Read, secret: bool) -> Reading:
    where = project.location(*read.place)
    if read.default is None:
        return Reading(where, read.required)
    found = Resolver(project).resolve(read.default)
    known = [constant for constant in found.constants if constant.whole and constant.kind not in ("none", "bytes")]
    if not known or found.unknown:
        nothing = found.is_none or bool(found.required)
        return Reading(where, False, None, not nothing)
    text = known[0].text
    shown = MASK if secret and text else _URL_PASSWORD.sub(rf"\1:{MASK}", text)
    return Reading(where, False, shown, kind=known[0].kind)
