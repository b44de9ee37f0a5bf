"""Classes whose fields are variables of the environment."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.facts.ir import Call, Const, Display, Event, Expr, Name, Op, Sub
from statecheck.facts.walk import last_name, span
from statecheck.project.arguments import argument
from statecheck.project.casts import type_named
from statecheck.project.link import Project
from statecheck.project.sources import Located, Sources
from statecheck.project.values import ScopeRef
from statecheck.project.variables import Read
from statecheck.rules.schema import Reader

RESERVED = "model_"
CLASS_VARIABLE = "ClassVar"
NOTHING = Const(0, 0, "none", "None", 4)


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
    for owner in project.evaluator.classes.info(cls).mro:  # what mixins declare is read as well
        for event in project.scope(owner).events:
            if event.op == "annotated" and isinstance(event.targets[0], Name):
                name = event.targets[0].id
                if not name.startswith(("_", RESERVED)) and last_name(_bare(event.extra)) != CLASS_VARIABLE:
                    yield from _of_field(owner, name, event, reader, prefix)


def _bare(annotation: Expr | None) -> Expr:
    expr = annotation.value if isinstance(annotation, Sub) else annotation
    return expr if expr is not None else NOTHING


def _of_field(cls: ScopeRef, name: str, event: Event, reader: Reader, prefix: str) -> Iterator[Read]:
    variables = [f"{prefix}{name}".upper()]
    default = event.value
    if isinstance(event.value, Call):
        default, variables = _declared(event.value, reader, variables)
    required = default is None or (isinstance(default, Const) and default.kind == "ellipsis")
    none = isinstance(default, Const) and default.kind == "none"
    at = Located(cls, default, event.region) if default is not None and not required and not none else None
    start, end = span(event.targets[0])
    for variable in variables:
        place = (cls.path, start, end)
        yield Read(variable, place, cls, event.region, at, required, _annotated(event.extra), "class")


def _declared(call: Call, reader: Reader, variables: list[str]) -> tuple[Expr | None, list[str]]:
    """The default of ``Field(…)`` and the variables that it names. Any other call is the default itself."""
    named = next((found for word in reader.arguments if (found := _named(argument(call, word, None)))), variables)
    made = argument(call, "default_factory", None)
    given = argument(call, reader.default, reader.default_position)
    if made is not None or given is not None:
        return (made or given), named
    return (None if call.keywords or not call.args else call), named


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
