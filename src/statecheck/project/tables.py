"""Symbol tables: what binds each name of each scope, and which statements store to an attribute of a given name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

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
    Op,
    Param,
    Scope,
    Star,
    Sub,
)
from statecheck.facts.walk import flat
from statecheck.project.values import ScopeRef

LOOPS = ("for", "while")
ASSIGNING = ("assign", "annotated", "walrus", "type")
VALUED = (*ASSIGNING, "for", "with")
TARGET_KINDS = MappingProxyType({"augmented": "augmented", "for": "element", "with": "context", "case": "other"})


class Binding(Struct, frozen=True, gc=False):
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


class Store(Struct, frozen=True, gc=False):
    """A statement that stores to an attribute or an item."""

    ref: ScopeRef
    event: Event
    target: Attr | Sub
    value: Expr | None  # None where it cannot be told (unpacking, augmented, deleted)


class Row(Struct, frozen=True, gc=False):
    """An event with every expression in it, in pre-order, and those among them that many ask for."""

    ref: ScopeRef
    scope: Scope
    event: Event
    nodes: tuple[Expr, ...]
    calls: tuple[Call, ...]
    asking: tuple[Sub | Op, ...]  # items, comparisons and other operators


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
        for key, rows in self.bindings.items():
            self.bindings[key] = rows[:]  # no longer than it is: most are one

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
                param.name, Binding("param", index, scope.region, param.pos, annotation=param.annotation, param=param)
            )
        for event in scope.events:
            self._read_event(index, event)

    def _bind(self, name: str, binding: Binding) -> None:
        self.bindings[self.home(binding.scope, name), name].append(binding)

    def _read_event(self, scope: int, event: Event) -> None:
        op = event.op
        if op in ASSIGNING:
            for target in event.targets:
                self._bind_target(scope, target, "value" if event.value is not None else "declared", event)
        elif op in ("augmented", "for", "with", "case"):
            for target in event.targets:
                self._bind_target(scope, target, TARGET_KINDS[op], event)
        elif op == "delete":
            for target in event.targets:
                if isinstance(target, (Attr, Sub)):
                    self.stores.append(Store(ScopeRef(self.path, scope), event, target, None))
        elif op == "except" and event.note:
            self._bind(event.note, Binding("other", scope, event.region, event.pos, event=event))
        elif op == "import":
            self._bind_import(scope, event, self.facts.imports[event.ref])
        elif op in ("def", "class"):
            name = self.facts.scopes[event.ref].name
            self._bind(name, Binding(op, scope, event.region, event.pos, event=event, ref=event.ref))

    def _bind_import(self, scope: int, event: Event, row: Import) -> None:
        if row.name == "*":
            self.stars.append(row)
        else:
            self._bind(row.bound, Binding("import", scope, event.region, event.pos, event=event, imported=row))

    def _bind_target(self, scope: int, target: Expr, kind: str, event: Event, unpack: tuple[int, ...] = ()) -> None:
        if isinstance(target, Name):
            value = event.value if event.op in VALUED else None
            annotation = event.extra if event.op in ASSIGNING else None
            self._bind(target.id, Binding(kind, scope, event.region, target.pos, value, annotation, unpack, event))
        elif isinstance(target, Display):
            for number, item in enumerate(target.items):
                self._bind_target(scope, item, kind, event, (*unpack, number))
        elif isinstance(target, Star):
            self._bind_target(scope, target.value, "other", event, unpack)
        elif isinstance(target, (Attr, Sub)):
            value = event.value if kind == "value" and not unpack else None
            self.stores.append(Store(ScopeRef(self.path, scope), event, target, value))


class Tables:
    """The symbol tables of all files, and stores by the name of the attribute (or of the container) they go to."""

    def __init__(self, files: Mapping[str, FileFacts]) -> None:
        self.files = {path: FileTable(path, facts) for path, facts in files.items()}
        self.attribute_stores: dict[str, list[Store]] = defaultdict(list)
        self.item_stores: dict[str, list[Store]] = defaultdict(list)
        self.key_stores: dict[str, list[Store]] = defaultdict(list)  # by the literal or named key
        self._scopes = [
            (ScopeRef(path, scope.index), scope) for path, table in self.files.items() for scope in table.facts.scopes
        ]
        self._rows_by_scope = {ref: _rows(ref, scope) for ref, scope in self._scopes}
        self.rows: list[Row] = [row for rows in self._rows_by_scope.values() for row in rows]
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

    def scopes(self) -> Sequence[tuple[ScopeRef, Scope]]:
        """Every scope of every file, files in order of path."""
        return self._scopes

    def rows_in(self, ref: ScopeRef) -> list[Row]:
        """The events of a scope with their expressions, in source order."""
        return self._rows_by_scope.get(ref, [])

    def function_around(self, ref: ScopeRef) -> ScopeRef:
        """The innermost def, lambda or module around a scope (itself included): comprehensions run in place."""
        while (scope := self.scope(ref)).kind == "comp":
            ref = ScopeRef(ref.path, scope.parent)
        return ref

    def class_around(self, ref: ScopeRef) -> ScopeRef | None:
        """The class that a method stands in directly."""
        scope = self.scope(ref)
        if scope.parent >= 0 and self.scope(ScopeRef(ref.path, scope.parent)).kind == "class":
            return ScopeRef(ref.path, scope.parent)
        return None


def _rows(ref: ScopeRef, scope: Scope) -> list[Row]:
    rows = []
    for event in scope.events:
        nodes = flat(expressions(event))
        calls = tuple([node for node in nodes if type(node) is Call])
        asking = tuple([node for node in nodes if type(node) is Sub or type(node) is Op])
        rows.append(Row(ref, scope, event, tuple(nodes), calls, asking))
    return rows


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
