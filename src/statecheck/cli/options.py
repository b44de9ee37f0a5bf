"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Config = Annotated[
    list[str] | None, typer.Option(metavar="FILE|KEY=VALUE", help="A settings file, or a setting as TOML.")
]
Isolated = Annotated[bool, typer.Option("--isolated", help="Read no settings file.")]
Debug = Annotated[bool, typer.Option("--debug", hidden=True)]
