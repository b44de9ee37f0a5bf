"""The selector language, the judging of values, and how matches become findings."""

from __future__ import annotations

import pytest

from statecheck.detectors.document_forms import check
from statecheck.detectors.selectors import SelectorError, compile_selector
from statecheck.rules.schema import Form

from .support import found, lines, rule_of

DOCUMENT = """\
kind: Deployment
metadata:
  name: web
  annotations: {"a.b/c": "x", other: y}
spec:
  replicas: 2
  containers:
    - {name: app, image: one, ports: [80, 81]}
    - {name: side, image: two}
  labels: ["q.r=s", plain]
"""


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("spec.replicas", [6]),
        ("replicas", []),
        ("**.replicas", [6]),
        ("**.kind", [1]),
        ("*.replicas", [6]),
        ("spec.*.image", [8, 9]),
        ("spec.containers.image", [8, 9]),
        ('metadata.annotations."a.b/c"', [4]),
        (r"metadata.annotations./^a\.b\/c$/", [4]),
        ("/^(spec|meta)/.replicas", [6]),
        ("spec.containers[name=side].image", [9]),
        ("spec.containers[name=app|side].image", [8, 9]),
        ("spec.containers[name!=side].image", [8]),
        ("spec.containers[name=gone].image", []),
        ("**[name=side].image", [9]),
        ("**.containers[name=side]", [9]),
        ("[kind=Deployment].spec.replicas", [6]),
        ("[kind=Service].spec.replicas", []),
        ("spec.labels.q.r", []),
        ('spec.labels."q.r"', [10]),
        ("spec.containers.ports", [8]),
        ("kind=Deployment|Service:spec.replicas", [6]),
        ("kind=service:spec.replicas", []),
        ("kind!=Service:spec.replicas", [6]),
        ("kind~^Dep:spec.replicas", [6]),
        ("kind!~^Dep:spec.replicas", []),
        ("has=spec.labels:spec.replicas", [6]),
        ("lacks=spec.labels:spec.replicas", []),
        ("kind=Deployment&lacks=spec.gone:spec.replicas", [6]),
        ("one=spec.containers.image:spec.replicas", []),
        ("one=spec.containers.ports:spec.replicas", [6]),
        ('metadata.annotations."a.b/c"=x:spec.replicas', [6]),
        ("spec.containers.name=side:spec.replicas", [6]),
    ],
)
def test_selectors(selector: str, expected: list[int]) -> None:
    assert lines(rule_of(Form(id="f", document=(selector,), values=("<present>",))), DOCUMENT) == expected


@pytest.mark.parametrize("selector", ["", "kind=A:", "a..b", "a[b]", "a./(/", "kind~(:a", 'a."b', "directive=x&of=y"])
def test_a_bad_selector_is_named(selector: str) -> None:
    with pytest.raises(SelectorError):
        compile_selector(selector)


def test_check_compiles_everything() -> None:
    with pytest.raises(ValueError, match="path"):
        check(rule_of(Form(id="f", document=("a",)), safe_when=("has=",)))


@pytest.mark.parametrize(
    ("value", "values", "safe", "hit"),
    [
        ("ClientIP", ("clientip",), (), True),
        ("ClientIP", ("Client",), (), False),
        ("ClientIP", ("/^Client/",), (), True),
        ("clientip", ("/^Client/",), (), False),
        ("yes", ("<true>",), (), True),
        ("off", ("<true>",), (), False),
        ("anything", ("<present>",), (), True),
        ("''", ("<present>",), (), True),
        ("''", ("<present>",), ("",), False),
        ("none", ("<present>",), ("none",), False),
        ("~", ("<present>",), (), False),
        ("{{ x }}", ("<present>", "/./"), (), False),
        ("{a: 1}", ("<present>",), (), True),
        ("{a: 1}", ("/./",), (), False),
        ("[]", ("<present>",), ("[]",), False),
        ("[a, ip]", ("ip",), (), True),
        ("[a, b]", ("<present>",), ("[]",), True),
    ],
)
def test_values(value: str, values: tuple[str, ...], safe: tuple[str, ...], hit: bool) -> None:
    form = Form(id="f", document=("key",), values=values, safe_values=safe)
    assert bool(lines(rule_of(form), f"key: {value}\n")) is hit


