"""``statecheck check``: the command that CI runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from msgspec.structs import replace

from statecheck.cli.add_ignore import add_comments
from statecheck.cli.clean import cache_folder
from statecheck.cli.compare import compared_sides, vet_comparison
from statecheck.cli.executor import reached, vet_executor
from statecheck.cli.fix import Fixing, fixed, shown_diff, vet_fixing
from statecheck.cli.guard import UsageError, complain, guarded, is_terminal
from statecheck.cli.known import known_entries
from statecheck.cli.options import CacheDir, Debug, Isolated, NoCache
from statecheck.cli.outputs import Format, Looks, Output, colored, hides_errors, wanted_outputs, write_outputs
from statecheck.cli.stdin import STDIN, targeted
from statecheck.cli.target import Target, overlay, paths_to_report, show_files, split_rules
from statecheck.cli.timing import measured
from statecheck.cli.vetting import vet_settings
from statecheck.model import BaselineEntry, Report
from statecheck.settings import Settings
from statecheck.timing import Timed

if TYPE_CHECKING:
    from statecheck.request import Keep
    from statecheck.triage.trees import Sides


class Level(str, Enum):
    """A severity or confidence."""

    low = "low"
    medium = "medium"
    high = "high"


class Color(str, Enum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


class Choices(NamedTuple):
    """The options of check that are no settings."""

    outputs: tuple[Output, ...]
    looks: Looks
    exit_zero: bool
    show_files: bool
    jobs: int | None
    force_exclude: bool
    plugins: tuple[str, ...]
    baseline: Path | None
    no_baseline: bool
    fail_on_stale: bool
    add_ignore: str | None
    replaced: Mapping[str, Path]
    since: str | None
    staged: bool
    fixing: Fixing
    cache: Path | None
    timed: Timed
    keep: Keep | None
    executor: str | None


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATHS|-", help="Files and folders to report on; - is stdin.  [default: .]"),
]
Rules = list[str] | None
_RULES = "RULES"


def command(
    context: typer.Context,
    paths: Paths = None,
    output_format: Annotated[Format, typer.Option(help="How findings are printed.")] = Format.text,
    output_file: Annotated[
        Path | None, typer.Option("--output-file", "-o", help="Write the report to this file.")
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT:FILE", help="Write this report as well, as sarif:out.sarif; can be repeated."),
    ] = None,
    select: Annotated[
        Rules, typer.Option(metavar=_RULES, help="Only these rules: names, codes, STC1, families or ALL; comma list.")
    ] = None,
    extend_select: Annotated[Rules, typer.Option(metavar=_RULES, help="These rules as well.")] = None,
    ignore: Annotated[Rules, typer.Option(metavar=_RULES, help="None of these rules.")] = None,
    min_severity: Annotated[
        Level | None, typer.Option(help="Show findings at least this bad.  [default: medium]")
    ] = None,
    min_confidence: Annotated[
        Level | None, typer.Option(help="Show findings at least this sure.  [default: medium]")
    ] = None,
    fail_on: Annotated[
        Level | None, typer.Option(help="Exit with 1 for findings at least this bad.  [default: medium]")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Known findings.  [default: .statecheck-baseline.jsonl, if it is there]"),
    ] = None,
    no_baseline: Annotated[bool, typer.Option("--no-baseline", help="Compare with no baseline.")] = False,
    fail_on_stale: Annotated[
        bool, typer.Option("--fail-on-stale", help="Exit with 1 when entries of the baseline are no longer needed.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Report what is not yet where HEAD left this commit, branch or tag."),
    ] = None,
    staged: Annotated[
        bool, typer.Option("--staged", help="Check what is staged; without --since, report what HEAD does not have.")
    ] = False,
    add_ignore: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Write ignore comments for the findings into the Python files, and stop."),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Mend what is safe to mend, in the files on the disk, and report what is left."),
    ] = False,
    unsafe_fixes: Annotated[
        bool,
        typer.Option("--unsafe-fixes", help="With --fix or --diff: also what changes how the program is deployed."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing; exit with 1 if anything.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|KEY=VALUE", help="A settings file, or a setting as TOML; can be repeated."),
    ] = None,
    isolated: Isolated = False,
    plugin: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Load detectors of this installed distribution; can be repeated."),
    ] = None,
    show_files: Annotated[
        bool, typer.Option("--show-files", help="List the files that would be read, and stop.")
    ] = False,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count findings per rule instead.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print findings only.")] = False,
    color: Annotated[Color, typer.Option(help="When to colour.")] = Color.auto,
    jobs: Annotated[
        str | None, typer.Option("--jobs", "-j", metavar="N|auto", help="Processes to use.  [default: auto]")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(metavar="dask://HOST:PORT", help="Extract on this Dask cluster; needs statecheck[dask]."),
    ] = None,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    force_exclude: Annotated[
        bool, typer.Option("--force-exclude", help="Leave excluded files out even when they are given by name.")
    ] = False,
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="FILE", help="With - as the path: the file whose content comes from stdin.")
    ] = None,
    timing: Annotated[bool, typer.Option("--timing", help="Say on stderr how long each phase and rule took.")] = False,
    debug: Debug = False,
) -> None:
    """Find state that does not survive a second process or a restart.

    Paths choose what is reported; the analysis always covers the project they belong to.

    Exit codes: 0 nothing at or above --fail-on; 1 findings, or a file that could not be parsed; 2 wrong usage, bad
    settings or an internal error.
    """

    fixing = Fixing(fix, unsafe_fixes, diff)

    def action() -> int:
        if add_ignore is not None and STDIN in (paths or ()):
            raise UsageError("--add-ignore changes files; it cannot be given with -")
        vet_executor(executor)
        vet_comparison(staged, STDIN in (paths or ()), add_ignore is not None)
        others = bool(report or output_file or output_format is not Format.text or statistics)
        vet_fixing(fixing, STDIN in (paths or ()), staged, add_ignore is not None, others)
        with (
            measured(timing) as timed,
            targeted(paths or [], stdin_filename, config or [], isolated) as target,
        ):
            return checked(target, timed)

    def checked(target: Target, timed: Timed) -> int:
        settings = overlay(
            target.loaded.settings,
            select=split_rules(select),
            extend_select=_joined(target.loaded.settings.extend_select, split_rules(extend_select)),
            ignore=_joined(target.loaded.settings.ignore, split_rules(ignore)),
            min_severity=min_severity and min_severity.value,
            min_confidence=min_confidence and min_confidence.value,
            fail_on=fail_on and fail_on.value,
        )
        choices = Choices(
            wanted_outputs(output_format.value, output_file, report or []),
            Looks(color.value, quiet, statistics, unsafe_fixes), exit_zero, show_files,
            _number(jobs) or settings.jobs, force_exclude, tuple(plugin or ()),
            baseline, no_baseline, fail_on_stale, add_ignore, target.replaced, since, staged, fixing,
            None if no_cache else cache_folder(target.loaded.root, settings, cache_dir, quiet),
            timed, None if fixing.wanted else context.obj, executor,
        )  # fmt: skip
        return run(target, settings, choices)

    raise typer.Exit(guarded(action, debug))


def _joined(old: tuple[str, ...], new: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if new is None else (*old, *new)


def _number(jobs: str | None) -> int | None:
    if jobs is None or jobs == "auto":
        return None
    if not jobs.isdecimal() or int(jobs) < 1:
        raise UsageError(f'--jobs: expected a number of at least 1 or "auto", got "{jobs}"')
    return int(jobs)


def run(target: Target, settings: Settings, choices: Choices) -> int:
    """Check, print, and decide the exit code."""
    from statecheck.triage.gate import exit_code

    root = target.loaded.root
    vet_settings(target, settings, choices.looks.quiet)
    paths = paths_to_report(target, settings, choices.force_exclude)
    if choices.show_files:
        show_files(root, settings, paths)
        return 0
    known = known_entries(target.loaded, settings, choices.baseline, choices.no_baseline)
    with compared_sides(root, settings, paths, choices.replaced, choices.since, choices.staged) as sides:

        def check(edited: Mapping[str, Path]) -> Report:
            return _check(root, settings, choices, paths, known, sides, edited) if paths else Report(root=str(root))

        def show(report: Report, edited: Mapping[str, Path]) -> int:
            replaced = {**(sides.head.replaced if sides else choices.replaced), **edited}
            with choices.timed("render"):
                write_outputs(report, settings, choices.outputs, choices.looks, replaced)
            if hides_errors(choices.outputs, choices.looks):  # a part that broke must not look clean
                for problem in report.errors:
                    complain(f"error: {problem.path + ': ' if problem.path else ''}{problem.message}")
            return exit_code(report, settings.fail_on, choices.exit_zero, choices.fail_on_stale)

        if choices.fixing.diff:
            code = shown_diff(check, root, paths, choices.replaced, choices.fixing.unsafe, choices.looks)
            return 0 if choices.exit_zero and code == 1 else code
        if choices.fixing.fix:
            return fixed(check, root, paths, choices.fixing.unsafe, show)
        report = check({})
        return show(report, {}) if choices.add_ignore is None else add_comments(report, choices.add_ignore)


def _check(
    root: Path,
    settings: Settings,
    choices: Choices,
    paths: tuple[Path, ...],
    known: tuple[BaselineEntry, ...] | None,
    sides: Sides | None,
    edited: Mapping[str, Path],
) -> Report:
    from statecheck.cli.progress import ProgressBar
    from statecheck.request import Request
    from statecheck.runs import check

    _load_plugins(choices.plugins)
    replaced = {**choices.replaced, **edited}
    request = Request(
        root, paths, settings, choices.jobs, choices.plugins, None, known, replaced,
        cache=choices.cache, timed=choices.timed, keep=choices.keep,
    )  # fmt: skip
    if sides is not None:
        head = replace(sides.head, replaced={**sides.head.replaced, **edited})
        request = request._replace(tree=head, base=sides.base, against=sides.against)
    with reached(choices.executor) as executor:
        request = request._replace(executor=executor)
        if choices.looks.quiet or not is_terminal(sys.stderr):
            return check(request)
        with ProgressBar(colored(choices.looks.color, is_terminal(sys.stderr))) as bar:
            return check(request._replace(progress=bar))


def _load_plugins(plugins: tuple[str, ...]) -> None:
    """A plug-in that is not there is wrong usage, and no matter of the scan."""
    if not plugins:
        return
    from statecheck.detectors import DetectorError, load_detectors

    try:
        load_detectors(plugins)
    except DetectorError as error:
        raise UsageError(f"--plugin: {error}") from None
