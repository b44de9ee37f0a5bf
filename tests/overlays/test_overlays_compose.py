"""Compose files laid over each other: what the merged file says, and where each value comes from."""

from __future__ import annotations

import pytest

from statecheck.deployments.tree import Datum, Stage

from .support import Files, named, only, place, plain, stages_of

BASE = """\
    services:
      web:
        image: shop
        command: [gunicorn, shop]
        ports: ["8000:8000"]
        environment: {A: "1", B: "2"}
        volumes: ["./media:/app/media"]
"""


def web(stage: Stage, *keys: str) -> Datum | None:
    return stage.documents[0].at("services", "web", *keys)


def overridden(base: str, over: str) -> Datum:
    files = {"compose.yaml": f"services:\n  web: {base}\n", "compose.override.yaml": f"services:\n  web: {over}\n"}
    found = web(stages_of(files)[0])
    assert found is not None
    return found


class TestWhichFilesGoTogether:
    def test_an_override_is_laid_over_the_base_without_being_asked_and_others_run_the_base(self) -> None:
        files = {"docker-compose.yml": BASE, "docker-compose.override.yml": "services: {web: {image: mine}}"}
        assert [(stage.name, stage.kind) for stage in stages_of(files)] == [
            ("docker-compose.yml + docker-compose.override.yml", "compose"),
            ("docker-compose.yml", "compose"),
        ]

    def test_a_base_without_an_override_is_a_stage_and_each_variant_is_another(self) -> None:
        variant = "services: {web: {restart: always}}"
        files = {"a/compose.yaml": BASE, "a/compose.prod.yaml": variant, "a/docker-compose-dev.yml": variant}
        assert [stage.name for stage in stages_of(files, "compose")] == [
            "a/compose.yaml",
            "a/compose.yaml + docker-compose-dev.yml",
            "a/compose.yaml + compose.prod.yaml",
        ]

    def test_a_variant_does_not_get_the_override(self) -> None:
        files = {
            "compose.yaml": BASE,
            "compose.override.yaml": "services: {web: {restart: 'no'}}",
            "compose.prod.yaml": "services: {web: {deploy: {replicas: 3}}}",
        }
        prod = named(files, "compose.yaml + compose.prod.yaml")
        assert web(prod, "restart") is None
        assert place(web(prod, "deploy", "replicas")) == "compose.prod.yaml:1"

    def test_a_variant_that_says_all_by_itself_stands_alone(self) -> None:
        files = {"compose.yaml": BASE, "compose.prod.yaml": "services: {web: {image: shop:2}, db: {image: postgres}}"}
        alone = named(files, "compose.prod.yaml")
        assert web(alone, "volumes") is None

    def test_files_of_any_name_with_services_that_run_something(self) -> None:
        files = {"production.yml": BASE, "render.yaml": "services:\n- type: web\n", "mkdocs.yml": "services: {a: b}"}
        assert [stage.name for stage in stages_of(files, "compose")] == ["production.yml"]

    def test_an_override_of_a_variant_is_laid_over_that(self) -> None:
        variant = "services: {web: {restart: always}}"
        files = {"compose.yaml": BASE, "compose.test.yaml": variant, "compose.test.override.yaml": variant}
        assert [stage.name for stage in stages_of(files)][1:] == [
            "compose.yaml + compose.test.yaml",
            "compose.yaml + compose.test.yaml + compose.test.override.yaml",
        ]

    @pytest.mark.parametrize(
        ("command", "names"),
        [
            ("docker compose -f compose.prod.yaml up -d", ["compose.yaml", "compose.prod.yaml"]),
            (
                "docker-compose -f compose.yaml -f compose.prod.yaml up",
                ["compose.yaml", "compose.yaml + compose.prod.yaml"],
            ),
            (
                "docker compose --file=compose.yaml --file common.yml -f 'compose.prod.yaml' up",
                ["compose.yaml", "compose.prod.yaml", "compose.yaml + common.yml + compose.prod.yaml"],
            ),
            (
                "docker compose -f common.yml up; rm -f compose.yaml",
                ["compose.yaml", "compose.prod.yaml", "common.yml"],
            ),
            ("docker compose -f gone.yml -f compose.prod.yaml up", ["compose.yaml", "compose.prod.yaml"]),
        ],
    )
    def test_what_a_command_of_the_tree_lays_together(self, command: str, names: list[str]) -> None:
        complete = "services: {web: {image: shop:2}}"
        files = {
            "compose.yaml": BASE,
            "compose.prod.yaml": complete,
            "common.yml": "services: {web: {restart: always}}",
            "deploy/up.sh": f"{command}\n",
        }
        assert [stage.name for stage in stages_of(files, "compose")] == names

    def test_a_variable_may_name_the_files(self) -> None:
        files = {
            "compose.yaml": BASE,
            "more.yml": "services: {web: {restart: always}}",
            ".env": "COMPOSE_FILE=compose.yaml:more.yml\n",
        }
        assert [stage.name for stage in stages_of(files, "compose")] == ["compose.yaml", "compose.yaml + more.yml"]


