"""Which constants an expression can be: through names, choices, f-strings, dicts and reads of the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Choice, Const, Expr, FString, Op, Sub
from statecheck.project.arguments import argument
from statecheck.project.link import Project
from statecheck.project.sources import MAX_SOURCES, Located, Sources
from statecheck.project.values import Foreign, ForeignInstance, ScopeRef
from statecheck.rules.schema import Reader

HOLE = "\ufffc"  # stands for the part of a text that is not known
_BRACES = re.compile(r"\{[^{}]*\}")
_PERCENT = re.compile(r"%(\(\w+\))?[-#0-9.+ ]*[a-zA-Z]")


class Constant(Struct, frozen=True, gc=False):
    """A constant: ``kind`` as in :class:`statecheck.facts.ir.Const`. Unknown parts of ``text`` are :data:`HOLE`.

    ``variable`` is the environment variable that this is only the default of, None for a plain literal. ``at`` is the
    file, start and end of the literal; None for a text that is put together from parts. ``around`` is then that text
    whatever the variable says: with a hole where its default stands.
    """

    kind: str
    text: str
    variable: str | None = None
    at: tuple[str, int, int] | None = None
    around: str = ""

    @property
    def whole(self) -> bool:
        """Is all of the text known?"""
        return HOLE not in self.text


class Resolved(Struct, frozen=True, gc=False):
    """What is known of a value: its constants, the variables that must be set, and whether it may be something else."""

    constants: tuple[Constant, ...] = ()
    required: tuple[str, ...] = ()
    unknown: bool = False

    @property
    def is_none(self) -> bool:
        """Is it ``None`` and nothing else?"""
        return (
            bool(self.constants)
            and not self.unknown
            and not self.required
            and all(constant.kind == "none" for constant in self.constants)
        )


UNKNOWN = Resolved(unknown=True)


def constants(project: Project, ref: ScopeRef, expr: Expr, region: int = -1) -> Resolved:
    """Every constant that ``expr``, standing in scope ``ref`` and ``region``, may be."""
    return Resolver(project).resolve(Located(ref, expr, region))


def called_names(project: Project, at: Located) -> list[str]:
    """The foreign functions that the call at ``at`` may run; calling an object is its ``__call__``."""
    if not isinstance(at.expr, Call):
        return []
    items = project.evaluator.evaluate(at.ref, at.expr.func, at.region)
    return [
        item.value.name if isinstance(item.value, Foreign) else f"{item.value.name}.__call__"
        for item in items
        if isinstance(item.value, (Foreign, ForeignInstance))
    ]


class Resolver(Sources):
    """Follows one question; a question that leads back to itself is unknown."""

    def resolve(self, at: Located) -> Resolved:
        """The constants of the expression."""
        sources = self.sources(at)
        return _merge(self._of_source(source) for source in sources[:MAX_SOURCES]) if sources else UNKNOWN

    def _of_source(self, at: Located) -> Resolved:
        expr = at.expr
        if isinstance(expr, Const):
            return Resolved((Constant(expr.kind, expr.value, at=(at.ref.path, expr.pos, expr.end)),))
        if isinstance(expr, Choice):
            return self._choice(at, expr)
        if isinstance(expr, FString):
            return self._joined(at, expr.parts)
        if isinstance(expr, Op):
            return self._operation(at, expr)
        if isinstance(expr, Call):
            return self._call(at, expr)
        if isinstance(expr, Sub):
            return self._subscript(at, expr)
        return UNKNOWN

    def _choice(self, at: Located, expr: Choice) -> Resolved:
        parts = [self.resolve(replace(at, expr=part)) for part in expr.items]
        if expr.kind == "or" and parts[0].required:  # os.environ.get("X") or "fallback"
            variable = parts[0].required[0]
            later = _merge(parts[1:])
            defaults = tuple(replace(constant, variable=variable, around="") for constant in later.constants)
            return Resolved(defaults, (), later.unknown)
        return _merge(parts)

    def _operation(self, at: Located, expr: Op) -> Resolved:
        if expr.op == "+":
            return self._joined(at, expr.operands)
        if expr.op == "/":
            return self._joined(at, expr.operands, "/")
        if expr.op == "%" and isinstance(expr.operands[0], Const) and expr.operands[0].kind == "str":
            return Resolved((Constant("str", _PERCENT.sub(HOLE, expr.operands[0].value)),))
        if expr.op == "-" and len(expr.operands) == 1 and isinstance(expr.operands[0], Const):
            return Resolved((Constant(expr.operands[0].kind, f"-{expr.operands[0].value}"),))
        return UNKNOWN

    def _joined(self, at: Located, parts: Iterable[Expr], between: str = "") -> Resolved:
        """Texts joined; parts that are not known, or can be several texts, become holes."""
        texts: list[str] = []
        around: list[str] = []
        variable: str | None = None
        known = False
        for part in parts:
            found = self.resolve(replace(at, expr=part))
            sure = len(found.constants) == 1 and not found.unknown and not found.required
            single = found.constants[0] if sure else None
            known = known or isinstance(part, Const) or single is not None
            variable = variable or (single.variable if single else None)
            texts.append(single.text if single else HOLE)
            around.append(HOLE if single is None or single.variable is not None else single.text)
        if not known:
            return UNKNOWN
        return Resolved((Constant("str", between.join(texts), variable, around=between.join(around)),))

    def _call(self, at: Located, call: Call) -> Resolved:
        knowledge = self._project.knowledge
        for name in called_names(self._project, at):
            effect = knowledge.effect(name)
            reader = knowledge.reader(name)
            if effect == "env" or (reader is not None and reader.match == "call"):
                return self._environment(at, call, reader)
            if effect == "join":
                return self._joined(at, call.args, "/")
            if effect == "identity" and call.args:
                return self.resolve(replace(at, expr=call.args[-1]))
            if name == "builtins.str" and len(call.args) == 1:
                return self.resolve(replace(at, expr=call.args[0]))
            if name in ("builtins.int", "builtins.bool", "builtins.float") and len(call.args) == 1:
                return self.resolve(replace(at, expr=call.args[0]))
        if isinstance(call.func, Attr) and call.func.attr == "format" and isinstance(call.func.value, Const):
            return Resolved((Constant("str", _BRACES.sub(HOLE, call.func.value.value)),))
        return UNKNOWN

    def _environment(self, at: Located, call: Call, reader: Reader | None) -> Resolved:
        """A read of the environment: its default where one is given, else required."""
        name = argument(call, reader.argument, reader.position) if reader is not None else argument(call, "key", 0)
        variable = self._text(at, name)
        default = argument(call, reader.default, reader.default_position) if reader is not None else None
        if default is None:
            return Resolved(required=(variable,))
        found = self.resolve(replace(at, expr=default))
        if found.is_none:
            return Resolved(required=(variable,))
        return replace(
            found,
            constants=tuple(
                replace(constant, variable=constant.variable or variable, around="") for constant in found.constants
            ),
        )

    def _text(self, at: Located, expr: Expr | None) -> str:
        found = self.resolve(replace(at, expr=expr)) if expr is not None else UNKNOWN
        return found.constants[0].text if found.constants else ""

    def _subscript(self, at: Located, expr: Sub) -> Resolved:
        for item in self._evaluator.evaluate(at.ref, expr.value, at.region):
            name = f"{item.value.name}.__getitem__" if isinstance(item.value, Foreign) else ""
            if name and self._project.knowledge.effect(name) == "env":
                return Resolved(required=(self._text(at, expr.index),))
        if isinstance(expr.index, Const):
            inside = self.inside(replace(at, expr=expr.value), (expr.index.value,))
            if inside:
                return _merge(self.resolve(found) for _, found in inside)
        return UNKNOWN


def _merge(parts: Iterable[Resolved]) -> Resolved:
    found = list(parts)
    if not found:
        return UNKNOWN
    return Resolved(
        tuple(dict.fromkeys(constant for part in found for constant in part.constants)),
        tuple(dict.fromkeys(name for part in found for name in part.required)),
        any(part.unknown for part in found),
    )
