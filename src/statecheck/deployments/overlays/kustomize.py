"""Kustomize: folders of objects, and folders that build upon others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.kustomize_changes import Resource, resource, transformed
from statecheck.deployments.overlays.kustomize_generators import with_generated
from statecheck.deployments.overlays.kustomize_patching import patched
from statecheck.deployments.overlays.library import Built, Library, resolved
from statecheck.deployments.overlays.objects import Objects
from statecheck.deployments.overlays.values import items_of, texts_of
from statecheck.deployments.tree import Datum, Stage

NAMES = ("kustomization.yaml", "kustomization.yml")
_BELOW = ("resources", "bases", "components")
_FOLLOWED_BY_NOBODY = (
    "helmCharts",
    "helmChartInflationGenerator",
    "generators",
    "transformers",
    "vars",
    "replacements",
)
_MAX_DEPTH = 30  # folders that build upon each other
_MAX_OBJECTS = 100_000  # objects of all stages together


class _Folder(NamedTuple):
    """What a kustomization makes, from which files, and what could not be followed."""

    resources: tuple[Resource, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...]


_NOTHING = _Folder((), (), ())


def kustomize_stages(library: Library, known: Objects) -> Built:
    """A stage for each kustomization that no other builds upon."""
    builder = _Builder(library, known)
    used: set[str] = set()
    stages: list[Stage] = []
    for folder in _leaves(builder):
        made = builder.folder(folder, ())
        used.update(made.files)
        documents = tuple(each.datum for each in made.resources)
        notes = tuple(dict.fromkeys(made.notes))
        stages.append(Stage(folder or ".", "kustomize", tuple(dict.fromkeys(made.files)), documents, notes))
    return Built(tuple(stages), frozenset(used))


def _leaves(builder: _Builder) -> list[str]:
    """Folders that nothing builds upon; of a circle of folders the first."""
    below = {folder: builder.below(folder) for folder in builder.roots}
    named = {name for folder, names in below.items() for name in names if name != folder}
    found = [folder for folder in below if folder not in named and not builder.is_component(folder)]
    reached: set[str] = set()
    for folder in [*found, *sorted(below)]:
        if folder not in reached and folder not in found and not builder.is_component(folder):
            found.append(folder)
        open_ = [folder]
        while open_:
            each = open_.pop()
            if each not in reached:
                reached.add(each)
                open_.extend(name for name in below.get(each, ()) if name in below)
    return found


class _Builder:
    """Builds folders once each. What is done twice is shared."""

    def __init__(self, library: Library, known: Objects) -> None:
        self.library = library
        self._known = known
        self.roots: dict[str, tuple[str, Datum]] = dict(_kustomizations(library))
        self._made: dict[str, _Folder] = {}
        self._objects = 0

    def is_component(self, folder: str) -> bool:
        """Can the folder be built only as part of another?"""
        return self.roots[folder][1].text("kind") == "Component"

    def below(self, folder: str) -> list[str]:
        """The folders that a folder builds upon."""
        _, root = self.roots[folder]
        names = [resolved(folder, item.value) for key in _BELOW for item in texts_of(root.fields.get(key))]
        return [name for name in names if name is not None and name in self.roots]

    def folder(self, folder: str, above: tuple[str, ...]) -> _Folder:
        """What the folder's kustomization makes, without what stands before it."""
        if folder not in self._made:
            self._made[folder] = self._built(folder, (), above)
        return self._made[folder]

    def _built(self, folder: str, before: Sequence[Resource], above: tuple[str, ...]) -> _Folder:
        """A folder laid over resources: a component changes those, all others add to them."""
        path, root = self.roots[folder]
        source = self.library.get(path)
        notes = [*(source.notes if source else ()), *_unfollowed(path, root)]
        files: list[str] = []
        resources: list[Resource] = list(before)
        for item in _named(root, ("resources", "bases")):
            made = self._resource(folder, item, above, notes)
            resources.extend(made.resources)
            files.extend(made.files)
            notes.extend(made.notes)
        for item in _named(root, ("components",)):
            target = self._folder_at(folder, item, above, notes)
            if target is not None:
                made = self._built(target, resources, (*above, folder))
                resources = list(made.resources)
                files.extend(made.files)
                notes.extend(made.notes)
        opener = _Opener(self.library, folder, files, notes)
        resources = with_generated(resources, root, opener)
        self._objects += len(resources)
        if self._objects > _MAX_OBJECTS:
            return _Folder((), (*files, path), (*notes, f"{path}: too many objects in all"))
        resources = patched(resources, root, opener, self._known, notes)
        return _Folder(tuple(transformed(resources, root, self._known)), (*files, path), tuple(notes))

    def _resource(self, folder: str, item: Datum, above: tuple[str, ...], notes: list[str]) -> _Folder:
        target = resolved(folder, item.value)
        if target is not None and target in self.library:
            source = self.library.get(target)
            documents = source.documents if source else ()
            found = tuple(resource(each) for document in documents for each in objects_in(document))
            return _Folder(found, (target,), source.notes if source else ())
        below = self._folder_at(folder, item, above, notes)
        return self.folder(below, (*above, folder)) if below is not None else _NOTHING

    def _folder_at(self, folder: str, item: Datum, above: tuple[str, ...], notes: list[str]) -> str | None:
        where = f"{item.location.path}:{item.location.line}"
        target = resolved(folder, item.value)
        if target is None or target not in self.roots:
            notes.append(f"{where} builds upon {item.value}, which is not among the documents")
            return None
        if target == folder or target in above or len(above) >= _MAX_DEPTH:
            notes.append(f"{where} builds upon {item.value} in a circle, or too deep")
            return None
        return target


class _Opener:
    """Opens the files of patches."""

    def __init__(self, library: Library, folder: str, files: list[str], notes: list[str]) -> None:
        self._library = library
        self._folder = folder
        self._files = files
        self._notes = notes

    def __call__(self, name: str, place: Datum) -> Sequence[Datum]:
        target = resolved(self._folder, name)
        source = self._library.get(target) if target is not None else None
        if source is None:
            where = f"{place.location.path}:{place.location.line}"
            self._notes.append(f"{where} patches with {name}, which is not among the documents")
            return ()
        self._files.append(source.path)
        self._notes.extend(source.notes)
        return source.documents


def _kustomizations(library: Library) -> Iterator[tuple[str, tuple[str, Datum]]]:
    for folder in sorted(library.folders):
        for name in NAMES:
            source = library.get(f"{folder}/{name}" if folder else name)
            if source is not None and source.root is not None and _is_kustomization(source.root):
                yield folder, (source.path, source.root)
                break


def _is_kustomization(root: Datum) -> bool:
    return root.text("apiVersion").partition("/")[0] in ("", "kustomize.config.k8s.io")


def _named(root: Datum, keys: Sequence[str]) -> Iterator[Datum]:
    for key in keys:
        yield from (item for item in items_of(root.fields.get(key)) if item.kind == "value" and item.value)


def _unfollowed(path: str, root: Datum) -> Iterator[str]:
    for key in _FOLLOWED_BY_NOBODY:
        if key in root.fields:
            yield f"{path}:{root.fields[key].location.line}: {key} is not followed"


def objects_in(document: Datum) -> Iterator[Datum]:
    """The document, or the objects of a list of objects."""
    if document.kind != "map":
        return
    if document.text("kind").endswith("List") and "items" in document.fields and "spec" not in document.fields:
        yield from (item for item in items_of(document.fields["items"]) if item.kind == "map")
    else:
        yield document
