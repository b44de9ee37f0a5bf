"""The border of the program: every failure leaves as one clear line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from statecheck import __version__
from statecheck.report.source import escape
from statecheck.rules.decode import PackError
from statecheck.settings import SettingsError

if TYPE_CHECKING:
    from statecheck.model import Problem

UNPARSED = 1  # as for check: what stands in such a file is missing
USAGE = 2
INTERRUPTED = 130  # as shells report a program stopped by Ctrl-C


class UsageError(Exception):
    """Something on the command line that cannot be done. The text is one line."""


def guarded(action: Callable[[], int], debug: bool = False) -> int:
    """Run a command. Whatever goes wrong becomes a line on stderr and an exit code."""
    try:
        return action()
    except (UsageError, SettingsError, PackError) as problem:
        complain(f"error: {problem}")
        return USAGE
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except Exception as problem:
        if debug or os.environ.get("STATECHECK_DEBUG"):
            import traceback

            traceback.print_exc()
        hint = "this is a bug: please report it with what the same command prints under --debug"
        complain(f"error: internal error: {type(problem).__name__}: {problem} (statecheck {__version__}; {hint})")
        return USAGE


def complain(line: str) -> None:
    """One line on stderr, if there is one. What it quotes cannot steer the terminal."""
    with suppress(OSError):
        print(escape(line), file=sys.stderr or StringIO())


def told_gaps(errors: Iterable[Problem], unparsed: Iterable[str], missing: str) -> int:
    """Say on stderr what an overview lacks; its exit code. ``missing``: what an unparsed file would have told."""
    broken, code = False, 0
    for problem in errors:
        broken = broken or not problem.path
        complain(f"{problem.path}: {problem.message}" if problem.path else f"error: {problem.message}")
    for path in unparsed:
        code = UNPARSED
        complain(f"{path}: could not be parsed, so {missing} missing")
    return USAGE if broken else code


def is_terminal(stream: TextIO | None) -> bool:
    """Is somebody looking? A stream that was closed before the start is None."""
    return stream is not None and stream.isatty()


def vet_target(target: Path | None) -> None:
    """Raises UsageError for a file that cannot be written, before a scan is wasted on it."""
    if target is None:
        return
    if target.is_dir():
        raise UsageError(f"{target}: is a folder; give the name of a file")
    if not target.parent.is_dir():
        raise UsageError(f"{target}: cannot be written: there is no folder {target.parent}")


def write(text: str, target: Path | None) -> None:
    """Print the text, or put it in a file. A reader that closes the pipe early is no failure."""
    if target is not None:
        try:
            target.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"{target}: cannot be written: {error.strerror or error}") from None
        return
    if sys.stdout is None:
        raise UsageError("nothing can be printed: the standard output is closed")
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:  # a terminal that knows only ASCII shows the rest as escapes
        reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    except OSError as error:  # a full disk
        _drop_output()
        raise UsageError(f"the report cannot be printed: {error.strerror or error}") from None


def _drop_output() -> None:
    """Or the interpreter complains at exit about what could not be flushed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