class TestMerging:
    def test_mappings_merge_and_every_value_keeps_its_place(self) -> None:
        files = {"compose.yaml": BASE, "compose.override.yaml": "services:\n  web:\n    environment:\n      B: two\n"}
        stage = stages_of(files)[0]
        assert plain(web(stage, "environment")) == {"A": "1", "B": "two"}
        assert place(web(stage, "environment", "A")) == "compose.yaml:6"
        assert place(web(stage, "environment", "B")) == "compose.override.yaml:4"

    @pytest.mark.parametrize(
        ("base", "over", "expected"),
        [
            ("{command: [a, b]}", "{command: c d}", {"command": "c d"}),
            ("{entrypoint: [a, b]}", "{entrypoint: [c]}", {"entrypoint": ["c"]}),
            (
                "{healthcheck: {test: [CMD, a]}}",
                "{healthcheck: {test: [CMD, b]}}",
                {"healthcheck": {"test": ["CMD", "b"]}},
            ),
            ("{expose: ['1', '2']}", "{expose: ['2', '3']}", {"expose": ["1", "2", "3"]}),
            ("{dns: 8.8.8.8}", "{dns: [9.9.9.9]}", {"dns": ["8.8.8.8", "9.9.9.9"]}),
            ("{environment: [A=1, B]}", "{environment: {C: 3}}", {"environment": {"A": "1", "B": None, "C": "3"}}),
            ("{environment: [A=1=2]}", "{environment: [A=3]}", {"environment": {"A": "3"}}),
            ("{labels: [a=1]}", "{labels: {a: 2, b: 3}}", {"labels": {"a": "2", "b": "3"}}),
            (
                "{depends_on: [db]}",
                "{depends_on: {c: {condition: x}}}",
                {"depends_on": {"db": None, "c": {"condition": "x"}}},
            ),
            ("{networks: [a]}", "{networks: [b]}", {"networks": {"a": None, "b": None}}),
            ("{build: .}", "{build: {target: dev}}", {"build": {"context": ".", "target": "dev"}}),
            ("{build: {args: [A=1]}}", "{build: {args: {B: 2}}}", {"build": {"args": {"A": "1", "B": "2"}}}),
            (
                "{extra_hosts: ['a:1.1.1.1']}",
                "{extra_hosts: [b=2.2.2.2]}",
                {"extra_hosts": {"a": "1.1.1.1", "b": "2.2.2.2"}},
            ),
            ("{image: a}", "{image: null}", {"image": "a"}),
            ("{logging: {driver: a, options: {x: 1}}}", "{logging: {driver: b}}", {"logging": {"driver": "b"}}),
            (
                "{logging: {options: {x: 1}}}",
                "{logging: {options: {y: 2}}}",
                {"logging": {"options": {"x": "1", "y": "2"}}},
            ),
        ],
    )
    def test_each_key_by_its_own_rule(self, base: str, over: str, expected: object) -> None:
        assert plain(overridden(base, over)) == expected

    def test_volumes_are_told_apart_by_where_they_are_mounted(self) -> None:
        found = overridden(
            "{volumes: ['./a:/data', 'bb:/b:ro', /c]}", "{volumes: [{source: d, target: /data}, 'ee:/c/']}"
        )
        assert plain(found.at("volumes")) == [{"source": "d", "target": "/data"}, "bb:/b:ro", "ee:/c/"]

    def test_ports_are_told_apart_by_both_ends(self) -> None:
        found = overridden("{ports: ['80:8000', 9000]}", "{ports: ['80:8000', '81:8000', {target: 9000}]}")
        assert plain(found.at("ports")) == ["80:8000", {"target": "9000"}, "81:8000"]

    def test_reset_takes_away_and_override_replaces(self) -> None:
        found = overridden(
            "{ports: ['1:1'], environment: {A: 1}, command: a, depends_on: [db], volumes: [a:/a]}",
            "{ports: !override ['2:2'], environment: {A: !reset null, B: 2}, command: !reset null, "
            "depends_on: !reset [], volumes: !reset []}",
        )
        assert plain(found) == {"ports": ["2:2"], "environment": {"B": "2"}}

    def test_a_service_that_replaces_that_of_the_base(self) -> None:
        assert plain(overridden("{image: a, command: b}", "!override {image: c}")) == {"image": "c"}

    def test_a_command_keeps_its_line(self) -> None:
        found = overridden("{command: [a, b]}", "{command: [gunicorn, -w, '4']}")
        line = found.at("command", "shell")
        assert line is not None
        assert (line.value, place(line)) == ("gunicorn -w 4", "compose.override.yaml:2")

    def test_the_name_of_the_project_and_named_volumes(self) -> None:
        files = {
            "compose.yaml": "name: shop\nservices: {web: {image: a}}\nvolumes: {data: {}}",
            "compose.override.yaml": "name: other\nvolumes: {data: {driver: nfs}}\nservices: {}",
        }
        document = stages_of(files)[0].documents[0]
        assert document.text("name") == "other"
        assert plain(document.at("volumes")) == {"data": {"driver": "nfs"}}

    def test_anchors_and_merge_keys_are_resolved_first(self) -> None:
        stage = only(
            {"compose.yaml": "x-a: &a {restart: always, image: no}\nservices:\n  web: {<<: *a, image: shop}\n"}
        )
        assert plain(web(stage)) == {"restart": "always", "image": "shop"}
        assert place(web(stage, "restart")) == "compose.yaml:1"


