"""The ways in which a tree is deployed: base documents with the overlays that a tool would lay over them."""

from __future__ import annotations

from collections.abc import Mapping

from statecheck.deployments.overlays.compose import compose_stages
from statecheck.deployments.overlays.library import Library
from statecheck.deployments.tree import Stage
from statecheck.facts.documents.nodes import DocumentFacts

__all__ = ["stages"]


def stages(documents: Mapping[str, DocumentFacts]) -> tuple[Stage, ...]:
    """All ways in which the tree is deployed, Compose first. Never raises: what cannot be followed becomes a note."""
    library = Library(documents)
    compose = compose_stages(library)
    return compose.stages
