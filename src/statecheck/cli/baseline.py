"""``statecheck baseline``: accept what is there today, so that only what is new fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from statecheck.cli.clean import cache_folder
from statecheck.cli.guard import UsageError, complain, guarded, write
from statecheck.cli.known import baseline_path, entries_in
from statecheck.cli.options import CacheDir, Config, Debug, Isolated, NoCache
from statecheck.cli.target import Target, find_target
from statecheck.cli.vetting import vet_settings
from statecheck.model import BaselineEntry, Report

if TYPE_CHECKING:
    from statecheck.triage.baseline import Compared

app = typer.Typer(
    help="Keep a file of known findings: check then fails only for new ones.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Paths = Annotated[list[str] | None, typer.Argument(metavar="PATHS", help="Files and folders.  [default: .]")]
File = Annotated[
    Path | None,
    typer.Option("--baseline", "-o", metavar="FILE", help="The file.  [default: .statecheck-baseline.jsonl]"),
]


class Cache(NamedTuple):
    """What the command says of the cache."""

    used: bool
    folder: Path | None


class Run(NamedTuple):
    """One comparison of the whole project with the file."""

    target: Target
    path: Path
    entries: tuple[BaselineEntry, ...]
    report: Report


@app.command("create")
def create(
    paths: Paths = None,
    baseline: File = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file, notes and all.")] = False,
    config: Config = None,
    isolated: Isolated = False,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    debug: Debug = False,
) -> None:
    """Write the findings that check shows now into a new file."""

    def action() -> int:
        target = find_target(paths or [], config or [], isolated)
        path = baseline_path(target.loaded, target.loaded.settings, baseline)
        if path.exists() and not force:
            raise UsageError(f"{path}: exists already; use baseline update, or --force to begin anew")
        run = _run(target, path, (), Cache(not no_cache, cache_dir))
        entries = _renewed(run)
        _save(run, entries)
        write(f"{path}: {_count(len(entries))}.\n", None)
        return 0

    raise typer.Exit(guarded(action, debug))


@app.command("update")
def update(
    paths: Paths = None,
    baseline: File = None,
    config: Config = None,
    isolated: Isolated = False,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    debug: Debug = False,
) -> None:
    """Add what is new under PATHS and drop what is gone. Notes are kept."""

    def action() -> int:
        run = _run_with_file(paths, baseline, config, isolated, Cache(not no_cache, cache_dir))
        entries = _renewed(run)
        _save(run, entries)
        _tell(run, entries)
        return 0

    raise typer.Exit(guarded(action, debug))


@app.command("prune")
def prune(
    paths: Paths = None,
    baseline: File = None,
    config: Config = None,
    isolated: Isolated = False,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    debug: Debug = False,
) -> None:
    """Drop what is gone under PATHS, and add nothing."""

    def action() -> int:
        from statecheck.discovery import within
        from statecheck.triage.baseline import pruned

        run = _run_with_file(paths, baseline, config, isolated, Cache(not no_cache, cache_dir))
        root = run.target.loaded.root
        scanned = [entry for entry in run.entries if within(entry.path, root, run.target.paths)]
        others = [entry for entry in run.entries if entry not in scanned]
        entries = [*others, *pruned(_compared(run), scanned, not run.report.summary.unparsed)]
        _save(run, entries)
        _tell(run, entries)
        return 0

    raise typer.Exit(guarded(action, debug))


@app.command("show")
def show(
    paths: Paths = None, baseline: File = None, config: Config = None, isolated: Isolated = False, debug: Debug = False
) -> None:
    """List the entries for PATHS. Nothing is checked."""

    def action() -> int:
        from statecheck.discovery import within
        from statecheck.report.source import escape

        target = find_target(paths or [], config or [], isolated)
        path = baseline_path(target.loaded, target.loaded.settings, baseline)
        root = target.loaded.root
        entries = [entry for entry in _existing(path) if within(entry.path, root, target.paths)]
        lines = [escape(_line(entry)) for entry in entries]
        write("".join(f"{line}\n" for line in [*lines, f"{_count(len(entries))}."]), None)
        return 0

    raise typer.Exit(guarded(action, debug))


def _line(entry: BaselineEntry) -> str:
    scope = f" in {entry.scope}" if entry.scope else ""
    return f"{entry.path}: {entry.rule} {entry.symbol}{scope}{f' -- {entry.note}' if entry.note else ''}"


def _count(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def _existing(path: Path) -> tuple[BaselineEntry, ...]:
    if not path.exists():
        raise UsageError(f"{path}: there is no such baseline; statecheck baseline create makes one")
    return entries_in(path)


def _run_with_file(
    paths: Sequence[str] | None, baseline: Path | None, config: Sequence[str] | None, isolated: bool, cache: Cache
) -> Run:
    target = find_target(paths or [], config or [], isolated)
    path = baseline_path(target.loaded, target.loaded.settings, baseline)
    return _run(target, path, _existing(path), cache)


def _run(target: Target, path: Path, entries: tuple[BaselineEntry, ...], cache: Cache) -> Run:
    """The whole project is compared: an entry of another path may be the one that a finding was moved from."""
    from statecheck.request import Request
    from statecheck.runs import check

    vet_settings(target, target.loaded.settings, quiet=False)
    root, settings = target.loaded.root, target.loaded.settings
    folder = cache_folder(root, settings, cache.folder) if cache.used else None
    report = check(Request(root, (), settings, baseline=entries, cache=folder))
    for problem in report.errors:
        complain(f"error: {problem.path}: {problem.message}" if problem.path else f"error: {problem.message}")
    if any(not problem.path for problem in report.errors):
        raise UsageError("the baseline was left as it is: a part of the check failed")
    return Run(target, path, entries, report)


def _compared(run: Run) -> Compared:
    from statecheck.triage.baseline import compare

    report = run.report
    unparsed = report.summary.unparsed
    findings = (*report.findings, *report.unchanged, *report.hidden)
    return compare(run.entries, findings, lambda entry: entry.rule in report.ran and entry.path not in unparsed)


def _renewed(run: Run) -> list[BaselineEntry]:
    from statecheck.discovery import within
    from statecheck.triage.baseline import updated

    target = run.target
    return updated(
        _compared(run),
        run.entries,
        not run.report.summary.unparsed,
        {(finding.location.path, finding.fingerprint) for finding in run.report.hidden},
        lambda path: within(path, target.loaded.root, target.paths),
    )


def _save(run: Run, entries: Sequence[BaselineEntry]) -> None:
    from statecheck.triage.entries import BaselineError
    from statecheck.triage.entries import write as write_baseline

    try:
        write_baseline(run.path, entries)
    except BaselineError as error:
        raise UsageError(str(error)) from None


def _tell(run: Run, entries: Sequence[BaselineEntry]) -> None:
    before = {(entry.path, entry.fp) for entry in run.entries}
    now = {(entry.path, entry.fp) for entry in entries}
    added, gone = len(now - before), len(before - now)
    write(f"{run.path}: {added:,} added, {gone:,} removed, {_count(len(now))}.\n", None)
