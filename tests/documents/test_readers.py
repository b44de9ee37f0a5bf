"""What the readers say about YAML, HCL and nginx: values, exact places, and what they do with odd input."""

from __future__ import annotations

import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statecheck.facts.documents import READERS, read_document, yaml
from statecheck.facts.documents.nodes import DocumentFacts, Node

from .support import facts_of, node_at


def place(node: Node) -> tuple[int, int, int, int]:
    return (node.line, node.column, node.end_line, node.end_column)


class TestYaml:
    def test_places_run_from_key_to_end_of_value(self) -> None:
        facts = facts_of("a:\n  \"b c\": 'é x'  # note\n  list: [1, two]\n  text: |\n    one\n    two\n")
        assert place(node_at(facts, "a")) == (1, 1, 1, 2)
        assert place(node_at(facts, "a.b c")) == (2, 3, 2, 15)
        assert place(node_at(facts, "a.text")) == (4, 3, 4, 10)
        assert node_at(facts, "a.text").value == "one\ntwo\n"
        items = [node for node in facts.nodes if node.key == "" and node.kind == "value"]
        assert [(item.value, place(item)) for item in items] == [("1", (3, 10, 3, 11)), ("two", (3, 13, 3, 16))]

    def test_crlf_byte_order_mark_utf16_and_odd_line_breaks_keep_the_lines(self) -> None:
        text = "a: 1\r\nb:\r\n  c: 2\r\n"
        for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
            assert place(node_at(facts_of(data), "b.c")) == (3, 3, 3, 7)
        assert node_at(facts_of("a: x\u2028y\nb: 1\n"), "b").line == 2

    def test_documents_duplicate_keys_and_unknown_tags(self) -> None:
        facts = facts_of("a: 1\na: 2\n---\nb: !Vault x\nc: !Ref {d: 1}\ne: !!str 5\n")
        assert [(node.document, node.value) for node in facts.nodes if node.key == "a"] == [(0, "1"), (0, "2")]
        assert (node_at(facts, "b").document, node_at(facts, "b").kind) == (1, "unknown")
        assert node_at(facts, "c.d").value == "1"
        assert node_at(facts, "e").value == "5"

    def test_nulls_are_not_empty_strings(self) -> None:
        facts = facts_of("a:\nb: ~\nc: ''\nd: null\ne: 'null'\n")
        assert [(node.kind, node.value) for node in facts.nodes[1:]] == [
            ("null", ""), ("null", ""), ("value", ""), ("null", ""), ("value", "null"),
        ]  # fmt: skip

    def test_aliases_repeat_what_they_name_in_its_place(self) -> None:
        facts = facts_of("base: &b {x: 1}\nweb:\n  <<: *b\nagain: *b\nself: &s [*s]\nnone: *unknown\n")
        assert node_at(facts, "again.x").line == 1
        assert node_at(facts, "web.<<.x").value == "1"
        assert node_at(facts, "none").kind == "unknown"

    def test_collections_as_keys_are_skipped(self) -> None:
        facts = facts_of("? {a: 1, b: [2]}\n: x\nc: 3\n")
        assert [node.value for node in facts.nodes[1:]] == ["x", "3"]

    @pytest.mark.parametrize("key", ["labels", "environment", "tags"])
    def test_lists_of_pairs_are_mappings_too(self, key: str) -> None:
        facts = facts_of(f"{key}:\n  - a.b=c=d\n  - plain\n")
        pair = facts.nodes[3]
        assert (pair.key, pair.value, pair.line, pair.column) == ("a.b", "c=d", 2, 5)
        assert facts.nodes[2].value == "a.b=c=d"
        assert facts_of("other: [a=b]\n").nodes[-1].key == ""

    def test_shell_variables_are_known_by_their_default(self) -> None:
        facts = facts_of("a: ${STICKY}\nb: ${STICKY:-true}\nc: $remote_addr\nd: ${LIMIT-5}\n")
        assert [(node.kind, node.value) for node in facts.nodes[1:]] == [
            ("unknown", ""), ("value", "true"), ("value", "$remote_addr"), ("value", "5"),
        ]  # fmt: skip

    def test_an_error_keeps_what_stands_before_it(self) -> None:
        facts = facts_of("a: 1\nb: [\nc: }\n")
        assert facts.failure is not None
        assert facts.failure.line == 3
        assert node_at(facts, "a").value == "1"

    def test_tabs_as_indentation_are_an_honest_failure(self) -> None:
        facts = facts_of("a:\n\tb: 1\n")
        assert facts.failure is not None
        assert facts.failure.line == 2

    def test_the_slow_parser_agrees(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import yaml as pyyaml

        text = b"a: &x {b: [1, 'two', ~]}\nc: *x\n---\nd: |\n  e\nf: !Ref g\n"
        fast = yaml.read(text)
        monkeypatch.delattr(pyyaml, "CSafeLoader")
        assert yaml.read(text) == fast


class TestTemplates:
    def test_a_helm_template_keeps_lines_and_columns(self) -> None:
        facts = facts_of(
            "{{- if .Values.on }}\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-web\n  labels:\n"
            "    {{- include \"x\" . | nindent 4 }}\nspec:\n  type: {{ if .a }}A{{ else }}B{{ end }}\n"
            "  port: {{ .Values.port }}\n{{- end }}\n"
        )  # fmt: skip
        assert facts.failure is None
        assert (facts.format, facts.open) == ("helm-template", True)
        assert place(node_at(facts, "metadata.name")) == (4, 3, 4, 32)
        assert node_at(facts, "metadata.name").templated
        assert node_at(facts, "metadata.labels").kind == "null"
        assert place(node_at(facts, "spec.type"))[:2] == (8, 3)
        assert (node_at(facts, "spec.port").kind, node_at(facts, "spec.port").value) == ("unknown", "")

    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ('{{ .Values.x | default "ClientIP" }}', "ClientIP"),
            ('{{ default "ClientIP" .Values.x }}', "ClientIP"),
            ('"{{ .Values.x | default "a b" | quote }}"', "a b"),
            ("'{{ x | default(\"y\") }}'", "y"),
            ("{{ x | default(true) }}", "true"),
            ('pre-{{ .x | default "a" }}-post', "pre-a-post"),
            ("{{ .Values.x | default .Values.y }}", None),
            ('{{ .Values.x | default "a: b" }}', None),
            ("{{ .Values.x }}{{ .Values.y }}", None),
            ('{{ template "x" . }}', None),
            ('"${{ env.X }}"', None),
        ],
    )
    def test_the_default_is_the_value(self, written: str, value: str | None) -> None:
        node = node_at(facts_of(f"key: {written}\n"), "key")
        assert (node.value if node.kind == "value" else None) == value
        assert node.templated

    def test_a_value_that_is_inserted_as_lines_is_unknown(self) -> None:
        facts = facts_of("a: {{ toYaml .x | nindent 2 }}\nb:\n")
        assert [node.kind for node in facts.nodes[1:]] == ["unknown", "null"]

    def test_jinja_statements_and_comments(self) -> None:
        facts = facts_of("{# a\nb #}\n{% if x %}\na: 1\n{% endif %}\nb: {{ x }}\n")
        assert facts.format == "yaml"
        assert (node_at(facts, "a").line, node_at(facts, "b").kind) == (4, "unknown")

    def test_a_line_that_cannot_be_read_costs_that_line(self) -> None:
        facts = facts_of("a: 1\n  {{ .x }}: : {{ .y }} :\nb: 2\n")
        assert facts.failure is None
        assert node_at(facts, "b").line == 3


