"""Compose projects: files merged, with ``extends``, ``include`` and variables resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from statecheck.deployments.overlays.compose_files import Project, is_named, projects
from statecheck.deployments.overlays.compose_merge import (
    merged,
    merged_service,
    normal,
    services_of,
    without_tags,
)
from statecheck.deployments.overlays.library import Built, Library, folder_of, resolved, within
from statecheck.deployments.overlays.values import fields_of, items_of, mapped, texts_of, with_fields
from statecheck.deployments.overlays.variables import Variables, interpolated, settled, variables_of
from statecheck.deployments.tree import Datum, Stage

_MAX_INCLUDED = 100  # files that one project may include or extend
_EXTENDS = "extends"


def compose_stages(library: Library) -> Built:
    """A stage for each way in which Compose files of the tree are laid over each other."""
    stages: list[Stage] = []
    used: set[str] = set()
    inside: set[str] = set()  # files that others include or extend
    for project in projects(library):
        if len(project.paths) == 1 and project.paths[0] in inside:
            continue
        stage, below = _stage(library, project)
        inside.update(below)
        used.update(project.paths, below)
        if stage is not None:
            stages.append(stage)
    return Built(tuple(stages), frozenset(used))


def _stage(library: Library, project: Project) -> tuple[Stage | None, frozenset[str]]:
    loader = _Loader(library, folder_of(project.paths[0]))
    loader.notes.extend(project.notes)
    document: Datum | None = None
    for path in project.paths:
        over = loader.load(path, document)
        if over is not None:
            document = over if document is None else merged(document, over)
    if document is None:
        return None, frozenset()
    effective = mapped(without_tags(document), settled)
    folder = folder_of(project.paths[0])
    name = " + ".join((project.paths[0], *(within(path, folder) for path in project.paths[1:])))
    below = frozenset(loader.files) - set(project.paths)
    files = (*project.paths, *sorted(below))
    return Stage(name, "compose", files, (effective,), tuple(dict.fromkeys(loader.notes))), below


class _Loader:
    """Loads the files of one project. What cannot be followed becomes a note."""

    def __init__(self, library: Library, folder: str) -> None:
        self.library = library
        self.notes: list[str] = []
        self.files: set[str] = set()
        self._variables: dict[str, Variables] = {}
        self._folder = folder
        self._plain: dict[str, Datum | None] = {}

    def load(self, path: str, below: Datum | None = None, above: tuple[str, ...] = ()) -> Datum | None:
        """A file with all that it includes and extends; ``below`` is what it will be laid over."""
        document = self.plain(path, above)
        if document is None:
            return None
        services = dict(services_of(document))
        known = services_of(below) if below is not None else {}
        extended = _Extending(self, path, services, known).all()
        if extended:
            holder = document.fields["services"]
            document = with_fields(document, {**document.fields, "services": with_fields(holder, extended)})
        return self._with_included(path, document, above)

    def plain(self, path: str, above: tuple[str, ...] = ()) -> Datum | None:
        """The file alone, in normal form, variables replaced."""
        if path not in self._plain:
            source = self.library.get(path)
            self._plain[path] = None
            if source is not None:
                self.notes.extend(source.notes)
                self.files.add(path)
                if source.root is not None:
                    self._plain[path] = normal(interpolated(source.root, self._variables_for(path, above)))
        return self._plain[path]

    def _variables_for(self, path: str, above: tuple[str, ...]) -> Variables:
        own = self._env(self._folder)
        return {**self._env(folder_of(path)), **own} if above else own

    def _env(self, folder: str) -> Variables:
        if folder not in self._variables:
            source = self.library.get(f"{folder}/.env" if folder else ".env")
            self._variables[folder] = variables_of(source.root if source else None)
        return self._variables[folder]

    def _with_included(self, path: str, document: Datum, above: tuple[str, ...]) -> Datum:
        base: Datum | None = None
        for place, names in _included(document):
            part: Datum | None = None
            for name in names:
                found = self._include(path, name, place, above, part)
                part = found if part is None or found is None else merged(part, found)
            if part is not None:
                base = part if base is None else merged(base, part)
        if base is None:
            return document
        both = merged(base, document)
        return both._replace(location=document.location)

    def _include(self, path: str, name: str, place: Datum, above: tuple[str, ...], part: Datum | None) -> Datum | None:
        where = f"{path}:{place.location.line}"
        target = resolved(folder_of(path), name)
        if target is None or target not in self.library:
            self.notes.append(f"{where} includes {name}, which is not in the tree")
            return part
        if target == path or target in above or len(self.files) >= _MAX_INCLUDED:
            self.notes.append(
                f"{where} includes {name} in a circle" if target in (path, *above) else f"{where}: too many files"
            )
            return part
        found = self.load(target, part, (*above, path))
        return part if found is None else found

    def shared(self, path: str, name: str, place: Datum) -> str | None:
        """The file that ``extends`` names."""
        target = resolved(folder_of(path), name)
        if target is None or not is_named(self.library.get(target)) or len(self.files) >= _MAX_INCLUDED:
            self.notes.append(f"{path}:{place.location.line} extends {name}, which is not in the tree")
            return None
        return target


def _included(document: Datum) -> Iterator[tuple[Datum, tuple[str, ...]]]:
    for item in items_of(document.fields.get("include")):
        paths = item.fields.get("path") if item.kind == "map" else item
        yield item, tuple(each.value for each in texts_of(paths))


class _Extending:
    """Resolves ``extends`` between the services of one file, and into other files."""

    def __init__(self, loader: _Loader, path: str, services: Mapping[str, Datum], known: Mapping[str, Datum]) -> None:
        self.loader = loader
        self.path = path
        self.services = services
        self.known = known  # services of what this file is laid over
        self._done: dict[tuple[str, str], Datum] = {}

    def all(self) -> dict[str, Datum]:
        """Every service of the file; nothing where none extends another."""
        if not any(_EXTENDS in fields_of(service) for service in self.services.values()):
            return {}
        return {name: self._service(self.path, name, service, ()) for name, service in self.services.items()}

    def _service(self, path: str, name: str, service: Datum, above: tuple[tuple[str, str], ...]) -> Datum:
        key = (path, name)
        if key not in self._done:
            self._done[key] = self._resolve(path, name, service, above)
        return self._done[key]

    def _resolve(self, path: str, name: str, service: Datum, above: tuple[tuple[str, str], ...]) -> Datum:
        extends = service.fields.get(_EXTENDS) if service.kind == "map" else None
        if extends is None:
            return service
        own = with_fields(service, {key: below for key, below in service.fields.items() if key != _EXTENDS})
        base = self._base(path, extends, (*above, (path, name)))
        if base is None:
            return own
        return merged_service(base, own)._replace(key=service.key, location=service.location)

    def _base(self, path: str, extends: Datum, above: tuple[tuple[str, str], ...]) -> Datum | None:
        wanted = extends.value if extends.kind == "value" else extends.text("service")
        file = extends.text("file")
        target = self.loader.shared(path, file, extends) if file else path
        if target is None or not wanted:
            return None
        where = f"{path}:{extends.location.line}"
        if (target, wanted) in above or len(above) > _MAX_INCLUDED:
            self.loader.notes.append(f"{where} extends {wanted} in a circle")
            return None
        document = self.loader.plain(target)
        base = services_of(document).get(wanted) if document is not None else None
        if base is None and target == self.path:
            base = self.known.get(wanted)
        if base is None:
            self.loader.notes.append(f"{where} extends {wanted}, which {target} does not have")
            return None
        return self._service(target, wanted, base, above)
