"""The containers that documents describe, whatever platform they are for, as ``[[platform]]`` rows read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from statecheck.deployments.mounts import Mount, mounts_of
from statecheck.deployments.paths import first, select, text
from statecheck.deployments.tree import Datum, Stage
from statecheck.model import Location
from statecheck.rules.platforms import MountForm, Platform, Scaler
from statecheck.rules.schema import Model


class Platforms(NamedTuple):
    """The platforms and scalers of all models, and the forms of mounts by their id."""

    platforms: tuple[Platform, ...]
    scalers: tuple[Scaler, ...]
    mounts: Mapping[str, MountForm]


class Count(NamedTuple):
    """How many copies a document asks for. ``number`` None: only a run tells. ``most``: up to that many."""

    number: int | None
    most: bool
    word: str
    text: str
    location: Location


class Container(NamedTuple):
    """One container (or plain process) of a unit. ``stage`` is its deployment."""

    stage: Stage
    platform: Platform
    unit: str
    name: str
    datum: Datum
    location: Location
    copies: tuple[Count, ...]
    mounts: tuple[Mount, ...]

    def at(self, paths: Sequence[str]) -> Datum | None:
        """The value at the first path that leads to one."""
        return first(self.datum, paths)

    def each(self, paths: Sequence[str]) -> list[Datum]:
        """All texts at all paths."""
        return [datum for path in paths for datum in select(self.datum, path) if datum.kind == "value"]

    def said(self, paths: Sequence[str]) -> str:
        """The text at the first path that leads to one."""
        return text(self.datum, paths)


def platforms(models: Iterable[Model]) -> Platforms:
    """What the models know."""
    rows = list(models)
    return Platforms(
        tuple(row for model in rows for row in model.platforms),
        tuple(row for model in rows for row in model.scalers),
        {row.id: row for model in rows for row in model.mount_forms},
    )


def containers(stage: Stage, known: Platforms) -> Iterator[Container]:
    """The containers of a stage, in order. Of a document the first platform that knows it says what is in it."""
    scaled = list(_scaled(stage, known.scalers))
    for document in stage.documents:
        for platform in known.platforms:
            found = list(_containers(stage, document, platform, known, scaled)) if _fits(platform, document) else []
            if found:
                yield from found
                break


def _fits(platform: Platform, document: Datum) -> bool:
    if platform.kinds and document.text("kind") not in platform.kinds:
        return False
    path = document.location.path.lower()
    if platform.files and not any(fnmatchcase(path, pattern) for pattern in platform.files):
        return False
    return all(select(document, path) for path in platform.has)


def _containers(
    stage: Stage, document: Datum, platform: Platform, known: Platforms, scaled: list[Scaled]
) -> Iterator[Container]:
    form = known.mounts.get(platform.mount_form)
    for unit in select(document, platform.units):
        name = text(unit, platform.name) or (unit.key if platform.units else _stem(document.location.path))
        name = name.removeprefix(platform.key_prefix)
        title = platform.unit.replace("{name}", name).replace("{kind}", document.text("kind")).strip()
        counts = tuple(_counts(unit, platform, _scaler(document, platform, frozenset((name, unit.key)), scaled)))
        volumes = select(unit, f"{platform.volumes}.*") if platform.volumes else []
        inner = [each for found in select(unit, platform.containers) for each in _listed(found)]
        for datum in inner:
            mounts = tuple(mounts_of(form, datum, platform.mounts, volumes)) if form is not None else ()
            own = datum.text("name") if len(inner) > 1 else ""
            yield Container(stage, platform, title, own or name or title, datum, unit.location, counts, mounts)


def _listed(datum: Datum) -> Sequence[Datum]:
    """A call (``jsonencode([…])``) may stand around the list."""
    return datum.items if datum.kind == "list" else (datum,)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0] or path.rpartition("/")[2]


def _counts(unit: Datum, platform: Platform, scaler: Count | None) -> Iterator[Count]:
    if scaler is not None:
        yield scaler._replace(word=platform.replica_word)
        return
    for path, value in platform.scaled_by.items():
        if (said := first(unit, [path])) is not None and said.value == value:
            yield Count(None, False, platform.replica_word, f"{said.key}: {said.value}", said.location)
            return
    for paths, most in ((platform.maximum, True), (platform.replicas, False), (platform.minimum, False)):
        said = first(unit, paths) if paths else None
        if said is not None and said.kind in ("value", "unknown"):
            number = _number(said)
            if paths is platform.minimum and number == 1:  # there may be more
                number = None
            yield Count(number, most, platform.replica_word, f"{said.key}: {said.value}", said.location)
            return
    if platform.scaled:
        yield Count(None, False, platform.replica_word, "", unit.location)


def _number(datum: Datum) -> int | None:
    """How many; of none at all only a run tells when there are some."""
    value = datum.value.strip()
    return (int(value) or None) if value.isascii() and value.isdigit() and len(value) < 7 else None


class Scaled(NamedTuple):
    """What a scaler says of a unit with one of these names; of any kind, namespace and platform where it says none."""

    names: frozenset[str]
    kind: str
    namespace: str
    platforms: tuple[str, ...]
    copies: Count


def _scaled(stage: Stage, scalers: Iterable[Scaler]) -> Iterator[Scaled]:
    for document in stage.documents:
        for scaler in scalers:
            if not scaler.kinds or document.text("kind") in scaler.kinds:
                for unit in select(document, scaler.units):
                    yield from _scaled_by(scaler, unit, text(document, scaler.namespace))


def _scaled_by(scaler: Scaler, unit: Datum, namespace: str) -> Iterator[Scaled]:
    names = frozenset((text(unit, [scaler.target]), unit.key)) - {""}
    said = first(unit, [path for path in (scaler.maximum, scaler.replicas) if path])
    if names and said is not None:
        kind = text(unit, [scaler.target_kind]) if scaler.target_kind else ""
        count = Count(_number(said), bool(scaler.maximum), "", f"{said.key}: {said.value}", said.location)
        yield Scaled(names, kind, namespace, scaler.platforms, count)


def _scaler(document: Datum, platform: Platform, names: frozenset[str], scaled: Iterable[Scaled]) -> Count | None:
    kind, namespace = document.text("kind"), text(document, platform.namespace)
    found = [each.copies for each in scaled if not names.isdisjoint(each.names) and each.kind in ("", kind)
             and (not each.platforms or platform.id in each.platforms)
             and (each.namespace == namespace or not each.namespace or not namespace)]  # fmt: skip
    return found[-1] if found else None
