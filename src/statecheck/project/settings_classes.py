"""Classes whose fields are variables of the environment."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.facts.ir import Call, Const, Display, Expr, Op, Sub
from statecheck.facts.walk import last_name
from statecheck.project.arguments import argument
from statecheck.project.casts import type_named
from statecheck.project.link import Project
from statecheck.project.sources import Located, Sources
from statecheck.project.tables import Binding
from statecheck.project.values import ScopeRef
from statecheck.project.variables import Read
from statecheck.rules.schema import Reader

RESERVED = "model_"


def class_reads(project: Project) -> list[Read]:
    """The fields of all settings classes of the application, each with the variable that sets it."""
    readers = {name: row for name, row in project.knowledge.readers.items() if row.match == "class"}
    classes = project.evaluator.classes
    found: list[Read] = []
    for cls in classes.refs:
        reader = next((readers[base] for base in classes.info(cls).foreign if base in readers), None)
        if reader is not None and project.is_application(cls.path):
            found += _of_class(project, cls, reader)
    return found


def _of_class(project: Project, cls: ScopeRef, reader: Reader) -> Iterator[Read]:
    prefix = _prefix(project, cls, reader)
    for (scope, name), bindings in project.tables.files[cls.path].bindings.items():
        for binding in bindings[-1:] if scope == cls.scope and not name.startswith(("_", RESERVED)) else ():
            if binding.kind == "value" and binding.annotation is not None:
                yield from _of_field(cls, name, binding, reader, prefix)


def _of_field(cls: ScopeRef, name: str, binding: Binding, reader: Reader, prefix: str) -> Iterator[Read]:
    value = binding.value
    variables = [f"{prefix}{name}".upper()]
    default = value
    if isinstance(value, Call):
        given = argument(value, reader.default, reader.default_position)
        made = argument(value, "default_factory", None)
        default = given if given is not None or made is not None else None
        if default is None and made is None and not value.keywords and value.args:
            default = value
        for word in reader.arguments:
            if named := _named(argument(value, word, None)):
                variables = named
                break
        if made is not None:
            default = made
    empty = isinstance(default, Const) and default.kind == "ellipsis"
    none = isinstance(default, Const) and default.kind == "none"
    place = (cls.path, binding.pos, binding.pos + len(name))
    at = Located(cls, default, binding.region) if default is not None and not empty and not none else None
    for variable in variables:
        required = default is None or empty
        yield Read(variable, place, cls, binding.region, at, required, _annotated(binding.annotation), "class")


def _named(expr: Expr | None) -> list[str]:
    """The names that an alias gives: a text, or a choice of several."""
    if isinstance(expr, Const) and expr.kind == "str":
        return [expr.value.upper()]
    if isinstance(expr, Call):
        return [name for given in expr.args for name in _named(given)]
    return [name for item in expr.items for name in _named(item)] if isinstance(expr, Display) else []


def _annotated(expr: Expr | None) -> str:
    """The type that an annotation names: ``list[str]`` is a list, ``int | None`` an int."""
    if isinstance(expr, Op) and expr.op == "|":
        return next((found for part in expr.operands if (found := _annotated(part))), "")
    if isinstance(expr, Sub):
        inner = expr.index.items[0] if isinstance(expr.index, Display) else expr.index
        return type_named(last_name(expr.value)) or _annotated(inner)
    return type_named(last_name(expr)) if expr is not None else ""


def _prefix(project: Project, cls: ScopeRef, reader: Reader) -> str:
    """``model_config = SettingsConfigDict(env_prefix="SHOP_")``, or the same in a class inside."""
    for above in project.evaluator.classes.info(cls).mro:
        for path in reader.prefixes:
            holder, _, key = path.partition(".")
            for value in _inside(project, above, holder, key):
                if isinstance(value, Const) and value.kind == "str":
                    return value.value
    return ""


def _inside(project: Project, cls: ScopeRef, holder: str, key: str) -> Iterator[Expr]:
    table = project.tables.files[cls.path]
    for binding in table.bindings.get((cls.scope, holder), ()):
        if binding.value is not None:
            if isinstance(binding.value, Call) and (given := argument(binding.value, key, None)) is not None:
                yield given
            at = Located(cls, binding.value, binding.region)
            yield from (found.expr for _, found in Sources(project).inside(at, (key,)))
        elif binding.kind == "class":
            inner = ScopeRef(cls.path, binding.ref)
            yield from (row.value for row in table.bindings.get((inner.scope, key), ()) if row.value is not None)
