"""Blanking of template actions (Go templates as in Helm, Jinja, ERB), so that the rest can be read as what it gives.

Every character keeps its line and column. An action that only steers (``if``, ``range``, ``end``) or inserts whole
lines becomes blanks. An action that gives a value becomes filler; of ``default "x"`` the literal is kept and padded.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from statecheck.facts.documents.nodes import Hole

FILLER = "\ue000"  # stands for what only the template knows
PAD = "\ue001"  # stands for nothing: fills the room that a kept default does not need

_OPENERS = re.compile(r"\{\{|\{%|\{#|<%")
_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>"}
_STEERS = re.compile(r"\{\{-?\s*(?:(?:if|else|end|range|with|define|block|break|continue)\b|/\*|\$?\w+\s*:?=[^=])")
_INSERTS = re.compile(r"\b(?:nindent|indent|toYaml|to_nice_yaml|to_yaml|to_json_indent)\b")
_DEFAULT = re.compile(r"""\b(?:default|d)\s*\(?\s*(?:"([\w ./@+$-]*)"|'([\w ./@+$-]*)'|(true|false|\d+)\b)""")
_ONLY_FILLER = re.compile(f"[\\s$\"'{FILLER}{PAD}]*\\Z")
_VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)(?::?-([^{}]*))?\}\Z")


class Blanked(NamedTuple):
    """The text without actions, the lines (from 1) where an action inserts lines that are not seen, and the actions."""

    text: str
    inserts: frozenset[int]
    actions: tuple[Hole, ...] = ()


class Value(NamedTuple):
    """A scalar's text, whether a template has a part in it, and whether anything is known of it."""

    text: str
    templated: bool
    known: bool


def has_actions(text: str) -> bool:
    """Is there anything that looks like a template action?"""
    return "{{" in text or "{%" in text or "<%" in text


def blank(text: str) -> Blanked:
    """Replace every action, keeping length and line breaks. Linear in the length of the text."""
    parts: list[str] = []
    inserts: set[int] = set()
    actions: list[Hole] = []
    hopeless: set[str] = set()  # openers without a closer further on: searching again would make this quadratic
    done, line, begin = 0, 1, 0
    while match := _OPENERS.search(text, done):
        opener = match.group()
        start = match.start()
        end = -1 if opener in hopeless else text.find(_CLOSERS[opener], start + 2)
        if end < 0:
            hopeless.add(opener)
            parts.append(text[done : start + 2])
            line += text.count("\n", done, start + 2)
            begin = _begin(text, begin, done, start)
            done = start + 2
            continue
        end += 2
        action = text[start:end]
        line += text.count("\n", done, start)
        begin = _begin(text, begin, done, start)
        parts.append(text[done:start])
        if opener == "{{":
            actions.append(Hole(line, start - begin + 1, action))
        if opener == "{{" and _INSERTS.search(action):
            inserts.add(line)
        parts.append(_replacement(text, start, end, action))
        line += action.count("\n")
        begin = _begin(text, begin, start, end)
        done = end
    parts.append(text[done:])
    return Blanked(_without_bare_lines("".join(parts)), frozenset(inserts), tuple(actions))


def _begin(text: str, begin: int, start: int, end: int) -> int:
    """Where the line of ``end`` begins, if that of ``start`` begins at ``begin``."""
    return text.rfind("\n", start, end) + 1 or begin


def kept_default(action: str) -> str | None:
    """The literal that stands for an action among other text: that of its ``default``, ``None`` where it has none."""
    if _INSERTS.search(action) or _STEERS.match(action) or "\n" in action:
        return None
    default = _DEFAULT.search(action)
    return next(group for group in default.groups() if group is not None) if default else None


def _replacement(text: str, start: int, end: int, action: str) -> str:
    if action[1] == "#" or (action[1] == "%" and not action.startswith("<%=")) or "\n" in action:
        return _spaces(action)
    if _INSERTS.search(action) or _STEERS.match(action):
        return _spaces(action)
    alone = not text[text.rfind("\n", 0, start) + 1 : start].strip() and not _rest_of_line(text, end)
    literal = None if alone else kept_default(action)
    if literal is not None:
        return literal + PAD * (len(action) - len(literal))
    return FILLER * len(action)


def _rest_of_line(text: str, end: int) -> str:
    stop = text.find("\n", end)
    return text[end : stop if stop >= 0 else len(text)].strip()


def _spaces(action: str) -> str:
    return "".join("\n" if char == "\n" else " " for char in action)


def _without_bare_lines(text: str) -> str:
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if FILLER in line and not line.replace(FILLER, "").strip():
            lines[number] = " " * len(line)
    return "\n".join(lines)


def value_of(text: str) -> Value:
    """Judge a scalar that may hold filler, or be one shell-style variable with or without a default."""
    if FILLER in text or PAD in text:
        if FILLER in text and _ONLY_FILLER.match(text):
            return Value("", True, False)
        return Value(text.replace(PAD, "").strip() if PAD in text else text, True, True)
    if text.startswith("${"):
        variable = _VARIABLE.match(text)
        if variable:
            return Value(variable.group(2) or "", True, variable.group(2) is not None)
    return Value(text, False, True)