class TestHcl:
    def test_blocks_labels_and_places(self) -> None:
        facts = facts_of(
            'x = 1\nresource "a_b" "web" {\n  name = "é"  # c\n  s {\n    on = true\n  }\n  s { on = false }\n}\n',
            "hcl",
        )
        assert place(node_at(facts, "resource.a_b.web")) == (2, 16, 2, 21)
        assert place(node_at(facts, "resource.a_b.web.name")) == (3, 3, 3, 13)
        assert [node.value for node in facts.nodes if node.key == "on"] == ["true", "false"]
        assert node_at(facts, "x").document != node_at(facts, "resource.a_b.web").document

    def test_values(self) -> None:
        facts = facts_of(
            'b { \n a = ["x", { k = "v" }]\n m = { "q.r/s" = 1, t : null }\n h = <<EOF\nhello\nEOF\n'
            ' e = "say \\"hi\\""\n i = "x-${var.y}"\n u = var.y\n c = a ? "b" : "c"\n'
            ' f = merge(local.z, { k = "w" })\n}\n',
            "hcl",
        )
        assert node_at(facts, "b.m.q.r/s".replace("q.r/s", "t")).kind == "null"
        assert [node.value for node in facts.nodes if node.key == "q.r/s"] == ["1"]
        assert node_at(facts, "b.h").value.strip() == "hello"
        assert place(node_at(facts, "b.h"))[::2] == (4, 4)
        assert node_at(facts, "b.e").value == 'say "hi"'
        assert node_at(facts, "b.i").templated
        assert node_at(facts, "b.i").value.startswith("x-")
        assert [node_at(facts, f"b.{key}").kind for key in "uc"] == ["unknown", "unknown"]
        assert node_at(facts, "b.f.k").value == "w"

    def test_a_variable_is_known_by_its_default_and_a_dynamic_block_is_the_block(self) -> None:
        facts = facts_of(
            'variable "on" { default = true }\nr "a" {\n  x = var.on\n  y = "${var.on}"\n'
            '  dynamic "s" {\n    for_each = []\n    content { z = 1 }\n  }\n}\n',
            "hcl",
        )
        for key in ("r.a.x", "r.a.y"):
            assert (node_at(facts, key).value, node_at(facts, key).templated) == ("true", True)
        assert node_at(facts, "r.a.s.z").line == 7

    def test_a_local_is_known_by_its_value_in_the_same_file(self) -> None:
        facts = facts_of(
            'r "a" "b" {\n  x = local.on\n  y = local.off\n}\nlocals {\n  on = true\n}\nvariable {}\n', "hcl"
        )
        assert (node_at(facts, "r.a.b.x").value, node_at(facts, "r.a.b.y").kind) == ("true", "unknown")

    def test_errors_cost_only_their_surroundings(self) -> None:
        facts = facts_of('a "b" {\n  x = = 2\n  y = 1\n}\n%% junk\nc "d" {\n  z = 3\n}\n', "hcl")
        assert facts.failure is None
        assert node_at(facts, "c.d.z").line == 7

    def test_a_file_without_anything_readable_is_a_failure(self) -> None:
        assert facts_of("((((\n", "hcl").failure is not None
        assert facts_of("", "hcl").failure is None


