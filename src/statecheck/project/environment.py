"""Where the code reads variables of the environment, in all the ways that the models know.

A helper that reads what it is told to (``def env(name, default)``) is followed to its callers: each of them is a read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from statecheck.facts.ir import Attr, Call, Const, Display, Event, Expr, Op, Sub
from statecheck.facts.walk import last_name, span
from statecheck.project.arguments import argument
from statecheck.project.calls import Use
from statecheck.project.casts import fallback, type_named, type_of_use
from statecheck.project.frames import Framed, Frames, Open
from statecheck.project.link import Project
from statecheck.project.settings_classes import class_reads
from statecheck.project.sources import Located
from statecheck.project.values import Foreign, ForeignInstance, ScopeRef
from statecheck.project.variables import Read
from statecheck.rules.schema import Reader

MAX_HELPERS = 3  # functions that hand the name of a variable on
MEMBERSHIP = ("in", "not in")
NOTHING = Const(0, 0, "none", "None", 4)


class Found(NamedTuple):
    """A read before its name is known."""

    reader: Reader
    ref: ScopeRef
    region: int
    node: Expr
    event: Event | None
    name: Located | None
    default: Located | None
    required: bool
    type: str = ""
    prefix: str = ""


class Environment:
    """All reads of the environment in the application, in order of place. ``hidden``: places that nobody can name."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._framed = Framed(project)
        self.hidden: list[tuple[str, int, int]] = []
        reads = [read for found in self._found() for read in self._named(found, {})]
        reads += class_reads(project)
        self.reads = sorted(set(reads), key=lambda read: (read.place, read.variable))

    # -- calls and items ---------------------------------------------------------------------------------------------

    def _found(self) -> Iterator[Found]:
        graph = self._project.graph
        for use in (*graph.uses, *graph.header_uses, *self._decorators()):
            if self._project.is_application(use.ref.path):
                yield from self._of_use(use)
        yield from self._of_items()
        yield from self._of_attributes()

    def _decorators(self) -> Iterator[Use]:
        """Decorators that are options: ``@click.option("--port", envvar="PORT")``."""
        words = {row.argument for row in self._project.knowledge.readers.values() if row.match == "option"}
        for ref, scope in self._project.tables.scopes():
            for call in scope.decorators:
                if not isinstance(call, Call) or words.isdisjoint(keyword.name for keyword in call.keywords):
                    continue
                around = ScopeRef(ref.path, scope.parent)
                event = Event("expr", call.pos, call.end, scope.defined_in)
                for item in self._project.evaluator.evaluate(around, call.func, scope.defined_in):
                    if isinstance(item.value, Foreign):
                        yield Use(around, event, call, item.value.name, False)

    def _of_use(self, use: Use) -> Iterator[Found]:
        items = use.items or self._project.evaluator.evaluate(use.ref, use.call.func, use.event.region)
        called = any(isinstance(item.value, ForeignInstance) and item.value.name == use.name for item in items)
        reader = self._project.knowledge.reader(f"{use.name}.__call__" if called else use.name)
        if reader is None:
            return
        if reader.match == "declaration":
            yield from self._declared(use, reader)
        elif reader.match == "prefix":
            given = argument(use.call, reader.argument, reader.position)
            name = given or Const(use.call.pos, use.call.end, "str", reader.prefix, len(reader.prefix))
            at = Located(use.ref, name, use.event.region)
            yield Found(reader, use.ref, use.event.region, use.call, None, at, None, False)
        elif reader.match in ("call", "option"):
            yield from self._of_call(use, reader)

    def _of_call(self, use: Use, reader: Reader) -> Iterator[Found]:
        given = argument(use.call, reader.argument, reader.position)
        if given is None and (reader.match == "option" or not reader.prefix):
            return
        if given is None:
            given = Const(use.call.pos, use.call.end, "str", reader.prefix, len(reader.prefix))
        default = argument(use.call, reader.default, reader.default_position)
        if default is None and reader.match == "option":
            default = self._default_of_parameter(use)
        elif default is None or (isinstance(default, Const) and default.value in ("", "None")):
            default = fallback(use.event, use.call) or default
        cast = argument(use.call, reader.cast, reader.cast_position) if reader.cast else None
        found = Found(
            reader,
            use.ref,
            use.event.region,
            use.call,
            use.event,
            None,
            Located(use.ref, default, use.event.region) if default is not None else None,
            default is None and not reader.optional,
            reader.type or (type_named(last_name(cast)) if cast is not None else ""),
            self._prefix_around(use),
        )
        names = given.items if isinstance(given, Display) else (given,)
        for name in names:
            yield found._replace(name=Located(use.ref, name, use.event.region))

    def _default_of_parameter(self, use: Use) -> Expr | None:
        """``name: Annotated[str, Option(envvar="NAME")] = "x"``."""
        for scope in self._project.files[use.ref.path].scopes:
            for param in scope.params:
                if param.annotation is not None and param.pos <= use.call.pos <= span(param.annotation)[1]:
                    return param.default
        return None

    def _declared(self, use: Use, reader: Reader) -> Iterator[Found]:
        """``Env(DEBUG=(bool, False))``."""
        for keyword in use.call.keywords:
            value = keyword.value
            if not isinstance(value, Display) or value.kind != "tuple" or not value.items:
                continue
            name = Const(value.pos, value.end, "str", keyword.name, len(keyword.name))
            default = Located(use.ref, value.items[1], use.event.region) if len(value.items) > 1 else None
            at = Located(use.ref, name, use.event.region)
            kind = type_named(last_name(value.items[0]))
            yield Found(reader, use.ref, use.event.region, value, None, at, default, default is None, kind)

    def _prefix_around(self, use: Use) -> str:
        """The prefixes of the blocks that the read stands in: ``with env.prefixed("SHOP_")``."""
        owner = use.name.rpartition(".")[0] or use.name
        regions = self._project.files[use.ref.path].regions
        region, prefix = use.event.region, ""
        while region >= 0:
            row = regions[region]
            if row.kind == "with" and isinstance(row.test, Call):
                for item in self._project.evaluator.evaluate(use.ref, row.test.func, row.parent):
                    name = item.value.name if isinstance(item.value, Foreign) else ""
                    reader = self._project.knowledge.reader(name)
                    if reader is not None and reader.match == "block" and name.startswith((owner, use.name)):
                        given = argument(row.test, reader.argument, reader.position)
                        text = self._framed.text(Located(use.ref, given, row.parent), {}) if given is not None else None
                        prefix = (text if isinstance(text, str) else "") + prefix
            region = row.parent
        return prefix

    def _of_items(self) -> Iterator[Found]:
        """``os.environ["X"]`` and ``"X" in os.environ``."""
        readers = {name: row for name, row in self._project.knowledge.readers.items() if row.match == "item"}
        last = {name.rpartition(".")[2] for name in readers}
        names = last | {
            row.bound for facts in self._project.files.values() for row in facts.imports if row.name in last
        }
        for row in self._project.tables.rows:
            if not self._project.is_application(row.ref.path):
                continue
            for node in row.asking:
                base, key, must = _asked(node)
                if last_name(base) not in names or any(node is target for target in row.event.targets):
                    continue
                reader = self._reader_of(row.ref, base, row.event.region, readers)
                if reader is not None:
                    at = Located(row.ref, key, row.event.region)
                    required = must and not self._is_guarded(row.ref, row.event.region)
                    yield Found(reader, row.ref, row.event.region, node, row.event, at, None, required)

    def _reader_of(self, ref: ScopeRef, base: Expr, region: int, readers: Mapping[str, Reader]) -> Reader | None:
        for item in self._project.evaluator.evaluate(ref, base, region):
            if isinstance(item.value, (Foreign, ForeignInstance)) and item.value.name in readers:
                return readers[item.value.name]
        return None

    def _is_guarded(self, ref: ScopeRef, region: int) -> bool:
        """Does the code do without: it tries, or asks first?"""
        regions = self._project.files[ref.path].regions
        while region >= 0:
            row = regions[region]
            if row.kind == "try" or (row.kind == "if" and isinstance(row.test, Op) and row.test.op in MEMBERSHIP):
                return True
            region = row.parent
        return False

    def _of_attributes(self) -> Iterator[Found]:
        """``settings.PORT`` of an object that takes its attributes from the environment."""
        readers = {name: row for name, row in self._project.knowledge.readers.items() if row.match == "attribute"}
        makers = [use for use in self._project.graph.uses if use.name in readers]
        made = {use.name: self._prefix_of(use, readers[use.name]) for use in makers}
        prefixes = {**self._ready_made(readers), **made}
        if not prefixes:
            return
        for row in self._project.tables.rows:
            for node in row.nodes if self._project.is_application(row.ref.path) else ():
                if not isinstance(node, Attr) or not node.attr.isupper() or node in row.event.targets:
                    continue
                items = self._project.evaluator.evaluate(row.ref, node.value, row.event.region)
                names = [item.value.name for item in items if isinstance(item.value, ForeignInstance)]
                if maker := next((name for name in names if name in prefixes), None):
                    name = Const(node.pos, node.pos, "str", prefixes[maker] + node.attr, len(node.attr))
                    at = Located(row.ref, name, row.event.region)
                    yield Found(readers[maker], row.ref, row.event.region, node, row.event, at, None, False)

    def _ready_made(self, readers: Mapping[str, Reader]) -> dict[str, str]:
        """The classes of such objects that an imported package holds ready, with the prefix that they have then."""
        held = self._project.knowledge.objects_of(readers)
        packages = self._project.imported_packages() if held else frozenset()
        imported = [of for name, of in held.items() if name.partition(".")[0] in packages]
        return {of: f"{readers[of].prefix}_" if readers[of].prefix else "" for of in imported}

    def _prefix_of(self, use: Use, reader: Reader) -> str:
        given = argument(use.call, reader.argument, reader.position)
        text = self._framed.text(Located(use.ref, given, use.event.region), {}) if given is not None else reader.prefix
        if isinstance(given, Const) and given.kind != "str":
            return ""
        return f"{text}_" if isinstance(text, str) and text else ""

    # -- names -------------------------------------------------------------------------------------------------------

    def _named(self, found: Found, frames: Frames) -> Iterator[Read]:
        assert found.name is not None
        text = self._framed.text(found.name, frames)
        if isinstance(text, Open) and len(frames) < MAX_HELPERS and text.function not in frames:
            sites = [
                site for site in self._framed.sites(text.function) if self._project.is_application(site.caller.path)
            ]
            for site in sites:
                yield from self._named(found, {**frames, text.function: site})
            if sites:
                return
        if not isinstance(text, str) or not text:
            self.hidden.append((found.ref.path, *span(found.node)))
            return
        yield self._read(found, frames, found.prefix + text)

    def _read(self, found: Found, frames: Frames, name: str) -> Read:
        place = (found.ref.path, *span(found.node))
        ref, region = found.ref, found.region
        for site in frames.values():  # the last one is where the variable is named
            ref, region = site.caller, site.region
            place = (ref.path, site.call.pos, site.call.end)
        default = self._default(found, frames)
        nothing = default is not None and isinstance(default.expr, Const) and default.expr.kind in ("none", "ellipsis")
        variable = f"{name.rstrip('_')}_*" if found.reader.match == "prefix" else name
        kind = found.type or type_of_use(found.event, found.node)
        return Read(
            variable,
            place,
            ref,
            region,
            None if nothing else default,
            found.required and default is None,
            kind,
            found.reader.match,
        )

    def _default(self, found: Found, frames: Frames) -> Located | None:
        if found.default is not None:
            return self._framed.value(found.default, frames)
        for function, site in frames.items():
            for name in self._framed.handed_back(function):
                given = self._framed.given(function, name, site)
                if given is not None and given.expr is not (found.name.expr if found.name else None):
                    return self._framed.value(given, frames)
        return None


def _asked(node: Expr) -> tuple[Expr, Expr, bool]:
    """The object, the key, and whether it must be there, of ``x["k"]`` and ``"k" in x``; of anything else nothing."""
    if isinstance(node, Sub):
        return node.value, node.index, True
    if isinstance(node, Op) and node.op in MEMBERSHIP and len(node.operands) == 2:
        return node.operands[1], node.operands[0], False
    return NOTHING, NOTHING, False
