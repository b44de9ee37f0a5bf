"""The part of Go templates that charts use to place values: paths, literals, pipes and a few functions.

What is beyond it is unknown, and nothing is guessed. Every result is a tree with a place: of a value where the values
file has it, of a literal where the template stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.overlays.helm_functions import FUNCTIONS, is_true, literal, nil, no_one_knows
from statecheck.deployments.overlays.values import with_fields
from statecheck.deployments.tree import Datum
from statecheck.model import Location

COMPONENT = "app.kubernetes.io/component"
_TOKEN = re.compile(
    r"""\s*(?:"(?P<string>(?:[^"\\]|\\.)*)"|`(?P<raw>[^`]*)`|(?P<number>-?\d+(?:\.\d+)?)\b|(?P<sign>[|(),])"""
    r"""|(?P<path>\$\w*(?:\.\w+)*|(?:\.\w+)+|\.)|(?P<word>\w+)|(?P<other>\S))"""
)
_MAX_NESTING = 20
_MAX_TOKENS = 200


class Scope(NamedTuple):
    """What names mean at a place of a template. ``root`` has Values, Chart and Release."""

    root: Datum
    dot: Datum
    variables: Mapping[str, Datum]
    names: Mapping[str, Datum]  # what ``include`` gives, by the last part of the name


class _Token(NamedTuple):
    kind: str
    text: str


class _UnreadableError(Exception):
    """The expression is beyond what is read here."""


def evaluate(text: str, scope: Scope, place: Location) -> Datum:
    """The value of an expression; of kind "unknown" where it cannot be read, "null" where there is none."""
    try:
        parser = _Parser(_tokens(text), scope, place)
        found = parser.pipeline(0)
        if parser.at < len(parser.tokens):
            raise _UnreadableError
    except _UnreadableError:
        return no_one_knows(place)
    return found


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    done = 0
    text = text.strip()
    while done < len(text):
        match = _TOKEN.match(text, done)
        if match is None or match.lastgroup is None or len(found) >= _MAX_TOKENS:
            raise _UnreadableError
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        done = match.end()
    return found


class _Parser:
    """Reads and computes at once."""

    def __init__(self, tokens: Sequence[_Token], scope: Scope, place: Location) -> None:
        self.tokens = tokens
        self.scope = scope
        self.place = place
        self.at = 0

    def pipeline(self, depth: int) -> Datum:
        """Commands joined by pipes; each gets the value before it as its last argument."""
        if depth > _MAX_NESTING:
            raise _UnreadableError
        value = self._command(depth, None)
        while self._takes("|"):
            value = self._command(depth, value)
        return value

    def _takes(self, sign: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("sign", sign):
            self.at += 1
            return True
        return False

    def _command(self, depth: int, piped: Datum | None) -> Datum:
        if self.at >= len(self.tokens):
            raise _UnreadableError
        token = self.tokens[self.at]
        if token.kind == "word" and token.text not in ("true", "false", "nil"):
            self.at += 1
            given = self._operands(depth)
            return self._call(token.text, [*given, piped] if piped is not None else given)
        operands = self._operands(depth)
        if len(operands) != 1 or piped is not None:
            raise _UnreadableError
        return operands[0]

    def _operands(self, depth: int) -> list[Datum]:
        found: list[Datum] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "sign" and token.text != "(":
                break
            self.at += 1
            found.append(self._operand(token, depth))
        return found

    def _operand(self, token: _Token, depth: int) -> Datum:
        if token == ("sign", "("):
            value = self.pipeline(depth + 1)
            if not self._takes(")"):
                raise _UnreadableError
            after = self.tokens[self.at] if self.at < len(self.tokens) else None
            if after is not None and after.kind == "path" and after.text.startswith(".") and value.kind != "value":
                self.at += 1  # (x).field; a path that stands apart reads the same, and is rare
                return self._below(value, after.text.split(".")[1:])
            return value
        if token.kind in ("string", "raw", "number"):
            text = token.text.replace('\\"', '"').replace("\\n", "\n") if token.kind == "string" else token.text
            return literal(text, self.place)
        if token.kind == "path":
            return self._path(token.text)
        if token.text in ("true", "false"):
            return literal(token.text, self.place)
        if token.text == "nil":
            return nil(self.place)
        if token.kind == "word":
            return self._call(token.text, [])
        raise _UnreadableError

    def _path(self, text: str) -> Datum:
        first, *names = text.split(".")
        if first == "$":
            return self._below(self.scope.root, names)
        if first.startswith("$"):
            known = self.scope.variables.get(first)
            return no_one_knows(self.place) if known is None else self._below(known, names)
        return self._below(self.scope.dot, [name for name in names if name])

    def _below(self, datum: Datum, names: Sequence[str]) -> Datum:
        for name in names:
            if datum.kind == "unknown":
                return datum
            found = datum.fields.get(name)
            if found is None:
                is_ours = datum is self.scope.root or datum.key in ("Release", "Capabilities", "Chart")
                return no_one_knows(self.place) if is_ours else nil(self.place)
            datum = self._here(found) if datum.key == "Release" else found
        return datum

    def _call(self, name: str, given: Sequence[Datum]) -> Datum:
        if name in ("include", "template"):
            return self._include(given)
        if name in ("and", "or"):
            return self._junction(name, given)
        function = FUNCTIONS.get(name)
        return no_one_knows(self.place) if function is None else function(given, self.place)

    def _include(self, given: Sequence[Datum]) -> Datum:
        """What a helper gives is known for the few names that every chart has; one for a component names that."""
        *above, name = given[0].value.split(".") if given and given[0].kind == "value" else [""]
        component = above[-1] if len(above) > 1 else ""
        if name.endswith("-fullname"):
            component, name = name.removesuffix("-fullname"), "fullname"
        found = self._image(given, component) if name == "image" else self.scope.names.get(name)
        if found is None:
            return no_one_knows(self.place)
        found = self._here(found)
        if not component or component in ("common", "names", "labels"):
            return found
        if found.kind == "map":
            return with_fields(
                found, {**found.fields, COMPONENT: literal(component, self.place)._replace(key=COMPONENT)}
            )
        return found._replace(value=f"{found.value}-{component}") if name == "fullname" else found

    def _image(self, given: Sequence[Datum], component: str) -> Datum | None:
        """What a helper for images makes of registry, repository and tag: those it is given, or those of the values."""
        values = self.scope.root.fields["Values"]
        image = given[1].fields.get("imageRoot") if len(given) > 1 else None
        image = image or (values.at(component, "image") if component else None) or values.fields.get("image")
        if image is None or not image.text("repository"):
            return None
        registry = values.text("global", "imageRegistry") or image.text("registry")
        tag = image.text("tag") or self.scope.root.text("Chart", "AppVersion")
        whole = f"{registry}/{image.text('repository')}" if registry else image.text("repository")
        return image._replace(kind="value", value=f"{whole}:{tag}" if tag else whole, fields={}, items=())

    def _here(self, made: Datum) -> Datum:
        """A value that no file holds stands where the template asks for it."""
        fields = {key: each._replace(location=self.place) for key, each in made.fields.items()}
        return with_fields(made, fields)._replace(location=self.place) if fields else made._replace(location=self.place)

    def _junction(self, name: str, given: Sequence[Datum]) -> Datum:
        """The first that decides; one that nobody knows decides nothing, unless a later one does."""
        for each in given:
            known = is_true(each)
            if known is (name == "or"):
                return each
        unknown = [each for each in given if is_true(each) is None]
        if unknown or not given:
            return no_one_knows(self.place)
        return given[-1]
