"""The ways in which a tree is deployed: base documents with the overlays that a tool would lay over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from statecheck.deployments.overlays.alone import lone_stages
from statecheck.deployments.overlays.compose import compose_stages
from statecheck.deployments.overlays.helm import helm_stages
from statecheck.deployments.overlays.kustomize import kustomize_stages
from statecheck.deployments.overlays.library import Library
from statecheck.deployments.overlays.objects import objects
from statecheck.deployments.overlays.purpose import purpose_of, purpose_words
from statecheck.deployments.tree import Stage
from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.rules.schema import Model

__all__ = ["stages"]


def stages(documents: Mapping[str, DocumentFacts], models: Collection[Model] = ()) -> tuple[Stage, ...]:
    """All ways in which the tree is deployed. Never raises: what cannot be followed becomes a note.

    A document that is part of an overlay stands in its stages alone; all others make stages of kind "". The
    ``models`` of the rule pack say what names are for, and how kinds of objects are put together; without them no stage
    has a purpose, and patches replace lists.
    """
    words = purpose_words(models)
    library = Library(documents)
    parts = [compose_stages(library), kustomize_stages(library, objects(models)), helm_stages(library)]
    used = frozenset().union(*(part.used for part in parts))
    overlaid = [stage for part in parts for stage in part.stages]
    return (
        *(stage._replace(purpose=purpose_of(stage.name, words)) for stage in overlaid),
        *lone_stages(library, used, words),
    )