class TestVariables:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("${A}", "one"),
            ("$A-$A", "one-one"),
            ("x:${NOT:-2}", "x:2"),
            ("${NOT-3}", "3"),
            ("${EMPTY:-4}", "4"),
            ("${EMPTY-5}", ""),
            ("${NOT:-${A}}", "one"),
            ("${NOT:-${ALSO_NOT:-6}}", "6"),
            ("${A:+seven}", "seven"),
            ("${NOT:+seven}", ""),
            ("${A:?must be set}", "one"),
            ("${NOT}", "?"),
            ("$NOT", "?"),
            ("${NOT:?must be set}", "?"),
            ("x:${NOT}", "x:${NOT}"),
            ("a$$b", "a$b"),
            ("${", "${"),
            ("${A", "${A"),
            ("$", "$"),
        ],
    )
    def test_forms(self, text: str, expected: str) -> None:
        files = {"compose.yaml": f"services:\n  web:\n    image: '{text}'\n", ".env": "A=one\nEMPTY=\n"}
        assert plain(web(only(files, "compose"), "image")) == expected

    def test_a_value_that_the_env_file_gives_has_its_place_there(self) -> None:
        files = {
            "a/compose.yaml": "services:\n  web:\n    image: x\n"
            "    command: gunicorn -w $N\n    deploy: {replicas: $N}\n",
            "a/.env": "# copies\nN=3\n",
            ".env": "N=9\n",
        }
        stage = only(files, "compose")
        assert place(web(stage, "deploy", "replicas")) == "a/.env:2"
        command = web(stage, "command")
        assert command is not None
        assert (command.value, place(command), command.templated) == ("gunicorn -w 3", "a/compose.yaml:4", True)
        assert command.text("shell") == "gunicorn -w 3"

    def test_variables_in_lists_of_words(self) -> None:
        files = {
            "compose.yaml": "services: {web: {image: x, command: [gunicorn, -w, '${N:-2}'], environment: ['W=${N}']}}"
        }
        stage = only(files)
        command = web(stage, "command")
        assert command is not None
        assert command.text("shell") == "gunicorn -w 2"
        assert plain(web(stage, "environment")) == {"W": "?"}


