"""Settings that speak of rules and options that do not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from statecheck.rules.schema import Option, Pack, Rule
from statecheck.settings import Settings, settled, stack
from statecheck.triage.vet import located, vet

RULE = Rule(
    code="STC101", name="mutated-global", family="memory", severity="high", status="stable", since="0.1", summary="s",
    message="m", instead="i", detector="state", aliases=("global-dict",),
    options={"limit": Option("int", 3, "h"), "strict": Option("bool", False, "h"), "names": Option("list", (), "h")},
)  # fmt: skip
PACK = Pack({RULE.name: RULE}, {})


@pytest.mark.parametrize("word", ["mutated-global", "global-dict", "STC101", "stc101", "STC1", "STC", "memory", "ALL"])
def test_every_way_to_name_a_rule(word: str) -> None:
    given = Settings(select=(word,), extend_select=(word,), ignore=(word,), severities={word: "low"})
    assert vet(PACK, given) == ((), ())


@pytest.mark.parametrize(
    ("settings", "errors", "warnings"),
    [
        (
            Settings(select=("mutated-globals", "W605")),
            ('select: unknown rule "mutated-globals", did you mean "mutated-global"?', 'select: unknown rule "W605"'),
            (),
        ),
        (Settings(extend_select=("memry",)), ('extend-select: unknown rule "memry", did you mean "memory"?',), ()),
        (Settings(ignore=("xyz",)), (), ('ignore: unknown rule "xyz"',)),
        (
            Settings(per_file_ignores={"a.py": ("STC102",)}),
            (),
            ('per-file-ignores."a.py": unknown rule "STC102", did you mean "STC101"?',),
        ),
        (Settings(severities={"xyz": "low"}), (), ('severities: unknown rule "xyz"',)),
        (Settings(rules={"xyz": {}}), (), ('rules: unknown rule "xyz"',)),
        (
            Settings(rules={"mutated-global": {"limt": 1}}),
            ('rules.mutated-global: unknown option "limt", did you mean "limit"?',),
            (),
        ),
        (
            Settings(rules={"mutated-global": {"limit": True, "strict": 1, "names": "a"}}),
            (
                "rules.mutated-global.limit: expected an integer, got true",
                "rules.mutated-global.strict: expected true or false, got 1",
                'rules.mutated-global.names: expected an array of strings, got "a"',
            ),
            (),
        ),
        (Settings(rules={"mutated-global": {"limit": 1, "strict": True, "names": ("a",)}}), (), ()),
    ],
)
def test_vet(settings: Settings, errors: tuple[str, ...], warnings: tuple[str, ...]) -> None:
    verdict = vet(PACK, settings)
    assert [fault.text for fault in verdict.errors] == list(errors)
    assert [fault.text for fault in verdict.warnings] == list(warnings)


def test_a_fault_is_placed_where_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('[per-file-ignores]\n"a.py" = [\n  "memory",\n  "memry",\n]\n')
    (tmp_path / "statecheck.toml").write_text(
        'extend = "base.toml"\n[rules.mutated-global]\nlimt = 1\n[severities]\nxyz = "low"\n'
    )
    layers = stack(tmp_path, overrides=["rules.mutated-global.strict=3"]).layers
    verdict = vet(PACK, settled(stack(tmp_path, overrides=["rules.mutated-global.strict=3"])).settings)
    hint = 'did you mean "limit"?'
    assert [located(fault, layers) for fault in verdict.errors] == [
        f'{tmp_path / "statecheck.toml"}:3: rules.mutated-global: unknown option "limt", {hint}',
        "--config 'rules.mutated-global.strict=3': rules.mutated-global.strict: expected true or false, got 3",
    ]
    assert [located(fault, layers) for fault in verdict.warnings] == [
        f'{tmp_path / "base.toml"}:4: per-file-ignores."a.py": unknown rule "memry", did you mean "memory"?',
        f'{tmp_path / "statecheck.toml"}:5: severities: unknown rule "xyz"',
    ]


def test_what_stands_in_no_file_has_no_place() -> None:
    (fault,) = vet(PACK, Settings(select=("xyz",))).errors
    assert located(fault, ()) == 'select: unknown rule "xyz"'
