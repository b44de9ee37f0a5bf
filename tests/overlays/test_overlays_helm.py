"""Helm charts without Helm: what can be read of a template, and where each value comes from."""

from __future__ import annotations

import pytest

from statecheck.deployments.tree import Datum, Stage

from .support import Files, named, only, place, plain, stages_of

CHART = {"shop/Chart.yaml": "name: shop\nversion: 0.1.0\nappVersion: '1.2'\n"}

VALUES = """\
a: 1
m: {n: two}
l: [x, y]
image: {registry: registry.test, repository: shop}
side: {image: {repository: side, tag: 3}}
"""


def chart(template: str, values: str = "{}\n", **more: str) -> Stage:
    files = {**CHART, "shop/values.yaml": values, "shop/templates/web.yaml": template, **more}
    return only(files, "helm")


def document(template: str, values: str = "{}\n") -> Datum:
    return chart(template, values).documents[0]


def value(expression: str, values: str = "{}\n") -> object:
    """What ``key: {{ expression }}`` gives; "?" where nobody knows."""
    return plain(document(f"other: 1\nkey: {{{{ {expression} }}}}\n", values).at("key"))


class TestValues:
    def test_a_plain_value_has_its_place_in_the_values_file(self) -> None:
        found = document("spec:\n  replicas: {{ .Values.web.replicas }}\n", "web:\n  # copies\n  replicas: 3\n")
        assert found.text("spec", "replicas") == "3"
        assert place(found.at("spec", "replicas")) == "shop/values.yaml:3"

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            (".Values.a", "1"),
            ("$.Values.a", "1"),
            (".Values.m.n", "two"),
            (".Values.a | quote", "1"),
            ("int .Values.a", "1"),
            ("default 7 .Values.a", "1"),
            (".Values.none | default 7", "7"),
            ('.Values.none | default "x" | quote', "x"),
            (".Values.none | default .Values.a", "1"),
            (".Values.none", None),
            (".Values.none.further.down", None),
            ("coalesce .Values.none .Values.m.n", "two"),
            ('ternary "yes" "no" (eq .Values.m.n "two")', "yes"),
            ('printf "%s-%d" .Values.m.n .Values.a', "two-1"),
            ('index .Values "m" "n"', "two"),
            ("index .Values.l 1", "y"),
            ("(.Values.m).n", "two"),
            ("(.Values.none).n", None),
            ("add .Values.a 2", "3"),
            ("mul 2 (sub 5 .Values.a)", "8"),
            (".Values.m.n | upper", "TWO"),
            ('.Values.m.n | replace "o" "x"', "twx"),
            ('required "say it" .Values.a', "1"),
            ("toJson .Values.l", ["x", "y"]),
            (".Chart.Name", "shop"),
            (".Chart.AppVersion | quote", "1.2"),
            (".Release.Name", "shop"),
            ('include "shop.fullname" .', "shop"),
            ('include "shop.web.fullname" .', "shop-web"),
            ('include "shop.chart" .', "shop-0.1.0"),
            ('include "shop.image" .', "registry.test/shop:1.2"),
            ('include "shop.images.image" (dict "imageRoot" .Values.side.image)', "side:3"),
            ('include "shop.side.image" .', "side:3"),
            (".Release.Namespace", None),
            (".Release.Revision", "?"),
            (".Files.Get", "?"),
            ('lookup "v1" "Secret" "a" "b"', "?"),
            ('include "shop.secret" .', "?"),
            ("(((", "?"),
            ("", "?"),
            ('"', "?"),
            ("|", "?"),
        ],
    )
    def test_expressions(self, expression: str, expected: object) -> None:
        assert value(expression, VALUES) == expected

    def test_values_within_a_text(self) -> None:
        found = document(
            'image: "{{ .Values.image.name }}:{{ .Values.image.tag | default .Chart.AppVersion }}"\n'
            'other: "{{ .Values.image.name }}:{{ .Values.none | default "latest" }}-{{ .Values.image.x }}"\n'
            'host: {{ .Values.image.x }}-{{ lookup "a" }}.test\n',
            "image: {name: registry.test/shop, tag: '', x: z}\n",
        )
        assert found.text("image") == "registry.test/shop:1.2"
        assert found.text("other") == "registry.test/shop:latest-z"
        assert found.text("host") == 'z-{{ lookup "a" }}.test'
        assert place(found.at("image")) == "shop/templates/web.yaml:1"

    def test_a_key_that_a_value_names(self) -> None:
        assert plain(document("{{ .Values.a }}: 1\nb: 2\n", "a: c\n")) == {"c": "1", "b": "2"}

    def test_values_in_the_words_of_a_command(self) -> None:
        found = document('command: ["gunicorn", "-w", "{{ .Values.n }}"]\nargs: -w {{ .Values.n }}\n', "n: 4\n")
        assert found.text("command", "shell") == "gunicorn -w 4"
        assert found.text("args", "shell") == "-w 4"


