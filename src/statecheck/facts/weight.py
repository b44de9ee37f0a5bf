"""The second pass over a text with long expressions: what they would cost the parser, and which are only data."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from statecheck.facts.lexing import COMMENT, STRING, fstring_end, is_interpolated, string_end

# A display of constants from this size (in characters) is data: LibCST takes 9 s and 1 GB for 1 MB of it. In a large
# file smaller ones count too. Settings such as CACHES or LOGGING stay below, and are wanted whole.
DATA_SIZE: Final = 16_000
DATA_SIZE_IN_LARGE_FILE: Final = 4_000
LARGE_FILE: Final = 256_000

# LibCST refuses more than 3,000 adjacent strings. Of a row of plain ones only the first are kept.
MAX_ROW: Final = 1_000
KEPT_OF_ROW: Final = 100

# Chains shorter than this many tokens are not counted.
SHORT_CHAIN: Final = 50

# Copying the front of a chain costs LibCST about 1 µs a token at each call or subscript, a quarter at the others.
CHEAPER: Final = 4

_TOKENS: Final = re.compile(
    rf"""{COMMENT}|\\\r?\n?|[\r\n]|[rRbBuUfFtT]{{1,2}}(?=["'])(?P<prefix>)|\d(?:[\w.]*\w)?|\w+|{STRING}|["']"""
    r"|[\[({\])},;.]|\*\*=?|//=?|<<=?|>>=?|->|:=|[-+*/%@&|^<>=!]=|[-+*/%@&|^<>=!~:]"
)
# Names of modules are read from it, so it is no mere data.
_EXPORTS: Final = re.compile(r"__all__\s*\+?=\s*\Z")

_CONSTANTS: Final = frozenset({"True", "False", "None"})
_TIGHT: Final = frozenset({"not", "await"})
_OTHER_KEYWORDS: Final = frozenset(
    ("and", "as", "assert", "async", "class", "def", "del", "elif", "except", "finally", "for", "from", "global", "if",
     "import", "in", "is", "nonlocal", "or", "raise", "return", "try", "while", "with", "yield")
)  # fmt: skip
_COMPARES: Final = frozenset({"<", ">", "==", "!=", "<=", ">=", "->", ":="})


class Weight(Struct):
    """What was found: ``chains`` is in units of about 1 µs of parsing, ``tokens`` counts those that are to be parsed.

    ``blanks`` are spans to be blanked, in order; ``elided`` the offsets of displays that lose something by it.
    ``broken``: a string has no end, the rest was not read.
    """

    tokens: int = 0
    chains: int = 0
    chains_at: int = 0
    deepest: int = 0
    deepest_at: int = 0
    broken: bool = False
    elided: list[int] = []
    blanks: list[tuple[int, int]] = []


class _Level:
    """An open bracket, or (the first) the statement. Tokens are counted from the start of the file."""

    __slots__ = (
        "comma", "comma_token", "cut", "dot", "expression", "lambdas", "loose", "opened", "operand", "primary", "pure",
        "row", "saved", "tight", "token", "trailer",
    )  # fmt: skip

    def __init__(self, opened: int, token: int, trailer: bool, pure: bool) -> None:
        self.opened = opened  # offset of the bracket
        self.token = token  # and its token
        self.trailer = trailer  # the bracket of a call or subscript
        self.pure = pure  # a display with nothing but constants so far; then so are the levels inside
        self.saved = 0  # tokens that will be blanked
        self.comma = self.comma_token = -1  # the first comma: offset of its end, and its token
        self.row = 0  # adjacent strings
        self.cut = (0, 0)  # what to blank of them
        self.lambdas = 0  # lambdas whose colon is to come
        self.restart(token)

    def restart(self, token: int) -> None:
        """A new expression begins."""
        self.expression = self.primary = token  # where the row of operators, and its last operand, began
        self.operand = self.dot = False  # the token before ends an operand; is a dot
        self.tight = self.loose = 0  # operators pending: not, -, ** (up to the next other one); lambda, else


def weigh(text: str, max_tokens: int, max_chains: int, max_deep: int) -> Weight:
    """Weigh a text, as far as it keeps to the limits: the weight says which is exceeded."""
    scan = _Scan(text)
    weight = scan.weight
    position: int | None = 0
    while position is not None:
        start, position = position, None
        for match in _TOKENS.finditer(text, start):
            token, at = match[0], match.start()
            if token in ('"', "'"):
                interpolated = is_interpolated(text, at)
                position = fstring_end(text, at)[0] if interpolated else string_end(text, at)
                if position < 0:
                    weight.broken = True
                    return weight
                scan.string(position, interpolated)
                break
            if match.lastgroup is None:  # else the prefix of a string
                scan.take(token, at)
            if weight.tokens > max_tokens or weight.chains > max_chains or weight.deepest > max_deep:
                return weight
    return weight


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.weight = Weight(elided=[], blanks=[])
        self.levels = [_Level(-1, 0, False, False)]
        self.top = self.levels[0]
        self.count = 0  # tokens so far
        self.outer = 0  # operators pending in the levels below the top
        self.data_size = DATA_SIZE if len(text) <= LARGE_FILE else DATA_SIZE_IN_LARGE_FILE

    def take(self, token: str, at: int) -> None:
        """Any token but the odd strings."""
        char = token[0]
        if char in "\"'":
            self.string(at + len(token), False)
            return
        if char in "#\\":
            return
        if char in "\r\n":
            if len(self.levels) == 1:
                self._end_row()
                self.top.restart(self.count)
            return
        self.count += 1
        top = self.top
        if top.row:
            self._end_row()
        if not top.pure:
            self.weight.tokens += 1
        if char.isalnum() or char == "_":
            self._word(token, at)
        elif char in "([{":
            self._open(at, char)
        elif char in ")]}":
            self._close(at)
        else:
            self._operator(token, at)

    def string(self, end: int, interpolated: bool) -> None:
        """A string, up to ``end``."""
        self.count += 1
        top = self.top
        if not top.operand:
            top.primary = self.count
        top.operand = True
        if interpolated:
            self._end_row()
            self._impure()
            return
        top.row += 1
        if top.row == KEPT_OF_ROW:
            top.cut = (end, end)
        elif top.row > KEPT_OF_ROW:
            top.cut = (top.cut[0], end)

    def _end_row(self) -> None:
        top = self.top
        if top.row > MAX_ROW:
            self.weight.blanks.append(top.cut)
        top.row = 0

    def _word(self, word: str, at: int) -> None:
        top = self.top
        if top.dot:
            top.dot, top.operand = False, True
            self._chain((self.count - top.primary) // CHEAPER, at)
        elif word in _TIGHT:
            self._impure()
            top.operand = False
            top.tight += 1
            self._deeper(at)
        elif word in ("else", "lambda"):
            self._impure()
            top.operand = False
            top.loose += 1
            top.tight = 0
            top.lambdas += word == "lambda"
            top.expression = self.count
            self._deeper(at)
        elif word in _OTHER_KEYWORDS:
            self._impure()
            top.operand = False
            top.tight = 0
            top.expression = self.count
        else:
            if not top.operand:
                top.primary = self.count
            top.operand = True
            if not word[0].isdigit() and word not in _CONSTANTS:
                self._impure()

    def _operator(self, token: str, at: int) -> None:
        top = self.top
        if token == ".":
            top.dot = top.operand
        elif token == ",":
            self._comma(at)
        elif token == ":":
            self._colon()
        elif token == ";":
            top.restart(self.count)
        elif token in _COMPARES:
            top.operand, top.tight, top.expression = False, 0, self.count
        elif token[-1] == "=":
            top.restart(self.count)
        elif not top.operand or token == "**":  # a sign before its operand, or a power
            top.operand = False
            top.tight += 1
            self._deeper(at)
        else:
            top.operand, top.tight = False, 0
            self._chain((self.count - top.expression) // CHEAPER, at)

    def _comma(self, at: int) -> None:
        top = self.top
        if top.comma < 0:
            top.comma, top.comma_token = at + 1, self.count
        loose = top.loose if top.lambdas else 0  # parameters of a lambda
        top.restart(self.count)
        top.loose = loose

    def _colon(self) -> None:
        top = self.top
        top.operand, top.tight, top.expression = False, 0, self.count
        if top.lambdas:
            top.lambdas -= 1

    def _open(self, at: int, char: str) -> None:
        parent = self.top
        trailer = parent.operand and char != "{"
        if trailer:
            self._impure()
        else:
            parent.primary = self.count
        self.outer += parent.tight + parent.loose
        self.top = _Level(at, self.count, trailer, not trailer)
        self.levels.append(self.top)

    def _close(self, at: int) -> None:
        if len(self.levels) == 1:
            return
        level = self.levels.pop()
        parent = self.top = self.levels[-1]
        self.outer -= parent.tight + parent.loose
        parent.operand = True
        if level.pure:
            if level.comma >= 0 and at - level.opened >= self.data_size and not self._is_exports(level.opened):
                self._blank(level, at)
            if parent.pure:
                parent.saved += level.saved
            else:
                self.weight.tokens += self.count - level.token - level.saved
        elif level.trailer:
            self._chain(self.count - parent.primary, at)

    def _is_exports(self, bracket: int) -> bool:
        return len(self.levels) == 1 and _EXPORTS.search(self.text, max(0, bracket - 20), bracket) is not None

    def _blank(self, level: _Level, end: int) -> None:
        """Keep the first item, which tells a set from a dict."""
        weight = self.weight
        while weight.blanks and weight.blanks[-1][0] >= level.comma:
            weight.blanks.pop()
        while weight.elided and weight.elided[-1] > level.opened:
            weight.elided.pop()
        weight.blanks.append((level.comma, end))
        weight.elided.append(level.opened)
        level.saved = self.count - level.comma_token

    def _impure(self) -> None:
        """Something that is no constant: the displays around are no data, and their tokens will be parsed."""
        if not self.top.pure:
            return
        inside = [level for level in self.levels if level.pure]
        for level in inside:
            level.pure = False
        self.weight.tokens += self.count - inside[0].token - sum(level.saved for level in inside)

    def _chain(self, cost: int, at: int) -> None:
        if cost > SHORT_CHAIN:
            self.weight.chains += cost
            self.weight.chains_at = at

    def _deeper(self, at: int) -> None:
        deep = self.outer + self.top.tight + self.top.loose
        if deep > self.weight.deepest:
            self.weight.deepest, self.weight.deepest_at = deep, at
