"""The environment of a container: what its image sets, files, documents that others hold, and its own document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from statecheck.deployments.containers import Container
from statecheck.deployments.ground import Ground
from statecheck.deployments.images import Image, beside
from statecheck.deployments.paths import pairs, select, text
from statecheck.deployments.tree import Datum
from statecheck.rules.platforms import VariableSource


class Environments:
    """Reads the variables of containers; what a deployment shares between them is indexed once."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._sources = [source for model in ground.models for source in model.variable_sources]
        self._held: dict[int, dict[tuple[int, str], Mapping[str, Datum]]] = {}  # by the deployment

    def of(self, container: Container, built: Image | None) -> dict[str, Datum]:
        """All variables that are known, each with where it was last set."""
        platform = container.platform
        found = dict(built.environment) if built else {}
        for name in container.each(platform.environment_files):
            found |= pairs(self._ground.document([beside(container.location.path, name.value)]))
        for number, source in enumerate(self._sources):
            for place in select(container.datum, source.taken):
                held, prefix = text(place, source.all), text(place, source.prefix)
                for key, value in self._values(container, number, held).items() if held else ():
                    found[f"{prefix}{key}"] = value
        own = container.at(platform.environment)
        return found | pairs(own) | dict(self._referred(container, own))

    def _referred(self, container: Container, own: Datum | None) -> Iterator[tuple[str, Datum]]:
        """Variables whose value is one of a document that holds some."""
        for item in own.items if own is not None else ():
            for number, source in enumerate(self._sources):
                held = self._values(container, number, text(item, source.one)) if source.one else {}
                if (value := held.get(text(item, source.key))) is not None:
                    yield item.text("name") or item.key, value

    def _values(self, container: Container, number: int, name: str) -> Mapping[str, Datum]:
        stage = container.stage
        if id(stage) not in self._held:
            self._held[id(stage)] = dict(_holders(stage.documents, self._sources))
        return self._held[id(stage)].get((number, name), {})


def _holders(
    documents: Iterable[Datum], sources: Sequence[VariableSource]
) -> Iterator[tuple[tuple[int, str], Mapping[str, Datum]]]:
    for document in documents:
        for number, source in enumerate(sources):
            if document.text("kind") in source.kinds:
                values = (value for value in select(document, f"{source.values}.*") if value.kind == "value")
                yield (number, text(document, source.name)), {value.key: value for value in values}
