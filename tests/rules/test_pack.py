"""The default rule pack keeps its promises: pages are whole, words are unique, models can match."""

from __future__ import annotations

from collections import Counter

import pytest

from statecheck.rules.index import readme, refreshed
from statecheck.rules.load import default_pack_path, load
from statecheck.rules.schema import EntryPoint, Model, Rule
from statecheck.testing import SECTIONS, missing_sections, page_cases

PACK = load()
RULES = list(PACK.rules.values())
MODELS = list(PACK.models.values())
LABEL_WORDS = ("{verb}", "{path}", "{name}")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.status == "stable"], ids=lambda rule: rule.name)
def test_a_stable_rule_has_a_whole_page_with_cases_of_both_kinds(rule: Rule) -> None:
    assert rule.page.startswith(f"# {rule.name} ({rule.code})\n")
    assert missing_sections(rule.page) == []
    cases = page_cases(rule.page)
    assert any(case.expected for case in cases)
    assert any(not case.expected for case in cases)


def test_a_page_with_a_section_missing_or_out_of_place_is_noticed() -> None:
    whole = "".join(f"## {name}\n" for name in SECTIONS)
    assert missing_sections(whole) == []
    assert missing_sections(whole.replace("## Instead\n", "")) == ["Instead"]
    assert missing_sections(whole.replace("## Flagged\n", "") + "## Flagged\n") != []


def test_codes_names_and_aliases_are_unique() -> None:
    words = Counter(word for rule in RULES for word in (rule.code, rule.name, *rule.aliases))
    assert [word for word, count in words.items() if count > 1] == []


def test_the_index_is_fresh() -> None:
    text = readme().read_text(encoding="utf-8")
    assert refreshed(text, PACK) == text, "run: python -m statecheck.rules.index"


def test_the_pack_holds_no_code() -> None:
    files = [path for path in default_pack_path().rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix not in (".toml", ".md")] == []


def entries() -> list[tuple[str, EntryPoint]]:
    return [(model.framework, entry) for model in MODELS for entry in (*model.entries, *model.callers)]


def test_ids_of_entry_points_are_unique_over_all_models() -> None:
    ids = Counter(entry.id for _, entry in entries())
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.framework)
def test_an_entry_point_says_which_function_is_called(model: Model) -> None:
    for entry in (*model.entries, *model.callers):
        if entry.match == "call":
            assert entry.argument or entry.position is not None, entry.id
        if entry.match == "subclass":
            assert entry.methods or entry.method_prefix or entry.any_method or entry.decorators, entry.id
        if entry.label:
            assert any(word in entry.label for word in LABEL_WORDS), entry.id
        if "{path}" in entry.label:
            assert entry.path_argument or entry.path_position is not None, entry.id
        if "{verb}" in entry.label:
            assert entry.verb or entry.verbs_argument or entry.match != "call", entry.id


def test_an_alias_leads_to_its_canonical_name_in_one_step() -> None:
    aliases = {old: new for model in MODELS for old, new in model.aliases.items()}
    assert {old: new for old, new in aliases.items() if old == new} == {}
    assert {old: new for old, new in aliases.items() if any(prefix in aliases for prefix in prefixes(new))} == {}


def prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:size]) for size in range(1, len(parts) + 1)]


def test_an_alias_has_one_meaning() -> None:
    meanings: dict[str, set[str]] = {}
    for model in MODELS:
        for old, new in model.aliases.items():
            meanings.setdefault(old, set()).add(new)
    assert {old: new for old, new in meanings.items() if len(new) > 1} == {}


def test_no_class_is_its_own_base() -> None:
    bases = {name: set(found) for model in MODELS for name, found in model.bases.items()}
    for start in bases:
        seen: set[str] = set()
        queue = list(bases[start])
        while queue:
            name = queue.pop()
            assert name != start, start
            if name not in seen:
                seen.add(name)
                queue.extend(bases.get(name, ()))


def test_a_call_has_one_effect() -> None:
    kinds: dict[str, set[str]] = {}
    for model in MODELS:
        for effect in model.effects:
            for name in effect.names:
                kinds.setdefault(name, set()).add(effect.kind)
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1} == {}


def test_a_container_empties_itself_by_a_method_that_changes_it() -> None:
    for model in MODELS:
        for row in model.containers:
            assert set(row.clearing) <= set(row.mutating), row.names
            assert not set(row.reading) & set(row.mutating), row.names


@pytest.mark.parametrize(
    "framework",
    [
        "flask",
        "fastapi",
        "starlette",
        "django",
        "djangorestframework",
        "channels",
        "celery",
        "rq",
        "apscheduler",
        "click",
        "typer",
        "testing",
        "tornado",
        "bottle",
        "aiohttp",
        "quart",
        "sanic",
        "litestar",
        "falcon",
        "pyramid",
        "dramatiq",
    ],
)
def test_the_frameworks_that_most_applications_use_have_entry_points(framework: str) -> None:
    assert PACK.models[framework].entries
