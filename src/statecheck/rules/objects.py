"""What rule packs say of objects: what makes them, what changes them, how long they live, which of them are safe."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from statecheck.rules.conditions import Condition


class Returns(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Calling one of ``names`` gives an instance of ``type`` (dotted class). ``names`` may be methods.

    ``argument`` instead of ``type``: the call gives what the argument at this position (from 0) is, and with ``dotted``
    what the argument, a dotted string, names.
    """

    names: tuple[str, ...]
    type: str = ""
    argument: int | None = None
    dotted: bool = False


class Container(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A type whose instances hold data: which methods change it, which of those take something out, which only look."""

    names: tuple[str, ...]
    mutating: tuple[str, ...]
    reading: tuple[str, ...] = ()
    clearing: tuple[str, ...] = ()
    items: bool = True  # can x[k] = v and del x[k] change it?


class Lifetime(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """How long an instance lives: of subclasses of ``names``, or of what calling ``names`` returns.

    ``request``: dropped with the request, message or job. ``process``: as long as the process. ``row``: a database row
    (an ORM instance). ``declarative``: class attributes are declarations (fields, options), not state.
    ``shared``: its data lie outside the process. ``revision``: what it gives tells whether something outside changed.
    """

    names: tuple[str, ...]
    lives: Literal["request", "process", "row", "declarative", "thread", "shared", "revision"]
    attributes: tuple[str, ...] = ()  # declarative: only these class attributes


class Safe(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A look-alike that must stay silent, and the kinds it silences (``*`` for all).

    match = "call": a value made by calling one of ``names``. "subclass": attributes of subclasses. "attribute": writes
    to this attribute or method (``flask.g``, ``flask.session``). "decorator": what it decorates. "setting": this key.
    """

    id: str
    group: str
    match: Literal["call", "subclass", "attribute", "decorator", "setting"]
    names: tuple[str, ...]
    suppresses: tuple[str, ...]
    when: tuple[Condition, ...] = ()
    values: tuple[str, ...] = ()
    note: str = ""


class Effect(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What calling one of ``names`` does or gives: ``kind`` io, db, time, random, env, network, storage …"""

    names: tuple[str, ...]
    kind: str


Saying = Literal[
    "fetch", "send", "write", "keep", "change", "save", "prepare", "end", "answer", "join", "start", "watch", "close",
    "log", "at-once",
]  # fmt: skip


class BareName(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What a method, a flag or a keyword says by its name alone, whatever has it.

    ``names`` are no dotted ones; one may be of several kinds. Detectors ask this where the type of the object is not
    known, so a name belongs here only if it says the same in nearly every library. ``models/bare-names.toml`` tells
    the kinds apart.
    """

    names: tuple[str, ...]
    kind: Saying
