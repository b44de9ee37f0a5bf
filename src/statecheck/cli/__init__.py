"""The command line. Options become settings here; everything else happens in the pipeline.

Exit codes: 0 nothing to report, 1 findings or a file that could not be parsed, 2 wrong usage or a failure of the tool.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

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
    keep = _kept_to_the_end() if argv is None else None  # the process ends with the command
    try:
        app(args=with_default_command(arguments), prog_name="statecheck", obj=keep)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def _kept_to_the_end() -> Callable[[object], None]:
    """Takes what need not be freed: a list that holds itself never is."""
    kept: list[object] = []
    kept.append(kept)
    return kept.append


def with_default_command(arguments: Sequence[str]) -> list[str]:
    """``statecheck src/`` means ``statecheck check src/``."""
    if arguments and (arguments[0] in COMMANDS or arguments[0] in _OURS):
        return list(arguments)
    return ["check", *arguments]
