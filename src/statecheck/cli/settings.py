"""``statecheck settings``: the configuration that an application reads, and what is fixed in its code."""

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
    from statecheck.detectors.variables import Inventory

_WIDEST = 140


class InventoryFormat(str, Enum):
    """How the inventory is printed."""

    table = "table"
    json = "json"
    dotenv = "dotenv"


def command(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Files and folders. Default: .")
    ] = None,
    format_: Annotated[
        InventoryFormat, typer.Option("--output-format", help="A table, JSON, or a template of a .env file.")
    ] = InventoryFormat.table,
    output_file: Annotated[
        Path | None, typer.Option("--output-file", "-o", metavar="FILE", help="Write there instead of to stdout.")
    ] = None,
    config: Config = None,
    isolated: Isolated = False,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    debug: Debug = False,
) -> None:
    """List the configuration that the application reads from the environment, and what is fixed in its code.

    Paths choose what is listed; the analysis always covers the project they belong to. Secrets are masked.

    Exit codes: 0 the list is whole; 1 a file could not be parsed; 2 wrong usage, bad settings or an internal error.
    """

    def action() -> int:
        vet_target(output_file)
        target = find_target(paths or [], config or [], isolated)
        from statecheck.inventory import take
        from statecheck.request import Request

        root, settings = target.loaded.root, target.loaded.settings
        cache = None if no_cache else cache_folder(root, settings, cache_dir)
        inventory = take(Request(root, target.paths, settings, cache=cache))
        write(_rendered(inventory, format_, output_file is None), output_file)
        return told_gaps(inventory.errors, inventory.unparsed, "its variables are")

    raise typer.Exit(guarded(action, debug))


def _rendered(inventory: Inventory, format_: InventoryFormat, printed: bool) -> str:
    from statecheck.report.inventory import render_dotenv, render_table
    from statecheck.report.style import use_color

    if format_ is InventoryFormat.json:
        from statecheck.report.inventory_json import render_json

        return render_json(inventory)
    if format_ is InventoryFormat.dotenv:
        return render_dotenv(inventory)
    color = use_color("auto", printed and is_terminal(sys.stdout), os.environ)
    width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    return render_table(inventory, color, width)
