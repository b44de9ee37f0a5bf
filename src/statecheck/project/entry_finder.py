"""Where a framework, a queue or a shell calls functions of the tree, as the models say."""

from __future__ import annotations

from collections.abc import Iterator

from statecheck.facts.ir import Attr, Call, Const, Display, Expr, Scope
from statecheck.project.arguments import argument
from statecheck.project.calls import CallGraph
from statecheck.project.entries import Entry, Registration, Registrations
from statecheck.project.evaluate import Evaluator
from statecheck.project.shapes import CodeShapes
from statecheck.project.values import (
    ClassValue,
    Foreign,
    ForeignInstance,
    FunctionValue,
    Instance,
    Item,
    ScopeRef,
    Site,
)


class EntryFinder:
    """Applies the models to decorators, calls, base classes, attributes and settings of the tree."""

    def __init__(self, evaluator: Evaluator, graph: CallGraph) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._knowledge = evaluator.knowledge
        self._graph = graph
        self._made = Registrations(evaluator)

    def find(self) -> list[Entry]:
        """All entry points in order of place, each function once a label."""
        found = [
            *self._decorated(),
            *self._called(),
            *self._subclasses(),
            *self._attributes(),
            *self._settings(),
            *self._consumers(),
            *self._shapes(),
            *self._named(),
        ]
        return sorted(dict.fromkeys(found), key=lambda entry: (entry.ref, entry.pos, entry.label))

    def _decorated(self) -> Iterator[Entry]:
        for ref, scope in self._tables.scopes():
            around = ScopeRef(ref.path, scope.parent)
            for decorator in scope.decorators:
                call = decorator if isinstance(decorator, Call) else None
                for name in self._evaluator.decorator_names(around, decorator, scope.defined_in):
                    for known in self._knowledge.entries_for(name, "decorator"):
                        made = Registration(known, name, call, ref.path, scope.pos)
                        yield from self._made.of_value(made, self._as_item(ref, scope))

    def _as_item(self, ref: ScopeRef, scope: Scope) -> Item:
        for decorator in scope.decorators:  # a class of the tree as decorator: the name is an object of it
            for item in self._evaluator.evaluate(ScopeRef(ref.path, scope.parent), decorator, scope.defined_in):
                if isinstance(item.value, ClassValue):
                    return Item(Instance(item.value.ref, Site(ref.path, scope.pos)))
        return Item(ClassValue(ref)) if scope.kind == "class" else Item(FunctionValue(ref))

    def _called(self) -> Iterator[Entry]:
        for use in (*self._graph.uses, *self._graph.header_uses):
            for known in self._knowledge.entries_for(use.name, "call"):
                given = argument(use.call, known.entry.argument, known.entry.position)
                if given is not None:
                    made = Registration(known, use.name, use.call, use.ref.path, use.call.pos, use.ref)
                    yield from self._made.of_expression(made, use.ref, given, use.event.region)

            if any(isinstance(item.value, ForeignInstance) for item in use.items) and use.call.args:
                for known in self._knowledge.entries_for(use.name, "decorator"):  # app.command("x")(function)
                    inner = use.call.func if isinstance(use.call.func, Call) else None
                    made = Registration(known, use.name, inner, use.ref.path, use.call.pos, use.ref)
                    yield from self._made.of_expression(made, use.ref, use.call.args[0], use.event.region)

        yield from self._constructed()

    def _constructed(self) -> Iterator[Entry]:
        """``Shop(lifespan=…)`` where ``class Shop(FastAPI)``, whose constructor hands on what it does not know."""
        classes = self._evaluator.classes
        for cls, sites in self._graph.made.items():
            bases = classes.info(cls).foreign
            own = classes.method(cls, "__init__") if bases else None
            taken = {param.name for param in self._tables.scope(own).params} if own is not None else set()
            for base in bases:
                for known in self._knowledge.entries_for(base, "call"):
                    word = known.entry.argument
                    for site in sites if word and word not in taken else ():
                        given = argument(site.call, word, None)
                        if given is not None:
                            made = Registration(known, base, site.call, site.caller.path, site.call.pos, site.caller)
                            yield from self._made.of_expression(made, site.caller, given, site.region)

    def _subclasses(self) -> Iterator[Entry]:
        for cls in self._evaluator.classes.refs:
            info = self._evaluator.classes.info(cls)
            for base in info.foreign:
                for known in self._knowledge.subclass_entries(base):
                    made = Registration(known, base, None, cls.path, self._tables.scope(cls).pos)
                    yield from self._made.of_class(made, cls, known.entry)

    def _attributes(self) -> Iterator[Entry]:
        wanted = {name.rpartition(".")[2]: name for match, name in self._knowledge.entries if match == "attribute"}
        for attr in wanted:
            for store in self._tables.attribute_stores.get(attr, ()):
                if store.value is None or not isinstance(store.target, Attr):
                    continue
                for base in self._evaluator.evaluate(store.ref, store.target.value, store.event.region):
                    for owner in (
                        *self._evaluator.foreign_types(base),
                        *([base.value.name] if isinstance(base.value, Foreign) else []),
                    ):
                        for known in self._knowledge.entries_for(f"{owner}.{attr}", "attribute"):
                            made = Registration(known, f"{owner}.{attr}", None, store.ref.path, store.event.pos)
                            yield from self._made.of_expression(made, store.ref, store.value, store.event.region)
        for use in self._graph.uses:
            name, _, method = use.name.rpartition(".")
            if method in ("append", "connect", "add", "register") and name:
                for known in self._knowledge.entries_for(name, "attribute"):
                    for given in use.call.args[:1]:
                        made = Registration(known, name, use.call, use.ref.path, use.call.pos)
                        yield from self._made.of_expression(made, use.ref, given, use.event.region)

    def _settings(self) -> Iterator[Entry]:
        """Dotted strings under a settings key: ``MIDDLEWARE = ["shop.middleware.Tracker"]``."""
        wanted = [
            (name, known)
            for (match, name), rows in self._knowledge.entries.items()
            if match == "setting"
            for known in rows
        ]
        for name, known in wanted:
            keys = name.split(".")
            start = next((number for number, key in enumerate(keys) if key.isupper()), len(keys) - 1)
            for path, table in self._tables.files.items():
                for binding in table.bindings.get((0, keys[start]), ()):
                    if binding.value is not None:
                        for text in strings_under(binding.value, tuple(keys[start + 1 :])):
                            for item in self._made.by_dotted_name(path, text.value):
                                made = Registration(known, name, None, path, text.pos)
                                yield from self._made.of_value(made, item)

    def _shapes(self) -> Iterator[Entry]:
        """Code that the models know by its looks; the object of a callable class serves all calls."""
        for known, ref in CodeShapes(self._evaluator).entries():
            scope = self._tables.scope(ref)
            entry = self._made.entry(Registration(known, scope.name, None, ref.path, scope.pos), ref)
            yield entry._replace(kept=True) if scope.name == "__call__" else entry

    def _consumers(self) -> Iterator[Entry]:
        """Functions that take messages in a loop of their own, and files that run as a whole for each request."""
        for use in self._graph.uses:
            ref = self._tables.function_around(use.ref)
            loops = self._knowledge.entries_for(use.name, "loop") if ref.scope else ()
            for known in (*loops, *self._knowledge.entries_for(use.name, "script")):
                yield self._made.entry(Registration(known, use.name, None, ref.path, self._tables.scope(ref).pos), ref)

    def _named(self) -> Iterator[Entry]:
        """Functions that the settings name themselves: what runs at start-up."""
        for ref, scope in self._tables.scopes() if self._knowledge.taught else ():
            if scope.kind == "def" and (name := self._evaluator.names.taught(ref)):
                for known in self._knowledge.entries_for(name, "function"):
                    yield self._made.entry(Registration(known, name, None, ref.path, scope.pos), ref)


def strings_under(value: Expr, keys: tuple[str, ...]) -> Iterator[Const]:
    """The string constants at a key path inside a literal; lists are transparent, "*" is any key."""
    if isinstance(value, Const):
        if not keys and value.kind == "str":
            yield value
    elif isinstance(value, Display) and value.kind == "dict":
        for key, item in zip(value.keys, value.items, strict=True):
            if (keys and (keys[0] == "*" or (isinstance(key, Const) and key.value == keys[0]))) or keys[:1] == ("*",):
                yield from strings_under(item, keys[1:])
    elif isinstance(value, Display):
        rest = keys[1:] if keys[:1] == ("*",) else keys
        for item in value.items:
            yield from strings_under(item, rest if isinstance(item, Display) else keys)
            if rest is not keys and isinstance(item, Const):
                yield from strings_under(item, rest)
    else:
        for operand in getattr(value, "operands", ()):  # ["a"] + OTHERS
            yield from strings_under(operand, keys)
