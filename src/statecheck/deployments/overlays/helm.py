"""Helm charts: templates with the values of each values file, the parts of a chart included."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.helm_expressions import Scope
from statecheck.deployments.overlays.helm_functions import is_true, literal, nil
from statecheck.deployments.overlays.helm_render import render
from statecheck.deployments.overlays.kustomize import objects_in
from statecheck.deployments.overlays.library import Built, Library, within
from statecheck.deployments.overlays.values import items_of, renamed, with_fields
from statecheck.deployments.tree import Datum, Stage
from statecheck.model import Location

CHART = "Chart.yaml"
_VALUES = ("values.yaml", "values.yml")
_IS_VALUES = re.compile(
    r"(?!templates/|charts/|crds/)(?:.*/)?"
    r"(?:(?:[\w.-]*[._-])?values(?:[._-][\w.-]*)?|(?:values|environments?|envs?)/[^/]+)\.ya?ml\Z"
)
_MAX_VARIANTS = 20  # values files of one chart beside its own
_MAX_PARTS = 3  # charts within charts
_MAX_RENDERED = 20_000  # templates of all stages together


class _Chart(NamedTuple):
    folder: str
    root: Datum
    values: str  # path of its own values file, "" for none
    variants: tuple[str, ...]
    templates: tuple[str, ...]
    crds: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.root.text("name") or self.folder.rpartition("/")[2]


def helm_stages(library: Library) -> Built:
    """A stage for the values of each chart, and one for each further values file laid over them."""
    charts = {chart.folder: chart for chart in _charts(library)}
    parts: dict[str, list[_Chart]] = {}
    for folder, chart in charts.items():
        above = _parent(folder, charts)
        if above is not None:
            parts.setdefault(above, []).append(chart)
    inside = {part.folder for several in parts.values() for part in several}
    stages: list[Stage] = []
    used: set[str] = set()
    room = _MAX_RENDERED
    for folder, chart in charts.items():
        used.update((posixpath.join(folder, CHART), *chart.variants, *chart.templates, *chart.crds))
        used.update((chart.values,) if chart.values else ())
        if folder in inside or chart.root.text("type") == "library":
            continue
        for variant in (None, *chart.variants[:_MAX_VARIANTS]):
            stage = _Renderer(library, parts, room).stage(chart, variant)
            room -= len(stage.files)
            stages.append(stage)
    return Built(tuple(stages), frozenset(used))


def _charts(library: Library) -> Iterator[_Chart]:
    below: dict[str, list[str]] = {folder: [] for folder in library.folders if _at(folder, CHART) in library}
    for path in library.facts:
        folder = posixpath.dirname(path)
        while folder and folder not in below:
            folder = posixpath.dirname(folder)
        if folder in below:
            below[folder].append(path)
    for folder in sorted(below):
        source = library.get(_at(folder, CHART))
        if source is not None and source.root is not None:
            yield _chart(folder, source.root, below[folder])


def _at(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _chart(folder: str, root: Datum, paths: Sequence[str]) -> _Chart:
    names = {within(path, folder): path for path in sorted(paths)}
    values = next((names[name] for name in _VALUES if name in names), "")
    documents = {name: path for name, path in names.items() if name.endswith((".yaml", ".yml", ".tpl"))}
    templates = tuple(path for name, path in documents.items() if name.startswith("templates/"))
    return _Chart(
        folder,
        root,
        values,
        tuple(path for name, path in documents.items() if path != values and _IS_VALUES.match(name)),
        tuple(path for path in templates if "/templates/tests/" not in f"/{path}"),
        tuple(path for name, path in documents.items() if name.startswith(("crds/", "templates/tests/"))),
    )


def _parent(folder: str, charts: Mapping[str, _Chart]) -> str | None:
    """The chart that a chart is part of."""
    holder, _, name = folder.rpartition("/")
    above = posixpath.dirname(holder) if holder.rpartition("/")[2] == "charts" and name else None
    return above if above is not None and above in charts and (above or holder == "charts") else None


class _Renderer:
    """Renders one chart once."""

    def __init__(self, library: Library, parts: Mapping[str, Sequence[_Chart]], room: int) -> None:
        self._library = library
        self._parts_of = parts
        self._room = room
        self._files: list[str] = []
        self._notes: list[str] = []
        self._documents: list[Datum] = []

    def stage(self, chart: _Chart, variant: str | None) -> Stage:
        """The chart with its own values, or with a further file laid over them."""
        values = self._values_of(chart)
        name = chart.values or _at(chart.folder, CHART)
        if variant is not None:
            self._files.append(variant)
            values = laid_over(values, self._mapping(variant, values))
            name = f"{name} + {within(variant, chart.folder)}"
        self._chart(chart, values, chart.name, 0)
        return Stage(name, "helm", tuple(dict.fromkeys(self._files)), tuple(self._documents), tuple(self._notes))

    def _values_of(self, chart: _Chart) -> Datum:
        nothing = Datum("map", "{}", Location(_at(chart.folder, CHART)), key="Values")
        if not chart.values:
            return nothing
        self._files.append(chart.values)
        return self._mapping(chart.values, nothing)

    def _mapping(self, path: str, otherwise: Datum) -> Datum:
        source = self._library.get(path)
        self._notes.extend(source.notes if source else ())
        root = source.root if source else None
        return root._replace(key="Values") if root is not None else otherwise

    def _chart(self, chart: _Chart, values: Datum, release: str, depth: int) -> None:
        scope = _scope(chart, values, release)
        for path in chart.templates[: max(0, self._room - len(self._files))]:
            facts = self._library.facts[path]
            if path.endswith(".tpl") or facts.format not in ("yaml", "helm-template"):
                continue
            self._files.append(path)
            if facts.failure is not None:
                self._notes.append(f"{path}:{facts.failure.line} could not be read to its end: {facts.failure.message}")
            found = render(path, facts, scope)
            self._documents.extend(each for document in found.documents for each in objects_in(document))
            if found.unknown:
                count = f"{found.unknown} value{'s' if found.unknown != 1 else ''}"
                self._notes.append(
                    f"{count} of {path} {'are' if found.unknown != 1 else 'is'} only known once rendered"
                )
        if depth < _MAX_PARTS:
            self._parts(chart, values, release, depth)

    def _parts(self, chart: _Chart, values: Datum, release: str, depth: int) -> None:
        """The charts in its ``charts`` folder, with the values that this one gives them."""
        wanted = {item.text("name"): item for item in items_of(chart.root.fields.get("dependencies"))}
        for part in self._parts_of.get(chart.folder, ()):
            dependency = wanted.pop(part.name, None)
            if dependency is not None and not _is_wanted(dependency, values):
                continue
            name = (dependency.text("alias") if dependency else "") or part.name
            own = self._values_of(part)
            given = values.fields.get(name)
            if given is not None and given.kind == "map":
                own = laid_over(own, given)
            shared = values.fields.get("global")
            if shared is not None:
                own = with_fields(own, {**own.fields, "global": shared})
            self._chart(part, own, release, depth + 1)
        for name, item in wanted.items():
            if name and _is_wanted(item, values):
                self._notes.append(f"{item.location.path}:{item.location.line}: {name} is not in the tree")


def _is_wanted(dependency: Datum, values: Datum) -> bool:
    condition = dependency.text("condition").partition(",")[0]
    found = values.at(*condition.split(".")) if condition else None
    return found is None or is_true(found) is not False


def _scope(chart: _Chart, values: Datum, release: str) -> Scope:
    """The names of a chart's templates. It is taken to be installed under its own name."""
    place = Location(_at(chart.folder, CHART))
    about = {key[:1].upper() + key[1:]: each for key, each in chart.root.fields.items()}
    installed = {
        "Name": literal(release, place)._replace(templated=True),
        "Service": literal("Helm", place),
        "Namespace": nil(place),  # that of whoever installs it
        "IsInstall": literal("true", place),
        "IsUpgrade": literal("false", place),
    }
    root = with_fields(
        Datum("map", "", place),
        {
            "Values": values,
            "Chart": with_fields(Datum("map", "", place, key="Chart"), about),
            "Release": with_fields(Datum("map", "", place, key="Release"), installed),
        },
    )
    return Scope(root, root, {}, _helpers(chart, values, installed["Name"]))


