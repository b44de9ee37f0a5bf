"""What a team teaches in its settings, in the form of a model like those of the rule packs."""

from __future__ import annotations

from statecheck.rules.schema import EntryPoint, Lifetime, Model, Safe
from statecheck.settings import Settings

FRAMEWORK = "settings"


def taught_models(settings: Settings) -> list[Model]:
    """``entry-points``, ``startup``, ``request-scoped``, ``process-safe`` and ``storage-api`` as one model."""
    entries = [EntryPoint(id=f"settings-{number}", match=row.match, names=row.names, phase=row.phase, argument=row.argument,
                          position=row.position, methods=row.methods) for number, row in enumerate(settings.entry_points)]
    if settings.startup:
        entries.append(EntryPoint(id="settings-startup", match="decorator", names=settings.startup, phase="startup"))
    lifetimes = [Lifetime(names=settings.request_scoped, lives="request")] if settings.request_scoped else []
    safe = [Safe(id=f"settings-{key}", group=key, match=match, names=names, suppresses=("*",))
            for key, names in (("process-safe", settings.process_safe), ("storage-api", settings.storage_api)) if names
            for match in ("call", "subclass", "attribute", "decorator")]
    model = Model(framework=FRAMEWORK, entries=tuple(entries), lifetimes=tuple(lifetimes), safe=tuple(safe))
    return [model] if entries or lifetimes or safe else []
