"""``statecheck test-rules``: run the examples on the pages of a rule pack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statecheck.cli.guard import UsageError, guarded, write
from statecheck.cli.options import Config, Debug, Isolated
from statecheck.cli.target import find_target

if TYPE_CHECKING:
    from statecheck.rules.schema import Rule


def command(
    packs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FOLDERS", help="Rule packs.  [default: those of the setting rule-paths]"),
    ] = None,
    config: Config = None,
    isolated: Isolated = False,
    debug: Debug = False,
) -> None:
    """Run the examples on the pages of a rule pack.

    Exactly the lines that end in "# finding" must be reported. Nothing of a pack is run: it is data.

    Exit codes: 0 every example is as the page says; 1 one is not, or a rule has none; 2 a pack that cannot be used.
    """

    def action() -> int:
        folders = tuple(packs or _of_settings(config or [], isolated))
        failures = 0
        rules = _rules(folders)
        for rule, others in rules:
            told = list(_failures(rule, others))
            failures += bool(told)
            write("".join(f"{line}\n" for line in (*told, f"{rule.code} {rule.name}: {_verdict(rule, told)}")), None)
        write(f"Rules: {failures} failed, {len(rules) - failures} passed.\n", None)
        return 1 if failures else 0

    raise typer.Exit(guarded(action, debug))


def _of_settings(config: Sequence[str], isolated: bool) -> tuple[Path, ...]:
    loaded = find_target([], config, isolated).loaded
    if not loaded.settings.rule_paths:
        raise UsageError("give the folder of a rule pack; the settings name none (rule-paths)")
    return tuple(loaded.root / path for path in loaded.settings.rule_paths)


def _rules(folders: Sequence[Path]) -> list[tuple[Rule, tuple[Path, ...]]]:
    """The rules of these packs, each with the packs that have to be loaded beside our own. Raises PackError."""
    from statecheck.rules.load import default_pack_path, load

    own = default_pack_path().resolve()
    others = tuple(folder for folder in folders if folder.resolve() != own)
    ours = load().rules
    found = [rule for rule in load(others).rules.values() if rule.name not in ours or len(others) < len(folders)]
    if not found:
        raise UsageError(f"{', '.join(map(str, folders))}: there is no rule in it")
    return [(rule, others) for rule in sorted(found, key=lambda rule: rule.code)]


def _failures(rule: Rule, packs: Sequence[Path]) -> Iterator[str]:
    """What is not as the page says, in lines."""
    from statecheck.testing import PageError, check_case, page_cases

    try:
        cases = page_cases(rule.page)
    except PageError as problem:
        yield f"{rule.name}: {problem}"
        return
    if not cases:
        yield f'{rule.name}: its README.md has no code under "Flagged" or "Not flagged"'
    for case in cases:
        try:
            check_case(case, rule.name, packs)
        except AssertionError as problem:
            yield from str(problem).splitlines()


def _verdict(rule: Rule, told: Sequence[str]) -> str:
    from statecheck.testing import page_cases

    return "FAILED" if told else f"{len(page_cases(rule.page))} examples passed"
