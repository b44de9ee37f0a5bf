"""Settings: where they are found, what they may say, and how errors read."""

from __future__ import annotations

from pathlib import Path

import pytest

from statecheck.settings import Loaded, Settings, SettingsError, TaughtEntryPoint, load, origins, stack


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# Where they are found


def test_no_settings_and_no_git_gives_defaults_and_the_start_folder(tmp_path: Path) -> None:
    assert load(tmp_path, isolated=True) == Loaded(Settings(), tmp_path, None)


def test_the_git_folder_is_the_root_without_settings(tmp_path: Path) -> None:
    write(tmp_path / ".git", "gitdir: elsewhere")
    start = write(tmp_path / "src" / "app.py", "")
    assert load(start).root == tmp_path


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.py", "setup.cfg", "manage.py"])
def test_without_settings_and_git_what_looks_like_a_project_is_the_root(tmp_path: Path, mark: str) -> None:
    write(tmp_path / mark, "")
    write(tmp_path / "src" / "shop" / "__init__.py", "")
    assert load(write(tmp_path / "src" / "shop" / "app.py", "")).root == tmp_path


def test_without_any_mark_the_root_is_where_imports_of_the_package_start(tmp_path: Path) -> None:
    for folder in ("shop", "shop/web"):
        write(tmp_path / folder / "__init__.py", "")
    start = write(tmp_path / "shop" / "web" / "views.py", "")
    namespace = write(tmp_path / "shop" / "web" / "events" / "chat.py", "")
    assert load(namespace).root == tmp_path
    assert {load(place).root for place in (start, start.parent, tmp_path / "shop", tmp_path)} == {tmp_path}


def test_the_home_folder_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "setup.py", "")
    assert load(write(tmp_path / "tries" / "app.py", "")).root == tmp_path / "tries"


def test_the_nearest_settings_win_and_their_folder_is_the_root(tmp_path: Path) -> None:
    write(tmp_path / "statecheck.toml", 'fail-on = "low"')
    inner = write(tmp_path / "service" / "pyproject.toml", '[tool.statecheck]\nfail-on = "high"')
    loaded = load(write(tmp_path / "service" / "src" / "app.py", ""))
    assert loaded == Loaded(Settings(fail_on="high"), tmp_path / "service", inner)


def test_the_working_directory_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "here" / "statecheck.toml", 'fail-on = "low"')
    write(tmp_path / "there" / "statecheck.toml", 'fail-on = "high"')
    monkeypatch.chdir(tmp_path / "here")
    assert load(tmp_path / "there").settings.fail_on == "high"


def test_statecheck_toml_beats_pyproject_of_the_same_folder(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.statecheck]\nfail-on = "high"')
    write(tmp_path / "statecheck.toml", 'fail-on = "low"')
    assert load(tmp_path).settings.fail_on == "low"


def test_a_pyproject_without_our_table_is_passed_by(tmp_path: Path) -> None:
    write(tmp_path / "statecheck.toml", 'fail-on = "high"')
    write(tmp_path / "a" / "pyproject.toml", '[project]\ndependencies = ["statecheck"]')
    write(tmp_path / "a" / "b" / "pyproject.toml", "this is = = no TOML, and not ours to judge")
    assert load(tmp_path / "a" / "b").root == tmp_path


def test_isolated_reads_no_file(tmp_path: Path) -> None:
    write(tmp_path / "statecheck.toml", "broken = = ")
    assert load(tmp_path, isolated=True).settings == Settings()


def test_a_file_given_by_hand_is_the_root_only_of_the_tree_it_stands_in(tmp_path: Path) -> None:
    outside = write(tmp_path / "ci" / "strict.toml", 'fail-on = "low"')
    write(tmp_path / "app" / ".git" / "HEAD", "")
    loaded = load(tmp_path / "app", config=outside)
    assert loaded == Loaded(Settings(fail_on="low"), tmp_path / "app", outside)

    above = write(tmp_path / "strict.toml", 'fail-on = "low"')
    assert load(tmp_path / "app", config=above).root == tmp_path


# What they may say

FULL = """
[tool.statecheck]
select = ["memory", "STC3"]
extend-select = ["secret"]
ignore = ["STC101"]
min-severity = "low"
min-confidence = "high"
fail-on = "high"
exclude = ["generated/"]
extend-exclude = ["vendor/"]
rule-paths = ["ops/rules"]
respect-gitignore = false
test-paths = ["checks/"]
migration-paths = ["changes/"]
jobs = 2
profile = "worker"
request-scoped = ["shop.Context"]
process-safe = ["shop.SharedDict"]
storage-api = ["shop.store.put"]
startup = ["shop.boot"]
severities = { mutated-global = "low" }

[tool.statecheck.per-file-ignores]
"tests/**" = ["ALL"]

[tool.statecheck.rules.mutated-global]
ignore-names = ["_cache"]
limit = 3
strict = true

[[tool.statecheck.entry-points]]
names = ["shop.web.endpoint"]

[[tool.statecheck.entry-points]]
names = ["shop.bus.listen"]
match = "call"
phase = "worker"
argument = "handler"
position = 1
methods = ["handle"]
"""


