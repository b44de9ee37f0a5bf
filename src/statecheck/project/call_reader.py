"""Reads the call graph: calls, callbacks, decorators, properties, context managers, and guesses by method name."""

from __future__ import annotations

from collections import defaultdict

from statecheck.facts.ir import Attr, Await, Call, Const, Event, Expr, Func, Name, Op, Sub
from statecheck.project.callbacks import Callbacks
from statecheck.project.calls import CallGraph, Use
from statecheck.project.callsites import CallSite, is_bound
from statecheck.project.evaluate import Evaluator
from statecheck.project.headers import HeaderReader
from statecheck.project.values import ClassValue, Foreign, ForeignInstance, FunctionValue, Instance, Item, ScopeRef

# Too many classes have these for the one method of that name to be a fair guess.
ITEM_METHODS = frozenset({"__getitem__", "__setitem__", "__delitem__"})
ACCESSORS = ("__get__", "__set__")
READERS = frozenset(
    f"builtins.{name}"
    for name in ("str", "repr", "int", "float", "bool", "len", "list", "tuple", "dict", "set", "callable", "isinstance")
)
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


def read_calls(evaluator: Evaluator) -> CallGraph:
    """The call graph of the whole tree."""
    graph = CallGraph()
    reader = CallReader(evaluator, graph)
    for ref, _ in evaluator.tables.scopes():
        reader.read(ref)
    graph.drop_exchanges()
    return graph


