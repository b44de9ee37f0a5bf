"""Command lines, wherever a document holds them: ``command:``, ``run: |``, ``CMD [...]``, ``ExecStart=``.

Each logical line of a command becomes a child node with the key ``shell``, so that one selector (``**.shell``) reads
what starts a server in every format.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SHELL = "shell"

# Keys whose value is a command, or a script of several; compared in lower case without "_" and "-".
KEYS = frozenset({
    "args", "afterscript", "beforescript", "cmd", "command", "commands", "containercommand", "dockercommand",
    "entrypoint", "execstart", "releasecommand", "run", "runcommand", "script", "startcommand", "inlinescript",
    "installcommand", "predeploycommand", "appcommandline", "linuxfxversion",
})  # fmt: skip
# Keys of lists whose every item is a command of its own; elsewhere the items are the words of one.
_SCRIPTS = frozenset({"afterscript", "beforescript", "commands", "run", "script"})
# Mappings from the name of a process to its command.
PROCESSES = frozenset({"process", "processes", "run"})

_HEREDOC = re.compile(r"<<-?\s*(?P<quote>[\"']?)(?P<word>[A-Za-z_]\w*)(?P=quote)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")


class Line(NamedTuple):
    """A logical line: its text with continuations joined, and the number of its first line, counted from ``first``."""

    text: str
    number: int
    last: int


def plain(key: str) -> str:
    """A key as the tables above spell it."""
    return key.lower().replace("_", "").replace("-", "")


def is_script(key: str) -> bool:
    """Is every item of a list under this key a command of its own?"""
    return plain(key) in _SCRIPTS


def joined(words: Sequence[str]) -> str:
    """The words of one command as a line: ``["sh", "-c", "a b"]`` gives ``sh -c 'a b'``."""
    return " ".join(shlex.quote(word) if re.search(r"[\s&|;]", word) else word for word in words)


def logical_lines(text: str, first: int = 1, mark: str = "\\") -> Iterator[Line]:
    """Lines with their continuations joined by one blank; comments, blank lines and bodies of heredocs left out."""
    parts: list[str] = []
    start = first
    ends: list[str] = []  # words that end the heredocs which are open
    for number, raw in enumerate(text.split("\n"), first):
        stripped = raw.strip()
        if ends:
            if stripped == ends[0]:
                ends.pop(0)
            continue
        if not stripped or stripped.startswith("#"):
            if parts and not stripped:
                yield Line(" ".join(parts), start, number - 1)
                parts = []
            continue
        if not parts:
            start = number
        goes_on = stripped.endswith(mark)
        body = stripped[: -len(mark)].rstrip() if goes_on else _without_comment(stripped)
        if body:
            parts.append(body)
        if not goes_on:
            if parts:
                yield Line(" ".join(parts), start, number)
            if "<<" in stripped:
                ends = [match["word"] for match in _HEREDOC.finditer(stripped)]
            parts = []
    if parts:
        yield Line(" ".join(parts), start, start)


def _without_comment(line: str) -> str:
    """The line up to a comment. One with a quote before the mark is kept whole: the mark may stand inside a string."""
    at = line.find(" #")
    if at < 0 or "'" in line[:at] or '"' in line[:at]:
        return line
    return _COMMENT.sub("", line).rstrip()
