"""What a team teaches in its settings, in the form of a model like those of the rule packs."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.model import Finding, Location
from statecheck.project.link import Project
from statecheck.rules.schema import EntryPoint, Lifetime, Model, Safe
from statecheck.settings import Settings

FRAMEWORK = "settings"


def taught_models(settings: Settings) -> list[Model]:
    """``entry-points``, ``startup``, ``request-scoped``, ``process-safe`` and ``storage-api`` as one model."""
    entries = [
        EntryPoint(
            id=f"settings-{number}",
            match=row.match,
            names=row.names,
            phase=row.phase,
            argument=row.argument,
            position=row.position,
            methods=row.methods,
        )
        for number, row in enumerate(settings.entry_points)
    ]
    if settings.startup:
        entries += [
            EntryPoint(id="settings-startup", match=match, names=settings.startup, phase="startup")
            for match in ("function", "decorator")
        ]
    lifetimes = [Lifetime(names=settings.request_scoped, lives="request")] if settings.request_scoped else []
    safe = [
        Safe(id=f"settings-{key}", group=key, match=match, names=names, suppresses=("*",))
        for key, names in (("process-safe", settings.process_safe), ("storage-api", settings.storage_api))
        if names
        for match in ("call", "subclass", "attribute", "decorator")
    ]
    model = Model(framework=FRAMEWORK, entries=tuple(entries), lifetimes=tuple(lifetimes), safe=tuple(safe))
    return [model] if entries or lifetimes or safe else []


def vouched_for(project: Project, settings: Settings) -> list[Location]:
    """The bodies of functions and classes that the settings call safe: they are the team's own business."""
    names = {*settings.process_safe, *settings.storage_api, *settings.request_scoped}
    return list(_bodies(project, names)) if names else []


def _bodies(project: Project, names: set[str]) -> Iterator[Location]:
    for ref, scope in project.tables.scopes():
        if scope.kind in ("def", "class") and project.qualified(ref) in names:
            yield project.location(ref.path, scope.pos, scope.body_end)


def stands_in(finding: Finding, bodies: list[Location]) -> bool:
    """Are all writes of the finding (or its place, where it has none) inside these bodies?"""
    writes = [step.location for step in finding.flow if step.role == "write"] or [finding.location]
    return bool(bodies) and all(
        any(body.path == where.path and body.line <= where.line <= body.end_line for body in bodies) for where in writes
    )
