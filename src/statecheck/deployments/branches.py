"""Which commands of a shell script run, as far as its arguments and variables tell.

An image often has one script that starts one of several servers: ``case "$1" in web) exec gunicorn …;; esac``. A branch
is left out only where it is sure that it does not run. Nothing is expanded but whole parameters, and nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from statecheck.deployments.lines import Line, Word, tokens
from statecheck.model import Location

MAX_NESTING = 20  # of blocks and calls of functions
_PARAMETER = re.compile(r"\$(?:(?P<plain>\w+|#)|\{(?P<name>\w+|#)(?::?-(?P<default>[^}$]*))?\})")
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)
_REST = re.compile(r"\$(?:[@*]|\{[@*]\})")
_BREAKS = frozenset(";&|\n")
_OPENING = frozenset(("then", "do", "else", "!"))  # before a command of the block that they open
_LEAVES = frozenset(("exec", "exit", "return"))


def running(lines: Iterable[tuple[str, Location]], arguments: Line, variables: Mapping[str, str]) -> list[Line]:
    """The commands that run, or may run, in the order of the script. ``lines``: its logical lines."""
    words = [word for text, where in lines for word in (*tokens(text, where), Word("\n", where))]
    shell = _Shell(arguments, variables)
    shell.block(_Cursor(words), frozenset(), True, 0)
    return shell.found


class _Cursor:
    """Words that are read once."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._at = 0

    def peek(self) -> str:
        return self._words[self._at].text if self._at < len(self._words) else ""

    def take(self) -> Word:
        self._at += 1
        return self._words[self._at - 1]

    @property
    def is_open(self) -> bool:
        return self._at < len(self._words)

    def statement(self) -> Line:
        """The words up to a break, which is taken as well unless it ends a branch."""
        found: list[Word] = []
        while self.is_open and not _is_break(self.peek()):
            found.append(self.take())
        if self.is_open and self.peek() != ";;":
            self.take()
        return tuple(found)


def _is_break(text: str) -> bool:
    return bool(text) and _BREAKS.issuperset(text)


