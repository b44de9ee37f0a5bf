"""Kustomize: what a folder makes of the folders that it builds upon, and where each value comes from."""

from __future__ import annotations

import pytest

from statecheck.deployments.tree import Datum, Stage

from .support import Files, named, only, place, plain, stages_of

WEB = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {tier: front}}
    spec:
      replicas: 1
      template:
        spec:
          containers:
          - name: web
            image: registry.test:5000/shop:1
            args: [gunicorn, shop]
            env: [{name: A, value: "1"}, {name: B, value: "2"}]
          - {name: proxy, image: proxy}
          volumes: [{name: data, emptyDir: {}}]
"""
BASE = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": WEB}


def over(text: str, **files: str) -> Stage:
    """The stage of a folder ``prod`` that builds upon the base."""
    more = {f"prod/{name.replace('_', '.')}": content for name, content in files.items()}
    return named({**BASE, "prod/kustomization.yaml": f"resources: [../base]\n{text}", **more}, "prod")


def container(stage: Stage, name: str = "web") -> Datum:
    containers = stage.documents[0].at("spec", "template", "spec", "containers")
    assert containers is not None
    return next(item for item in containers.items if item.text("name") == name)


class TestWhichFoldersAreStages:
    def test_folders_that_others_build_upon_are_none(self) -> None:
        files = {
            **BASE,
            "middle/kustomization.yml": "bases: [../base]\n",
            "overlays/prod/kustomization.yaml": "resources: [../../middle]\n",
            "overlays/dev/kustomization.yaml": "resources: [../../base]\n",
        }
        assert [(stage.name, stage.files) for stage in stages_of(files)] == [
            ("overlays/dev", ("base/web.yaml", "base/kustomization.yaml", "overlays/dev/kustomization.yaml")),
            (
                "overlays/prod",
                (
                    "base/web.yaml",
                    "base/kustomization.yaml",
                    "middle/kustomization.yml",
                    "overlays/prod/kustomization.yaml",
                ),
            ),
        ]

    def test_a_base_that_nobody_builds_upon_is_one(self) -> None:
        stage = only(BASE)
        assert (stage.name, stage.kind, plain(stage.documents[0].at("spec", "replicas"))) == ("base", "kustomize", "1")

    def test_objects_of_a_list_and_of_several_documents(self) -> None:
        item = "{apiVersion: v1, kind: Service, metadata: {name: %s}}"
        listed = f"kind: List\nitems: [{item % 'a'}, {item % 'b'}]\n---\n{item % 'c'}\n"
        stage = only({"kustomization.yaml": "resources: [all.yaml]", "all.yaml": listed})
        assert [document.text("metadata", "name") for document in stage.documents] == ["a", "b", "c"]

    def test_a_component_changes_what_stands_before_it(self) -> None:
        files = {
            **BASE,
            "sticky/kustomization.yaml": "kind: Component\npatches: [{path: patch.yaml}]\n",
            "sticky/patch.yaml": "kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 7}\n",
            "prod/kustomization.yaml": "resources: [../base]\ncomponents: [../sticky]\n",
        }
        stage = only(files)
        assert stage.name == "prod"
        assert place(stage.documents[0].at("spec", "replicas")) == "sticky/patch.yaml:3"

    def test_a_kustomization_of_another_tool_is_a_plain_document(self) -> None:
        flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\n"
        assert [stage.kind for stage in stages_of({"kustomization.yaml": flux})] == [""]


class TestPatches:
    def test_containers_are_merged_by_name_and_each_value_keeps_its_place(self) -> None:
        stage = over(
            "patches: [{path: patch.yaml}]\n",
            patch_yaml="kind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n"
            "      - name: web\n        args: [uvicorn, shop]\n"
            "        env: [{name: B, value: '3'}, {name: C, value: '4'}]\n",
        )
        web = container(stage)
        assert plain(web.at("env")) == [
            {"name": "B", "value": "3"},
            {"name": "C", "value": "4"},
            {"name": "A", "value": "1"},
        ]
        assert plain(web.at("args")) == ["uvicorn", "shop"]
        assert place(web.at("args")) == "prod/patch.yaml:8"
        assert place(web.at("image")) == "base/web.yaml:10"
        assert plain(container(stage, "proxy").at("image")) == "proxy"

    @pytest.mark.parametrize(
        ("spec", "at", "expected"),
        [
            ("{replicas: null}", ("spec", "replicas"), None),
            ("{strategy: {type: Recreate}}", ("spec", "strategy", "type"), "Recreate"),
            ("{template: {$patch: replace, x: y}}", ("spec", "template"), {"x": "y"}),
            (
                "{template: {spec: {volumes: [{name: data, $patch: delete}, {name: b}]}}}",
                ("spec", "template", "spec", "volumes"),
                [{"name": "b"}],
            ),
            (
                "{template: {spec: {volumes: [{$patch: replace}, {name: b}]}}}",
                ("spec", "template", "spec", "volumes"),
                [{"name": "b"}],
            ),
            (
                "{template: {spec: {volumes: [{name: data, emptyDir: null, hostPath: {path: /d}}]}}}",
                ("spec", "template", "spec", "volumes"),
                [{"name": "data", "hostPath": {"path": "/d"}}],
            ),
        ],
    )
    def test_what_a_strategic_merge_takes_away_or_replaces(
        self, spec: str, at: tuple[str, ...], expected: object
    ) -> None:
        patch = f"patchesStrategicMerge:\n- |-\n  kind: Deployment\n  metadata: {{name: web}}\n  spec: {spec}\n"
        assert plain(over(patch).documents[0].at(*at)) == expected

    def test_a_patch_in_the_kustomization_has_its_lines_there(self) -> None:
        stage = over(
            "patches:\n- patch: |-\n    kind: Deployment\n"
            "    metadata:\n      name: web\n    spec:\n      replicas: 5\n"
        )
        assert place(stage.documents[0].at("spec", "replicas")) == "prod/kustomization.yaml:8"

    def test_a_patch_that_deletes_an_object(self) -> None:
        patch = 'patchesStrategicMerge: ["{kind: Deployment, metadata: {name: web}, $patch: delete}\\n"]\n'
        assert over(patch).documents == ()

    def test_lists_of_kinds_without_a_schema_are_replaced(self) -> None:
        files = {
            "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: b.yaml}]",
            "a.yaml": "{kind: Rollout, metadata: {name: w}, spec: {containers: [{name: a}, {name: b}]}}",
            "b.yaml": "{kind: Rollout, metadata: {name: w}, spec: {containers: [{name: c}]}}",
        }
        assert plain(only(files).documents[0].at("spec", "containers")) == [{"name": "c"}]

    @pytest.mark.parametrize(
        ("step", "at", "expected"),
        [
            ("{op: replace, path: /spec/replicas, value: 3}", ("spec", "replicas"), "3"),
            ("{op: add, path: /spec/paused, value: true}", ("spec", "paused"), "true"),
            ("{op: remove, path: /metadata/labels/tier}", ("metadata", "labels"), {}),
            (
                "{op: add, path: /metadata/labels/a~1b~0c, value: d}",
                ("metadata", "labels"),
                {"tier": "front", "a/b~c": "d"},
            ),
            ("{op: copy, from: /metadata/name, path: /spec/x}", ("spec", "x"), "web"),
            ("{op: move, from: /metadata/labels/tier, path: /metadata/tier}", ("metadata", "tier"), "front"),
            ("{op: test, path: /spec/replicas, value: 1}", ("spec", "replicas"), "1"),
        ],
    )
    def test_steps_of_a_json_patch(self, step: str, at: tuple[str, ...], expected: object) -> None:
        patch = f"patches:\n- target: {{kind: Deployment}}\n  patch: |-\n    - {step}\n"
        stage = over(patch)
        assert plain(stage.documents[0].at(*at)) == expected
        assert stage.notes == ()

    def test_steps_of_a_json_patch_in_lists(self) -> None:
        path = "/spec/template/spec/containers/0/args"
        stage = over(
            "patchesJson6902:\n- target: {version: v1, kind: Deployment, name: web}\n  path: patch.yaml\n",
            patch_yaml=f"- {{op: add, path: {path}/-, value: -w}}\n- {{op: add, path: {path}/0, value: exec}}\n"
            f"- {{op: remove, path: {path}/1}}\n- {{op: replace, path: {path}/1, value: app}}\n",
        )
        args = container(stage).at("args")
        assert args is not None
        assert args.text("shell") == "exec app -w"
        assert [place(item) for item in args.items[:3]] == [
            "prod/patch.yaml:2",
            "prod/patch.yaml:4",
            "prod/patch.yaml:1",
        ]

    @pytest.mark.parametrize(
        ("step", "why"),
        [
            ("{op: replace, path: /spec/gone, value: 3}", 'nothing at "gone"'),
            ("{op: remove, path: /spec/template/spec/containers/9}", 'nothing at "9"'),
            ("{op: add, path: spec, value: 1}", '"spec" is no path'),
            ("{op: add, path: /spec/x}", "a step without a value"),
            ("{op: jump, path: /spec/x}", '"jump" is no step of a patch'),
        ],
    )
    def test_a_step_that_does_not_fit_is_a_note(self, step: str, why: str) -> None:
        stage = over(f"patches:\n- target: {{kind: Deployment}}\n  patch: |-\n    - {step}\n")
        assert stage.notes == (f"prod/kustomization.yaml:5: the patch does not fit Deployment web: {why}",)
        assert plain(stage.documents[0].at("spec", "replicas")) == "1"

    @pytest.mark.parametrize(
        ("target", "fits"),
        [
            ("{kind: Deployment, name: web}", True),
            ("{kind: Deploy.*}", True),
            ("{name: we}", False),
            ("{group: apps, version: v1}", True),
            ("{group: batch}", False),
            ("{labelSelector: tier=front}", True),
            ("{labelSelector: 'tier!=front'}", False),
            ("{labelSelector: other}", False),
            ("{annotationSelector: x=y}", False),
            ("{name: '(a+)+$'}", False),
            ("{name: '['}", False),
        ],
    )
    def test_which_objects_a_target_means(self, target: str, fits: bool) -> None:
        stage = over(f"patches:\n- target: {target}\n  patch: '[{{op: replace, path: /spec/replicas, value: 9}}]'\n")
        assert (plain(stage.documents[0].at("spec", "replicas")) == "9") is fits
        assert bool(stage.notes) is not fits


class TestWhatIsDoneToAllObjects:
    def test_replicas_and_images_have_their_place_in_the_kustomization(self) -> None:
        stage = over("replicas:\n- name: web\n  count: 4\nimages:\n- {name: 'registry.test:5000/shop', newTag: '2'}\n")
        assert place(stage.documents[0].at("spec", "replicas")) == "prod/kustomization.yaml:4"
        assert plain(container(stage).at("image")) == "registry.test:5000/shop:2"
        assert place(container(stage).at("image")) == "prod/kustomization.yaml:6"

    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            ("{name: proxy, newName: other/proxy}", "other/proxy"),
            ("{name: proxy, digest: 'sha256:0'}", "proxy@sha256:0"),
            ("{name: prox, newTag: '2'}", "proxy"),
        ],
    )
    def test_images(self, image: str, expected: str) -> None:
        assert plain(container(over(f"images: [{image}]\n"), "proxy").at("image")) == expected

    def test_new_names_reach_those_who_use_them(self) -> None:
        files: Files = {
            "base/kustomization.yaml": "resources: [all.yaml]\nconfigMapGenerator: [{name: conf, literals: [A=b=c]}]\n",
            "base/all.yaml": """\
                {apiVersion: v1, kind: Service, metadata: {name: web}}
                ---
                {kind: Ingress, metadata: {name: web}, spec: {rules: [{backend: {service: {name: web}}}]}}
                ---
                {kind: Pod, metadata: {name: web}, spec:
                  {x: [{configMapRef: {name: conf}}, {configMapRef: {name: no}}]}}
                """,
            "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: p-\nnameSuffix: -s\nnamespace: shop\n",
        }
        service, ingress, pod, config = only(files).documents
        assert plain(service.at("metadata")) == {"name": "p-web-s", "namespace": "shop"}
        assert plain(ingress.at("spec")) == {"rules": [{"backend": {"service": {"name": "p-web-s"}}}]}
        assert plain(pod.at("spec", "x")) == [{"configMapRef": {"name": "p-conf-s"}}, {"configMapRef": {"name": "no"}}]
        assert plain(config) == {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "p-conf-s", "namespace": "shop"},
            "data": {"A": "b=c"},
        }

    def test_a_name_of_the_base_is_still_known_above(self) -> None:
        files = {
            **BASE,
            "middle/kustomization.yaml": "resources: [../base]\nnamePrefix: m-\n",
            "prod/kustomization.yaml": "resources: [../middle]\nnamePrefix: p-\nreplicas: [{name: web, count: 6}]\n",
        }
        document = only(files).documents[0]
        assert (document.text("metadata", "name"), document.text("spec", "replicas")) == ("p-m-web", "6")

    def test_labels_and_annotations(self) -> None:
        stage = over("commonAnnotations: {sticky: 'yes'}\nlabels: [{pairs: {env: prod}, includeSelectors: true}]\n")
        document = stage.documents[0]
        assert plain(document.at("metadata")) == {
            "name": "web",
            "labels": {"tier": "front", "env": "prod"},
            "annotations": {"sticky": "yes"},
        }
        assert plain(document.at("spec", "selector", "matchLabels")) == {"env": "prod"}
        assert plain(document.at("spec", "template", "metadata")) == {
            "labels": {"env": "prod"},
            "annotations": {"sticky": "yes"},
        }


class TestNotes:
    def test_what_is_elsewhere(self) -> None:
        stage = only(
            {
                "kustomization.yaml": "resources:\n- https://example.test/base?ref=v1\n- gone.yaml\n- ../out\n"
                "patches: [{path: no.yaml}]\nhelmCharts: []\n"
            }
        )
        assert stage.notes == (
            "kustomization.yaml:6: helmCharts is not followed",
            "kustomization.yaml:2 builds upon https://example.test/base?ref=v1, which is not among the documents",
            "kustomization.yaml:3 builds upon gone.yaml, which is not among the documents",
            "kustomization.yaml:4 builds upon ../out, which is not among the documents",
            "kustomization.yaml:5 patches with no.yaml, which is not among the documents",
        )

    def test_circles(self) -> None:
        files = {
            "a/kustomization.yaml": "resources: [../b]\n",
            "b/kustomization.yaml": "resources: [../a, .]\n",
        }
        stage = only(files)
        assert stage.name == "a"
        assert stage.notes == (
            "b/kustomization.yaml:1 builds upon ../a in a circle, or too deep",
            "b/kustomization.yaml:1 builds upon . in a circle, or too deep",
        )


class TestGenerators:
    def test_literals_and_env_files_are_the_data_of_a_config_map(self) -> None:
        files: Files = {
            "kustomization.yaml": "configMapGenerator:\n- name: conf\n  envs: [app.env]\n"
            "  literals: [B=2, 'C=\"x=y\"']\n"
            "  files: [conf/a.ini, b.ini=c.ini]\n",
            "app.env": "A=1\nB=1\n",
        }
        data = only(files).documents[0].at("data")
        assert plain(data) == {"A": "1", "B": "2", "a.ini": "?", "b.ini": "?", "C": "x=y"}
        assert data is not None
        assert place(data.at("A")) == "app.env:1"
        assert place(data.at("B")) == "kustomization.yaml:4"

    @pytest.mark.parametrize(("behavior", "data"), [("merge", {"A": "1", "B": "2"}), ("replace", {"B": "2"})])
    def test_one_of_the_base_is_merged_or_replaced(self, behavior: str, data: object) -> None:
        stage = only(
            {
                "base/kustomization.yaml": "configMapGenerator: [{name: conf, literals: [A=1, B=1]}]\nnamePrefix: x-\n",
                "kustomization.yaml": f"resources: [base]\nconfigMapGenerator:\n"
                f"- {{name: conf, behavior: {behavior}, literals: [B=2]}}\n",
            }
        )
        (config,) = stage.documents
        assert config.text("metadata", "name") == "x-conf"
        assert plain(config.at("data")) == data


def test_template_actions_that_are_none_of_kustomize_stay_as_they_are_written() -> None:
    files: Files = {
        "kustomization.yaml": "resources: [set.yaml]\n",
        "set.yaml": "kind: ApplicationSet\nname: shop-{{env}}\ntext: |\n  {{a}} b {{c}}\n",
    }
    document = only(files).documents[0]
    assert document.text("name") == "shop-{{env}}"
    assert document.text("text") == "{{a}} b {{c}}\n"
