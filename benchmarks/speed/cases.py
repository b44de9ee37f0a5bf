"""What is run in a tree, and what is put right before and after."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from prepare import HERE, executable
from tables import BASELINE, COLD

WARM = "statecheck, nothing changed"
CHANGED = "statecheck, one file changed"
HELP = "statecheck --help"
RULE = "statecheck rule"
START_UP = (HELP, RULE)  # they read no tree


class Case(NamedTuple):
    """A row of the table. ``before`` is called with the tree and may leave something to be put right afterwards."""

    name: str
    group: str  # what --tools chooses; cases of a group run in their order and the later need the earlier
    command: tuple[str, ...]
    before: Callable[[Path], Any] | None = None


def all_cases(folder: Path, environments: Mapping[str, Path], tools: Mapping[str, Any]) -> list[Case]:
    """The cases, those of statecheck first."""
    ours = environments["statecheck"]
    kept = folder / "kept"
    tool = str(executable(ours, "statecheck"))
    check = (
        tool,
        "check",
        ".",
        "--isolated",
        "--quiet",
        "--exit-zero",
        "--cache-dir",
        str(kept),
        "-o",
        str(folder / "out"),
    )

    def nothing_kept(_: Path) -> None:
        shutil.rmtree(kept, ignore_errors=True)

    return [
        Case(BASELINE, "baseline", (str(executable(ours, "python")), str(HERE / "parse.py"))),
        Case(COLD, "statecheck", check, nothing_kept),
        Case(WARM, "statecheck", check),
        Case(CHANGED, "statecheck", check, changed),
        Case(HELP, "statecheck", (tool, "--help")),
        Case(RULE, "statecheck", (tool, "rule", "mutated-global")),
        *(
            Case(name, name, filled(table["command"], environments[name], folder / "out"))
            for name, table in tools.items()
            if name in environments
        ),
    ]


def filled(command: list[str], environment: Path, out: Path) -> tuple[str, ...]:
    """The command of peers.toml for this machine."""
    words = [word.format(cores=os.cpu_count() or 1, here=HERE, out=out) for word in command]
    return (str(executable(environment, words[0])), *words[1:])


def changed(tree: Path) -> Callable[[], None]:
    """Change one file of the tree, that of middle size; what puts it right again."""
    files = sorted(tree.rglob("*.py"), key=lambda path: (path.stat().st_size, path))
    path = files[len(files) // 2]
    old = path.read_bytes()
    path.write_bytes(old + b"\n\ndef added_by_the_benchmark():\n    return 1\n")

    def undo() -> None:
        path.write_bytes(old)

    return undo


@contextmanager
def ready(case: Case, tree: Path) -> Iterator[None]:
    """The tree as the case wants it, and as it was afterwards."""
    undo = case.before(tree) if case.before else None
    try:
        yield
    finally:
        if undo is not None:
            undo()
