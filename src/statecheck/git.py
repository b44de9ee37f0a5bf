"""Calls of git that run nothing of the repository's: no hooks, no monitors, no network.

What git prints is bytes; paths in it are decoded with ``text``.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

TIMEOUT = 120  # seconds

# A repository's own configuration may name programs for git to run, and a partial clone fetches what it lacks.
_SAFE = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "protocol.allow=never")


def command(*arguments: str) -> list[str]:
    """The words of a call."""
    return ["git", *_SAFE, *arguments]


def environment(index: Path | None = None) -> dict[str, str]:
    """The variables of a call. Those of an outer git (we may run as its hook) would point it at another repository.

    ``index`` is the file to read in the place of the repository's index.
    """
    keep = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or "CONFIG" in key}
    chosen = {} if index is None else {"GIT_INDEX_FILE": str(index)}
    return {**keep, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", **chosen}


def run(folder: Path, arguments: Sequence[str], index: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Call git in a folder and wait. Raises OSError where there is no git, TimeoutExpired."""
    return subprocess.run(command(*arguments), cwd=folder, env=environment(index), capture_output=True, timeout=TIMEOUT)


def text(data: bytes) -> str:
    """A path or message as git prints it. Bytes that are not UTF-8 survive."""
    return data.decode("utf-8", "surrogateescape")