def test_every_key(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", FULL)
    assert load(tmp_path).settings == Settings(
        select=("memory", "STC3"),
        extend_select=("secret",),
        ignore=("STC101",),
        min_severity="low",
        min_confidence="high",
        fail_on="high",
        exclude=("generated/",),
        extend_exclude=("vendor/",),
        rule_paths=("ops/rules",),
        respect_gitignore=False,
        test_paths=("checks/",),
        migration_paths=("changes/",),
        jobs=2,
        profile="worker",
        request_scoped=("shop.Context",),
        process_safe=("shop.SharedDict",),
        storage_api=("shop.store.put",),
        startup=("shop.boot",),
        severities={"mutated-global": "low"},
        per_file_ignores={"tests/**": ("ALL",)},
        rules={"mutated-global": {"ignore-names": ("_cache",), "limit": 3, "strict": True}},
        entry_points=(
            TaughtEntryPoint(names=("shop.web.endpoint",)),
            TaughtEntryPoint(
                names=("shop.bus.listen",),
                match="call",
                phase="worker",
                argument="handler",
                position=1,
                methods=("handle",),
            ),
        ),
    )


def test_the_command_line_beats_the_file_and_adds_to_its_tables(tmp_path: Path) -> None:
    write(tmp_path / "statecheck.toml", 'fail-on = "low"\njobs = 1\nseverities = { secret = "low" }')
    settings = load(tmp_path, overrides=['fail-on="high"', 'severities.dsn="high"', "ignore=['dsn']"]).settings
    assert settings == Settings(fail_on="high", jobs=1, severities={"secret": "low", "dsn": "high"}, ignore=("dsn",))


# How errors read


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('# x\nmin-severty = "low"', 2, 'unknown key "min-severty", did you mean "min-severity"?'),
        ('# x\nmin_severity = "low"', 2, 'unknown key "min_severity", did you mean "min-severity"?'),
        ("zzz = 1", 1, 'unknown key "zzz"'),
        ('select = "memory"', 1, 'select: expected an array of strings, got "memory"'),
        ('select = [\n  "memory",\n  3,\n]', 3, "select[1]: expected a string, got 3"),
        ('fail-on = "hihg"', 1, 'fail-on: expected one of "high", "medium", "low", got "hihg", did you mean "high"?'),
        ("fail-on = true", 1, 'fail-on: expected one of "high", "medium", "low", got true'),
        ("jobs = 0", 1, "jobs: expected an integer of at least 1, got 0"),
        ('jobs = "two"', 1, 'jobs: expected an integer of at least 1, got "two"'),
        ("respect-gitignore = 1", 1, "respect-gitignore: expected true or false, got 1"),
        ("per-file-ignores = []", 1, "per-file-ignores: expected a table, got an array"),
        (
            '[per-file-ignores]\n"a.py" = ["ALL"]\n"b/*.py" = "ALL"',
            3,
            'per-file-ignores."b/*.py": expected an array of strings, got "ALL"',
        ),
        ("[severities]\nsecret = 1", 2, 'severities.secret: expected one of "high", "medium", "low", got 1'),
        ("rules = { secret = 1 }", 1, "rules.secret: expected a table, got 1"),
        (
            "[rules.secret]\nx = 1979-05-27",
            2,
            "rules.secret.x: expected a string, number, boolean or array of strings, got a date or time",
        ),
        ("entry-points = [1]", 1, "entry-points[0]: expected a table, got 1"),
        ("[[entry-points]]\nmatch = 'call'", 1, 'entry-points[0]: "names" is missing'),
        (
            "[[entry-points]]\nnames = ['a']\n[[entry-points]]\nnames = ['b']\nfase = 'x'",
            5,
            'entry-points[1]: unknown key "fase", did you mean "phase"?',
        ),
        ("[[entry-points]]\nnames = 'a.b'", 2, 'entry-points[0].names: expected an array of strings, got "a.b"'),
        ("a = 1\nb = = 1", 2, "is not valid TOML: Invalid value"),
    ],
)
def test_an_error_names_file_line_and_key(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = write(tmp_path / "statecheck.toml", text)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{path}:{line}: {message}"


def test_an_error_in_pyproject_counts_its_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", '[project]\nname = "x"\n\n[tool.statecheck]\njobs = 1\nignored = []\n')
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert str(caught.value) == f'{path}:6: unknown key "ignored", did you mean "ignore"?'


def test_our_table_must_be_a_table(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", "[tool]\nstatecheck = 3\n")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{path}:2: expected a table, got 3"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fail-on=high", "the value is not valid TOML; a string needs quotes: 'fail-on=\"high\"'"),
        ("jobs='two'", 'jobs: expected an integer of at least 1, got "two"'),
        ("job=2", 'unknown key "job", did you mean "jobs"?'),
    ],
)
def test_an_error_on_the_command_line_repeats_it(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, isolated=True, overrides=[override])
    assert str(caught.value) == f"--config '{override}': {message}"


