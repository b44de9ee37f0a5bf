"""Statements: events in the current scope, regions for what runs under a condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from statecheck.facts import definitions, ir
from statecheck.facts.building import Builder
from statecheck.facts.expressions import Expressions
from statecheck.facts.operators import OPERATORS
from statecheck.facts.patterns import Patterns
from statecheck.facts.positions import Cursor

if TYPE_CHECKING:
    import libcst as cst

Handler = Callable[[Any], None]


class Statements:
    """Walks the statements of a module and of everything inside it."""

    def __init__(self, cursor: Cursor, builder: Builder, expressions: Expressions) -> None:
        self.cursor = cursor
        self.builder = builder
        self.expressions = expressions
        self._visit = expressions.visit
        self._patterns = Patterns(expressions)
        self._handlers: dict[str, Handler] = {
            "SimpleStatementLine": self._line,
            "FunctionDef": lambda node: definitions.function(self, node),
            "ClassDef": lambda node: definitions.class_(self, node),
            "If": self._if, "While": self._while, "For": self._for, "With": self._with,
            "Try": self._try, "TryStar": self._try, "Match": self._match,
            "Expr": self._expr, "Assign": self._assign, "AnnAssign": self._annotated,
            "AugAssign": self._augmented, "Return": self._return, "Raise": self._raise,
            "Pass": self._nothing(4), "Break": self._nothing(5), "Continue": self._nothing(8),
            "Import": self._import, "ImportFrom": self._import_from, "Assert": self._assert, "Del": self._del,
            "Global": self._global, "Nonlocal": self._nonlocal, "TypeAlias": self._type_alias,
            "LazyImport": self._lazy_import, "LazyImportFrom": self._lazy_import_from,
        }  # fmt: skip

    def block(self, node: Any) -> bool:
        """Walk a suite or a module; return whether its last statement leaves (return, raise, break, continue)."""
        handlers = self._handlers
        statement: Any = None
        for statement in node.body:
            handler = handlers.get(type(statement).__name__)
            if handler is None:
                self.cursor.opaque(statement)
            else:
                handler(statement)
        if type(statement).__name__ == "SimpleStatementLine" and statement.body:
            statement = statement.body[-1]
        return type(statement).__name__ in ("Return", "Raise", "Break", "Continue")

    def _region(self, region: int, body: Any) -> None:
        """Walk ``body`` inside ``region``, then go back to where the walk was."""
        scope = self.builder.current
        before, scope.region = scope.region, region
        self.builder.regions[region].leaves = self.block(body)
        scope.region = before

    # Simple statements

    def _line(self, node: cst.SimpleStatementLine) -> None:
        self.block(node)

    def _nothing(self, length: int) -> Handler:
        def take(node: Any) -> None:
            self.cursor.pos = self.cursor.begin(node) + length

        return take

    def _expr(self, node: cst.Expr) -> None:
        start = self.cursor.begin(node)
        value = self._visit(node.value)
        if isinstance(value, ir.Yield):
            note = "from" if value.delegates else ""
            self.builder.emit("yield", start, self.cursor.pos, value=value.value, note=note)
        else:
            self.builder.emit("expr", start, self.cursor.pos, value=value)

    def _assign(self, node: cst.Assign) -> None:
        start = self.cursor.begin(node)
        targets = tuple([self._visit(target.target) for target in node.targets])
        value = self._visit(node.value)
        self.builder.bind(targets)
        self.builder.emit("assign", start, self.cursor.pos, targets, value)

    def _annotated(self, node: cst.AnnAssign) -> None:
        start = self.cursor.begin(node)
        target = self._visit(node.target)
        annotation = self._visit(node.annotation.annotation)
        value = self._visit(node.value) if node.value is not None else None
        self.builder.bind((target,))
        self.builder.emit("annotated", start, self.cursor.pos, (target,), value, annotation)

    def _augmented(self, node: cst.AugAssign) -> None:
        start = self.cursor.begin(node)
        target = self._visit(node.target)
        value = self._visit(node.value)
        self.builder.bind((target,))
        self.builder.emit(
            "augmented", start, self.cursor.pos, (target,), value, note=OPERATORS[type(node.operator).__name__]
        )

    def _return(self, node: cst.Return) -> None:
        start = self.cursor.begin(node)
        self.cursor.pos = start + len("return")
        value = self._visit(node.value) if node.value is not None else None
        self.builder.emit("return", start, self.cursor.pos, value=value)

    def _raise(self, node: cst.Raise) -> None:
        start = self.cursor.begin(node)
        self.cursor.pos = start + len("raise")
        value = self._visit(node.exc) if node.exc is not None else None
        cause = self._visit(node.cause.item) if node.cause is not None else None
        self.builder.emit("raise", start, self.cursor.pos, value=value, extra=cause)

    def _assert(self, node: cst.Assert) -> None:
        start = self.cursor.begin(node)
        value = self._visit(node.test)
        message = self._visit(node.msg) if node.msg is not None else None
        self.builder.emit("test", start, self.cursor.pos, value=value, extra=message, note="assert")

    def _del(self, node: cst.Del) -> None:
        start = self.cursor.begin(node)
        target = self._visit(node.target)
        targets = target.items if isinstance(target, ir.Display) else (target,)
        self.builder.bind(targets)
        self.builder.emit("delete", start, self.cursor.pos, targets)

    def _import(self, node: Any) -> None:
        self.cursor.begin(node)
        definitions.imports(self, node)

    def _import_from(self, node: Any) -> None:
        definitions.imports_from(self, node, self.cursor.begin(node))

    def _lazy_import(self, node: Any) -> None:
        self.cursor.pos = self.cursor.begin(node) + len("lazy")
        definitions.imports(self, node)

    def _lazy_import_from(self, node: Any) -> None:
        self.cursor.pos = self.cursor.begin(node) + len("lazy")
        self.cursor.step("from")
        definitions.imports_from(self, node, self.cursor.pos - len("from"))

    def _global(self, node: cst.Global) -> None:
        self._outer_names(node, self.builder.current.globals)

    def _nonlocal(self, node: cst.Nonlocal) -> None:
        self._outer_names(node, self.builder.current.nonlocals)

    def _outer_names(self, node: Any, names: dict[str, None]) -> None:
        self.cursor.begin(node)
        for item in node.names:
            self.cursor.leaf(item.name, item.name.value)
            names[item.name.value] = None

    def _type_alias(self, node: cst.TypeAlias) -> None:
        start = self.cursor.begin(node)
        self.cursor.pos = start + len("type")
        target = self._visit(node.name)
        definitions.type_parameters(self, node.type_parameters, None)
        value = self._visit(node.value)
        self.builder.bind((target,))
        self.builder.emit("type", start, self.cursor.pos, (target,), value)

    # Compound statements

    def _if(self, node: cst.If) -> None:
        scope = self.builder.current
        parent = before = scope.region
        current: Any = node
        start = self.cursor.begin(current)
        while True:  # an elif stands inside the else of the if before it; chains of 1,000 exist
            test = self._visit(current.test)
            self.builder.emit("test", start, self.cursor.pos, value=test, note="if")
            self._region(self.builder.region(parent, "if", start, test), current.body)
            current = current.orelse
            if current is None:
                break
            start = self.cursor.begin(current)
            region = self.builder.region(parent, "else", start, test)
            if type(current).__name__ != "If":
                self.cursor.pos = start + len("else")
                self._region(region, current.body)
                break
            parent = scope.region = region
        scope.region = before

    def _else(self, node: Any) -> None:
        if node is not None:
            start = self.cursor.begin(node)
            self.cursor.pos = start + len("else")
            self._region(self.builder.region(self.builder.current.region, "else", start), node.body)

    def _while(self, node: cst.While) -> None:
        start = self.cursor.begin(node)
        test = self._visit(node.test)
        self.builder.emit("test", start, self.cursor.pos, value=test, note="while")
        self._region(self.builder.region(self.builder.current.region, "while", start, test), node.body)
        self._else(node.orelse)

    def _for(self, node: cst.For) -> None:
        start = self.cursor.begin(node)
        target = self._visit(node.target)
        value = self._visit(node.iter)
        self.builder.bind((target,))
        note = "async" if node.asynchronous is not None else ""
        self.builder.emit("for", start, self.cursor.pos, (target,), value, note=note)
        self._region(self.builder.region(self.builder.current.region, "for", start, value), node.body)
        self._else(node.orelse)

    def _with(self, node: cst.With) -> None:
        scope = self.builder.current
        before = scope.region
        start = self.cursor.begin(node)
        note = "async" if node.asynchronous is not None else ""
        if type(node.lpar).__name__ == "LeftParen":
            self.cursor.leaf(node.lpar, "(")
        opened = []
        for item in node.items:  # each item is entered inside those before it
            value = self._visit(item.item)
            pos = self.expressions.first
            targets = (self._visit(item.asname.name),) if item.asname is not None else ()
            self.builder.bind(targets)
            self.builder.emit("with", pos, self.cursor.pos, targets, value, note=note)
            scope.region = self.builder.region(scope.region, "with", start, value)
            opened.append(scope.region)
        if type(node.rpar).__name__ == "RightParen":
            self.cursor.close(node.rpar, ")")
        leaves = self.block(node.body)
        for region in opened:
            self.builder.regions[region].leaves = leaves
        scope.region = before

    def _try(self, node: Any) -> None:
        parent = self.builder.current.region
        start = self.cursor.begin(node)
        self.cursor.pos = start + len("try")
        self._region(self.builder.region(parent, "try", start), node.body)
        for handler in node.handlers:
            self._except(handler, parent)
        self._else(node.orelse)
        if node.finalbody is not None:
            start = self.cursor.begin(node.finalbody)
            self.cursor.pos = start + len("finally")
            self._region(self.builder.region(parent, "finally", start), node.finalbody.body)

    def _except(self, node: Any, parent: int) -> None:
        scope = self.builder.current
        start = self.cursor.begin(node)
        self.cursor.pos = start + len("except")
        value = self._visit(node.type) if node.type is not None else None
        name = ""
        if node.name is not None:
            target = self._visit(node.name.name)
            self.builder.bind((target,))
            name = target.id if isinstance(target, ir.Name) else ""
        region = self.builder.region(parent, "except", start, value)
        scope.region = region
        self.builder.emit("except", start, self.cursor.pos, value=value, note=name)
        self._region(region, node.body)
        scope.region = parent

    def _match(self, node: cst.Match) -> None:
        scope = self.builder.current
        before = scope.region
        start = self.cursor.begin(node)
        self.cursor.pos = start + len("match")
        subject = self._visit(node.subject)
        self.builder.emit("test", start, self.cursor.pos, value=subject, note="match")
        for case in node.cases:
            at = self.cursor.begin(case)
            self.cursor.pos = at + len("case")
            scope.region = region = self.builder.region(before, "case", at, subject)
            captures = self._patterns.captures(case.pattern)
            self.builder.bind(captures)
            self.builder.emit("case", at, at + len("case"), captures)
            if case.guard is not None:
                guard = self._visit(case.guard)
                self.builder.emit("test", self.expressions.first, self.cursor.pos, value=guard, note="case")
            self._region(region, case.body)
            scope.region = before
