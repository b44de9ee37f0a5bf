"""``statecheck deploy``: the processes that a tree is deployed as, and what each keeps for itself."""

from __future__ import annotations

import os
import shutil
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statecheck.cli.clean import cache_folder
from statecheck.cli.guard import guarded, is_terminal, told_gaps, vet_target, write
from statecheck.cli.options import CacheDir, Config, Debug, Isolated, NoCache
from statecheck.cli.target import find_target

if TYPE_CHECKING:
    from statecheck.deployments.picture import Survey

_WIDEST = 160


class DeployFormat(str, Enum):
    """How the picture is printed."""

    table = "table"
    json = "json"
    mermaid = "mermaid"


def command(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Files and folders. Default: .")
    ] = None,
    output_format: Annotated[
        DeployFormat, typer.Option("--output-format", help="Tables, JSON, or a flowchart for Mermaid.")
    ] = DeployFormat.table,
    output_file: Annotated[
        Path | None, typer.Option("--output-file", "-o", metavar="FILE", help="Write there instead of to stdout.")
    ] = None,
    config: Config = None,
    isolated: Isolated = False,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    debug: Debug = False,
) -> None:
    """Show what runs the code: processes, copies, what each keeps in memory and on disk, and what hides that.

    Read from the deployment documents of the project: Compose, Kubernetes, Procfile, Dockerfile and others. Nothing
    is started or rendered. Paths choose what is shown; the analysis always covers the project they belong to.

    Exit codes: 0 the picture is whole; 1 a file could not be parsed; 2 wrong usage, bad settings or an internal error.
    """

    def action() -> int:
        vet_target(output_file)
        target = find_target(paths or [], config or [], isolated)
        from statecheck.request import Request
        from statecheck.survey import take

        root, settings = target.loaded.root, target.loaded.settings
        cache = None if no_cache else cache_folder(root, settings, cache_dir)
        survey = take(Request(root, target.paths, settings, cache=cache))
        write(_rendered(survey, output_format, output_file is None), output_file)
        return told_gaps(survey.errors, survey.unparsed, "what it says is")

    raise typer.Exit(guarded(action, debug))


def _rendered(survey: Survey, output_format: DeployFormat, printed: bool) -> str:
    if output_format is DeployFormat.json:
        from statecheck.report.deploy_json import render_json

        return render_json(survey)
    if output_format is DeployFormat.mermaid:
        from statecheck.report.deploy_mermaid import render_mermaid

        return render_mermaid(survey)
    from statecheck.report.deploy import render_table
    from statecheck.report.style import use_color

    color = use_color("auto", printed and is_terminal(sys.stdout), os.environ)
    width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    return render_table(survey, color, width)
