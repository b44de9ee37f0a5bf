"""Which files of a folder make up Compose projects: the base, what is laid over it, and what stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.compose_commands import combinations
from statecheck.deployments.overlays.compose_merge import is_service, services_of
from statecheck.deployments.overlays.library import Library, Source, folder_of

_NAME = re.compile(
    r"(?:(?P<before>(?!(?:docker|podman)[._-]?compose)[\w.-]+?)[._-])?"
    r"(?:(?:docker|podman)[._-]?)?compose(?:[._-](?P<after>[\w.-]+?))?\.(?:ya?ml|json)\Z"
)
_TEMPLATE = re.compile(r"\.(?:j2|jinja2?|erb|tmpl|tpl|template)\Z")
_MAX_VARIANTS = 40  # of one folder


class Project(NamedTuple):
    """Files in the order in which they are laid over each other."""

    paths: tuple[str, ...]
    notes: tuple[str, ...] = ()


def variant_of(path: str) -> str | None:
    """ "" for the base of a Compose project, the variant (``override``, ``prod``), ``None`` for another file's name."""
    match = _NAME.match(_TEMPLATE.sub("", path.rpartition("/")[2].lower()))
    return ".".join(part for part in (match["before"], match["after"]) if part) if match else None


def is_compose(source: Source | None) -> bool:
    """Does the file say what a Compose file says?"""
    root = source.root if source is not None else None
    if root is None or "kind" in root.fields or "apiVersion" in root.fields:
        return False
    services = services_of(root)
    if any(is_service(service) for service in services.values()):
        return True
    return "include" in root.fields and variant_of(source.path if source else "") is not None


def projects(library: Library) -> Iterator[Project]:
    """The Compose projects of the tree: those of outer folders first, files with names of their own last.

    What commands of the tree lay over each other comes before what names suggest.
    """
    later: list[str] = []
    told = _Told(library)
    for folder in sorted(library.folders, key=lambda folder: (folder.count("/"), folder)):
        named: list[tuple[str, str]] = []
        for path in library.folders[folder]:
            variant = variant_of(path)
            if variant is not None:
                if is_named(library.get(path)):
                    named.append((variant, path))
            elif library.facts[path].format in ("yaml", "helm-template") and library.has_top_key(path, "services"):
                later.append(path)
        yield from _of_folder(library, sorted(named), told)
    yield from (Project(files) for files in told.rest)
    for path in later:
        if path not in told.mentioned and is_compose(library.get(path)):
            yield Project((path,))


class _Told:
    """What commands of the tree say about its files."""

    def __init__(self, library: Library) -> None:
        known = [files for files in combinations(library) if all(is_named(library.get(path)) for path in files)]
        self.mentioned = {path for files in known for path in files}
        self.alone = {files[0] for files in known if len(files) == 1}
        self.over = {files[1]: files[0] for files in known if len(files) == 2}  # variant → what it is laid over
        self.rest = [files for files in known if len(files) > 2 or (len(files) == 2 and not _is_pair(files))]
        self.rest += [files for files in known if len(files) == 1 and variant_of(files[0]) is None]


def _is_pair(files: Sequence[str]) -> bool:
    """Would the names alone lead to this pair?"""
    base, variant = files
    return folder_of(base) == folder_of(variant) and variant_of(base) == "" and bool(variant_of(variant))


def is_named(source: Source | None) -> bool:
    """Is a file with the name of a Compose file one? Overrides may say little."""
    root = source.root if source is not None else None
    return root is not None and "kind" not in root.fields and bool(root.fields.keys() & {"services", "include"})


def _of_folder(library: Library, named: Sequence[tuple[str, str]], told: _Told) -> Iterator[Project]:
    bases = sorted((path for variant, path in named if not variant), key=_rank)
    overrides = [path for variant, path in named if variant == "override"]
    variants = {variant: path for variant, path in named if variant not in ("", "override")}
    if bases:
        yield Project((bases[0], *overrides[:1]))
        if overrides:  # of those who develop: others run the base without it
            yield Project((bases[0],))
    yield from (Project((path,)) for path in (*bases[1:], *overrides[1 if bases else 0 :]))
    over = {path: variants.get(variant.removesuffix(".override"), path) for variant, path in variants.items()}
    for path in [*variants.values()][:_MAX_VARIANTS]:
        below = (over[path],) if over[path] != path else ()
        yield Project((*_below(library, bases, (*below, path)[0], told), *below, path))
    if bases and len(variants) > _MAX_VARIANTS:
        left = len(variants) - _MAX_VARIANTS
        yield Project((bases[0],), (f"{folder_of(bases[0]) or '.'}: {left} further variants were not laid over it",))


def _below(library: Library, bases: Sequence[str], path: str, told: _Told) -> tuple[str, ...]:
    """The base that a variant is laid over."""
    if not bases or (path in told.alone and told.over.get(path) is None):
        return ()
    if told.over.get(path) == bases[0]:
        return (bases[0],)
    return () if _stands_alone(library, bases[0], path) else (bases[0],)


def _rank(path: str) -> tuple[int, str]:
    """The order in which Compose looks for its file."""
    name = path.rpartition("/")[2]
    order = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
    return (order.index(name) if name in order else len(order), name)


def _stands_alone(library: Library, base: str, path: str) -> bool:
    """Is the variant complete by itself? It says what each of its services runs, and has as many as the base."""
    base_source, source = library.get(base), library.get(path)
    if base_source is None or source is None or base_source.root is None or source.root is None:
        return True
    below, above = services_of(base_source.root), services_of(source.root)
    if not above or not all(is_service(service) for service in above.values()):
        return False
    return len(above) >= len(below) or not above.keys() & below.keys()
