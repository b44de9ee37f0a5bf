"""Which brackets and commas of an expression say nothing: parentheses that change no meaning, commas at the end."""

from __future__ import annotations

from keyword import iskeyword
from typing import Final, NamedTuple


class Group(NamedTuple):
    """What stands between two brackets, already in normal form.

    ``loose``: parentheses of no call, which may be redundant. ``binds``: how tightly the weakest operator inside holds
    (see _BINDS); ``commas``: how many there are outside inner brackets.
    """

    bracket: str
    tokens: tuple[str, ...]
    loose: bool
    binds: int
    commas: int


Item = str | Group
Items = list[Item]


class Level(NamedTuple):
    """An open bracket, the token before it, and what has been read inside."""

    bracket: str
    before: str
    items: Items


# How tightly operators hold. A generator, a walrus, a yield and a tuple hold least; a name or a call most.
_WEAKEST, _CHOICE, _NOT, _COMPARED, _SUM, _SIGN, _TRAILER, _PRIMARY = 0, 2, 5, 6, 11, 13, 16, 17
_BINDS: Final = {
    **dict.fromkeys((",", ":=", "yield", "for"), _WEAKEST),
    "lambda": 1,
    **dict.fromkeys(("if", "else"), _CHOICE),
    "or": 3,
    "and": 4,
    "not": _NOT,
    **dict.fromkeys(("in", "is", "<", ">", "==", "!=", "<=", ">="), _COMPARED),
    "|": 7,
    "^": 8,
    "&": 9,
    **dict.fromkeys(("<<", ">>"), 10),
    **dict.fromkeys(("+", "-"), _SUM),
    **dict.fromkeys(("*", "/", "//", "%", "@"), 12),
    "~": _SIGN,
    "**": 14,
    "await": 15,
    ".": _TRAILER,
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LEFT_TO_RIGHT: Final = range(7, 13)
_ASSIGNS: Final = _words("= += -= *= /= //= %= @= &= |= ^= >>= <<= **=")
_EDGES: Final = _ASSIGNS | _words(", : := ; ->")
_LEFT_EDGES: Final = _EDGES | _words(
    "return yield from raise assert del if elif while else with as import for except lambda"
)
_RIGHT_EDGES: Final = _EDGES | frozenset(("for", "async", "as", "from", "import"))
_BEFORE_TUPLE: Final = _ASSIGNS | _words("return yield for in import with except del")
_AFTER_TUPLE: Final = _ASSIGNS | frozenset((":", "in", ";"))
_VALUES: Final = frozenset(("None", "True", "False"))


def closed(level: Level) -> Group:
    """The level as one item of the level around it."""
    kind, items = _kind(level), level.items
    if kind == "group" and len(items) == 1 and isinstance(items[0], Group) and items[0].loose:
        return items[0]
    binds, commas = _weakest(items)
    if items and items[-1] == "," and _is_idle_comma(level, kind, commas):
        items = items[:-1]
        binds, commas = _weakest(items)
    return Group(level.bracket, tuple(flat(items, kind)), kind == "group", binds, commas)


def _kind(level: Level) -> str:
    """call, subscript, display (of a list, dict or set) or group (any other parentheses)."""
    word = level.before
    follows = bool(word) and (word[-1] in ')"' or (word[0].isidentifier() and (not iskeyword(word) or word in _VALUES)))
    if level.bracket == "(":
        return "call" if follows else "group"
    return "subscript" if level.bracket == "[" and follows else "display"


def _is_idle_comma(level: Level, kind: str, commas: int) -> bool:
    """Does the comma before a closing bracket say nothing? That of a tuple with one element says a lot."""
    if kind in ("call", "display") or commas > 1:
        return True
    return level.before == "import" or (level.before == "with" and "as" in level.items)


def flat(items: Items, kind: str) -> list[str]:
    """The items as tokens, without redundant parentheses. ``kind``: that of the brackets around, "" outside any."""
    if kind == "" and items and items[-1] == "," and _commas_of_last(items) > 1:
        items = items[:-1]
    tokens: list[str] = []
    for at, item in enumerate(items):
        if isinstance(item, str):
            tokens.append(item)
        elif item.loose and _is_redundant(items, at, item, kind):
            tokens += item.tokens
        else:
            tokens += (item.bracket, *item.tokens, {"(": ")", "[": "]", "{": "}"}[item.bracket])
    return tokens


def _commas_of_last(items: Items) -> int:
    """Commas after the last ``=``."""
    count = 0
    for item in reversed(items):
        if isinstance(item, str) and item in _ASSIGNS:
            break
        count += item == ","
    return count


def _weakest(items: Items) -> tuple[int, int]:
    """How tightly the weakest operator holds, and the number of commas."""
    weakest, commas, parameters = _PRIMARY, 0, 0
    for at, item in enumerate(items):
        if isinstance(item, Group):
            continue
        if item == "lambda":
            parameters += 1
        elif item == ":" and parameters:
            parameters -= 1
        if item == "," and parameters:
            continue
        commas += item == ","
        if item in _BINDS and item != ".":
            weakest = min(weakest, _operator(items, at))
    return weakest, commas


def _operator(items: Items, at: int) -> int:
    """How tightly the operator at ``at`` holds its operands."""
    item, before = items[at], items[at - 1] if at else ""
    assert isinstance(item, str)
    if item == "not" and (before == "is" or items[at + 1 : at + 2] == ["in"]):
        return _COMPARED
    if item in ("+", "-") and isinstance(before, str) and not _ends_value(before):
        return _SIGN
    return _BINDS[item]


def _ends_value(token: str) -> bool:
    return bool(token) and (token[-1] in ')"' or (token[0] not in "!%&*+,-./:;<=>@^|~" and not _is_word(token)))


def _is_word(token: str) -> bool:
    return iskeyword(token) and token not in _VALUES


def _is_redundant(items: Items, at: int, group: Group, kind: str) -> bool:
    left = items[at - 1] if at else None
    right = items[at + 1] if at + 1 < len(items) else None
    alone = left is None and right is None
    if group.commas:
        return _is_bare_tuple(items, at, kind, alone)
    if not group.tokens:
        return False
    if group.binds == _WEAKEST:
        return _is_bare(group, left, right, kind, alone)
    if left is None or left in _LEFT_EDGES or _is_loop_in(items, at - 1) or (left == "@" and at == 1):
        held = -1
    else:
        held = _operator(items, at - 1) if isinstance(left, str) and left in _BINDS else _TRAILER
    if right is None or right in _RIGHT_EDGES:
        return group.binds > held
    pulls = _operator(items, at + 1) if isinstance(right, str) and right in _BINDS else _TRAILER
    return group.binds > held and (group.binds > pulls or (group.binds == pulls and pulls in _LEFT_TO_RIGHT))


def _is_bare_tuple(items: Items, at: int, kind: str, alone: bool) -> bool:
    """May the tuple stand without its parentheses?"""
    left = items[at - 1] if at else None
    right = items[at + 1] if at + 1 < len(items) else None
    if left == "for" and right == "in":
        return True
    if kind == "":
        opens = left is None or (left in _BEFORE_TUPLE and (left != "in" or _is_loop_in(items, at - 1)))
        return opens and (right is None or right in _AFTER_TUPLE)
    return kind == "subscript" and alone


def _is_bare(group: Group, left: Item | None, right: Item | None, kind: str, alone: bool) -> bool:
    """May the generator, the walrus or the yield stand without its parentheses?"""
    if "yield" in group.tokens[:1]:
        return kind == "" and (left is None or left in _ASSIGNS) and right is None
    if ":=" in group.tokens:
        return kind == "" and left in ("if", "elif", "while") and right == ":"
    return kind == "call" and alone


def _is_loop_in(items: Items, at: int) -> bool:
    """Is this the ``in`` of a loop or comprehension, and no comparison?"""
    if items[at] != "in":
        return False
    for item in reversed(items[:at]):
        if item in ("for", "in"):
            return item == "for"
    return False