class TestNginx:
    def test_directives_blocks_and_places(self) -> None:
        text = '# c\nupstream web {\n    hash $remote_addr  "a b";\n}\nserver { location /x { return 200; } }\n'
        facts = facts_of(text, "nginx")
        block, directive = node_at(facts, "upstream"), node_at(facts, "upstream.hash")
        assert (block.value, place(block)) == ("web", (2, 1, 2, 13))
        assert (directive.value, place(directive)) == ("$remote_addr a b", (3, 5, 3, 29))
        assert node_at(facts, "server.location.return").value == "200"

    def test_templates_snippets_and_lua(self) -> None:
        facts = facts_of(
            "}\n{% if x %}\nupstream {{ name }} {\n  ip_hash;\n  server ${HOST}:80;\n}\n{% endif %}\n"
            "location / { content_by_lua_block { if a then { b; } } } }\nlast 1;\nunfinished",
            "nginx",
        )
        assert facts.failure is None
        assert place(node_at(facts, "upstream.ip_hash")) == (4, 3, 4, 10)
        assert node_at(facts, "upstream.server").value == "${HOST}:80"
        assert node_at(facts, "last").line == 9

    def test_a_quoted_argument_may_hold_anything(self) -> None:
        facts = facts_of("a 'x; {\ny' z;\nb \"un\\\"closed;\n", "nginx")
        assert node_at(facts, "a").value == "x; {\ny z"
        assert (facts.nodes[-1].key, facts.nodes[-1].value) == ("b", '"un\\"closed')


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))
HOSTILE = {
    "open brackets": b"[" * 10_000,
    "open braces": b"{" * 10_000,
    "maps in maps": b"{a: " * 10_000,
    "indented": "\n".join(" " * depth + "a:" for depth in range(2_000)).encode(),
    "objects": b"a = " + b"{a=" * 10_000,
    "blocks": b"a {\n" * 10_000,
    "laughs": LAUGHS.encode(),
    "unclosed actions": b"{{ a\n" * 10_000,
    "unclosed quotes": b"\"'\\" * 10_000,
    "binary": bytes(range(256)),
    "latin-1": "a: \xe9\n".encode("latin-1"),
    "control characters": b"a: \x01\x7f\x0c\nb: 1\n",
    "empty": b"",
    "half a surrogate": b'a: "\\ud83d"\n',
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("format", sorted(READERS))
def test_hostile_input_gives_facts_and_at_most_one_line(format: str, data: bytes) -> None:
    facts = read_document("x", data, format)
    assert facts is not None
    assert len(facts.nodes) < 50_000
    assert facts.failure is None or "\n" not in facts.failure.message
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=DocumentFacts) == facts


def test_nesting_is_refused_long_before_the_stack_ends() -> None:
    for text, format in (("[" * 300, "yaml"), ("a = " + "[" * 300 + "]" * 300, "hcl"), ("a {" * 300, "nginx")):
        failure = facts_of(text, format).failure
        assert failure is not None
        assert failure.message == "nested more than 200 levels deep"
    assert sys.getrecursionlimit() <= 3000  # nobody raised it


PIECES = [*"ab:-[]{}#&*!|>'\"%@`\\\n\t ,=?;$\ue000é", "{{", "}}", "{%", "%}", "<<"]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_text_is_read_without_error(text: str) -> None:
    for format in ("yaml", "hcl", "nginx"):
        facts = facts_of(text, format)
        for at, node in enumerate(facts.nodes):
            assert node.parent < at < node.last <= len(facts.nodes)
            assert (node.line, node.column) <= (node.end_line, node.end_column)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a/b.yaml", "yaml"),
        ("B.YML", "yaml"),
        ("deploy.yml.j2", "yaml"),
        ("main.tf", "hcl"),
        ("job.nomad", "hcl"),
        ("conf/nginx/site.conf", "nginx"),
        ("nginx.conf.template", "nginx"),
        ("notes.txt", None),
    ],
)
def test_the_name_decides_when_nothing_else_does(name: str, format: str | None) -> None:
    facts = read_document(name, b"")
    assert (facts.format if facts else None) == format


def test_a_format_without_a_reader_is_left_alone() -> None:
    assert read_document("notes.txt", b"web: x", "prose") is None


def test_comments_to_the_tool_are_kept_with_their_line() -> None:
    facts = facts_of("a: 1\nb: 2  # statecheck: ignore[x]\n# other\n")
    assert [(comment.line, comment.text) for comment in facts.comments] == [(2, "# statecheck: ignore[x]")]
