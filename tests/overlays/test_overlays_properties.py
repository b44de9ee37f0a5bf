"""What holds of overlays whatever the documents say."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from statecheck.deployments.overlays import stages
from statecheck.deployments.overlays.compose_merge import merged, normal, without_tags
from statecheck.deployments.overlays.helm import laid_over
from statecheck.deployments.overlays.objects import objects
from statecheck.deployments.overlays.patches import strategic
from statecheck.deployments.tree import MAX_DEPTH, Datum, Stage
from statecheck.deployments.tree import trees as read_trees
from statecheck.facts.documents import read_document
from statecheck.model import Location

from .support import PLATFORMS, documents_of, plain

OBJECTS = objects([PLATFORMS])

KEYS = st.sampled_from([
    "services", "web", "db", "image", "build", "command", "ports", "volumes", "environment", "extends", "include",
    "depends_on", "networks", "deploy", "replicas", "file", "service", "path", "resources", "bases", "components",
    "patches", "patch", "target", "kind", "metadata", "name", "namespace", "spec", "containers", "images", "newTag",
    "template", "value", "op", "dependencies", "$patch", "labels", "configMapGenerator", "literals", "<<",
])  # fmt: skip
TEXTS = (
    "a", "1", "[]", "'{}'", "web", "db", "${A:-b}", "${A", "'8000:80'", "./a:/b", "compose.yaml", "../base", ".",
    "Deployment", "/spec/0", "'{{ .Values.a }}'", "'{{ include \"x.labels\" . | nindent 2 }}'", "A=b", "'$$'",
    "delete", "replace", "'[{op: add, path: /a/-, value: 1}]'",
)  # fmt: skip
FULL = st.sampled_from(TEXTS)
SCALARS = st.sampled_from((*TEXTS, "", "null", "!reset x"))
PATHS = (
    "compose.yaml", "compose.override.yaml", "docker-compose.prod.yml", ".env", "base/kustomization.yaml",
    "kustomization.yaml", "base/web.yaml", "Chart.yaml", "values.yaml", "values-dev.yaml", "templates/a.yaml",
    "charts/b/Chart.yaml", "charts/b/templates/c.yaml", "Procfile", "nginx.conf",
)  # fmt: skip
STEERS = (
    "{{ if .Values.a }}",
    "{{ else }}",
    "{{ end }}",
    "{{ range $a, $b := .Values }}",
    "{{ with . }}",
    "{{ $a := 1 }}",
)


def trees(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=12,
    )


def written(tree: Any) -> str:
    """The tree as YAML in one line; scalars stand as they are."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f'"{key}": {written(value)}' for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(written(item) for item in tree) + "]"
    return str(tree)


@st.composite
def texts(draw: st.DrawFn, leaves: st.SearchStrategy[str] = SCALARS) -> str:
    """A document with a mapping at the top, some of its lines behind template actions."""
    lines = []
    for key, value in draw(st.dictionaries(KEYS, trees(leaves), max_size=5)).items():
        if draw(st.booleans()):
            lines.append(draw(st.sampled_from(STEERS)))
        lines.append(f'"{key}": {written(value)}')
    return "\n".join(lines) + "\n"


def datum(text: str, path: str = "a.yaml") -> Datum:
    facts = read_document(path, text.encode())
    assert facts is not None
    return next(read_trees(path, facts), Datum("map", "{}", Location(path)))


def places(stage: Stage) -> Iterator[str]:
    open_ = list(stage.documents)
    while open_:
        each = open_.pop()
        yield each.location.path
        open_.extend(each.items)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(PATHS), texts() | st.text(string.printable, max_size=60), max_size=6))
def test_no_document_stops_it_and_every_value_comes_from_a_file_of_the_tree(files: dict[str, str]) -> None:
    documents = documents_of(files)
    for stage in stages(documents, [PLATFORMS]):
        assert set(places(stage)) <= documents.keys()
        assert set(stage.files) <= documents.keys()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(PATHS), texts(), max_size=6))
def test_the_order_of_the_documents_does_not_matter(files: dict[str, str]) -> None:
    documents = documents_of(files)
    turned = dict(reversed(documents.items()))
    assert stages(turned, [PLATFORMS]) == stages(documents, [PLATFORMS])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(PATHS), texts(), max_size=6))
def test_every_document_is_in_a_stage(files: dict[str, str]) -> None:
    documents = documents_of(files)
    covered = {path for stage in stages(documents, [PLATFORMS]) for path in stage.files}
    charts = {"Chart.yaml", "charts/b/Chart.yaml"}
    special = charts | {path for path in documents if path.startswith(("templates/", "charts/", "values"))}
    assert documents.keys() - covered <= special | {"base/kustomization.yaml"}