class TestInsertions:
    def test_a_mapping_below_a_key(self) -> None:
        found = document("a:\n  b: 1\n  {{- toYaml .Values.x | nindent 2 }}\nc: 2\n", "x: {d: 3}\n")
        assert plain(found) == {"a": {"b": "1", "d": "3"}, "c": "2"}
        assert place(found.at("a", "d")) == "shop/values.yaml:1"

    def test_on_the_line_of_the_key(self) -> None:
        found = document(
            "a: {{- toYaml .Values.x | nindent 2 }}\nb: {{ .Values.x | toYaml | nindent 2 }}\n", "x: {d: 3}\n"
        )
        assert plain(found) == {"a": {"d": "3"}, "b": {"d": "3"}}

    def test_a_list_and_what_is_deeper_before_it(self) -> None:
        found = document(
            "spec:\n  items:\n    - name: a\n      x: 1\n    {{- toYaml .Values.more | nindent 4 }}\n",
            "more: [{name: b}]\n",
        )
        assert plain(found) == {"spec": {"items": [{"name": "a", "x": "1"}, {"name": "b"}]}}

    def test_fields_of_the_last_item(self) -> None:
        found = document("items:\n  - name: a\n    {{- toYaml .Values.more | nindent 4 }}\n", "more: {b: 1}\n")
        assert plain(found) == {"items": [{"name": "a", "b": "1"}]}

    def test_labels_of_helpers_are_the_same_wherever_they_stand(self) -> None:
        found = document(
            'selector:\n  {{- include "shop.selectorLabels" . | nindent 2 }}\n'
            'labels:\n{{ include "shop.labels" . | indent 2 }}\n'
        )
        assert plain(found.at("selector")) == plain(found.at("labels"))
        assert found.text("selector", "app.kubernetes.io/name") == "shop"

    def test_nothing_to_insert(self) -> None:
        assert plain(document("a: 1\nb:\n  {{- toYaml .Values.x | nindent 2 }}\n", "x: {}\n")) == {"a": "1", "b": {}}


class TestConditions:
    @pytest.mark.parametrize(
        ("test", "holds"),
        [
            (".Values.on", True),
            (".Values.off", False),
            ("not .Values.off", True),
            (".Values.none", False),
            (".Values.empty", False),
            ("and .Values.on .Values.off", False),
            ("or .Values.off .Values.on", True),
            ('eq .Values.name "x"', True),
            ('ne .Values.name "x"', False),
            ("gt (int .Values.three) 1", True),
            ("le .Values.three 2", False),
            ('hasKey .Values "name"', True),
            ("empty .Values.empty", True),
            (".Capabilities.APIVersions.Has", True),
            ('and .Values.off (semverCompare ">1" "2")', False),
        ],
    )
    def test_what_does_not_hold_is_not_rendered(self, test: str, holds: bool) -> None:
        """A test that nobody can read is taken to hold."""
        values = "on: true\noff: false\nempty: {}\nname: x\nthree: 3\n"
        found = document(f"a: 1\n{{{{- if {test} }}}}\nb: 2\n{{{{- else }}}}\nc: 3\n{{{{- end }}}}\nd: 4\n", values)
        assert plain(found) == ({"a": "1", "b": "2", "d": "4"} if holds else {"a": "1", "c": "3", "d": "4"})

    def test_else_if(self) -> None:
        text = "a: 1\n{{ if .Values.x }}\nb: 2\n{{ else if .Values.y }}\nb: 3\n{{ else }}\nb: 4\n{{ end }}\n"
        assert [document(text, f"{name}: true\n").text("b") for name in "xyz"] == ["2", "3", "4"]

    def test_a_whole_document(self) -> None:
        text = "{{- if .Values.on -}}\nkind: Ingress\n{{- end }}\n---\nkind: Service\n"
        assert [plain(each) for each in chart(text, "on: false\n").documents] == [{"kind": "Service"}]
        assert len(chart(text, "on: true\n").documents) == 2

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("{{ if .Values.x }}{{ .Values.y }}{{ else }}z{{ end }}", "1"),
            ("{{ if .Values.none }}{{ .Values.y }}{{ else }}z{{ end }}", "z"),
            ("{{ if .Values.x }}{{ .Values.y }}{{ else }}{{ .Values.x }}{{ end }}", "1"),
            ("{{ if .Values.none }}a{{ else if .Values.x }}b{{ else }}c{{ end }}", "b"),
            ('"{{ if .Values.none }}a{{ else }}b{{ end }}"', "b"),
            ("p-{{ if .Values.x }}a{{ .Values.y }}{{ end }}-s", "p-a1-s"),
            ("p{{ if .Values.none }}-a{{ end }}", "p"),
            ("{{ if .Values.none }}a{{ end }}", None),
            ("{{ if .Values.x }}{{ if .Values.y }}a{{ end }}{{ .Values.y }}{{ end }}", "?"),
        ],
    )
    def test_a_condition_within_a_line(self, text: str, expected: object) -> None:
        assert plain(document(f"a: 1\nb: {text}\n", "x: true\ny: 1\n")) == {"a": "1", "b": expected}

    def test_with_and_variables(self) -> None:
        text = (
            "{{- $p := .Values.port -}}\na: 1\n{{- with .Values.tls }}\n"
            "b: {{ .host }}\nc: {{ $p }}\nd: {{ $.Values.port }}\n{{- end }}\n"
        )
        assert plain(document(text, "port: 8\ntls: {host: h}\n")) == {"a": "1", "b": "h", "c": "8", "d": "8"}
        assert plain(document(text, "port: 8\n")) == {"a": "1"}

    def test_a_variable_that_is_set_again_is_known_to_nobody(self) -> None:
        text = "{{ $p := 1 }}\n{{ if .Values.x }}\n{{ $p = 2 }}\n{{ end }}\na: 1\nb: {{ $p }}\n"
        assert plain(document(text)) == {"a": "1", "b": "?"}


