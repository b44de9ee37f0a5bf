"""What the walk fills in: the scope it is in, its events, regions and imports; frozen at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from statecheck.facts import ir


class ScopeDraft:
    """A scope that is being read. Its fields are those of :class:`ir.Scope`."""

    def __init__(
        self, index: int, kind: ir.ScopeKind, name: str, parent: ScopeDraft | None, pos: int, end: int
    ) -> None:
        self.index = index
        self.kind = kind
        self.name = name
        self.parent = parent
        self.qualname: str = f"{parent.qualname}.{name}" if parent and parent.parent else name
        self.pos = pos
        self.end = end
        self.body_end = end
        self.root = -1
        self.region = -1  # where the walk is
        self.defined_in = parent.region if parent else -1
        self.is_async = False
        self.is_generator = False
        self.params: tuple[ir.Param, ...] = ()
        self.decorators: tuple[ir.Expr, ...] = ()
        self.bases: tuple[ir.Expr, ...] = ()
        self.keywords: tuple[ir.Keyword, ...] = ()
        self.returns: ir.Expr | None = None
        self.binds: dict[str, None] = {}  # a set in order
        self.globals: dict[str, None] = {}
        self.nonlocals: dict[str, None] = {}
        self.events: list[ir.Event] = []

    def frozen(self) -> ir.Scope:
        """Return the finished scope."""
        outside = {**self.globals, **self.nonlocals}
        return ir.Scope(
            index=self.index,
            kind=self.kind,
            name=self.name,
            qualname=self.qualname if self.parent else "",
            parent=self.parent.index if self.parent else -1,
            pos=self.pos,
            end=self.end,
            body_end=self.body_end,
            region=self.root,
            defined_in=self.defined_in,
            is_async=self.is_async,
            is_generator=self.is_generator,
            params=self.params,
            decorators=self.decorators,
            bases=self.bases,
            keywords=self.keywords,
            returns=self.returns,
            binds=tuple(name for name in self.binds if name not in outside),
            globals=tuple(self.globals),
            nonlocals=tuple(self.nonlocals),
            events=tuple(self.events),
        )


class RegionDraft:
    """A region that is being read: whether it leaves is known at its end."""

    def __init__(self, parent: int, scope: int, kind: ir.RegionKind, pos: int, test: ir.Expr | None) -> None:
        self.parent = parent
        self.scope = scope
        self.kind = kind
        self.pos = pos
        self.test = test
        self.leaves = False


class Builder:
    """Collects the facts of one file."""

    def __init__(self, start: int, length: int) -> None:
        self.scopes: list[ScopeDraft] = []
        self.regions: list[RegionDraft] = []
        self.imports: list[ir.Import] = []
        self.current = module = ScopeDraft(0, "module", "", None, start, length)
        self.scopes.append(module)
        self._root(module, start)

    def declare(self, kind: ir.ScopeKind, name: str, pos: int, end: int) -> ScopeDraft:
        """Add a scope inside the current one, without going in."""
        scope = ScopeDraft(len(self.scopes), kind, name, self.current, pos, end)
        self.scopes.append(scope)
        self._root(scope, pos)
        return scope

    def _root(self, scope: ScopeDraft, pos: int) -> None:
        scope.root = scope.region = len(self.regions)
        self.regions.append(RegionDraft(-1, scope.index, "body", pos, None))

    @contextmanager
    def inside(self, scope: ScopeDraft) -> Iterator[None]:
        """Make ``scope`` the current one for a while."""
        outer, self.current = self.current, scope
        yield
        self.current = outer

    def region(self, parent: int, kind: ir.RegionKind, pos: int, test: ir.Expr | None = None) -> int:
        """Add a region of the current scope under ``parent`` and return its index."""
        self.regions.append(RegionDraft(parent, self.current.index, kind, pos, test))
        return len(self.regions) - 1

    def function(self) -> ScopeDraft:
        """Return the scope that a walrus binds in and a ``yield`` belongs to: comprehensions are looked through."""
        scope = self.current
        while scope.kind == "comp" and scope.parent is not None:
            scope = scope.parent
        return scope

    def emit(
        self,
        op: ir.EventOp,
        pos: int,
        end: int,
        targets: tuple[ir.Expr, ...] = (),
        value: ir.Expr | None = None,
        extra: ir.Expr | None = None,
        note: str = "",
        ref: int = -1,
    ) -> None:
        """Add an event to the current scope, in its current region."""
        scope = self.current
        scope.events.append(ir.Event(op, pos, end, scope.region, targets, value, extra, note, ref))

    def bind(self, targets: Iterable[ir.Expr], scope: ScopeDraft | None = None) -> None:
        """Note the names that a store to ``targets`` binds."""
        binds = (scope or self.current).binds
        stack = list(targets)[::-1]
        while stack:
            target = stack.pop()
            if isinstance(target, ir.Name):
                binds[target.id] = None
            elif isinstance(target, ir.Display):
                stack.extend(reversed(target.items))
            elif isinstance(target, ir.Star):
                stack.append(target.value)

    def add_import(self, found: ir.Import) -> None:
        """Note an imported name: its binding and its event."""
        self.imports.append(found)
        if found.bound:
            self.current.binds[found.bound] = None
        self.emit("import", found.pos, found.end, ref=len(self.imports) - 1)

    def frozen_regions(self) -> tuple[ir.Region, ...]:
        """Return the finished regions."""
        return tuple(ir.Region(r.parent, r.scope, r.kind, r.pos, r.test, r.leaves) for r in self.regions)
