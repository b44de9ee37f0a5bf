"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    list[str] | None, typer.Option(metavar="FILE|KEY=VALUE", help="A settings file, or a setting as TOML.")
]
Isolated = Annotated[bool, typer.Option("--isolated", help="Read no settings file.")]
CacheDir = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where facts are kept between runs.  [default: .statecheck_cache]"),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep nothing between runs.")]
Debug = Annotated[bool, typer.Option("--debug", hidden=True)]
