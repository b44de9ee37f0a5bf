"""``statecheck rule``: the pages of the rules, offline."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any

import typer

from statecheck.cli.guard import UsageError, guarded, is_terminal, write
from statecheck.cli.options import Debug, Isolated
from statecheck.cli.target import find_target
from statecheck.rules.schema import Pack, Rule

_WIDEST = 100


class PageFormat(str, Enum):
    """How a page is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


def command(
    name: Annotated[str | None, typer.Argument(metavar="NAME|CODE", help="mutated-global or STC101.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every rule: a list as text, whole pages otherwise.")] = False,
    output_format: Annotated[PageFormat, typer.Option(help="How the page is printed.")] = PageFormat.text,
    config: Annotated[
        list[str] | None, typer.Option(metavar="FILE|KEY=VALUE", help="Settings, for the rules of other packs.")
    ] = None,
    isolated: Isolated = False,
    debug: Debug = False,
) -> None:
    """Explain a rule: what it flags, why it matters, and what to do instead."""

    def action() -> int:
        if (name is None) == (not all_):
            raise UsageError("give either the name or code of a rule, or --all")
        pack = _pack(config or [], isolated)
        rules = sorted(pack.rules.values(), key=lambda rule: rule.code) if name is None else [find(pack, name)]
        write(_print(rules, output_format.value, index=all_), None)
        return 0

    raise typer.Exit(guarded(action, debug))


def find(pack: Pack, word: str) -> Rule:
    """The rule with this name, alias or code. Raises UsageError with a suggestion."""
    from statecheck.settings import did_you_mean

    for rule in pack.rules.values():
        if word.lower() in (rule.name, *rule.aliases) or word.upper() == rule.code:
            return rule
    words = [known for rule in pack.rules.values() for known in (rule.name, *rule.aliases, rule.code)]
    raise UsageError(f'unknown rule "{word}"{did_you_mean(word, words)} (statecheck rule --all lists them)')


def _pack(config: Sequence[str], isolated: bool) -> Pack:
    from statecheck.pipeline import load_rules

    loaded = find_target([], config, isolated).loaded
    return load_rules(loaded.settings, loaded.root)


def _print(rules: Sequence[Rule], output_format: str, index: bool) -> str:
    from statecheck.report.page import render_index, render_page
    from statecheck.report.style import painter, use_color

    if output_format == "json":
        return json.dumps([as_json(rule) for rule in rules] if index else as_json(rules[0]), indent=2) + "\n"
    if output_format == "markdown":
        return "\n".join(rule.page.strip() + "\n" for rule in rules)
    paint = painter(use_color("auto", is_terminal(sys.stdout), os.environ))
    width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    return render_index(rules, paint, width) if index else render_page(rules[0], paint, width)


def as_json(rule: Rule) -> dict[str, Any]:
    """What other programs may want to know of a rule; how it is found stays inside."""
    return {
        "code": rule.code,
        "name": rule.name,
        "aliases": list(rule.aliases),
        "family": rule.family,
        "severity": rule.severity,
        "status": rule.status,
        "since": rule.since,
        "summary": rule.summary,
        "instead": rule.instead,
        "references": list(rule.references),
        "fix": rule.fix.applicability if rule.fix else None,
        "options": {
            name: {"type": option.type, "default": option.default, "help": option.help}
            for name, option in rule.options.items()
        },
        "page": rule.page,
    }