class CallReader:
    """Adds to the graph what the bodies of the tree call."""

    def __init__(self, evaluator: Evaluator, graph: CallGraph) -> None:
        self._evaluator = evaluator
        self._tables = evaluator.tables
        self._graph = graph
        self._callbacks = Callbacks(evaluator, graph)
        self._headers = HeaderReader(evaluator, graph, self._callbacks)
        self._methods = self._methods_by_name()
        self._functions = frozenset(scope.name for _, scope in self._tables.scopes() if scope.kind == "def")
        self._properties = {
            name for name, refs in self._methods.items() if any(evaluator.is_property(ref) for ref in refs)
        }
        self._has_items = not ITEM_METHODS.isdisjoint(self._methods)
        self._descriptors = self._find_descriptors()

    def _methods_by_name(self) -> dict[str, list[ScopeRef]]:
        methods: dict[str, list[ScopeRef]] = defaultdict(list)
        for cls in self._evaluator.classes.refs:
            table = self._tables.files[cls.path]
            for child in table.children[cls.scope]:
                if table.facts.scopes[child].kind == "def":
                    methods[table.facts.scopes[child].name].append(ScopeRef(cls.path, child))
        return methods

    def _find_descriptors(self) -> dict[str, list[ScopeRef]]:
        """Names in the bodies of classes that hold an object with ``__get__`` or ``__set__``, with its class."""
        found: dict[str, list[ScopeRef]] = defaultdict(list)
        own = {name for method in ACCESSORS for name in self._methods.get(method, ())}
        for cls in self._evaluator.classes.refs if own else ():
            table = self._tables.files[cls.path]
            for name in table.facts.scopes[cls.scope].binds:
                for binding in table.bindings.get((cls.scope, name), ()):
                    for item in self._evaluator.binding(cls.path, binding) if binding.kind == "value" else ():
                        if isinstance(item.value, Instance) and self._accessor(item.value.cls, ACCESSORS):
                            found[name].append(item.value.cls)
        return found

    def _accessor(self, cls: ScopeRef, names: tuple[str, ...]) -> ScopeRef | None:
        return next((method for name in names if (method := self._evaluator.classes.method(cls, name))), None)

    def read(self, ref: ScopeRef) -> None:
        """What stands in one scope, and the heads of what is defined there."""
        for child in self._tables.files[ref.path].children[ref.scope]:
            inner = self._tables.files[ref.path].facts.scopes[child]
            if inner.kind in ("class", "comp"):
                self._graph.add(ref, ScopeRef(ref.path, child), (inner.pos, inner.defined_in), "inline")
            if inner.kind in ("def", "class"):
                self._headers.read(ref, ScopeRef(ref.path, child), inner)
        for row in self._tables.rows_in(ref):
            event = row.event
            self._read_expressions(ref, event, row.nodes)
            if event.op == "with" and event.value is not None:
                self._read_context(ref, event, event.value)

    def _read_expressions(self, ref: ScopeRef, event: Event, nodes: tuple[Expr, ...]) -> None:
        escapes = event.op not in ("def", "delete")
        functions, properties, descriptors = self._functions, self._properties, self._descriptors
        called: Expr | None = None  # what the call just before calls: in pre-order it comes next
        awaited: Expr | None = None
        for node in nodes:
            if type(node) is Name:
                if node.id in functions and escapes and node is not called:
                    self._read_escape(ref, event, node)
            elif type(node) is Attr:
                if node.attr in functions and escapes and node is not called:
                    self._read_escape(ref, event, node)
                if node.attr in properties:
                    self._read_property(ref, event, node)
                if node.attr in descriptors:
                    self._read_descriptor(ref, event, node)
            elif type(node) is Call:
                called = node.func
                self._read_call(ref, event, node, node is awaited)
            elif type(node) is Sub:
                if self._has_items:
                    self._read_item(ref, event, node)
            elif type(node) is Await:
                awaited = node.value
            elif type(node) is Func:
                self._graph.add(ref, ScopeRef(ref.path, node.scope), (node.pos, event.region), "inline")

    def _read_escape(self, ref: ScopeRef, event: Event, node: Expr) -> None:
        """A function named without being called: whoever gets it may call it later."""
        for item in self._evaluator.evaluate(ref, node, event.region):
            if isinstance(item.value, FunctionValue) and not self._evaluator.is_property(item.value.ref):
                self._graph.escaped[item.value.ref].append(ref)

    def _read_call(self, ref: ScopeRef, event: Event, call: Call, awaited: bool) -> None:
        items = self._evaluator.evaluate(ref, call.func, event.region)
        known = False
        for item in items:
            value = item.value
            if isinstance(value, FunctionValue):
                known = True
                self._graph.add(ref, value.ref, (call.pos, event.region), "call")
                bound = is_bound(self._evaluator, value, call)
                self._graph.call_sites[value.ref].append(CallSite(ref, event.region, call, bound))
                for override in self._overrides(value) if bound and not _is_on_super(call) else ():
                    self._graph.add(ref, override, (call.pos, event.region), "override")
                    self._graph.call_sites[override].append(CallSite(ref, event.region, call, bound))
            elif isinstance(value, ClassValue):
                known = True
                self._construct(ref, event, call, value.ref)
            elif isinstance(value, Instance):
                known = True
                if method := self._evaluator.classes.method(value.cls, "__call__"):
                    self._graph.add(ref, method, (call.pos, event.region), "call")
                    self._graph.call_sites[method].append(CallSite(ref, event.region, call, True))
            elif isinstance(value, (Foreign, ForeignInstance)):
                known = True
                self._graph.add_use(Use(ref, event, call, value.name, awaited, items))
                if value.name == "builtins.getattr" and self._is_dispatch(ref, event, call):
                    self._read_dynamic(ref, event, call)
                self._callbacks.read(ref, event, call, value.name)
        if not known and isinstance(call.func, Attr):
            self._guess(ref, event, call)
            self._callbacks.read(ref, event, call, "")

    def _overrides(self, value: FunctionValue) -> list[ScopeRef]:
        """The methods of subclasses that a call through the base class may reach."""
        if value.owner is None:
            return []
        name = self._tables.scope(value.ref).name
        classes = self._evaluator.classes
        found = (classes.method(sub, name) for sub in classes.subclasses(value.owner))
        return [method for method in dict.fromkeys(found) if method is not None and method != value.ref]

    def _construct(self, ref: ScopeRef, event: Event, call: Call, cls: ScopeRef) -> None:
        self._graph.made[cls].append(CallSite(ref, event.region, call, True))
        for name in ("__init__", "__new__", "__post_init__"):
            if method := self._evaluator.classes.method(cls, name):
                self._graph.add(ref, method, (call.pos, event.region), "call")
                self._graph.call_sites[method].append(CallSite(ref, event.region, call, True))

    def _is_dispatch(self, ref: ScopeRef, event: Event, call: Call) -> bool:
        """Is what ``getattr`` gives called, handed to somebody, or returned? Else it is a value that is read."""
        if event.op == "return" and event.value is call:
            return True
        names = {target.id for target in event.targets if isinstance(target, Name) and event.value is call}
        for row in self._tables.rows_in(ref):
            for other in row.calls if names or row.event is event else ():
                if other.func is call or (isinstance(other.func, Name) and other.func.id in names):
                    return True
                handed = [*other.args, *(word.value for word in other.keywords)]
                if any(part is call or (isinstance(part, Name) and part.id in names) for part in handed):
                    called = self._evaluator.evaluate(ref, other.func, row.event.region)
                    if not any(isinstance(item.value, Foreign) and item.value.name in READERS for item in called):
                        return True
        return False

    def _read_dynamic(self, ref: ScopeRef, event: Event, call: Call) -> None:
        """``getattr(self, verb)``: any public method of the object may be meant."""
        if len(call.args) < 2 or isinstance(call.args[1], Const):
            return
        prefix = _prefix(call.args[1])
        for item in self._evaluator.evaluate(ref, call.args[0], event.region):
            if isinstance(item.value, Instance):
                classes = self._evaluator.classes
                for cls in (item.value.cls, *classes.subclasses(item.value.cls)):
                    for name, method in classes.methods(cls).items():
                        if name.startswith(prefix) and (prefix or not name.startswith("_")):
                            self._graph.add(ref, method, (call.pos, event.region), "dynamic")

    def _read_property(self, ref: ScopeRef, event: Event, node: Attr) -> None:
        for item in self._evaluator.evaluate(ref, node.value, event.region):
            if isinstance(item.value, Instance):
                for method in self._evaluator.classes.accessors(item.value.cls, node.attr):
                    if self._evaluator.is_property(method):
                        self._graph.add(ref, method, (node.pos, event.region), "property")

    def _read_item(self, ref: ScopeRef, event: Event, node: Expr) -> None:
        """``store[key] = value`` runs ``__setitem__`` of the class of the tree."""
        assert isinstance(node, Sub)
        stored = any(node is target for target in event.targets)
        name = "__getitem__" if not stored else "__delitem__" if event.op == "delete" else "__setitem__"
        for item in self._evaluator.evaluate(ref, node.value, event.region) if name in self._methods else ():
            method = self._evaluator.classes.method(item.value.cls, name) if isinstance(item.value, Instance) else None
            if method is not None:
                given = (node.index, event.value) if stored and event.value is not None else (node.index,)
                call = Call(node.pos, node.end, Attr(node.pos, node.pos, node.value, name), given, ())
                self._graph.add(ref, method, (node.pos, event.region), "call")
                self._graph.call_sites[method].append(CallSite(ref, event.region, call, True))

    def _read_descriptor(self, ref: ScopeRef, event: Event, node: Attr) -> None:
        """``visitor.page = page`` where ``page = Remembered()`` stands in the body of the visitor's class."""
        stored = any(node is target for target in event.targets)
        for item in self._evaluator.evaluate(ref, node.value, event.region):
            if not isinstance(item.value, Instance):
                continue
            held = self._evaluator.members.attribute(Item(ClassValue(item.value.cls)), node.attr)
            owners = {kept.value.cls for kept in held if isinstance(kept.value, Instance)}
            for owner in sorted(owners.intersection(self._descriptors[node.attr])):
                if method := self._accessor(owner, ("__set__",) if stored else ("__get__",)):
                    self._graph.add(ref, method, (node.pos, event.region), "property")

    def _read_context(self, ref: ScopeRef, event: Event, expr: Expr) -> None:
        for item in self._evaluator.evaluate(ref, expr, event.region):
            if isinstance(item.value, Instance):
                for name in ("__enter__", "__exit__", "__aenter__", "__aexit__"):
                    if method := self._evaluator.classes.method(item.value.cls, name):
                        self._graph.add(ref, method, (event.pos, event.region), "call")

    def _guess(self, ref: ScopeRef, event: Event, call: Call) -> None:
        """A method name that one class of the tree has, on a receiver of unknown type: a guess, never proof."""
        assert isinstance(call.func, Attr)
        methods = self._methods.get(call.func.attr, ())
        if len(methods) == 1 and call.func.attr not in COMMON_METHODS and not call.func.attr.startswith("__"):
            self._graph.add(ref, methods[0], (call.pos, event.region), "guess")


def _prefix(name: Expr) -> str:
    """What a computed name begins with: ``"do_" + verb``, ``f"do_{verb}"``."""
    parts = name.operands if isinstance(name, Op) and name.op == "+" else getattr(name, "parts", ())
    return parts[0].value if parts and isinstance(parts[0], Const) else ""


def _is_on_super(call: Call) -> bool:
    """``super().method()``: the method of the base class and no other."""
    func = call.func
    return (
        isinstance(func, Attr)
        and isinstance(func.value, Call)
        and isinstance(func.value.func, Name)
        and func.value.func.id == "super"
    )