def _helpers(chart: _Chart, values: Datum, release: Datum) -> dict[str, Datum]:
    """What the helpers give that every chart has, by the last part of their names."""
    place = Location(_at(chart.folder, CHART))

    def text(value: str) -> Datum:
        return literal(value, place)._replace(templated=True)

    def chosen(key: str, otherwise: str) -> Datum:
        found = values.fields.get(key)
        return found if found is not None and found.kind == "value" and found.value else text(otherwise)

    name = chosen("nameOverride", chart.name)
    full = chosen("fullnameOverride", _full(release.value, name.value))
    pairs = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release}
    labels = with_fields(Datum("map", "", place), {key: renamed(each, key) for key, each in pairs.items()})
    account = values.at("serviceAccount", "name")
    return {
        "fullname": full,
        "name": name,
        "chart": text(f"{chart.name}-{chart.root.text('version')}"),
        "serviceAccountName": account if account is not None and account.value else full,
        **dict.fromkeys(
            ("labels", "selectorLabels", "matchLabels", "standard", "metaLabels", "standard-labels"), labels
        ),
    }


def _full(release: str, name: str) -> str:
    return release if name in release else f"{release}-{name}"


def laid_over(base: Datum, over: Datum) -> Datum:
    """Values laid over values: mappings merge, all else replaces, null takes away."""
    if base.kind != "map" or over.kind != "map":
        return over
    fields = dict(base.fields)
    for key, each in over.fields.items():
        below = fields.get(key)
        if each.kind == "null":
            fields.pop(key, None)
        else:
            fields[key] = laid_over(below, each) if below is not None else each
    return with_fields(base, fields)
