"""Where reports go: one to the standard output or a file, and as many more as are asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from statecheck.cli.guard import UsageError, is_terminal, vet_target, write
from statecheck.model import Report
from statecheck.settings import Settings, did_you_mean

if TYPE_CHECKING:
    from statecheck.report.source import SourceReader

_PIPE_WIDTH = 100  # columns of prose where there is no terminal
_PIPE_CODE_WIDTH = 200
_MOST_PROSE = 120  # longer lines are hard to read, however wide the terminal
_DESCRIBE_RULES = ("sarif", "sarif-open")
_SILENT_ON_ERRORS = ("text", "concise")  # under --quiet; the other formats hold the errors all the same


class Format(str, Enum):
    """How findings are printed."""

    text = "text"
    concise = "concise"
    json = "json"
    jsonl = "jsonl"
    sarif = "sarif"
    sarif_open = "sarif-open"
    github = "github"
    gitlab = "gitlab"
    junit = "junit"
    markdown = "markdown"


class Output(NamedTuple):
    """A report to write. ``path`` None: to the standard output."""

    format: str
    path: Path | None


class Looks(NamedTuple):
    """What the command line says of reports that are read by people."""

    color: str
    quiet: bool
    statistics: bool
    unsafe_fixes: bool = False


def wanted_outputs(output_format: str, output_file: Path | None, reports: Sequence[str]) -> tuple[Output, ...]:
    """The main report first. Raises UsageError for one that cannot be written, before a scan is wasted on it."""
    outputs = [Output(output_format, output_file), *map(_output, reports)]
    seen: set[Path] = set()
    for output in outputs:
        vet_target(output.path)
        place = Path(os.path.realpath(output.path)) if output.path else None
        if place in seen:
            raise UsageError(f"{output.path}: two reports cannot go to the same file")
        if place:
            seen.add(place)
    return tuple(outputs)


def _output(text: str) -> Output:
    name, colon, path = text.partition(":")
    names = [known.value for known in Format]
    if not colon or not path:
        raise UsageError(f'--report: expected FORMAT:FILE, for example sarif:statecheck.sarif, got "{text}"')
    if name not in names:
        meant = did_you_mean(name, names) or f" (one of {', '.join(names)})"
        raise UsageError(f'--report: there is no format "{name}"{meant}')
    if path == "-":
        raise UsageError("--report: one report goes to the standard output, by --output-format")
    return Output(name, Path(path))


def write_outputs(
    report: Report, settings: Settings, outputs: Sequence[Output], looks: Looks, replaced: Mapping[str, Path]
) -> None:
    """Render and write each of them. ``replaced``: files whose text is elsewhere. Raises UsageError."""
    from statecheck.report.source import SourceReader

    sources = SourceReader(Path(report.root), replaced)
    for output in outputs:
        write(_render(report, settings, output, looks, sources), output.path)


def hides_errors(outputs: Sequence[Output], looks: Looks) -> bool:
    """Would nothing that is printed tell of a part that broke?"""
    return looks.quiet and outputs[0].format in _SILENT_ON_ERRORS


def colored(choice: str, terminal: bool) -> bool:
    """``choice`` is always, never or auto."""
    from statecheck.report.style import use_color

    return use_color(choice, terminal, os.environ)


def _render(report: Report, settings: Settings, output: Output, looks: Looks, sources: SourceReader) -> str:
    from importlib import import_module

    from statecheck.report.options import Options

    root = Path(report.root)
    terminal = is_terminal(sys.stdout) and output.path is None
    columns = shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns if output.path is None else _PIPE_WIDTH
    options = Options(
        width=min(columns, _MOST_PROSE),
        code_width=columns if terminal else _PIPE_CODE_WIDTH,
        color=colored(looks.color, terminal),
        quiet=looks.quiet,
        statistics=looks.statistics,
        unsafe_fixes=looks.unsafe_fixes,
        min_severity=settings.min_severity,
        min_confidence=settings.min_confidence,
        prefix=_prefix(root),
    )
    if output.format in _DESCRIBE_RULES:
        from msgspec.structs import replace

        from statecheck.pipeline import load_rules

        options = replace(options, rules=tuple(load_rules(settings, root).rules.values()))
    renderer = import_module(f"statecheck.report.{output.format.replace('-', '_')}")
    text: str = renderer.render(report, sources, options)
    return text


def _prefix(root: Path) -> str:
    """The way from the root of the repository to that of the project: code hosts count paths from the former."""
    for parent in (root, *root.parents):
        if (parent / ".git").exists():
            below = root.relative_to(parent).as_posix()
            return "" if below == "." else f"{below}/"
    return ""
