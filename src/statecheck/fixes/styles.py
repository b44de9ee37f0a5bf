"""How a project reads its environment, and what a file writes for it at a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from statecheck.facts.ir import Call, Expr, Name, Sub
from statecheck.facts.walk import dotted
from statecheck.fixes.imports import added, bound_by, reaches, spelled
from statecheck.fixes.places import Spot
from statecheck.model import Edit
from statecheck.project.link import Project
from statecheck.project.values import Foreign, ForeignInstance
from statecheck.rules.schema import EnvironmentStyle


class Written(NamedTuple):
    """A style as a file can write it: the expression of the reader, and the import that it takes."""

    style: EnvironmentStyle
    reader: str
    imports: Edit | None = None


class Styles:
    """The styles of one project, the most used first."""

    def __init__(self, project: Project, styles: tuple[EnvironmentStyle, ...]) -> None:
        self._project = project
        self._styles = {project.knowledge.canonical(style.reader): style for style in styles}

    @cached_property
    def _here(self) -> Counter[tuple[str, str]]:
        """How often each style is used in each file. Only asked for where anything can be fixed."""
        return self._counted()

    @cached_property
    def _anywhere(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for (_, name), count in self._here.items():
            total[name] += count
        return total

    def is_known(self, name: str) -> bool:
        """Is there a style of the library that has this dotted name?"""
        return any(_package(style) == _package(name) for style in self._styles)

    def written(self, path: str, text: str, spot: Spot, like: str = "") -> Written | None:
        """The best style that can be written at the place: that of the file, else that of the project.

        ``like``: only one of the library that has this name.
        """
        order = list(self._styles)
        ranked = sorted(order, key=lambda name: (-self._here[path, name], -self._anywhere[name], order.index(name)))
        for name in ranked:
            if _package(name) != _package(like) if like else not (self._anywhere[name] or self._styles[name].fallback):
                continue
            found = self._at(path, text, spot, name)
            if found is not None:
                return found
        return None

    def _at(self, path: str, text: str, spot: Spot, name: str) -> Written | None:
        style, facts = self._styles[name], self._project.files[path]
        position = spot.chain[0].pos
        before = position if self._runs_at_import(path, spot) else facts.length + 1
        if style.instance:
            reader = next(self._instances(path, name, before), None)
        else:
            reader = spelled(facts, style.reader, before)
        if reader is not None:
            return Written(style, reader) if reaches(facts, reader.partition(".")[0], spot.scope) else None
        bound = bound_by(style.statement)
        if not bound or bound in facts.scopes[0].binds or not reaches(facts, bound, spot.scope):
            return None
        edit = added(text, facts, style.statement, before)
        tail = style.reader.partition(f"{bound}.")[2] if style.statement.startswith("import ") else ""
        return Written(style, f"{bound}.{tail}" if tail else bound, edit) if edit else None

    def _runs_at_import(self, path: str, spot: Spot) -> bool:
        scopes = self._project.files[path].scopes
        scope = spot.scope
        while scope > 0:
            if scopes[scope].kind in ("def", "lambda"):
                return False
            scope = scopes[scope].parent
        return True

    def _instances(self, path: str, name: str, before: int) -> Iterator[str]:
        """Names of the module that hold an object of the class, made or imported above ``before``."""
        table = self._project.tables.files[path]
        region = table.facts.scopes[0].region
        for word in dict.fromkeys((*table.facts.scopes[0].binds, *self._called(path))):
            bindings = table.bindings.get((0, word), [])
            if bindings and not any(row.pos < before and row.region == region for row in bindings):
                continue
            if not bindings and not any(star.pos < before for star in table.stars):
                continue
            items = self._project.evaluator.member(path, word)
            if any(isinstance(item.value, ForeignInstance) and self._is(item.value.name, name) for item in items):
                yield word

    def _is(self, cls: str, wanted: str) -> bool:
        return wanted in map(self._project.knowledge.canonical, self._project.knowledge.lineage(cls))

    def _called(self, path: str) -> Iterator[str]:
        """Names that the file calls: those that a star import brings are in no table."""
        for row in self._project.tables.rows if self._project.tables.files[path].stars else ():
            if row.ref.path == path:
                yield from (call.func.id for call in row.calls if isinstance(call.func, Name))

    def _counted(self) -> Counter[tuple[str, str]]:
        here: Counter[tuple[str, str]] = Counter()
        for use in self._project.graph.uses:
            name = next(
                (style for style in self._styles if use.name == style or use.name.startswith(f"{style}.")), None
            )
            if name is not None and self._project.is_application(use.ref.path):
                here[use.ref.path, name] += 1
        last = {name.rpartition(".")[2]: name for name in self._styles}
        for row in self._project.tables.rows:
            for node in row.nodes if self._project.is_application(row.ref.path) else ():
                if isinstance(node, Sub) and (word := dotted(node.value).rpartition(".")[2]) in last:
                    items = self._project.evaluator.evaluate(row.ref, node.value, row.event.region)
                    if any(isinstance(item.value, Foreign) and item.value.name == last[word] for item in items):
                        here[row.ref.path, last[word]] += 1
        return here


def _package(name: str) -> str:
    return name.partition(".")[0]


def filled(written: Written, key: str, name: str, default: str, quote: str) -> str | None:
    """The read as an expression; None for a type that the style has no words for. ``default`` "": required."""
    templates: Mapping[str, str] = written.style.optional if default else written.style.required
    template = templates.get(key)
    if template is None:
        return None
    if quote != '"':
        template = template.replace('"', quote)
    text = default if default[:1] in "\"'" else f"{quote}{default}{quote}"
    return template.format(reader=written.reader, name=name, default=default, text=text)


def is_loose(expression: str, parent: Expr | None, child: Expr) -> bool:
    """Would an expression with an operator bind otherwise in this place?"""
    if parent is None or " in " not in expression:
        return False
    if isinstance(parent, Call):
        return parent.func is child
    return type(parent).__name__ in ("Op", "Attr", "Sub", "Await", "Star")