class TestExtends:
    COMMON = "services:\n  base:\n    image: shop\n    environment: {A: 1}\n    ports: ['80:80']\n"

    def test_a_service_of_the_same_file(self) -> None:
        stage = only({"compose.yaml": self.COMMON + "  web: {extends: base, environment: {B: 2}}\n"})
        assert plain(web(stage)) == {"image": "shop", "environment": {"A": "1", "B": "2"}, "ports": ["80:80"]}

    def test_a_service_of_another_file_over_several_steps(self) -> None:
        files = {
            "compose.yaml": "services:\n  web:\n"
            "    extends: {file: parts/middle.yml, service: middle}\n    image: mine\n",
            "parts/middle.yml": "services:\n  middle:\n"
            "    extends:\n      file: common.yml\n      service: base\n    restart: always\n",
            "parts/common.yml": self.COMMON,
        }
        stage = only(files)
        assert stage.files == ("compose.yaml", "parts/common.yml", "parts/middle.yml")
        assert place(web(stage, "environment", "A")) == "parts/common.yml:4"
        assert place(web(stage, "restart")) == "parts/middle.yml:6"
        assert place(web(stage, "image")) == "compose.yaml:4"

    @pytest.mark.parametrize(
        ("extends", "note"),
        [
            ("web", "compose.yaml:2 extends web in a circle"),
            ("gone", "compose.yaml:2 extends gone, which compose.yaml does not have"),
            ("{file: gone.yml, service: x}", "compose.yaml:2 extends gone.yml, which is not in the tree"),
            ("{file: ../gone.yml, service: x}", "compose.yaml:2 extends ../gone.yml, which is not in the tree"),
        ],
    )
    def test_what_cannot_be_followed_is_a_note(self, extends: str, note: str) -> None:
        stage = only({"compose.yaml": f"services:\n  web: {{image: a, extends: {extends}}}\n"})
        assert stage.notes == (note,)
        assert plain(web(stage)) == {"image": "a"}


class TestInclude:
    def test_included_files_bring_their_services_and_their_own_variables(self) -> None:
        files = {
            "compose.yaml": "include:\n- db/compose.yaml\nservices:\n  web: {image: shop}\n",
            "db/compose.yaml": "services:\n  db:\n    image: postgres:$V\n",
            "db/.env": "V=16\n",
        }
        stage = only(files, "compose")
        assert place(stage.documents[0].at("services", "db", "image")) == "db/compose.yaml:3"
        assert stage.documents[0].text("services", "db", "image") == "postgres:16"
        assert stage.files == ("compose.yaml", "db/compose.yaml")

    def test_files_of_one_entry_are_laid_over_each_other(self) -> None:
        files = {
            "compose.yaml": "include:\n- path: [a.yml, b.yml]\n",
            "a.yml": "services: {web: {image: a, restart: always}}",
            "b.yml": "services: {web: {image: b}}",
        }
        assert plain(web(only(files))) == {"image": "b", "restart": "always"}

    def test_circles_and_what_is_elsewhere_are_notes(self) -> None:
        files: Files = {
            "compose.yaml": "include: [more/compose.yaml, 'https://example.test/x.git']\nservices: {web: {image: a}}\n",
            "more/compose.yaml": "include: [../compose.yaml]\nservices: {db: {image: b}}\n",
        }
        stage = stages_of(files)[0]
        assert stage.notes == (
            "more/compose.yaml:1 includes ../compose.yaml in a circle",
            "compose.yaml:1 includes https://example.test/x.git, which is not in the tree",
        )
        assert set(stage.documents[0].fields["services"].fields) == {"web", "db"}


def test_a_file_that_breaks_off_is_used_as_far_as_it_goes() -> None:
    stage = only({"compose.yaml": "services:\n  web: {image: a}\n  db: [\n"})
    assert plain(web(stage)) == {"image": "a"}
    assert [note.partition(": ")[0] for note in stage.notes] == ["compose.yaml:4 could not be read to its end"]
