"""Symbol tables: what binds each name of each scope, and which statements store to an attribute of a given name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from statecheck.facts.ir import (
    Attr,
    Call,
    Const,
    Display,
    Event,
    Expr,
    FileFacts,
    Import,
    Name,
    Param,
    Scope,
    Star,
    Sub,
)
from statecheck.facts.walk import iter_expr
from statecheck.project.values import ScopeRef

LOOPS = ("for", "while")
BINDING = frozenset(
    {
        "assign",
        "annotated",
        "walrus",
        "type",
        "augmented",
        "for",
        "with",
        "case",
        "delete",
        "except",
        "import",
        "def",
        "class",
    }
)


class Binding(NamedTuple):
    """One way in which a name gets its value.

    ``kind``: value (it is ``value``), element (an element of ``value``), context (what ``with value`` gives), param,
    import, def, class, other. ``unpack`` leads into tuple targets. ``scope`` is where the statement stands, which
    differs from the scope of the name after ``global`` and ``nonlocal``.
    """

    kind: str
    scope: int
    region: int
    pos: int
    value: Expr | None = None
    annotation: Expr | None = None
    unpack: tuple[int, ...] = ()
    event: Event | None = None
    imported: Import | None = None
    param: Param | None = None
    ref: int = -1


class Store(NamedTuple):
    """A statement that stores to an attribute or an item."""

    ref: ScopeRef
    event: Event
    target: Attr | Sub
    value: Expr | None  # None where it cannot be told (unpacking, augmented, deleted)


class Row(NamedTuple):
    """An event with every expression in it and every call among them, in pre-order."""

    ref: ScopeRef
    scope: Scope
    event: Event
    nodes: list[Expr]
    calls: list[Call]


class FileTable:
    """The bindings of one file. ``bindings[scope, name]`` are in source order."""

    def __init__(self, path: str, facts: FileFacts) -> None:
        self.path = path
        self.facts = facts
        self.bindings: dict[tuple[int, str], list[Binding]] = defaultdict(list)
        self.stars: list[Import] = []
        self.stores: list[Store] = []
        self.children: dict[int, list[int]] = defaultdict(list)
        for scope in facts.scopes:
            self._read(scope)

    def home(self, scope: int, name: str) -> int:
        """The scope that ``name`` belongs to when it is bound in ``scope``: follows ``global`` and ``nonlocal``."""
        here = self.facts.scopes[scope]
        if here.kind == "comp" and name not in here.binds:
            return self.home(here.parent, name)
        if name in here.globals:
            return 0
        if name in here.nonlocals:
            outer = self.lookup(here.parent, name)
            return scope if outer is None else outer
        return scope

    def lookup(self, scope: int, name: str) -> int | None:
        """The scope that a read of ``name`` in ``scope`` finds it in, by Python's rules; None when not in this file."""
        first = True
        current = scope
        while current >= 0:
            here = self.facts.scopes[current]
            if (here.kind != "class" or first) and (current, name) in self.bindings:
                return current
            if name in here.globals:
                return 0 if (0, name) in self.bindings else None
            first = first and here.kind == "comp"
            current = here.parent
        return None

    def is_inside(self, region: int, ancestor: int) -> bool:
        """Does ``region`` lie in ``ancestor`` (or equal it), within one scope?"""
        while region >= 0:
            if region == ancestor:
                return True
            region = self.facts.regions[region].parent
        return False

    def loop_around(self, region: int) -> int | None:
        """The outermost loop around ``region`` in its scope."""
        found = None
        while region >= 0:
            if self.facts.regions[region].kind in LOOPS:
                found = region
            region = self.facts.regions[region].parent
        return found

    def reaching(self, scope: int, name: str, region: int, pos: int) -> list[Binding]:
        """The bindings of a local that may hold at ``pos``: the last ones before it, and those of a loop around it."""
        bindings = self.bindings.get((scope, name), [])
        if len(bindings) < 2:
            return bindings
        kept: list[Binding] = []
        loop: int | None = None
        is_loop_known = False  # it is only asked for where a binding stands behind
        for binding in bindings:
            if binding.pos < pos:
                if binding.kind != "augmented" and self.is_inside(region, binding.region):
                    kept = []
                kept.append(binding)
                continue
            if not is_loop_known:
                loop, is_loop_known = self.loop_around(region), True
            if loop is not None and self.is_inside(binding.region, loop):
                kept.append(binding)
        return kept or bindings

    def _read(self, scope: Scope) -> None:
        index = scope.index
        if scope.parent >= 0:
            self.children[scope.parent].append(index)
        for param in scope.params:
            self._bind(
                index,
                param.name,
                Binding("param", index, scope.region, param.pos, param=param, annotation=param.annotation),
            )
        for event in scope.events:
            self._read_event(index, event)

    def _bind(self, scope: int, name: str, binding: Binding) -> None:
        self.bindings[self.home(scope, name), name].append(binding)

    def _read_event(self, scope: int, event: Event) -> None:
        if event.op not in BINDING:
            return
        base = Binding("other", scope, event.region, event.pos, event=event)
        if event.op in ("assign", "annotated", "walrus", "type"):
            kind = "value" if event.value is not None else "declared"
            for target in event.targets:
                self._bind_target(scope, target, base._replace(kind=kind, value=event.value, annotation=event.extra))
        elif event.op == "augmented":
            self._bind_target(scope, event.targets[0], base._replace(kind="augmented"))
        elif event.op in ("for", "with"):
            kind = "element" if event.op == "for" else "context"
            for target in event.targets:
                self._bind_target(scope, target, base._replace(kind=kind, value=event.value))
        elif event.op in ("case", "delete"):
            for target in event.targets:
                if event.op == "case":
                    self._bind_target(scope, target, base)
                elif isinstance(target, (Attr, Sub)):
                    self.stores.append(Store(ScopeRef(self.path, scope), event, target, None))
        elif event.op == "except" and event.note:
            self._bind(scope, event.note, base)
        elif event.op == "import":
            self._bind_import(scope, base._replace(kind="import", imported=self.facts.imports[event.ref]))
        elif event.op in ("def", "class"):
            self._bind(scope, self.facts.scopes[event.ref].name, base._replace(kind=event.op, ref=event.ref))

    def _bind_import(self, scope: int, binding: Binding) -> None:
        assert binding.imported is not None
        if binding.imported.name == "*":
            self.stars.append(binding.imported)
        else:
            self._bind(scope, binding.imported.bound, binding)

    def _bind_target(self, scope: int, target: Expr, binding: Binding) -> None:
        if isinstance(target, Name):
            self._bind(scope, target.id, binding._replace(pos=target.pos))
        elif isinstance(target, Display):
            for number, item in enumerate(target.items):
                self._bind_target(scope, item, binding._replace(unpack=(*binding.unpack, number)))
        elif isinstance(target, Star):
            self._bind_target(scope, target.value, binding._replace(kind="other"))
        elif isinstance(target, (Attr, Sub)) and binding.event is not None:
            plain = binding.kind == "value" and not binding.unpack
            self.stores.append(
                Store(ScopeRef(self.path, scope), binding.event, target, binding.value if plain else None)
            )