class _Shell:
    """One run of a script. ``live`` of a block: True, False, or None where nobody can tell."""

    def __init__(self, arguments: Line, variables: Mapping[str, str]) -> None:
        self.found: list[Line] = []
        self._arguments = arguments
        self._variables: dict[str, str | None] = dict(variables)
        self._functions: dict[str, Line] = {}
        self._left = False

    def block(self, cursor: _Cursor, ends: frozenset[str], live: bool | None, depth: int) -> None:
        """Statements up to one of ``ends``, which is not taken."""
        while cursor.is_open and cursor.peek() not in ends:
            word = cursor.peek()
            if _is_break(word) or word in _OPENING:
                cursor.take()
            elif word in ("case", "if") and depth < MAX_NESTING:
                cursor.take()
                (self._case if word == "case" else self._if)(cursor, live, depth + 1)
            else:
                self._command(cursor, live, depth)

    def _case(self, cursor: _Cursor, live: bool | None, depth: int) -> None:
        subject = self._value(cursor.take()) if cursor.is_open else None
        if cursor.peek() == "in":
            cursor.take()
        chosen: bool | None = False
        while cursor.is_open and cursor.peek() != "esac":
            if _is_break(cursor.peek()):
                cursor.take()
                continue
            fits = _fits(subject, list(_patterns(cursor)))
            self.block(cursor, frozenset((";;", "esac")), _both(live, _both(fits, _not(chosen))), depth)
            chosen = _either(chosen, fits)
        if cursor.is_open:
            cursor.take()

    def _if(self, cursor: _Cursor, live: bool | None, depth: int) -> None:
        chosen: bool | None = False
        while cursor.is_open:
            condition: list[Line] = []
            while cursor.is_open and cursor.peek() != "then":
                condition.append(cursor.statement())
            holds = self._holds([line for line in condition if line])
            self.block(cursor, frozenset(("elif", "else", "fi")), _both(live, _both(holds, _not(chosen))), depth)
            chosen = _either(chosen, holds)
            word = cursor.take().text if cursor.is_open else "fi"
            if word == "else":
                self.block(cursor, frozenset(("fi",)), _both(live, _not(chosen)), depth)
                word = cursor.take().text if cursor.is_open else "fi"
            if word == "fi":
                return

    def _command(self, cursor: _Cursor, live: bool | None, depth: int) -> None:
        start = cursor.statement()
        if (name := _defined(start, cursor)) is not None:
            self._functions[name] = _body(start, cursor)
        elif start and live is not False and not self._left:
            self._run(start, live, depth)

    def _run(self, line: Line, live: bool | None, depth: int) -> None:
        first = line[0].text
        if (set_ := _ASSIGNMENT.fullmatch(first)) and len(line) == 1:
            value = self._value(line[0]._replace(text=set_["value"]))
            self._variables[set_["name"]] = value if live else None
        elif first == "shift" and live:
            count = line[1].text if len(line) > 1 else "1"
            self._arguments = self._arguments[int(count) if count.isdecimal() and len(count) < 4 else 1 :]
        elif first in self._functions and depth < MAX_NESTING:
            outer, self._arguments = self._arguments, self._filled(line[1:])
            self.block(_Cursor(self._functions[first]), frozenset(), live, depth + 1)
            self._arguments = outer
        else:
            self.found.append(self._filled(line))
            self._left = bool(live) and first in _LEAVES

    def _filled(self, line: Line) -> Line:
        """The line with the arguments in the place of ``"$@"``."""
        return tuple(each for word in line for each in (self._arguments if _REST.fullmatch(word.text) else (word,)))

    def _value(self, word: Word) -> str | None:
        """The text of a word, None where only a run tells."""
        text, at = "", 0
        for match in _PARAMETER.finditer(word.text):
            value = self._parameter(match["plain"] or match["name"], match["default"])
            if value is None:
                return None
            text, at = text + word.text[at : match.start()] + value, match.end()
        text += word.text[at:]
        return text if Word(text, word.location).known and "`" not in text else None

    def _parameter(self, name: str, default: str | None) -> str | None:
        if name == "#":
            return str(len(self._arguments))
        if name.isdecimal():
            at = int(name) - 1
            if not 0 <= at < len(self._arguments):
                return (default or "") if at >= 0 else None
            return self._arguments[at].text if self._arguments[at].known else None
        return self._variables.get(name, default)

    def _holds(self, lines: Sequence[Line]) -> bool | None:
        """Does the condition of an ``if`` hold? Only single comparisons are understood."""
        if len(lines) != 1 or lines[0][0].text not in ("[", "[[", "test"):
            return None
        words = [word for word in lines[0][1:] if word.text not in ("]", "]]")]
        if len(words) == 2 and words[0].text in ("-z", "-n"):
            value = self._value(words[1])
            return None if value is None else (value == "") is (words[0].text == "-z")
        if len(words) != 3 or words[1].text not in ("=", "==", "!=", "-eq", "-ne"):
            return None
        one, other = self._value(words[0]), self._value(words[2])
        if one is None or other is None:
            return None
        is_equal = fnmatchcase(one, other) if lines[0][0].text == "[[" else one == other
        return is_equal is (words[1].text not in ("!=", "-ne"))


def _patterns(cursor: _Cursor) -> Iterator[str]:
    """``web|worker)``: the patterns of a branch."""
    while cursor.is_open:
        text = cursor.take().text
        if not _is_break(text):
            yield text.lstrip("(").rstrip(")")
        if text.endswith(")"):
            return


def _fits(subject: str | None, patterns: Sequence[str]) -> bool | None:
    if patterns == ["*"]:
        return True
    if subject is None or any("$" in pattern for pattern in patterns):
        return None
    return any(fnmatchcase(subject, pattern) for pattern in patterns if pattern)


def _defined(line: Line, cursor: _Cursor) -> str | None:
    """The name of a function whose definition begins with the line: ``web() {``, ``function web {``."""
    words = [word.text for word in line]
    if words[:1] == ["function"] and len(words) > 1:
        return words[1].removesuffix("()")
    if words and words[0].endswith("()") and words[0] != "()" and (words[1:2] == ["{"] or cursor.peek() == "{"):
        return words[0].removesuffix("()")
    if words[1:2] == ["()"] and (words[2:3] == ["{"] or cursor.peek() == "{"):
        return words[0]
    return None


def _body(start: Line, cursor: _Cursor) -> Line:
    """The words of a function up to its closing brace."""
    inside = next((at for at, word in enumerate(start) if word.text == "{"), None)
    found = list(start[inside + 1 :]) if inside is not None else []
    found += [Word("\n", start[0].location)] if found else []
    depth = 0 if inside is None else 1
    while cursor.is_open:
        word = cursor.take()
        depth += (word.text == "{") - (word.text == "}")
        if word.text == "}" and depth <= 0:
            break
        if word.text != "{" or depth > 1:
            found.append(word)
    return tuple(found)


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if None in (one, other) else True


def _either(one: bool | None, other: bool | None) -> bool | None:
    return _not(_both(_not(one), _not(other)))


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
