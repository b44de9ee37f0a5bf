"""What a tree is deployed as: its processes, how many copies of each there are, and what each keeps for itself."""

from __future__ import annotations

from msgspec.structs import replace

from statecheck.deployments.picture import Picture, Shown, Survey, picture
from statecheck.discovery import within
from statecheck.facts.job import roomy
from statecheck.pipeline import Judgement, collect, look
from statecheck.project.link import failures
from statecheck.request import Request, find_files

FAMILIES = ("memory", "disk", "affinity")


def take(request: Request) -> Survey:
    """The survey of the project that holds ``request.paths``, less what these leave out. Raises PackError."""
    material = collect(request, find_files(request))
    asked = request._replace(settings=replace(request.settings, select=FAMILIES, extend_select=()))
    return roomy(lambda: _survey(look(material, asked), request))


def _survey(judged: Judgement, request: Request) -> Survey:
    material, project = judged.analysis

    def concerns(path: str) -> bool:
        return within(path, request.root, request.paths)

    found = [finding for finding in judged.findings if finding.suppressed is None]
    drawn = picture(project, material.documents, material.pack, found)
    limited = [  # who asks about a document asks about all that its processes keep
        each if concerns(each.process.location.path) else
        each._replace(keeps=tuple(kept for kept in each.keeps if concerns(kept.finding.location.path)))
        for each in drawn.shown
    ]  # fmt: skip
    shown = tuple(each for each in limited if each.keeps or any(map(concerns, _places(each))))
    loose = tuple(finding for finding in drawn.loose if concerns(finding.location.path))
    unparsed = [path for path, _ in failures(material.facts)]
    unparsed += [path for path, facts in sorted(material.documents.items()) if facts.failure is not None]
    return Survey(
        Picture(shown, loose, drawn.notes),
        project.frameworks(),
        len(material.documents),
        tuple(path for path in unparsed if concerns(path)),
        (*material.problems, *judged.problems),
    )


def _places(shown: Shown) -> tuple[str, ...]:
    return (*shown.process.entered, shown.process.location.path)