def test_a_missing_file_given_by_hand(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, config=tmp_path / "no.toml")
    assert str(caught.value) == f"{tmp_path / 'no.toml'}: cannot be read: No such file or directory"


# Files that extend others


def test_a_file_lies_over_the_one_it_extends(tmp_path: Path) -> None:
    write(
        tmp_path / "org" / "base.toml",
        'fail-on = "low"\njobs = 3\nextend-exclude = ["a/"]\n'
        '[rules.secret]\nx = 1\ny = 2\n[severities]\nsecret = "low"',
    )
    own = write(
        tmp_path / "app" / "pyproject.toml",
        '[tool.statecheck]\nextend = "../org/base.toml"\nfail-on = "high"\nextend-exclude = ["b/"]\n'
        'rules.secret.y = 3\nseverities.dsn = "low"\n',
    )
    assert load(tmp_path / "app", overrides=['extend-exclude=["c/"]']) == Loaded(
        Settings(
            fail_on="high",
            jobs=3,
            extend_exclude=("a/", "b/", "c/"),
            rules={"secret": {"x": 1, "y": 3}},
            severities={"secret": "low", "dsn": "low"},
        ),
        tmp_path / "app",
        own,
    )


def test_rule_packs_of_an_extended_file_lie_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "org" / "base.toml", 'rule-paths = ["packs/ours"]')
    write(tmp_path / "app" / "statecheck.toml", 'extend = "../org/base.toml"')
    assert load(tmp_path / "app").settings.rule_paths == (str(tmp_path / "org" / "packs/ours"),)


def test_extending_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", 'fail-on = "low"\njobs = 1')
    write(tmp_path / "b.toml", 'extend = "a.toml"\njobs = 2')
    write(tmp_path / "statecheck.toml", 'extend = "b.toml"')
    assert load(tmp_path).settings == Settings(fail_on="low", jobs=2)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('jobs = 1\nextend = "no.toml"', 2, 'extend: there is no file "no.toml"'),
        ('extend = "."', 1, 'extend: there is no file "."'),
        ("extend = 3", 1, "extend: expected a string, got 3"),
        ('extend = "pyproject.toml"', 1, 'extend: "pyproject.toml" has no [tool.statecheck]'),
        (
            'extend = "statecheck.toml"',
            1,
            "extend: the files extend one another in a circle: statecheck.toml -> statecheck.toml",
        ),
    ],
)
def test_extending_what_cannot_be(tmp_path: Path, text: str, line: int, message: str) -> None:
    write(tmp_path / "pyproject.toml", "[project]")
    path = write(tmp_path / "statecheck.toml", text)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{path}:{line}: {message}"


def test_a_circle_of_files_is_one_line(tmp_path: Path) -> None:
    write(tmp_path / "statecheck.toml", 'extend = "b.toml"')
    last = write(tmp_path / "b.toml", 'jobs = 1\nextend = "./statecheck.toml"')
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    circle = "statecheck.toml -> b.toml -> statecheck.toml"
    assert str(caught.value) == f"{last}:2: extend: the files extend one another in a circle: {circle}"


def test_an_error_in_an_extended_file_names_that_file(tmp_path: Path) -> None:
    base = write(tmp_path / "base.toml", "\njbos = 1")
    write(tmp_path / "statecheck.toml", 'extend = "base.toml"')
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert str(caught.value) == f'{base}:2: unknown key "jbos", did you mean "jobs"?'


def test_the_command_line_extends_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, isolated=True, overrides=["extend='a.toml'"])
    assert str(caught.value) == "--config 'extend='a.toml'': extend can only stand in a file; use --config FILE"


def test_the_hidden_name(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.statecheck]\nfail-on = "high"')
    hidden = write(tmp_path / ".statecheck.toml", 'fail-on = "low"')
    assert load(tmp_path) == Loaded(Settings(fail_on="low"), tmp_path, hidden)
    shown = write(tmp_path / "statecheck.toml", "")
    assert load(tmp_path).source == shown


# Where each value comes from


def test_origins(tmp_path: Path) -> None:
    base = write(tmp_path / "base.toml", 'fail-on = "low"\nextend-exclude = ["a/"]\nseverities.secret = "low"')
    own = write(tmp_path / "statecheck.toml", 'extend = "base.toml"\nfail-on = "high"\nextend-exclude = ["b/"]')
    assert origins(stack(tmp_path, overrides=["jobs=2"]).layers) == {
        "extend": (f"{own}:1",),
        "fail-on": (f"{own}:2",),
        "extend-exclude": (f"{base}:2", f"{own}:3"),
        "severities.secret": (f"{base}:3",),
        "jobs": ("--config 'jobs=2'",),
    }
