"""The command line. Options become settings here; everything else happens in the pipeline.

Exit codes: 0 nothing to report, 1 findings or a file that could not be parsed, 2 wrong usage or a failure of the tool.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

COMMANDS = (
    "check",
    "init",
    "config",
    "rule",
    "test-rules",
    "explain",
    "settings",
    "deploy",
    "clean",
    "version",
    "baseline",
)
_OURS = ("--help", "-h", "--version", "-V", "--install-completion", "--show-completion")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    from statecheck.cli.app import app

    arguments = list(sys.argv[1:] if argv is None else argv)
    attic: list[object] = []
    if argv is None:  # the process ends with the command: nothing that holds itself is freed any more
        attic.append(attic)
    try:
        app(args=with_default_command(arguments), prog_name="statecheck", obj=attic or None)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def with_default_command(arguments: Sequence[str]) -> list[str]:
    """``statecheck src/`` means ``statecheck check src/``."""
    if arguments and (arguments[0] in COMMANDS or arguments[0] in _OURS):
        return list(arguments)
    return ["check", *arguments]