@settings(max_examples=100, deadline=None)
@given(texts())
def test_an_empty_override_changes_nothing(text: str) -> None:
    base = normal(datum(text))
    empty = datum("{}\n", "b.yaml")
    assert plain(merged(base, empty)) == plain(base)
    assert plain(laid_over(base, empty)) == plain(base)
    assert plain(strategic(base, empty, OBJECTS)) == plain(base)


@settings(max_examples=100, deadline=None)
@given(texts(FULL), texts(FULL))
def test_what_is_laid_over_twice_is_as_if_once(base: str, over: str) -> None:
    below, above = datum(base), datum(over, "b.yaml")
    once = laid_over(below, above)
    assert plain(laid_over(once, above)) == plain(once)


def agree(one: Datum, other: Datum) -> bool:
    """Is no key a table in one of them, and something else in the other? What replaces a table ends what was in it."""
    if one.kind != "map" or other.kind != "map":
        return (one.kind == "map") is (other.kind == "map")
    return all(agree(below, other.fields[key]) for key, below in one.fields.items() if key in other.fields)


@settings(max_examples=100, deadline=None)
@given(texts(FULL), texts(FULL), texts(FULL))
def test_values_can_be_laid_together_in_any_grouping(one: str, two: str, three: str) -> None:
    first, second, third = datum(one), datum(two, "b.yaml"), datum(three, "c.yaml")
    assume(agree(first, second) and agree(first, third) and agree(second, third))
    left = laid_over(laid_over(first, second), third)
    assert plain(left) == plain(laid_over(first, laid_over(second, third)))


@settings(max_examples=60, deadline=None)
@given(texts())
def test_taking_the_tags_away_again_changes_nothing(text: str) -> None:
    once = without_tags(normal(datum(text)))
    assert plain(without_tags(once)) == plain(once)


class TestBounds:
    def test_deep_documents(self) -> None:
        deep = "{a: " * 150 + "1" + "}" * 150
        (stage,) = stages(documents_of({"compose.yaml": f"services: {{web: {{image: x, b: {deep}}}}}\n"}))
        assert stage.notes == (f"compose.yaml: what is nested more than {MAX_DEPTH} levels deep was left out",)

    def test_aliases_that_pile_up(self) -> None:
        lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} {'[' * 40}*a{n - 1}{']' * 40}" for n in range(1, 20)]
        text = "\n".join([*lines, "services: {web: {image: x, y: *a19}}"]) + "\n"
        assert len(stages(documents_of({"compose.yaml": text}))) == 1

    def test_many_variants_of_one_folder(self) -> None:
        files = {f"compose.v{number}.yaml": "services: {web: {restart: always}}" for number in range(60)}
        found = stages(documents_of({"compose.yaml": "services: {web: {image: x}}", **files}))
        assert sum(stage.kind == "compose" for stage in found) < 50

    def test_a_chain_of_folders_that_is_too_long(self) -> None:
        files = {f"f{number}/kustomization.yaml": f"resources: [../f{number + 1}]" for number in range(60)}
        (stage,) = [
            stage
            for stage in stages(documents_of(files), [PLATFORMS])
            if stage.kind == "kustomize" and stage.name == "f0"
        ]
        assert any("too deep" in note for note in stage.notes)

    def test_folders_that_double(self) -> None:
        files = {
            f"f{number}/kustomization.yaml": f"resources: [../f{number + 1}, ../f{number + 1}/]" for number in range(25)
        }
        files["f25/kustomization.yaml"] = "resources: [web.yaml]"
        files["f25/web.yaml"] = "{kind: Pod, metadata: {name: web}}"
        assert any("too many objects" in note for stage in stages(documents_of(files)) for note in stage.notes)

    def test_many_patches(self) -> None:
        patch = "- {target: {kind: Pod}, patch: '[{op: add, path: /a, value: 1}]'}\n"
        files = {"kustomization.yaml": f"resources: [a.yaml]\npatches:\n{patch * 600}", "a.yaml": "{kind: Pod}"}
        (stage,) = stages(documents_of(files))
        assert stage.notes == ("kustomization.yaml:503: more than 500 patches",)

    def test_a_range_within_ranges_of_many_items(self) -> None:
        items = ", ".join("x" for _ in range(60))
        template = "a:\n" + "{{ range .Values.l }}\n" * 6 + "- {{ . }}\n" + "{{ end }}\n" * 6
        files = {"Chart.yaml": "name: c\n", "values.yaml": f"l: [{items}]\n", "templates/a.yaml": template}
        (stage,) = stages(documents_of(files))
        assert len(stage.documents) == 1
