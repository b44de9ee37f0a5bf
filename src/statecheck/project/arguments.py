"""Small readers of calls and of annotations given as strings."""

from __future__ import annotations

from statecheck.facts.ir import Attr, Call, Expr, Keyword, Name, Star

# The most arguments that these methods of containers take; what takes more is no container.
MOST_ARGUMENTS = {
    "add": 1,
    "append": 1,
    "appendleft": 1,
    "clear": 0,
    "discard": 1,
    "extend": 1,
    "insert": 2,
    "pop": 2,
    "popitem": 1,
    "popleft": 0,
    "remove": 1,
    "setdefault": 2,
}


def argument(call: Call, name: str, position: int | None) -> Expr | None:
    """The argument of a call by keyword, else by place; None when it is not there or hidden in ``*args``."""
    for keyword in call.keywords:
        if name and keyword.name == name:
            return keyword.value
    if position is not None and 0 <= position < len(call.args):
        if any(isinstance(given, Star) for given in call.args[: position + 1]):
            return None
        return call.args[position]
    return None


def keywords(call: Call) -> dict[str, Keyword]:
    """The keyword arguments by name."""
    return {keyword.name: keyword for keyword in call.keywords}


def dotted_expression(text: str) -> Expr | None:
    """``"a.b.C"`` as an expression; None for anything that is no dotted name."""
    parts = text.strip().split("[")[0].split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    far = 1 << 60  # after every binding of the file
    made: Expr = Name(far, parts[0])
    for part in parts[1:]:
        made = Attr(far, far, made, part)
    return made


def fits_container(method: str, call: Call) -> bool:
    """Can a container have a method that is called so?"""
    most = MOST_ARGUMENTS.get(method)
    return most is None or (not call.keywords and len(call.args) <= most)