class TestRanges:
    def test_each_item_makes_its_own_nodes(self) -> None:
        found = document(
            "env:\n{{- range $k, $v := .Values.env }}\n- name: {{ $k }}\n  value: {{ $v | quote }}\n{{- end }}\n"
            "- name: last\n",
            "env:\n  A: 1\n  B: 2\n",
        )
        assert plain(found) == {
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "last"}],
        }
        env = found.at("env")
        assert env is not None
        assert place(env.items[1].at("value")) == "shop/values.yaml:3"

    def test_ranges_within_ranges(self) -> None:
        found = document(
            "rules:\n{{ range .Values.hosts }}\n- host: {{ .name }}\n  paths:\n  {{ range .paths }}\n  - {{ . }}x\n"
            "  {{ end }}\n{{ end }}\n",
            "hosts: [{name: a, paths: [/b, /c]}, {name: d, paths: []}]\n",
        )
        assert plain(found) == {"rules": [{"host": "a", "paths": ["/bx", "/cx"]}, {"host": "d", "paths": []}]}

    def test_nothing_to_go_through(self) -> None:
        text = "a:\n{{ range .Values.none }}\n- {{ .x }}y\n{{ else }}\n- none\n{{ end }}\n"
        assert plain(document(text)) == {"a": ["none"]}


class TestStages:
    TEMPLATE = {"shop/templates/web.yaml": "kind: Deployment\nspec:\n  replicas: {{ .Values.replicas }}\n"}

    def test_one_for_each_values_file_laid_over_the_charts_own(self) -> None:
        files: Files = {
            **CHART,
            **self.TEMPLATE,
            "shop/values.yaml": "replicas: 1\nx: {y: 1}\n",
            "shop/values-prod.yaml": "replicas: 4\n",
            "shop/values.dev.yml": "x: {z: 2}\n",
        }
        assert [stage.name for stage in stages_of(files)] == [
            "shop/values.yaml",
            "shop/values.yaml + values-prod.yaml",
            "shop/values.yaml + values.dev.yml",
        ]
        prod = named(files, "shop/values.yaml + values-prod.yaml")
        assert prod.files == ("shop/values.yaml", "shop/values-prod.yaml", "shop/templates/web.yaml")
        assert place(prod.documents[0].at("spec", "replicas")) == "shop/values-prod.yaml:1"
        dev = named(files, "shop/values.yaml + values.dev.yml")
        assert place(dev.documents[0].at("spec", "replicas")) == "shop/values.yaml:1"

    def test_the_parts_of_a_chart_get_its_values(self) -> None:
        files: Files = {
            "Chart.yaml": "name: all\ndependencies:\n- {name: shop, condition: shop.on}\n- {name: redis}\n",
            "values.yaml": "shop: {on: true, replicas: 5}\n",
            **{f"charts/{path}": text for path, text in {**CHART, **self.TEMPLATE}.items()},
            "charts/shop/values.yaml": "replicas: 1\n",
        }
        stage = only(files)
        assert place(stage.documents[0].at("spec", "replicas")) == "values.yaml:1"
        assert stage.notes == ("Chart.yaml:4: redis is not in the tree",)
        assert only({**files, "values.yaml": "shop: {on: false}\n"}).documents == ()

    def test_what_only_rendering_gives_is_counted(self) -> None:
        stage = chart('a: 1\nb: {{ lookup "x" }}\nc: "{{ .Files.Get "y" }}-{{ .Values.z }}"\n')
        assert stage.notes == ("2 values of shop/templates/web.yaml are only known once rendered",)

    def test_a_chart_without_values_and_one_of_helpers_alone(self) -> None:
        files: Files = {**CHART, "shop/templates/web.yaml": "a: 1\n", "lib/Chart.yaml": "name: lib\ntype: library\n"}
        assert [stage.name for stage in stages_of(files)] == ["shop/Chart.yaml"]

    def test_tests_of_a_chart_are_left_out(self) -> None:
        stage = chart("a: 1\n", **{"shop/templates/tests/try.yaml": "kind: Pod\n"})
        assert len(stage.documents) == 1
