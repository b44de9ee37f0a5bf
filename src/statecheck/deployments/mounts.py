"""Folders of a container that lie somewhere else, as ``[[mount-form]]`` rows read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.paths import first, select, text
from statecheck.deployments.tree import Datum
from statecheck.model import Location
from statecheck.rules.platforms import MountForm

FOLDERS = (".", "/", "~", "$")  # what the source of a bind mount begins with
VOLUME, UNKNOWN = "volume", "unknown"


class Mount(NamedTuple):
    """A folder of a container that lies somewhere else. ``kind``: bind, volume, empty, host, claim or unknown."""

    path: str
    source: str
    kind: str
    places: tuple[Location, ...]  # the mount, its parts and the volume that it mounts

    @property
    def location(self) -> Location:
        """Where the mount stands."""
        return self.places[0]


def mounts_of(form: MountForm, container: Datum, paths: Sequence[str], volumes: Sequence[Datum]) -> Iterator[Mount]:
    """The mounts at the paths, each a mount or a list of them; those that nobody can write to are left out."""
    named = {text(volume, form.volume_name) or volume.key: volume for volume in volumes}
    for said in (found for path in paths for found in select(container, path)):
        for each in said.items if said.kind == "list" else (said,):
            mount = _of_text(form, each) if each.kind == "value" else _of_map(form, each, named)
            if mount is not None:
                yield mount


def _of_text(form: MountForm, datum: Datum) -> Mount | None:
    """``./photos:/srv/media:ro``, in the order of ``parts``; one part alone is the path."""
    if not form.parts or not datum.value:
        return None
    pieces = datum.value.split(":", len(form.parts) - 1)
    said = dict(zip(form.parts, pieces, strict=False)) if len(pieces) > 1 else {"path": datum.value}
    if not set(said.get("mode", "").split(",")).isdisjoint(form.read_only_modes):
        return None
    source = said.get("source", "")
    return Mount(said.get("path", ""), source, _kind(source), (datum.location,))


def _of_map(form: MountForm, datum: Datum, volumes: Mapping[str, Datum]) -> Mount | None:
    path, source, kind = text(datum, form.path), text(datum, form.source), text(datum, form.kind)
    if not path or kind in form.other_kinds or text(datum, form.read_only).lower() == "true":
        return None
    if source in volumes:
        volume = volumes[source]
        return Mount(path, *_volume(form, volume, source), (*_places(datum), *_places(volume)))
    return Mount(path, source, kind or _kind(source), _places(datum))


def _volume(form: MountForm, volume: Datum, name: str) -> tuple[str, str]:
    """Source and kind of a volume that a mount names."""
    for row in form.volumes:
        if first(volume, [row.has]) is not None:
            return (text(volume, row.source) if row.source else row.has), row.kind
    return name, UNKNOWN


def _kind(source: str) -> str:
    return "bind" if source.startswith(FOLDERS) else VOLUME


def _places(datum: Datum) -> tuple[Location, ...]:
    """Where a value and everything in it stands: a rule may speak of any of its lines."""
    return (datum.location, *(place for item in datum.items for place in _places(item)))