class Tables:
    """The symbol tables of all files, and stores by the name of the attribute (or of the container) they go to."""

    def __init__(self, files: Mapping[str, FileFacts]) -> None:
        self.files = {path: FileTable(path, facts) for path, facts in files.items()}
        self.attribute_stores: dict[str, list[Store]] = defaultdict(list)
        self.item_stores: dict[str, list[Store]] = defaultdict(list)
        self.key_stores: dict[str, list[Store]] = defaultdict(list)  # by the literal or named key
        self.rows: list[Row] = [row for ref, scope in self.scopes() for row in _rows(ref, scope)]
        self._rows_by_scope: dict[ScopeRef, list[Row]] = defaultdict(list)
        for row in self.rows:
            self._rows_by_scope[row.ref].append(row)
        for table in self.files.values():
            for store in table.stores:
                if isinstance(store.target, Attr):
                    self.attribute_stores[store.target.attr].append(store)
                    continue
                if key := key_name(store.target.index):
                    self.key_stores[key].append(store)
                if isinstance(store.target.value, Name):
                    self.item_stores[store.target.value.id].append(store)
                elif isinstance(store.target.value, Attr):
                    self.item_stores[store.target.value.attr].append(store)

    def scope(self, ref: ScopeRef) -> Scope:
        """The facts of a scope."""
        return self.files[ref.path].facts.scopes[ref.scope]

    def scopes(self) -> Iterator[tuple[ScopeRef, Scope]]:
        """Every scope of every file, files in order of path."""
        for path, table in self.files.items():
            for scope in table.facts.scopes:
                yield ScopeRef(path, scope.index), scope

    def rows_in(self, ref: ScopeRef) -> list[Row]:
        """The events of a scope with their expressions, in source order."""
        return self._rows_by_scope.get(ref, [])

    def function_around(self, ref: ScopeRef) -> ScopeRef:
        """The innermost def, lambda or module around a scope (itself included): comprehensions run in place."""
        scope = self.scope(ref)
        while scope.kind == "comp":
            scope = self.scope(ScopeRef(ref.path, scope.parent))
        return ScopeRef(ref.path, scope.index)

    def class_around(self, ref: ScopeRef) -> ScopeRef | None:
        """The class that a method stands in directly."""
        scope = self.scope(ref)
        if scope.parent >= 0 and self.scope(ScopeRef(ref.path, scope.parent)).kind == "class":
            return ScopeRef(ref.path, scope.parent)
        return None


def _rows(ref: ScopeRef, scope: Scope) -> Iterator[Row]:
    for event in scope.events:
        nodes = [node for top in expressions(event) for node in iter_expr(top)]
        yield Row(ref, scope, event, nodes, [node for node in nodes if type(node) is Call])


def expressions(event: Event) -> Iterator[Expr]:
    """The expressions that an event evaluates; annotations are none."""
    yield from event.targets
    if event.value is not None:
        yield event.value
    if event.extra is not None and event.op != "annotated":
        yield event.extra


def key_name(index: Expr) -> str:
    """The key of ``x["key"]`` or ``x[KEY]`` as a name of what lies there; "" for a computed one."""
    if isinstance(index, Const) and index.kind == "str":
        return f'["{index.value}"]'
    return f"[{index.id}]" if isinstance(index, Name) and index.id.isupper() else ""
