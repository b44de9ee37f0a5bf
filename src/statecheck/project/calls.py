"""The call graph: who calls whom, directly, as a callback, through a decorator, a property or a context manager."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from statecheck.facts.ir import Attr, Await, Call, Const, Event, Expr, Func, Name, Scope
from statecheck.facts.walk import iter_expr
from statecheck.project.callsites import CallSite, is_bound
from statecheck.project.evaluate import Evaluator
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, FunctionValue, Instance, Item, ScopeRef

# Too many classes have these for the one method of that name to be a fair guess.
COMMON_METHODS = frozenset(
    {
        "get",
        "set",
        "add",
        "append",
        "pop",
        "update",
        "items",
        "keys",
        "values",
        "run",
        "start",
        "stop",
        "close",
        "open",
        "read",
        "write",
        "send",
        "save",
        "delete",
        "create",
        "copy",
        "clear",
        "remove",
        "join",
        "split",
        "format",
        "strip",
        "encode",
        "decode",
        "execute",
        "commit",
        "filter",
        "all",
        "first",
        "count",
        "index",
        "insert",
        "sort",
        "extend",
        "put",
        "submit",
        "connect",
        "load",
        "dump",
    }
)


class Edge(NamedTuple):
    """``caller`` can run ``callee``. ``via``: call, override, callback, decorator, property, inline, dynamic, guess.

    ``registered`` is the foreign function that was handed a callback.
    """

    caller: ScopeRef
    callee: ScopeRef
    pos: int
    region: int
    via: str
    registered: str = ""


class Use(NamedTuple):
    """A call of something foreign: what rules about APIs look at. ``name`` is canonical."""

    ref: ScopeRef
    event: Event
    call: Call
    name: str
    awaited: bool
    items: tuple[Item, ...] = ()


class CallGraph:
    """Edges by caller and by callee, foreign calls, call sites of functions of the tree, and open calls."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self.edges: dict[ScopeRef, list[Edge]] = defaultdict(list)
        self.callers: dict[ScopeRef, list[Edge]] = defaultdict(list)
        self.uses: list[Use] = []
        self.header_uses: list[Use] = []  # foreign calls in decorators, defaults and annotations: Depends(get_store)
        self.call_sites: dict[ScopeRef, list[CallSite]] = defaultdict(list)
        self.escaped: dict[ScopeRef, list[ScopeRef]] = defaultdict(list)  # functions used as values → where
        self._methods = self._methods_by_name()
        self._functions = frozenset(scope.name for _, scope in self._tables.scopes() if scope.kind == "def")
        self._properties = {
            name for name, refs in self._methods.items() if any(evaluator.is_property(ref) for ref in refs)
        }
        self._seen: set[Edge] = set()
        self._by_scope: dict[ScopeRef, list[Use]] = defaultdict(list)
        for ref, _ in self._tables.scopes():
            self._read(ref)
        for use in self.uses:
            self._by_scope[use.ref].append(use)

    def uses_in(self, ref: ScopeRef) -> list[Use]:
        """The foreign calls that stand in a scope, in source order."""
        return self._by_scope.get(ref, [])

    def _methods_by_name(self) -> dict[str, list[ScopeRef]]:
        methods: dict[str, list[ScopeRef]] = defaultdict(list)
        for cls in self._evaluator.classes.refs:
            table = self._tables.files[cls.path]
            for child in table.children[cls.scope]:
                if table.facts.scopes[child].kind == "def":
                    methods[table.facts.scopes[child].name].append(ScopeRef(cls.path, child))
        return methods

    def _add(self, caller: ScopeRef, callee: ScopeRef, at: tuple[int, int], via: str, registered: str = "") -> None:
        edge = Edge(caller, callee, *at, via, registered)
        if edge not in self._seen:
            self._seen.add(edge)
            self.edges[caller].append(edge)
            self.callers[callee].append(edge)

    def _read(self, ref: ScopeRef) -> None:
        for child in self._tables.files[ref.path].children[ref.scope]:
            inner = self._tables.files[ref.path].facts.scopes[child]
            if inner.kind in ("class", "comp"):
                self._add(ref, ScopeRef(ref.path, child), (inner.pos, inner.defined_in), "inline")
            if inner.kind in ("def", "class") and inner.decorators:
                self._read_decorators(ref, ScopeRef(ref.path, child), inner)
            if inner.kind in ("def", "class"):
                self._read_header(ref, inner)
        for row in self._tables.rows_in(ref):
            event = row.event
            self._read_expressions(ref, event, row.nodes)
            if event.op == "with" and event.value is not None:
                self._read_context(ref, event, event.value)

    def _read_expressions(self, ref: ScopeRef, event: Event, nodes: list[Expr]) -> None:
        escapes = event.op not in ("def", "delete")
        called: Expr | None = None  # what the call just before calls: in pre-order it comes next
        awaited: Expr | None = None
        for node in nodes:
            kind = type(node)
            if kind is Const:
                continue
            if isinstance(node, Name):
                if node.id in self._functions and escapes and node is not called:
                    self._read_escape(ref, event, node)
            elif isinstance(node, Attr):
                if node.attr in self._functions and escapes and node is not called:
                    self._read_escape(ref, event, node)
                if node.attr in self._properties:
                    self._read_property(ref, event, node)
            elif isinstance(node, Call):
                called = node.func
                self._read_call(ref, event, node, node is awaited)
            elif isinstance(node, Await):
                awaited = node.value
            elif isinstance(node, Func):
                self._add(ref, ScopeRef(ref.path, node.scope), (node.pos, event.region), "inline")

    def _read_escape(self, ref: ScopeRef, event: Event, node: Expr) -> None:
        """A function named without being called: whoever gets it may call it later."""
        for item in self._evaluator.evaluate(ref, node, event.region):
            if isinstance(item.value, FunctionValue) and not self._evaluator.is_property(item.value.ref):
                self.escaped[item.value.ref].append(ref)

    def _read_call(self, ref: ScopeRef, event: Event, call: Call, awaited: bool) -> None:
        items = self._evaluator.evaluate(ref, call.func, event.region)
        known = False
        for item in items:
            value = item.value
            if isinstance(value, FunctionValue):
                known = True
                self._add(ref, value.ref, (call.pos, event.region), "call")
                bound = is_bound(self._evaluator, value, call)
                self.call_sites[value.ref].append(CallSite(ref, event.region, call, bound))
                for override in self._overrides(value) if bound and not _is_on_super(call) else ():
                    self._add(ref, override, (call.pos, event.region), "override")
                    self.call_sites[override].append(CallSite(ref, event.region, call, bound))
            elif isinstance(value, ClassValue):
                known = True
                self._construct(ref, event, call, value.ref)
            elif isinstance(value, Instance):
                known = True
                if method := self._evaluator.classes.method(value.cls, "__call__"):
                    self._add(ref, method, (call.pos, event.region), "call")
                    self.call_sites[method].append(CallSite(ref, event.region, call, True))
            elif isinstance(value, (Foreign, ForeignInstance)):
                known = True
                self.uses.append(Use(ref, event, call, value.name, awaited, items))
                if value.name == "builtins.getattr":
                    self._read_dynamic(ref, event, call)
                self._read_callbacks(ref, event, call, value.name)
        if not known and isinstance(call.func, Attr):
            self._guess(ref, event, call)
            self._read_callbacks(ref, event, call, "")

    def _overrides(self, value: FunctionValue) -> list[ScopeRef]:
        """The methods of subclasses that a call through the base class may reach."""
        if value.owner is None:
            return []
        name = self._tables.scope(value.ref).name
        classes = self._evaluator.classes
        found = (classes.method(sub, name) for sub in classes.subclasses(value.owner))
        return [method for method in dict.fromkeys(found) if method is not None and method != value.ref]

    def _construct(self, ref: ScopeRef, event: Event, call: Call, cls: ScopeRef) -> None:
        for name in ("__init__", "__new__", "__post_init__"):
            if method := self._evaluator.classes.method(cls, name):
                self._add(ref, method, (call.pos, event.region), "call")
                self.call_sites[method].append(CallSite(ref, event.region, call, True))

    def _read_dynamic(self, ref: ScopeRef, event: Event, call: Call) -> None:
        """``getattr(self, verb)``: any public method of the object may be meant."""
        if len(call.args) < 2 or isinstance(call.args[1], Const):
            return
        for item in self._evaluator.evaluate(ref, call.args[0], event.region):
            if isinstance(item.value, Instance):
                classes = self._evaluator.classes
                for cls in (item.value.cls, *classes.subclasses(item.value.cls)):
                    for name, method in classes.methods(cls).items():
                        if not name.startswith("_"):
                            self._add(ref, method, (call.pos, event.region), "dynamic")

    def _read_callbacks(self, ref: ScopeRef, event: Event, call: Call, name: str) -> None:
        """Functions handed to something foreign: it may call them, at once or later."""
        for given in (*call.args, *(keyword.value for keyword in call.keywords)):
            if isinstance(given, (Name, Attr, Func, Call)):
                for item in self._evaluator.evaluate(ref, given, event.region):
                    if (isinstance(item.value, FunctionValue) and not isinstance(given, Call)) or (
                        isinstance(item.value, FunctionValue) and self._is_partial(ref, event, given)
                    ):
                        self._add(ref, item.value.ref, (given.pos, event.region), "callback", name)

    def _is_partial(self, ref: ScopeRef, event: Event, given: Expr) -> bool:
        assert isinstance(given, Call)
        return any(
            isinstance(item.value, Foreign) and self._evaluator.knowledge.effect(item.value.name) == "partial"
            for item in self._evaluator.evaluate(ref, given.func, event.region)
        )

    def _read_decorators(self, around: ScopeRef, function: ScopeRef, scope: Scope) -> None:
        """A decorator of the tree runs where it stands; what it returns runs whenever the function does."""
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            for item in self._evaluator.evaluate(around, func, scope.defined_in):
                if isinstance(item.value, FunctionValue):
                    self._add(around, item.value.ref, (scope.pos, scope.defined_in), "call")
            for item in self._evaluator.evaluate(around, decorator, scope.defined_in):
                if isinstance(item.value, FunctionValue) and isinstance(decorator, Call):
                    self._add(around, item.value.ref, (scope.pos, scope.defined_in), "call")
            for wrapper in (
                *self._wrappers(around, decorator, scope),
                *self._callable_objects(around, decorator, scope),
            ):
                self._add(function, wrapper, (scope.pos, scope.defined_in), "decorator")
                self._add(wrapper, function, (self._tables.scope(wrapper).pos, -1), "decorator")
            for inner in iter_expr(decorator):
                if isinstance(inner, Call):
                    self._read_callbacks(around, Event("expr", inner.pos, inner.end, scope.defined_in), inner, "")

    def _read_header(self, around: ScopeRef, scope: Scope) -> None:
        """Calls inside decorators, defaults and annotations: they run where the function or class is defined."""
        exprs = [
            given
            for decorator in scope.decorators
            if isinstance(decorator, Call)
            for given in (*decorator.args, *(keyword.value for keyword in decorator.keywords))
        ]
        exprs += [expr for param in scope.params for expr in (param.default, param.annotation) if expr is not None]
        for expr in exprs:
            for call in iter_expr(expr) if type(expr) not in (Name, Attr, Const) else ():
                for item in (
                    self._evaluator.evaluate(around, call.func, scope.defined_in) if isinstance(call, Call) else ()
                ):
                    assert isinstance(call, Call)
                    if isinstance(item.value, FunctionValue):
                        self._add(around, item.value.ref, (call.pos, scope.defined_in), "call")
                    elif isinstance(item.value, (Foreign, ForeignInstance)):
                        event = Event("expr", call.pos, call.end, scope.defined_in)
                        self.header_uses.append(Use(around, event, call, item.value.name, False))

    def _wrappers(self, around: ScopeRef, decorator: Expr, scope: Scope) -> Iterator[ScopeRef]:
        """The inner functions that a home-made decorator puts in place of what it decorates."""
        for item in self._evaluator.evaluate(around, decorator, scope.defined_in):
            if isinstance(item.value, FunctionValue):
                for out in self._evaluator.returned(item.value.ref):
                    if isinstance(out.value, FunctionValue) and self._is_nested(out.value.ref):
                        yield out.value.ref

    def _callable_objects(self, around: ScopeRef, decorator: Expr, scope: Scope) -> Iterator[ScopeRef]:
        """A class of the tree as decorator: its ``__call__`` stands in for the function."""
        for item in self._evaluator.evaluate(around, decorator, scope.defined_in):
            cls = (
                item.value.ref
                if isinstance(item.value, ClassValue)
                else item.value.cls
                if isinstance(item.value, Instance)
                else None
            )
            method = self._evaluator.classes.method(cls, "__call__") if cls else None
            if method is not None and scope.kind == "def":
                yield method

    def _is_nested(self, ref: ScopeRef) -> bool:
        parent = self._tables.scope(ref).parent
        return parent > 0 and self._tables.scope(ScopeRef(ref.path, parent)).kind in ("def", "lambda")

    def _read_property(self, ref: ScopeRef, event: Event, node: Attr) -> None:
        for item in self._evaluator.evaluate(ref, node.value, event.region):
            if isinstance(item.value, Instance):
                for method in self._evaluator.classes.accessors(item.value.cls, node.attr):
                    if self._evaluator.is_property(method):
                        self._add(ref, method, (node.pos, event.region), "property")

    def _read_context(self, ref: ScopeRef, event: Event, expr: Expr) -> None:
        for item in self._evaluator.evaluate(ref, expr, event.region):
            if isinstance(item.value, Instance):
                for name in ("__enter__", "__exit__", "__aenter__", "__aexit__"):
                    if method := self._evaluator.classes.method(item.value.cls, name):
                        self._add(ref, method, (event.pos, event.region), "call")

    def _guess(self, ref: ScopeRef, event: Event, call: Call) -> None:
        """A method name that one class of the tree has, on a receiver of unknown type: a guess, never proof."""
        assert isinstance(call.func, Attr)
        methods = self._methods.get(call.func.attr, ())
        if len(methods) == 1 and call.func.attr not in COMMON_METHODS and not call.func.attr.startswith("__"):
            self._add(ref, methods[0], (call.pos, event.region), "guess")


def _is_on_super(call: Call) -> bool:
    """``super().method()``: the method of the base class and no other."""
    func = call.func
    return (
        isinstance(func, Attr)
        and isinstance(func.value, Call)
        and isinstance(func.value.func, Name)
        and func.value.func.id == "super"
    )
