"""Every known form in deployment files is reported by its rule on its line, and its twin that does no harm is not."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import tomli

from statecheck.model import Finding
from statecheck.rules.load import load
from statecheck.testing import Case, report_of

ENTRIES = {
    (part, name): entry
    for part in ("affinity", "deploy")
    for name, entry in tomli.loads(Path(__file__).with_name(f"{part}.toml").read_text(encoding="utf-8")).items()
}
LEFT: dict[str, dict[str, str]] = tomli.loads(Path(__file__).with_name("left.toml").read_text(encoding="utf-8"))
RULES = load().rules
KEYS = {"rule", "file", "line", "bad", "ok"}
SHAPES = [KEYS, KEYS | {"form"}, KEYS | {"beside"}]


def report(files: dict[str, str], rules: tuple[str, ...]) -> list[Finding]:
    found = report_of(Case("", files, ()), rules)
    assert found.errors == ()
    return sorted((*found.findings, *found.hidden), key=lambda finding: finding.location.line)


def all_findings(which: str) -> dict[str, list[Finding]]:
    """What is found in the examples of one file, each in a folder of its own, by folder."""
    alone = {number: entry for number, entry in enumerate(ENTRIES.values()) if "beside" not in entry}
    files = {f"e{number}/{entry['file']}": entry[which] for number, entry in alone.items()}
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in report(files, tuple({entry["rule"] for entry in alone.values()})):
        found[finding.location.path.partition("/")[0]].append(finding)
    return found


@pytest.fixture(scope="module")
def together() -> dict[str, dict[str, list[Finding]]]:
    return {which: all_findings(which) for which in ("bad", "ok")}


@pytest.mark.parametrize("key", ENTRIES, ids=":".join)
def test_entry(key: tuple[str, str], together: dict[str, dict[str, list[Finding]]]) -> None:
    entry = ENTRIES[key]

    def found(which: str) -> list[tuple[str | None, int]]:
        if "beside" in entry:
            rows = report({**entry["beside"], entry["file"]: entry[which]}, (entry["rule"],))
        else:
            rows = together[which][f"e{list(ENTRIES).index(key)}"]
        return [(row.form, row.location.line) for row in rows if row.name == entry["rule"]]

    assert found("bad") == [(entry.get("form", key[1]), entry["line"])]
    assert found("ok") == []


def test_every_entry_is_an_example_or_says_why_there_is_none() -> None:
    for (part, name), entry in ENTRIES.items():
        assert set(entry) in SHAPES, f"{part}: {name}"
        assert name not in LEFT[part]


def test_every_form_about_documents_has_an_example() -> None:
    shown = {(entry["rule"], form) for (_, name), entry in ENTRIES.items() for form in (name, entry.get("form", name))}
    named = {rule for rule, _ in shown if RULES[rule].family != "config"}
    written = {(name, form.id) for name in named for form in RULES[name].forms if form.document}
    assert sorted(written - shown) == []
