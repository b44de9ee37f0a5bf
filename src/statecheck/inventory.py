"""What an application is configured by: the variables that it reads, and what is fixed in its code instead."""

from __future__ import annotations

from msgspec.structs import replace

from statecheck.detectors.variables import Inventory, Naming, hidden, variables
from statecheck.discovery import within
from statecheck.facts.job import roomy
from statecheck.model import Finding
from statecheck.pipeline import Judgement, collect, look
from statecheck.project.link import failures
from statecheck.request import Request, find_files
from statecheck.rules.schema import Pack

FAMILY = "config"
SECRETS = "secret"  # the rule that knows which names take secrets, under this pattern:
SECRET_NAMES = "secret-name"


def take(request: Request) -> Inventory:
    """The inventory of the project, less what does not concern ``request.paths``. Raises PackError."""
    material = collect(request, find_files(request))
    asked = request._replace(settings=replace(request.settings, select=(FAMILY,), extend_select=()))
    return roomy(lambda: _inventory(look(material, asked), request))


def _inventory(judged: Judgement, request: Request) -> Inventory:
    material, project = judged.analysis

    def concerns(path: str) -> bool:
        return within(path, request.root, request.paths)

    found = []
    for variable in variables(project, naming(material.pack)):
        readings = tuple(reading for reading in variable.readings if concerns(reading.location.path))
        if readings:
            found.append(replace(variable, readings=readings))
    kept = [
        finding
        for finding in judged.findings
        if finding.family == FAMILY and finding.suppressed is None and concerns(finding.location.path)
    ]
    return Inventory(
        tuple(found),
        tuple(sorted(kept, key=Finding.sort_key)),
        tuple(place for place in hidden(project) if concerns(place.path)),
        tuple(path for path, _ in failures(material.facts) if concerns(path)),
        (*material.problems, *judged.problems),
    )


def naming(pack: Pack) -> Naming:
    """What the rule packs say about names of variables."""
    rule = pack.rules.get(SECRETS)
    taken = frozenset(name for model in pack.models.values() for name in model.taken_variables)
    return Naming(rule.patterns.get(SECRET_NAMES, "") if rule is not None else "", taken)
