"""Which constants an expression can be: through names, choices, f-strings, dicts and reads of the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from statecheck.facts.ir import (
    Attr,
    Await,
    Call,
    Choice,
    Const,
    Display,
    Expr,
    FString,
    Name,
    Op,
    Sub,
)
from statecheck.project.arguments import argument
from statecheck.project.link import Project
from statecheck.project.tables import Binding
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, Instance, ModuleValue, ScopeRef

HOLE = "\ufffc"  # stands for the part of a text that is not known
MAX_FOLLOWED = 24  # steps through names and calls for one question
MAX_SOURCES = 8
_BRACES = re.compile(r"\{[^{}]*\}")
_PERCENT = re.compile(r"%(\(\w+\))?[-#0-9.+ ]*[a-zA-Z]")


class Located(NamedTuple):
    """An expression with the scope and region that it stands in."""

    ref: ScopeRef
    expr: Expr
    region: int


class Constant(NamedTuple):
    """A constant: ``kind`` as in :class:`statecheck.facts.ir.Const`. Unknown parts of ``text`` are :data:`HOLE`.

    ``variable`` is the environment variable that this is only the default of, None for a plain literal. ``at`` is the
    file, start and end of the literal; None for a text that is put together from parts.
    """

    kind: str
    text: str
    variable: str | None = None
    at: tuple[str, int, int] | None = None

    @property
    def whole(self) -> bool:
        """Is all of the text known?"""
        return HOLE not in self.text


class Resolved(NamedTuple):
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


class Resolver:
    """Follows one question; a question that leads back to itself is unknown."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._seen: set[int] = set()

    def resolve(self, at: Located) -> Resolved:
        """The constants of the expression."""
        sources = self.sources(at)
        return _merge(self._of_source(source) for source in sources[:MAX_SOURCES]) if sources else UNKNOWN

    # -- following names ---------------------------------------------------------------------------------------------

    def sources(self, at: Located) -> list[Located]:
        """The expressions that give ``at`` its value, names followed. One that leads nowhere stands for itself."""
        expr = at.expr
        if isinstance(expr, Await):
            return self.sources(at._replace(expr=expr.value))
        if not isinstance(expr, (Name, Attr)):
            return [at]
        if id(expr) in self._seen or len(self._seen) > MAX_FOLLOWED:
            return [at]
        self._seen.add(id(expr))
        found = self._name(at, expr) if isinstance(expr, Name) else self._attribute(at, expr)
        return [source for step in found[:MAX_SOURCES] for source in self.sources(step)] or [at]

    def _name(self, at: Located, expr: Name) -> list[Located]:
        table = self._project.tables.files[at.ref.path]
        home = table.lookup(at.ref.scope, expr.id)
        if home is None:
            return self._star(at.ref.path, expr.id)
        if home == at.ref.scope and at.region >= 0:
            bindings = table.reaching(home, expr.id, at.region, expr.pos)
        else:
            bindings = table.bindings[home, expr.id]
        return [found for binding in bindings for found in self._binding(at.ref.path, binding)]

    def _binding(self, path: str, binding: Binding) -> Iterator[Located]:
        ref = ScopeRef(path, binding.scope)
        value = binding.value
        if binding.kind == "value" and value is not None:
            for step in binding.unpack:
                if not (isinstance(value, Display) and step < len(value.items) and not value.elided):
                    return
                value = value.items[step]
            yield Located(ref, value, binding.region)
        elif binding.kind == "import" and binding.imported is not None and binding.imported.name:
            row, modules = binding.imported, self._project.modules
            target = modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)
            if target is not None and target != path:
                yield from self.member(target, row.name)
        elif binding.kind == "param" and binding.param is not None and binding.param.default is not None:
            scope = self._project.scope(ref)
            yield Located(ScopeRef(path, scope.parent), binding.param.default, scope.defined_in)

    def member(self, path: str, name: str) -> list[Located]:
        """The expressions bound to a module-level name, through imports and star imports."""
        table = self._project.tables.files.get(path)
        if table is None:
            return []
        if (0, name) in table.bindings:
            return [found for binding in table.bindings[0, name] for found in self._binding(path, binding)]
        return self._star(path, name)

    def _star(self, path: str, name: str) -> list[Located]:
        key = hash((path, name))
        if key in self._seen:
            return []
        self._seen.add(key)
        modules = self._project.modules
        for row in self._project.tables.files[path].stars:
            target = modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)
            if target is not None and target != path and (found := self.member(target, name)):
                return found
        return []

    def _attribute(self, at: Located, expr: Attr) -> list[Located]:
        found: list[Located] = []
        for item in self._evaluator.evaluate(at.ref, expr.value, at.region):
            value = item.value
            if isinstance(value, ModuleValue):
                found += self.member(value.path, expr.attr)
            elif isinstance(value, (ClassValue, Instance)):
                cls = value.ref if isinstance(value, ClassValue) else value.cls
                found += self._class_member(cls, expr.attr)
        return found

    def _class_member(self, cls: ScopeRef, name: str) -> list[Located]:
        classes = self._evaluator.classes
        found = [
            Located(store.ref, store.value, store.event.region)
            for store in classes.field_stores(cls, name)
            if store.value is not None
        ]
        member = classes.member(cls, name)
        if member is not None and member[1] < 0:
            bindings = self._project.tables.files[member[0].path].bindings[member[0].scope, name]
            found += [step for binding in bindings for step in self._binding(member[0].path, binding)]
        return found

    # -- values --------------------------------------------------------------------------------------------------------

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
        parts = [self.resolve(at._replace(expr=part)) for part in expr.items]
        if expr.kind == "or" and parts[0].required:  # os.environ.get("X") or "fallback"
            variable = parts[0].required[0]
            later = _merge(parts[1:])
            defaults = tuple(constant._replace(variable=variable) for constant in later.constants)
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
        variable: str | None = None
        known = False
        for part in parts:
            found = self.resolve(at._replace(expr=part))
            sure = len(found.constants) == 1 and not found.unknown and not found.required
            single = found.constants[0] if sure else None
            known = known or isinstance(part, Const) or single is not None
            variable = variable or (single.variable if single else None)
            texts.append(single.text if single else HOLE)
        if not known:
            return UNKNOWN
        return Resolved((Constant("str", between.join(texts), variable),))

    def _call(self, at: Located, call: Call) -> Resolved:
        knowledge = self._project.knowledge
        for name in called_names(self._project, at):
            effect = knowledge.effect(name)
            if effect == "env":
                return self._environment(at, call)
            if effect == "join":
                return self._joined(at, call.args, "/")
            if effect == "identity" and call.args:
                return self.resolve(at._replace(expr=call.args[-1]))
            if name == "builtins.str" and len(call.args) == 1:
                return self.resolve(at._replace(expr=call.args[0]))
            if name in ("builtins.int", "builtins.bool", "builtins.float") and len(call.args) == 1:
                return self.resolve(at._replace(expr=call.args[0]))
        if isinstance(call.func, Attr) and call.func.attr == "format" and isinstance(call.func.value, Const):
            return Resolved((Constant("str", _BRACES.sub(HOLE, call.func.value.value)),))
        return UNKNOWN

    def _environment(self, at: Located, call: Call) -> Resolved:
        """A read of the environment: its default where one is given, else required."""
        variable = self._text(at, argument(call, "key", 0) or argument(call, "var", 0))
        default = argument(call, "default", 1)
        if default is None:
            return Resolved(required=(variable,))
        found = self.resolve(at._replace(expr=default))
        if found.is_none:
            return Resolved(required=(variable,))
        return found._replace(
            constants=tuple(constant._replace(variable=constant.variable or variable) for constant in found.constants)
        )

    def _text(self, at: Located, expr: Expr | None) -> str:
        found = self.resolve(at._replace(expr=expr)) if expr is not None else UNKNOWN
        return found.constants[0].text if found.constants else ""

    def _subscript(self, at: Located, expr: Sub) -> Resolved:
        for item in self._evaluator.evaluate(at.ref, expr.value, at.region):
            name = f"{item.value.name}.__getitem__" if isinstance(item.value, Foreign) else ""
            if name and self._project.knowledge.effect(name) == "env":
                return Resolved(required=(self._text(at, expr.index),))
        if isinstance(expr.index, Const):
            inside = self.inside(at._replace(expr=expr.value), (expr.index.value,))
            if inside:
                return _merge(self.resolve(found) for _, found in inside)
        return UNKNOWN

    # -- dicts ---------------------------------------------------------------------------------------------------------

    def inside(self, at: Located, path: tuple[str, ...]) -> list[tuple[Expr, Located]]:
        """What stands at a key path inside the dict ``at``, with the expression of the last key. ``*`` is any key."""
        if not path:
            return [(at.expr, at)]
        found: list[tuple[Expr, Located]] = []
        for source in self.sources(at):
            for key, value in self._pairs(source):
                if (taken := _taken(path, key[0])) == 0:
                    continue
                deeper = self.inside(source._replace(expr=value), path[taken:])
                found += [(key[1], value_at) for _, value_at in deeper] if len(path) == taken else deeper
        return found

    def is_open(self, at: Located) -> bool:
        """Can the dict hold more than its text shows: is it made elsewhere, or does it take in another?"""
        sources = self.sources(at)
        return not sources or any(
            not (isinstance(source.expr, Display) and source.expr.kind == "dict" and None not in source.expr.keys)
            for source in sources
        )

    def _pairs(self, at: Located) -> Iterator[tuple[tuple[str, Expr], Expr]]:
        """The keys of a dict display or ``dict(…)`` with their values; ``**other`` is followed."""
        expr = at.expr
        if isinstance(expr, Display) and expr.kind == "dict":
            for key, value in zip(expr.keys, expr.items, strict=False):
                if key is None:
                    for source in self.sources(at._replace(expr=value)):
                        yield from self._pairs(source)
                elif isinstance(key, Const):
                    yield (key.value, key), value
        elif isinstance(expr, Call) and isinstance(expr.func, Name) and expr.func.id == "dict":
            for keyword in expr.keywords:
                yield (keyword.name, keyword.value), keyword.value
        elif isinstance(expr, Display):  # a list: only "*" names its items
            yield from ((("", item), item) for item in expr.items)
        elif isinstance(expr, Choice):
            for part in expr.items:
                yield from self._pairs(at._replace(expr=part))


def _taken(path: tuple[str, ...], key: str) -> int:
    """How many parts of the key path a key stands for; a key may itself hold dots."""
    if path[0] in ("*", key):
        return 1
    number = key.count(".") + 1
    return number if number > 1 and ".".join(path[:number]) == key else 0


def _merge(parts: Iterable[Resolved]) -> Resolved:
    found = list(parts)
    if not found:
        return UNKNOWN
    return Resolved(
        tuple(dict.fromkeys(constant for part in found for constant in part.constants)),
        tuple(dict.fromkeys(name for part in found for name in part.required)),
        any(part.unknown for part in found),
    )