class TestAbsence:
    selector = "kind=Route:metadata.annotations.off"
    form = Form(id="f", document=(selector,), values=("<absent>", "false"), safe_values=("<true>",))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("kind: Route\nspec: {}\n", [1]),
            ("kind: Route\nmetadata:\n  name: x\n", [2]),
            ("kind: Route\nmetadata:\n  annotations:\n    a: b\n", [3]),
            ("kind: Route\nmetadata:\n  annotations:\n    off: 'false'\n", [4]),
            ("kind: Route\nmetadata:\n  annotations:\n    off: 'true'\n", []),
            ("kind: Route\nmetadata:\n  annotations:\n    {{- toYaml .a | nindent 4 }}\n", []),
            ("kind: Other\n", []),
        ],
    )
    def test_it_is_reported_where_the_key_should_stand(self, text: str, expected: list[int]) -> None:
        assert lines(rule_of(self.form), text) == expected

    def test_the_symbol_names_the_key_that_is_missing(self) -> None:
        (finding,) = found(rule_of(self.form), "kind: Route\nmetadata:\n  name: {{ .x }}-web\n")
        assert finding.symbol == "Route/{…}-web metadata.annotations.off"
        assert (finding.confidence, finding.flow[0].message) == ("medium", "off is not set here")

    def test_without_a_guard_the_parent_must_exist(self) -> None:
        form = Form(id="f", document=("**.task.on",), values=("<absent>",))
        assert lines(rule_of(form), "- task: {a: 1}\n- task: {on: 1}\n- other: {}\n") == [1]


class TestLineFormats:
    text = "upstream a {\n  hash $x;\n}\nserver {\n  hash $x;\n}\n"

    def test_directives_and_the_block_around_them(self) -> None:
        expected_lines = {"directive=hash": [2, 5], "directive=hash|x&in=upstream": [2], "directive=no": []}
        for selector, expected in expected_lines.items():
            form = Form(id="f", document=(selector,), formats=("nginx",), values=("/^\\$x/",))
            assert lines(rule_of(form), self.text, "nginx") == expected

    def test_guards_look_at_the_block(self) -> None:
        form = Form(id="f", document=("directive=hash",), formats=("nginx",), safe_when=("one=server&server~^unix:",))
        one = "upstream a { hash x; server unix:/a; }\nupstream b { hash x; server unix:/a; server unix:/b; }\n"
        assert lines(rule_of(form), one, "nginx") == [2]

    def test_a_form_reads_only_its_formats(self) -> None:
        assert lines(rule_of(Form(id="f", document=("hash",), formats=("yaml",))), self.text, "nginx") == []


class TestFindings:
    def test_one_finding_in_full(self) -> None:
        form = Form(id="f", document=("**.replicas",), values=("2",), severity="low")
        (finding,) = found(rule_of(form), DOCUMENT)
        assert finding.symbol == "Deployment/web spec.replicas"
        assert finding.message == "Deployment/web spec.replicas is 2"
        assert (finding.rule, finding.form, finding.instead) == ("STC999", "f", "do otherwise")
        assert (finding.severity, finding.confidence) == ("low", "high")
        assert (finding.location.line, finding.location.column, finding.location.end_column) == (6, 3, 14)
        assert [(step.role, step.location, step.message) for step in finding.flow] == [
            ("definition", finding.location, "set here to 2")
        ]

    def test_a_default_of_a_template_is_less_sure(self) -> None:
        (finding,) = found(rule_of(Form(id="f", document=("a",), values=("x",))), 'a: {{ .b | default "x" }}\n')
        assert finding.confidence == "medium"

    def test_settings_of_one_collection_are_one_cause(self) -> None:
        rule = rule_of(
            Form(id="low", document=("**.name",), severity="low"),
            Form(id="high", document=("**.on",), severity="high"),
            Form(id="deep", document=("**.more.age",)),
        )
        text = "a:\n  name: n\n  on: 1\n  more: {age: 3}\nb:\n  name: m\n"
        assert [(f.form, f.location.line, [s.location.line for s in f.flow]) for f in found(rule, text)] == [
            ("high", 3, [3, 4, 2]),
            ("low", 6, [6]),
        ]

    def test_a_match_at_the_top_does_not_swallow_the_document(self) -> None:
        rule = rule_of(Form(id="f", document=("**.on",)))
        assert lines(rule, "on: 1\na: {on: 1}\n") == [1, 2]

    def test_what_an_alias_repeats_is_one_finding(self) -> None:
        rule = rule_of(Form(id="f", document=("**.on",)))
        assert lines(rule, "a: &a\n  on: 1\nb: *a\nc:\n  <<: *a\n") == [2]

    def test_resources_in_a_list_are_documents(self) -> None:
        rule = rule_of(Form(id="f", document=("kind=Service:spec.on",)), safe_when=("kind=Service&spec.port=5432",))
        text = (
            "kind: List\nitems:\n- kind: Service\n  metadata: {name: a}\n  spec: {on: 1}\n"
            "- kind: Service\n  spec: {on: 1, port: 5432}\n"
        )
        assert [finding.symbol for finding in found(rule, text)] == ["Service/a spec.on"]

    def test_excuses_by_path(self) -> None:
        rule = rule_of(Form(id="f", document=("**.on",), safe_when=(r"path~^db\.",)))
        assert lines(rule, "db: {on: 1}\nweb: {on: 1}\n") == [2]

    def test_hcl_symbols_name_the_resource(self) -> None:
        rule = rule_of(Form(id="f", document=("resource.t.*.s.on",), formats=("hcl",)))
        assert [f.symbol for f in found(rule, 'resource "t" "n" {\n  s { on = true }\n}\n', "hcl")] == ["t.n s.on"]
