"""What a command line starts: which server, with which application, in how many processes.

The names of programs and their options are data (``[[server]]`` and ``[[wrapper]]`` of the models).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from statecheck.deployments.lines import Line, Word, split
from statecheck.rules.schema import Model
from statecheck.rules.serving import Server, Wrapper

MAX_NESTING = 8
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class Programs(NamedTuple):
    """The servers and wrappers of all models, in the order in which they are tried."""

    servers: tuple[Server, ...]
    wrappers: tuple[Wrapper, ...]
    own: Mapping[str, tuple[Server, str]] = {}  # commands that the project installs, with what they run


class Invocation(NamedTuple):
    """A server that a command line starts. ``words`` follow the name of the ``program``; ``sets`` are variables."""

    server: Server
    program: Word
    words: Line
    sets: Mapping[str, Word] = {}


def programs(models: Iterable[Model]) -> Programs:
    """What the models know."""
    rows = list(models)
    return Programs(
        tuple(server for model in rows for server in model.servers),
        tuple(wrapper for model in rows for wrapper in model.wrappers),
    )


def invocations(lines: Iterable[Line], known: Programs) -> list[Invocation]:
    """Every server that the commands start, in order."""
    return [found for line in lines for found in _started(line, known, {}, MAX_NESTING)]


def scripts(lines: Iterable[Line]) -> Iterator[tuple[str, Line]]:
    """Files that the commands run and that are no server, with their arguments: they may be scripts of the tree."""
    for line in lines:
        for at, word in enumerate(line[:4]):
            if word.known and ("/" in word.text or word.text.endswith(".sh")) and not word.text.startswith("-"):
                yield word.text, line[at + 1 :]


def _started(line: Line, known: Programs, sets: Mapping[str, Word], nesting: int) -> Iterator[Invocation]:
    line, sets = _without_assignments(line, sets)
    if not line or nesting == 0:
        return
    inner = _inner(line, known)
    nested = [found for each in inner for found in _started(each, known, sets, nesting - 1)]
    if nested:
        yield from nested
        return
    server = next((server for server in known.servers if _starts(server, line)), None)
    if server is not None:
        yield Invocation(server, line[0], line[1:], sets)
    elif (own := known.own.get(_base(line[0].text))) is not None:
        yield Invocation(own[0], line[0], (line[0]._replace(text=own[1]), *line[1:]), sets)
    elif dashes := next((at for at, word in enumerate(line) if word.text == "--"), 0):
        yield from _started(line[dashes + 1 :], known, sets, nesting - 1)


def _without_assignments(line: Line, sets: Mapping[str, Word]) -> tuple[Line, Mapping[str, Word]]:
    at = 0
    while at < len(line) and _ASSIGNMENT.match(line[at].text):
        name, _, value = line[at].text.partition("=")
        sets = {**sets, name: line[at]._replace(text=value)}
        at += 1
    return line[at:], sets


def _inner(line: Line, known: Programs) -> list[Line]:
    """The command lines that the line hands on: of a wrapper, or of a server's own ``python manage.py``."""
    for wrapper in known.wrappers:
        if _begins(wrapper.words, line):
            return _wrapped(wrapper, line[len(wrapper.words) :])
    return []


def _wrapped(wrapper: Wrapper, rest: Line) -> list[Line]:
    at = 0
    while at < len(rest):
        text = rest[at].text
        if wrapper.script and text.startswith("-") and text.endswith(wrapper.script[1:]) and at + 1 < len(rest):
            return list(split(rest[at + 1].text, rest[at + 1].location))
        if wrapper.module and text == wrapper.module:
            return [rest[at + 1 :]]
        if not text.startswith("-") or text == "-":
            break
        at += 2 if text in wrapper.values else 1
        if text == "--":
            break
    return [rest[at:]] if at < len(rest) else []


def _begins(patterns: Sequence[str], line: Line) -> bool:
    if len(line) <= len(patterns):
        return False
    return all(fnmatchcase(_base(word.text), pattern) for pattern, word in zip(patterns, line, strict=False))


def _starts(server: Server, line: Line) -> bool:
    name = _base(line[0].text)
    if not any(fnmatchcase(name, pattern) for pattern in (*server.commands, *server.modules)):
        return False
    return not server.subcommands or any(word.text in server.subcommands for word in line[1:])


def _base(text: str) -> str:
    return text.rstrip("/").rpartition("/")[2]


def option(words: Sequence[Word], names: Sequence[str]) -> Word | None:
    """The value of the last of the options that is given: ``-w 4``, ``-w4``, ``--workers=4``, ``--workers 4``."""
    found: Word | None = None
    for at, word in enumerate(words):
        for name in names:
            if word.text == name:
                found = words[at + 1] if at + 1 < len(words) else found
            elif word.text.startswith(f"{name}="):
                found = word._replace(text=word.text[len(name) + 1 :])
            elif len(name) == 2 and word.text.startswith(name) and word.text[2:].isdigit():
                found = word._replace(text=word.text[2:])
    return found


def spelled(words: Sequence[Word], names: Sequence[str]) -> str:
    """The option as it is written, for people: ``--workers 4``."""
    for at, word in reversed(list(enumerate(words))):
        if word.text in names and at + 1 < len(words):
            return f"{word.text} {words[at + 1].text}"
        if any(word.text.startswith(f"{name}=") for name in names):
            return word.text
        if any(len(name) == 2 and word.text.startswith(name) and word.text[2:].isdigit() for name in names):
            return word.text
    return ""


def arguments(server: Server, words: Sequence[Word]) -> list[Word]:
    """What may name the application, best first: the words that are neither options nor numbers nor addresses."""
    plain = [word for word in words if word.known and not word.text.startswith("-") and number(word.text) is None]
    plain = [word for word in plain if word.text not in server.subcommands]
    telling = [word for word in plain if ":" in word.text and not word.text.rpartition(":")[2].isdigit()]
    return [*telling, *(word for word in plain if word not in telling)]


def number(text: str) -> int | None:
    """A whole number that is not negative; of ``8,2`` (up to, at least) the first."""
    first = text.strip().partition(",")[0]
    return int(first) if first.isascii() and first.isdigit() and len(first) < 7 else None
