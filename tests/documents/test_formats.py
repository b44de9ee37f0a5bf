"""What the readers say about JSON, TOML, proxies, INI, images and scripts, and what they do with odd input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statecheck.facts.documents import READERS, read_document
from statecheck.facts.documents.nodes import MAX_DEPTH, DocumentFacts, path


def read(name: str, text: str) -> DocumentFacts:
    facts = read_document(name, text.encode())
    assert facts is not None
    return facts


def said(name: str, text: str) -> list[tuple[str, str, int]]:
    """Dotted path, value and line of everything that has a value."""
    facts = read(name, text)
    return [
        (".".join(path(facts.nodes, at)), node.value, node.line)
        for at, node in enumerate(facts.nodes)
        if node.value not in ("", "{}", "[]")
    ]


class TestJson:
    def test_values_places_comments_and_trailing_commas(self) -> None:
        text = '{\n  "a": [1, "b\\u00e9", null], // note\n  "c": {"d": true},\n}\n'
        assert said("app.json", text) == [("a", "1", 2), ("a", "bé", 2), ("c.d", "true", 3)]
        assert read("app.json", text).failure is None

    def test_what_follows_an_error_is_still_read_and_the_error_is_told(self) -> None:
        facts = read("app.json", '{\n  "a": 1,\n  "b": oops,\n  "c": 3\n}\n')
        assert [node.value for node in facts.nodes if node.key in ("a", "c")] == ["1", "3"]
        assert facts.failure is not None
        assert facts.failure.line in (2, 3)

    def test_a_template_is_no_error_and_its_values_are_unknown(self) -> None:
        facts = read("app.json.j2", '{"a": {{ x }}, "b": "{{ y }}", "c": "{{ z | default("on") }}"}')
        assert facts.failure is None
        assert [(node.key, node.kind, node.value) for node in facts.nodes[1:]] == [
            ("a", "unknown", ""), ("b", "unknown", ""), ("c", "value", "on"),
        ]  # fmt: skip

    def test_terraform_in_json_says_what_hcl_says(self) -> None:
        text = '{"resource": {"aws_lb_target_group": {"web": {"stickiness": {"enabled": true}}}}}'
        assert read("main.tf.json", text).format == "hcl"
        assert said("main.tf.json", text) == [("resource.aws_lb_target_group.web.stickiness.enabled", "true", 1)]

    def test_escapes_that_mean_nothing_and_lone_surrogates_do_no_harm(self) -> None:
        assert [value for _, value, _ in said("app.json", '{"a": "\\ud83d", "b": "\\q"}')] == ["?", "\\q"]


class TestToml:
    def test_tables_dotted_keys_arrays_and_strings(self) -> None:
        text = "a.b = 1\n[x.\"y.z\"]\nk = 'v'\nl = [1, \"2\"]\n[[r]]\ni = {p = 1, q.r = '''\ns'''}\n"
        assert said("fly.toml", text) == [
            ("a.b", "1", 1), ("x.y.z.k", "v", 3), ("x.y.z.l", "1", 4), ("x.y.z.l", "2", 4), ("r.i.p", "1", 6),
            ("r.i.q.r", "s", 6),
        ]  # fmt: skip

    def test_an_error_is_told_with_its_line(self) -> None:
        facts = read("fly.toml", 'app = "x"\n[mounts\nsource = "d"\n')
        assert facts.failure is not None
        assert facts.failure.line == 2


class TestProxies:
    def test_haproxy_sections_end_where_the_next_begins(self) -> None:
        text = 'global\n  daemon\nbackend web # note\n  balance source\n  http-request set-header X "a # b"\nlisten x\n'
        assert said("haproxy.cfg", text) == [
            ("backend", "web", 3), ("backend.balance", "source", 4),
            ("backend.http-request", "set-header X a # b", 5), ("listen", "x", 6),
        ]  # fmt: skip

    def test_apache_knows_no_case_and_joins_lines(self) -> None:
        text = "<Proxy balancer://web>\n  ProxySet \\\n    stickysession=R\n</Proxy>\nALIAS /m /srv/m\n"
        assert said("httpd.conf", text) == [
            ("proxy", "balancer://web", 1), ("proxy.proxyset", "stickysession=R", 2), ("alias", "/m /srv/m", 5),
        ]  # fmt: skip

    def test_blocks_of_caddy_and_keepalived(self) -> None:
        text = "x.org {\n  reverse_proxy a b {\n    lb_policy cookie s\n  }\n  @m path {file.path}\n}\n"
        assert said("Caddyfile", text)[1:] == [
            ("x.org.reverse_proxy.lb_policy", "cookie s", 3), ("x.org.@m", "path {file.path}", 5),
        ]  # fmt: skip
        assert said("keepalived.conf", "virtual_server 1 {\n  lb_algo sh ! note\n}\n")[1] == (
            "virtual_server.lb_algo", "sh", 2,
        )  # fmt: skip

    def test_vcl_has_comments_of_c(self) -> None:
        text = '// a;\nsub vcl_recv {\n  /* b;\n */ set x = "//c";\n}\n'
        assert said("default.vcl", text) == [("sub", "vcl_recv", 2), ("sub.set", "x = //c", 4)]

    @pytest.mark.parametrize(
        ("text", "format"),
        [
            ("upstream a {\n  ip_hash;\n}\n", "nginx"),
            ("<VirtualHost *:80>\n</VirtualHost>\n", "apache"),
            ("# note\n[program:x]\ncommand=y\n", "ini"),
            ("backend web\n  balance source\n", "haproxy"),
            ("key value\nother words\n", None),
        ],
    )
    def test_the_content_of_a_conf_file_tells_its_format(self, text: str, format: str | None) -> None:
        facts = read_document("etc/site.conf", text.encode())
        assert (facts.format if facts else None) == format

    def test_a_stack_is_known_by_its_content_and_a_templated_proxy_by_its_name(self) -> None:
        formats = {
            "stack.template": ("Resources:\n  A: {}\n", "yaml"),
            "other.template": ('{"Resources": {}}', "json"),
            "nginx.template": ("server {\n  listen ${PORT};\n}\n", "nginx"),
        }
        for name, (text, format) in formats.items():
            assert read(name, text).format == format


class TestSettings:
    def test_ini_sections_continuations_and_notes(self) -> None:
        text = "top = 1\n[uwsgi]\ncache2 = a=b\n; note\n[program:x]\ncommand=run ; note\n   --fast\n%kaputt\n"
        assert [row for row in said("uwsgi.ini", text) if not row[0].endswith("shell")] == [
            ("top", "1", 1), ("uwsgi.cache2", "a=b", 3), ("program:x.command", "run --fast", 6),
        ]  # fmt: skip

    def test_env_files(self) -> None:
        text = "export A='b c' # note\nB=\nC=${D:-1}\nE=${F}\n#G=1\nH=\"x#y\" # z\n"
        assert said(".env", text) == [("A", "b c", 1), ("C", "1", 3), ("H", "x#y", 6)]


class TestCommands:
    def test_images(self) -> None:
        text = (
            "# syntax=x\nFROM a\nENV A=b \\\n    C='d e'\nENV OLD value here\nRUN one && \\\n  # note\n  two\n"
            'RUN <<EOF\nthree \\\n  -x\nEOF\nVOLUME ["/a", "/b"]\nCMD ["sh", "-c", "four & five"]\n'
            "EXPOSE {{ port }}\nUSER u\n"
        )
        rows = said("Dockerfile", text)
        assert [row for row in rows if row[0].startswith("ENV.")] == [
            ("ENV.A", "b", 3), ("ENV.C", "d e", 3), ("ENV.OLD", "value here", 5),
        ]  # fmt: skip
        assert [row for row in rows if row[0].endswith("shell")] == [
            ("RUN.shell", "one && two", 6), ("RUN.shell", "three -x", 10), ("CMD.shell", "sh -c 'four & five'", 14),
        ]  # fmt: skip
        assert ("VOLUME", "/a /b", 13) in rows
        assert rows[-1] == ("USER", "u", 16)

    def test_another_escape_character(self) -> None:
        assert ("CMD.shell", "a b", 2) in said("Dockerfile", "# escape=`\nCMD a `\n  b\n")

    def test_scripts_makefiles_and_processes(self) -> None:
        script = "#!/bin/sh\nrun -a \\\n  -b # note\ncat <<E\nno command\nE\n"
        assert said("start.sh", script) == [("shell", "run -a -b", 2), ("shell", "cat <<E", 4)]
        assert said("Makefile", "x: y\n\t@run -a\n") == [("shell", "run -a", 2)]
        assert said("Procfile", "web: run -a\n# x\n")[0] == ("process.web", "run -a", 1)
        assert said("start.sh", "#!/usr/bin/env python3\nimport os\n") == []

    @pytest.mark.parametrize(
        ("name", "text", "line"),
        [
            ("a.yaml", "command: [run, -w, '1']\n", 1),
            ("a.yaml", "steps:\n  - run: |\n      cd x\n      run -w 1\n", 4),
            ("a.yaml", "script:\n  - true\n  - run -w 1\n", 3),
            ("fly.toml", '[processes]\nweb = "run -w 1"\n', 2),
            ("a.service", "[Service]\nExecStart=run -w 1\n", 2),
            ("main.tf", 'x "y" "z" {\n  command = ["run", "-w", "1"]\n}\n', 2),
            ("web-taskdef.json", '{"containerDefinitions": [\n{"command": ["run", "-w", "1"]}]}', 2),
        ],
    )
    def test_a_command_is_a_line_wherever_it_stands(self, name: str, text: str, line: int) -> None:
        assert ("run -w 1", line) in [(value, at) for key, value, at in said(name, text) if key.endswith("shell")]

    def test_the_comment_behind_a_number_is_kept(self) -> None:
        assert ("a.#", "why", 1) in said("a.yaml", "a: 1  # why\nb: x # not\n")


class TestBicep:
    def test_resources_read_as_the_json_that_they_compile_to(self) -> None:
        text = (
            "resource web 'Microsoft.Web/sites@2024' = {\n  name: 'x' // note\n  properties: {\n    on: true\n"
            "    list: [\n      'a'\n    ]\n    rest: other.id\n  }\n}\nvar y = 1\n"
        )
        assert said("main.bicep", text) == [
            ("resources.type", "Microsoft.Web/sites", 1), ("resources.name", "x", 2),
            ("resources.properties.on", "true", 4), ("resources.properties.list", "a", 6),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.json", "[" * 5_000 + "]" * 5_000),
        ("app.json", '{"a":' * 5_000 + "1" + "}" * 5_000),
        ("fly.toml", "a = " + "[" * 400 + "]" * 400),
        ("fly.toml", "[" + ".".join("a" * 1 for _ in range(400)) + "]\n"),
        ("Caddyfile", "a {\n" * 5_000),
        ("httpd.conf", "<a>\n" * 5_000),
        ("main.bicep", "a: {\n" * 5_000),
        ("default.vcl", "a {\n" * 5_000),
    ],
)
def test_deep_nesting_is_told_and_stops_nothing(name: str, text: str) -> None:
    facts = read(name, text)
    assert facts.failure is not None
    assert str(MAX_DEPTH) in facts.failure.message


WORDS = ("<<E", "E", "run", "backend", "FROM", "ENV", "CMD", "resource")


@settings(max_examples=60, deadline=None)
@given(
    format=st.sampled_from(sorted(READERS)),
    text=st.lists(
        st.sampled_from([*" \n\t=:{}[]<>/\"'\\#;|-$aé1\x00\u2028", "${", "{{", "}}", "{%", "%}", "//", "/*", *WORDS]),
        max_size=60,
    ).map("".join),
)
def test_no_input_breaks_a_reader(format: str, text: str) -> None:
    facts = READERS[format](text.encode())
    for index, node in enumerate(facts.nodes):
        assert node.parent < index < node.last <= len(facts.nodes)
        assert node.line >= 1
        assert node.column >= 1
        assert (node.end_line, node.end_column) >= (node.line, node.column)
