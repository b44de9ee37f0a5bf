"""Fix of a value that stands in the code, or is drawn at random: it becomes a read of an environment variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from statecheck.detectors.secrets import looks_drawn
from statecheck.facts.ir import Attr, Call, Choice, Const, Display, Expr
from statecheck.facts.walk import dotted, span
from statecheck.fixes.fields import field_fix
from statecheck.fixes.naming import Words, variable
from statecheck.fixes.places import Spot, find
from statecheck.fixes.splicing import argument_edit, has_comment
from statecheck.fixes.styles import Styles, Written, filled, is_loose
from statecheck.model import Edit, Finding, Fix
from statecheck.project.arguments import argument
from statecheck.project.link import Project
from statecheck.project.values import Foreign, ForeignInstance, ScopeRef
from statecheck.rules.schema import Fixing, Form, Reader, Rule

_OFF: Mapping[str, str] = {"True": "False", "true": "false", "1": "0", "yes": "no", "on": "off"}
_TYPES: Mapping[str, str] = {"str": "text", "bytes": "bytes", "int": "int", "float": "float", "bool": "bool"}
_QUOTE = re.compile(r"""(?i)[rbu]*(["'])""")
_NOT_ONLY_READING = ("pop", "setdefault")
_CASTS = ("str", "int", "float", "bool")


class Case(NamedTuple):
    """A finding with what its fix is made from."""

    finding: Finding
    rule: Rule
    fixing: Fixing
    form: Form | None
    path: str
    text: str
    spot: Spot  # the whole value: what is drawn, with all that turns it into text
    type: str  # key of the templates

    def slice(self, expr: Expr) -> str:
        """The source of an expression."""
        start, end = span(expr)
        return self.text[start:end]

    def fix(self, message: str, *edits: Edit | None) -> Fix:
        """The fix with these edits."""
        known = tuple(sorted(edit for edit in edits if edit is not None))
        return Fix(self.path, known, self.fixing.applicability, message)


class Default(NamedTuple):
    """A read of a variable that has the value as its default: ``call`` reads it, ``whole`` holds both."""

    whole: Spot
    call: Call
    name: str
    reader: Reader


class Reads:
    """Makes the fixes of one project. Variables are shared by equal values only."""

    def __init__(self, project: Project, styles: Styles, words: Words) -> None:
        self._project = project
        self._styles = styles
        self._words = words
        self._named: dict[str, str] = {}  # variable → the value that it stands for

    def fix(self, finding: Finding, rule: Rule, start: int, end: int, text: str) -> Fix | None:
        """The fix for the value from ``start`` to ``end``; None where a person has to decide."""
        form = next((form for form in rule.forms if form.id == finding.form), None)
        path = finding.location.path
        spot = find(self._project.files[path], start, end)
        if rule.fix is None or spot is None or spot.param is not None:
            return None  # a default of a parameter is evaluated at import, whoever gives the argument
        if form is not None and form.id in rule.fix.without:
            return None
        whole = self._whole(path, spot, rule.fix)
        case = Case(finding, rule, rule.fix, form, path, text, *(whole or (spot, "")))
        if (fix := self._of_field(case)) is not None or not whole or self._is_for_a_person(case):
            return fix
        default = self._default(case)
        if default is not None:
            return self._of_default(case, default)
        return None if self._is_inside_read(case) else self._of_value(case)

    def _is_for_a_person(self, case: Case) -> bool:
        """A switch that somebody asks for already; one of several values; what a function draws for whatever use."""
        facts = self._project.files[case.path]
        if case.fixing.default == "off":
            region = case.spot.region
            while region >= 0:
                if facts.regions[region].kind in ("if", "else"):
                    return True
                region = facts.regions[region].parent
        if _is_one_of_many(case.spot):
            return True
        drawn = not isinstance(case.spot.node, Const) and case.form is not None and bool(case.form.syntax)
        return drawn and facts.scopes[case.spot.scope].kind not in ("module", "class")

    # -- what the value is -------------------------------------------------------------------------------------------

    def _whole(self, path: str, spot: Spot, fixing: Fixing) -> tuple[Spot, str] | None:
        """The whole value and its type."""
        node = spot.node
        if isinstance(node, Const):
            return (spot, _TYPES[node.kind]) if node.kind in _TYPES else None
        if not isinstance(node, Call) or not (made := self._made(path, spot, node, fixing)):
            return None
        while (around := spot.up()) is not None:
            match around.node:
                case Attr(attr="hex" | "decode" | "encode" as word):
                    method = around.up()
                    called = method is not None and isinstance(method.node, Call) and method.node.func is around.node
                    spot, made = (method if called and method else around), "bytes" if word == "encode" else "text"
                case Call(func=func) as call if func is not spot.node and (
                    turned := self._turned(path, around, call, fixing)
                ):
                    spot, made = around, turned
                case _:
                    break
        return spot, made

    def _made(self, path: str, spot: Spot, call: Call, fixing: Fixing) -> str:
        """The type of what a call of this name draws; "" for an unknown one."""
        names = {name for name, _ in self._called(path, spot, call)}
        canonical = self._project.knowledge.canonical
        return next((key for key, known in fixing.makes.items() if names & set(map(canonical, known))), "")

    def _turned(self, path: str, spot: Spot, call: Call, fixing: Fixing) -> str:
        if any(name == "builtins.str" for name, _ in self._called(path, spot, call)):
            return "text"
        return self._made(path, spot, call, fixing)

    def _called(self, path: str, spot: Spot, call: Call) -> list[tuple[str, Reader | None]]:
        """The foreign things that a call runs, with the way in which they read the environment."""
        found = []
        for item in self._project.evaluator.evaluate(ScopeRef(path, spot.scope), call.func, spot.region):
            if isinstance(item.value, (Foreign, ForeignInstance)):
                name = item.value.name if isinstance(item.value, Foreign) else f"{item.value.name}.__call__"
                found.append((name, self._project.knowledge.reader(name)))
        return found

    # -- where it stands ---------------------------------------------------------------------------------------------

    def _of_field(self, case: Case) -> Fix | None:
        """A field of a settings class: the class reads the environment already."""
        found = field_fix(self._project, case.path, case.text, case.spot, case.fixing.default == "off")
        return case.fix(*found) if found else None

    def _default(self, case: Case) -> Default | None:
        """What the value stands in for: ``get("X", value)``, ``get("X") or value``."""
        around = case.spot.up()
        if around is None:
            return None
        if isinstance(around.node, Call):
            name, reader = self._reader(case, around, around.node)
            if reader is None or argument(around.node, reader.default, reader.default_position) is not case.spot.node:
                return None
            return Default(around, around.node, name, reader)
        if not isinstance(around.node, Choice) or around.node.kind != "or" or len(around.node.items) != 2:
            return None
        first = around.node.items[0]
        name, reader = self._reader(case, around, first) if isinstance(first, Call) else ("", None)
        if reader is None or not isinstance(first, Call) or not reader.optional:
            return None
        given = argument(first, reader.default, reader.default_position)
        is_empty = given is None or (isinstance(given, Const) and given.value in ("", "None"))
        return Default(around, first, name, reader) if is_empty else None

    def _of_default(self, case: Case, default: Default) -> Fix | None:
        if case.fixing.default == "off":
            return self._switched_off(case) if default.whole.node is default.call else None
        if case.fixing.default == "keep":
            return None
        if default.reader.optional and self._styles.is_known(default.name):
            return self._required(case, default)
        return self._without_default(case, default) if default.whole.node is default.call else None

    def _is_inside_read(self, case: Case) -> bool:
        """Does it stand in a call that reads or declares variables in another way?"""
        spot: Spot | None = case.spot
        while spot is not None:
            if isinstance(spot.node, Call) and any(row for _, row in self._called(case.path, spot, spot.node)):
                return True
            spot = spot.up()
        return False

    def _reader(self, case: Case, spot: Spot, call: Call) -> tuple[str, Reader | None]:
        found = self._called(case.path, spot, call)
        return next(((name, row) for name, row in found if row and row.match == "call"), ("", None))

    def _switched_off(self, case: Case) -> Fix | None:
        node = case.spot.node
        if not isinstance(node, Const) or node.value not in _OFF:
            return None
        new = case.slice(node).replace(node.value, _OFF[node.value], 1)
        return case.fix("Switch the default off", Edit(node.pos, node.end, new))

    def _without_default(self, case: Case, default: Default) -> Fix | None:
        call, reader = default.call, default.reader
        cast = argument(call, reader.cast, reader.cast_position) if reader.cast else None
        if case.type != "text" and not reader.type and cast is None:
            return None  # the default says what type it is
        edit = argument_edit(case.text, call, case.spot.node)
        shown = self._shown(argument(call, reader.argument, reader.position))
        return case.fix(f"Drop the default of {shown}, which must then be set", edit) if edit else None

    def _required(self, case: Case, default: Default) -> Fix | None:
        """The whole of the read fails where the variable is not set."""
        whole, name = default.whole, default.name
        word = argument(default.call, default.reader.argument, default.reader.position)
        if word is None or name.rpartition(".")[2] in _NOT_ONLY_READING or has_comment(case.slice(whole.node)):
            return None
        above = whole.up()
        cast = above is not None and isinstance(above.node, Call) and dotted(above.node.func) in _CASTS
        written = self._styles.written(case.path, case.text, whole, like=name)
        if written is None or (case.type != "text" and not cast):
            return None
        new = filled(written, "text", case.slice(word), "", '"')
        message = f"Drop the default of {self._shown(word)}, which must then be set"
        return case.fix(message, Edit(*span(whole.node), new), written.imports) if new else None

    def _shown(self, name: Expr | None) -> str:
        return f"`{name.value}`" if isinstance(name, Const) else "the variable"

    # -- a value that is no default ----------------------------------------------------------------------------------

    def _of_value(self, case: Case) -> Fix | None:
        """The value itself becomes a read of a new variable."""
        source = case.slice(case.spot.node)
        written = self._styles.written(case.path, case.text, case.spot)
        if written is None or has_comment(source):
            return None
        node = case.spot.node
        default = ""
        if case.fixing.default == "off":
            if not isinstance(node, Const) or node.value != "True":
                return None
            default = "False"
        elif case.fixing.default == "keep" and isinstance(node, Const) and not looks_drawn(node.value):
            default = source
        name = variable(self._project, case.path, case.spot, case.rule, case.form, self._words)
        name = self._unique(name, node.value if isinstance(node, Const) else f"{case.path}:{node.pos}")
        return self._written(case, written, name, default) if name else None

    def _written(self, case: Case, written: Written, name: str, default: str) -> Fix | None:
        quote = _quote(case)
        new = filled(written, case.type, f"{quote}{name}{quote}", default, quote)
        if new is None:
            return None
        around = case.spot.up()
        new = f"({new})" if is_loose(new, around.node if around else None, case.spot.node) else new
        needs = "off unless it is set" if case.fixing.default == "off" else "the old value is its default"
        needs = needs if default else f"which must then be set{', to hexadecimal digits' if case.type == 'hex' else ''}"
        edit = Edit(*span(case.spot.node), new)
        return case.fix(f"Read `{name}` from the environment, {needs}", edit, written.imports)

    def _unique(self, name: str, value: str) -> str:
        """The name, with a number where another value has it already."""
        number, free = 1, name
        while name and self._named.setdefault(free, value) != value:
            number += 1
            free = f"{name}_{number}"
        return free


def _is_one_of_many(spot: Spot) -> bool:
    """Is it an item of a list, and not of a row of values for a row of names?"""
    around = spot.up()
    if around is None or not isinstance(around.node, Display) or around.node.kind == "dict":
        return False
    targets = around.event.targets if around.event is not None and around.is_value else ()
    return len(around.chain) > 1 or not any(isinstance(target, Display) for target in targets)


def _quote(case: Case) -> str:
    """The quote that the value has, else the usual one of the file."""
    match = _QUOTE.match(case.slice(case.spot.node))
    if match:
        return match[1]
    return "'" if case.text.count("'") > case.text.count('"') else '"'
