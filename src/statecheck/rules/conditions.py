"""Tests of an argument, a setting or a value, which rules and models share."""

from __future__ import annotations

from msgspec import Struct

Scalar = str | int | float | bool


class Condition(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A test of one argument. It holds when *any* of the listed states holds (``absent`` beside ``prefix``).

    ``argument`` is the keyword, ``position`` the 0-based index (without self) where it may be given by place.
    The value is followed through names and settings to its constants; a value that cannot be followed holds no state
    but ``present``.

    ``key`` is a key path inside the dict given there (``Cache(config={"CACHE_TYPE": …})``). ``setting`` tests a setting
    of the project (``CACHES.*.BACKEND``; ``*``: of any key) instead of an argument. A condition that names none of the
    three tests what the form itself matches: the value of the setting, of the assigned name, of the literal, or what
    is compared with.
    """

    argument: str = ""
    position: int | None = None
    key: str = ""
    setting: str = ""
    absent: bool = False
    present: bool = False
    literal: bool = False  # a string literal stands there, whatever it says
    number: bool = False  # a whole number stands there, whatever it is
    equals: tuple[Scalar, ...] = ()
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    regex: str = ""  # "$x": that of patterns.x
    instance_of: tuple[str, ...] = ()  # dotted names: the value is one of these, or made by one; "$x": those of lists.x
