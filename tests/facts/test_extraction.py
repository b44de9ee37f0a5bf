"""What one file says: a source on the left, the facts on the right, in a short notation (see ``show``)."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from textwrap import dedent

import msgspec
import pytest

from statecheck.facts import ir
from statecheck.facts.literals import decode_literal
from statecheck.facts.python import extract
from statecheck.facts.walk import iter_expr


def show(expr: ir.Expr | None) -> str:
    """An expression in prefix notation: ``call(f, 1, k=x)``, ``attr(a.b)`` …"""
    match expr:
        case None:
            return "-"
        case ir.Name(id=name):
            return name
        case ir.Const(kind="str", value=value):
            return repr(value)
        case ir.Const(kind=kind, value=value):
            return value if kind in ("int", "bool", "none") else f"{kind}:{value}"
        case ir.Attr(value=value, attr=attr):
            return f"{show(value)}.{attr}"
        case ir.Sub(value=value, index=index):
            return f"{show(value)}[{show(index)}]"
        case ir.Call(func=func, args=args, keywords=keywords):
            inside = [*map(show, args), *[f"{keyword.name}={show(keyword.value)}" for keyword in keywords]]
            return f"{show(func)}({', '.join(inside)})"
        case ir.Display(kind="dict", items=items, keys=keys):
            pairs = zip(keys, items, strict=True)
            return f"dict({', '.join(f'{show(key)}: {show(item)}' for key, item in pairs)})"
        case ir.Display(kind=kind, items=items, elided=elided):
            return f"{kind}({', '.join(map(show, items))}{'elided' if elided else ''})"
        case ir.Choice(kind=kind, items=items, test=test):
            condition = "" if test is None else f" when {show(test)}"
            return f"{kind}({', '.join(map(show, items))}{condition})"
        case ir.FString(parts=parts):
            return f"f({', '.join(map(show, parts))})"
        case ir.Op(op=op, operands=operands):
            return f"{op}({', '.join(map(show, operands))})"
        case ir.Await(value=value):
            return f"await {show(value)}"
        case ir.Yield(value=value, delegates=delegates):
            return f"yield{' from' if delegates else ''} {show(value)}"
        case ir.Star(value=value):
            return f"*{show(value)}"
        case ir.Func(scope=scope):
            return f"lambda#{scope}"
        case ir.Comp(kind=kind, scope=scope):
            return f"{kind}-comp#{scope}"


def show_event(event: ir.Event) -> str:
    targets = " = ".join(map(show, event.targets))
    words = [
        event.op,
        f"<{event.note}>" if event.note else "",
        targets,
        f":= {show(event.value)}" if event.value is not None else "",
        f"| {show(event.extra)}" if event.extra is not None else "",
        f"#{event.ref}" if event.ref >= 0 else "",
    ]
    return " ".join(word for word in words if word)


def facts_of(source: str) -> ir.FileFacts:
    facts = extract(dedent(source))
    assert facts.failure is None
    return facts


def events_of(source: str, scope: int = 0) -> list[str]:
    return [show_event(event) for event in facts_of(source).scopes[scope].events]


EXPRESSIONS = [
    ("a.b.c", "a.b.c"),
    ("super().x", "super().x"),
    ("f(a, *b, k=1, **c)", "f(a, *b, k=1, **=c)"),
    ("f(k=1, *b)", "f(*b, k=1)"),
    ("a[b]", "a[b]"),
    ("a[b, c]", "a[tuple(b, c)]"),
    ("a[b,]", "a[tuple(b)]"),
    ("a[*b]", "a[*b]"),
    ("a[1:]", "a[slice(1, None)]"),
    ("a[:x:2]", "a[slice(None, x, 2)]"),
    ("a[:]", "a[slice(None, None)]"),
    ("a[..., 1]", "a[tuple(ellipsis:..., 1)]"),
    ("True, None", "tuple(True, None)"),
    ("1.5", "float:1.5"),
    ("1j", "complex:1j"),
    ("...", "ellipsis:..."),
    ("'a\\tb'", r"'a\tb'"),
    ("'a' \"b\"", "'ab'"),
    ("b'a' b'b'", "bytes:b'a'b'b'"),
    ("f'a{b!r:>{c}}{{d}}'", "f('a', b, c, '{d}')"),
    ("'a' f'{b}' 'c'", "f('a', b, 'c')"),
    ("f'{a}' 'b' 'c'", "f(a, 'b', 'c')"),
    ("t'a{b}'", "f('a', b)"),
    ("[1, *a]", "list(1, *a)"),
    ("{1, 2}", "set(1, 2)"),
    ("{'a': 1, **b}", "dict('a': 1, -: b)"),
    ("()", "tuple()"),
    ("a or b or c", "or(a, b, c)"),
    ("a or (b or c)", "or(a, or(b, c))"),
    ("a and b or c", "or(and(a, b), c)"),
    ("a if b else c", "if(a, c when b)"),
    ("a < b <= c", "<(a, b, c)"),
    ("a is not b", "is not(a, b)"),
    ("a not in b", "not in(a, b)"),
    ("a + b + c", "+(a, b, c)"),
    ("a + b - c", "-(+(a, b), c)"),
    ("a ** b ** c", "**(a, b, c)"),
    ("a % (b, c)", "%(a, tuple(b, c))"),
    ("-a", "-(a)"),
    ("not a", "not(a)"),
    ("lambda: a", "lambda#1"),
    ("[a for a in b]", "list-comp#1"),
    ("{a for a in b}", "set-comp#1"),
    ("{a: b for a in b}", "dict-comp#1"),
    ("f(a for a in b)", "f(generator-comp#1)"),
    ("((a)).b", "a.b"),
]


@pytest.mark.parametrize(("source", "expected"), EXPRESSIONS)
def test_expressions(source: str, expected: str) -> None:
    (event,) = [event for event in facts_of(f"x = {source}").scopes[0].events if event.op == "assign"]
    assert show(event.value) == expected


EVENTS = [
    ("a = b = c", ["assign a = b := c"]),
    ("a, (b, *c) = d", ["assign tuple(a, tuple(b, *c)) := d"]),
    ("a.b = c[d] = 1", ["assign a.b = c[d] := 1"]),
    ("a: int", ["annotated a | int"]),
    ("a.b: int = c", ["annotated a.b := c | int"]),
    ("a += 1", ["augmented <+> a := 1"]),
    ("a[b] |= c", ["augmented <|> a[b] := c"]),
    ("f(a := b)", ["walrus a := b", "expr := f(a)"]),
    ("del a, b[c]", ["delete a = b[c]"]),
    ("'doc'", ["expr := 'doc'"]),
    ("print >>f, x", ["expr := tuple(>>(print, f), x)"]),
    ("if a: b\nelif c: d", ["test <if> := a", "expr := b", "test <if> := c", "expr := d"]),
    ("while a: b", ["test <while> := a", "expr := b"]),
    ("assert a, b", ["test <assert> := a | b"]),
    ("for a, b in c: d", ["for tuple(a, b) := c", "expr := d"]),
    ("async def f():\n  async for a in b: c", ["def <async> #1"]),
    ("with a as b, c: d", ["with b := a", "with := c", "expr := d"]),
    ("with (a as b.c, d as (e, f)): g", ["with b.c := a", "with tuple(e, f) := d", "expr := g"]),
    ("raise a from b", ["raise := a | b"]),
    ("try: a\nexcept B as c: d", ["expr := a", "except <c> := B", "expr := d"]),
    ("try: a\nexcept* (B, C): d", ["expr := a", "except := tuple(B, C)", "expr := d"]),
    ("try: a\nexcept: d", ["expr := a", "except", "expr := d"]),
    ("type A[T] = list[T]", ["type A := list[T]"]),
    ("import a.b, c as d", ["import #0", "import #1"]),
    ("@d(1)\ndef f(): pass", ["def #1"]),
    ("class C: pass", ["class #1"]),
    (
        "match a:\n case [b, *c] if d: e\n case {'k': f, **g} | H(i, j=k): pass\n case _ as m: pass",
        [
            "test <match> := a", "case b = c", "test <case> := d", "expr := e", "case f = g = i = k", "case m",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), EVENTS)
def test_events(source: str, expected: list[str]) -> None:
    assert events_of(source) == expected


FUNCTION_EVENTS = [
    ("return", ["return"]),
    ("return a, b", ["return := tuple(a, b)"]),
    ("yield a", ["yield := a"]),
    ("yield", ["yield"]),
    ("yield from a", ["yield <from> := a"]),
    ("a = yield b", ["assign a := yield b"]),
    ("await a", ["expr := await a"]),
    ("async with a as b: pass", ["with <async> b := a"]),
    ("async for a in b: pass", ["for <async> a := b"]),
    ("global a; a = 1", ["assign a := 1"]),
]


@pytest.mark.parametrize(("source", "expected"), FUNCTION_EVENTS)
def test_events_in_a_function(source: str, expected: list[str]) -> None:
    assert events_of(f"async def f():\n  {source}", scope=1) == expected


IMPORTS = [
    ("import a", (0, "a", "", "a")),
    ("import a.b", (0, "a.b", "", "a")),
    ("import a.b as c", (0, "a.b", "", "c")),
    ("from a import b", (0, "a", "b", "b")),
    ("from a.b import c as d", (0, "a.b", "c", "d")),
    ("from . import a", (1, "", "a", "a")),
    ("from ...a.b import (c,)", (3, "a.b", "c", "c")),
    ("from a import *", (0, "a", "*", "")),
    ("lazy import a.b", (0, "a.b", "", "a")),
    ("lazy from .a import b", (1, "a", "b", "b")),
]


@pytest.mark.parametrize(("source", "expected"), IMPORTS)
def test_imports(source: str, expected: tuple[int, str, str, str]) -> None:
    facts = facts_of(source)
    (found,) = facts.imports
    assert (found.level, found.module, found.name, found.bound) == expected
    assert facts.scopes[0].binds == ((found.bound,) if found.bound else ())


def test_an_import_knows_its_scope_and_region() -> None:
    facts = facts_of("""
        if TYPE_CHECKING:
            import a
        def f():
            import b
    """)
    first, second = facts.imports
    assert show(facts.regions[first.region].test) == "TYPE_CHECKING"
    assert (first.scope, second.scope) == (0, 1)
    assert facts.regions[second.region].kind == "body"


def test_a_function_with_every_kind_of_parameter() -> None:
    scope = facts_of("""
        @app.get("/x", name="y")
        @cache
        async def f(a, /, b: int = 1, *args: str, c=2, **kw: T) -> list[int]:
            yield
    """).scopes[1]
    assert [show(decorator) for decorator in scope.decorators] == ["app.get('/x', name='y')", "cache"]
    assert [(p.kind, p.name, show(p.annotation), show(p.default)) for p in scope.params] == [
        ("positional", "a", "-", "-"),
        ("normal", "b", "int", "1"),
        ("star", "args", "str", "-"),
        ("keyword", "c", "-", "2"),
        ("double-star", "kw", "T", "-"),
    ]
    assert (show(scope.returns), scope.is_async, scope.is_generator) == ("list[int]", True, True)
    assert scope.binds == ("a", "b", "args", "c", "kw")


def test_a_class_with_bases_and_keywords() -> None:
    scope = facts_of("class A(B, c.D[E], *rest, metaclass=M, x=1, **kw): y = 1").scopes[1]
    assert [show(base) for base in scope.bases] == ["B", "c.D[E]", "*rest"]
    assert [(k.name, show(k.value)) for k in scope.keywords] == [("metaclass", "M"), ("x", "1"), ("**", "kw")]
    assert (scope.kind, scope.binds) == ("class", ("y",))


def test_qualified_names_leave_locals_out() -> None:
    scopes = facts_of("""
        class Outer:
            def method(self):
                return lambda: [x for x in y]
        def make_app():
            def view(): pass
    """).scopes
    assert [(scope.kind, scope.qualname, scope.parent) for scope in scopes] == [
        ("module", "", -1),
        ("class", "Outer", 0),
        ("def", "Outer.method", 1),
        ("lambda", "Outer.method.<lambda>", 2),
        ("comp", "Outer.method.<lambda>.<listcomp>", 3),
        ("def", "make_app", 0),
        ("def", "make_app.view", 5),
    ]


def test_heads_belong_to_the_scope_around() -> None:
    facts = facts_of("@(lambda: 1)\ndef f(a: (x := int) = [b for b in c]): pass\n")
    assert [(scope.kind, scope.parent) for scope in facts.scopes] == [
        ("module", -1),
        ("lambda", 0),
        ("def", 0),
        ("comp", 0),
    ]
    assert facts.scopes[0].binds == ("f", "x")


BINDINGS = [
    ("a = b.c = d[e] = 1", ("a",)),
    ("(a, [b, *c]), d = e", ("a", "b", "c", "d")),
    ("a: int", ("a",)),
    ("a += 1", ("a",)),
    ("f(a := 1)", ("a",)),
    ("[(a := b) for b in c]", ("a",)),
    ("for a, b in c: d = 1", ("a", "b", "d")),
    ("with a as b, c as (d, e): pass", ("b", "d", "e")),
    ("try: pass\nexcept A as b: pass", ("b",)),
    ("match a:\n case [b, *c, {'d': e, **f}] as g: pass\n case H.I(): pass", ("b", "c", "e", "f", "g")),
    ("del a", ("a",)),
    ("type A = int", ("A",)),
    ("def f(a): b = 1", ("f",)),
    ("class A: b = 1", ("A",)),
]


@pytest.mark.parametrize(("source", "expected"), BINDINGS)
def test_names_bound(source: str, expected: tuple[str, ...]) -> None:
    assert facts_of(source).scopes[0].binds == expected


def test_global_and_nonlocal_names_are_not_bound_here() -> None:
    scope = facts_of("def f():\n  global a, b\n  nonlocal c\n  a = c = d = 1").scopes[1]
    assert (scope.globals, scope.nonlocals, scope.binds) == (("a", "b"), ("c",), ("d",))


def test_type_parameters_are_bound_inside() -> None:
    scopes = facts_of("def f[T: int = str, *Ts, **P](a: T): pass\nclass A[U](B[U]): pass").scopes
    assert scopes[0].binds == ("f", "A")
    assert scopes[1].binds == ("T", "Ts", "P", "a")
    assert scopes[2].binds == ("U",)


def test_a_comprehension_is_a_scope_of_its_own() -> None:
    facts = facts_of("x = {k: v async for k, v in a if k for w in v}")
    assert [show_event(event) for event in facts.scopes[1].events] == [
        "for <async> tuple(k, v) := a",
        "test <if> := k",
        "for w := v",
        "element := v | k",
    ]
    assert facts.scopes[1].binds == ("k", "v", "w")
    assert facts.scopes[1].is_async


def test_the_first_iterable_is_evaluated_outside() -> None:
    scopes = facts_of("x = [a for b in (lambda: c)() for d in (lambda: e)()]").scopes
    assert [(scope.kind, scope.parent) for scope in scopes] == [
        ("module", -1),
        ("comp", 0),
        ("lambda", 0),
        ("lambda", 1),
    ]


def test_a_walrus_in_a_comprehension_is_an_event_of_the_function() -> None:
    facts = facts_of("def f():\n  return [y for x in z if (y := x)]")
    assert [show_event(event) for event in facts.scopes[1].events] == ["walrus y := x", "return := list-comp#2"]


def test_a_lambda_returns_its_body() -> None:
    facts = facts_of("f = lambda a, *b, c=d: a.g(c)")
    (event,) = facts.scopes[1].events
    assert show_event(event) == "return := a.g(c)"
    assert facts.scopes[1].binds == ("a", "b", "c")


def regions_of(source: str) -> list[tuple[int, str, str, bool]]:
    return [(r.parent, r.kind, show(r.test), r.leaves) for r in facts_of(source).regions]


REGIONS: list[tuple[str, list[tuple[int, str, str, bool]]]] = [
    ("if a: b\nelse: c", [(0, "if", "a", False), (0, "else", "a", False)]),
    (
        "if a: raise\nelif b: raise c\nelse: d",
        [(0, "if", "a", True), (0, "else", "a", False), (2, "if", "b", True), (2, "else", "b", False)],
    ),
    ("while a:\n  break\nelse: b", [(0, "while", "a", True), (0, "else", "-", False)]),
    ("for a in b:\n  c; continue\nelse: d", [(0, "for", "b", True), (0, "else", "-", False)]),
    (
        "try: a\nexcept B: raise\nexcept: b\nelse: c\nfinally: d",
        [
            (0, "try", "-", False), (0, "except", "B", True), (0, "except", "-", False), (0, "else", "-", False),
            (0, "finally", "-", False),
        ],
    ),
    ("with a, b as c: raise", [(0, "with", "a", True), (1, "with", "b", True)]),
    ("match a:\n case 1: b\n case _: raise", [(0, "case", "a", False), (0, "case", "a", True)]),
    ("if a:\n  if b: c", [(0, "if", "a", False), (1, "if", "b", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), REGIONS)
def test_regions(source: str, expected: list[tuple[int, str, str, bool]]) -> None:
    assert regions_of(source)[1:] == expected


def test_an_event_stands_in_its_region() -> None:
    facts = facts_of("""
        a
        if __name__ == "__main__":
            b
        elif c:
            d
        e
    """)
    places = [(show(event.value), event.region) for event in facts.scopes[0].events]
    assert places == [("a", 0), ("==(__name__, '__main__')", 0), ("b", 1), ("c", 2), ("d", 3), ("e", 0)]


def test_a_function_knows_the_region_it_is_defined_in() -> None:
    facts = facts_of("if a:\n  def f():\n    return")
    scope = facts.scopes[1]
    assert (facts.regions[scope.defined_in].kind, facts.regions[scope.region].kind) == ("if", "body")
    assert (facts.regions[scope.region].parent, facts.regions[scope.region].leaves) == (-1, True)


def test_a_scope_spans_its_name_and_ends_with_its_body() -> None:
    text = "def f(a):\n    b\n    return c  # d\n\ne\n"
    scope = extract(text).scopes[1]
    assert text[scope.pos : scope.end] == "f"
    assert text[: scope.body_end].endswith("return c")


def test_comments_for_the_tool_are_found_outside_strings_only() -> None:
    facts = facts_of(
        "a = '# statecheck: no'  # statecheck: ignore[x]\n"
        "b = f'{c[\"#\"]} # statecheck: no'\n"
        "'''\n# statecheck: no\n'''\n"
        "# other\n"
        "f(  # statecheck: skip\n)\n"
    )
    assert [comment.text for comment in facts.comments] == ["# statecheck: ignore[x]", "# statecheck: skip"]


LITERALS = [
    (r"'a'", ("str", "a", 1)),
    ("''", ("str", "", 0)),
    ('"""a"b"""', ("str", 'a"b', 3)),
    (r"r'\n'", ("str", r"\n", 2)),
    (r"'\n\\\'\x41\101\u00e9\U0001F600\N{BULLET}'", ("str", "\n\\'AAé😀•", 8)),
    (r"'\d\N{no such name}'", ("str", r"\d\N{no such name}", 18)),
    ("'a\\\nb'", ("str", "ab", 2)),
    ("'''a\r\nb'''", ("str", "a\nb", 3)),
    (r"'\ud800'", ("str", "\ufffd", 1)),
    ("u'a'", ("str", "a", 1)),
    (r"Rb'\n'", ("bytes", r"Rb'\n'", 6)),
    ("'" + "x" * 300 + "'", ("str", "x" * 200, 300)),
]


@pytest.mark.parametrize(("source", "expected"), LITERALS)
def test_values_of_literals(source: str, expected: tuple[str, str, int]) -> None:
    assert decode_literal(source) == expected


def test_a_blanked_display_is_marked() -> None:
    text = "a = [     ]\nb = {    }\nc = (    )\nd = []\ne = (     )\n"
    facts = extract(text, elided=frozenset({4, 16, 27}))
    assert [event.value.elided for event in facts.scopes[0].events if isinstance(event.value, ir.Display)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_long_display_of_constants_is_left_out() -> None:
    inside = ", ".join(["1"] * 1001)
    assert events_of(f"a = [{inside}]") == ["assign a := list(elided)"]
    (event,) = facts_of(f"a = [b, {inside}]").scopes[0].events
    assert isinstance(event.value, ir.Display)
    assert len(event.value.items) == 1002


FAILURES = [
    ("x = (\n", 1, 5),
    ("x = [1,\n\n", 1, 7),
    ("x = 'abc\n", 1, 5),
    ("a\nx = '''abc\n\n", 2, 5),
    ("def f(:\n pass", 1, 7),
    ("if x:\n  a\n b\n", 3, 2),
    ("if a:\n\tb\n        c\n", 3, 9),
    ("x\ny = $\n", 2, 5),
    ("x = a)\n", 1, 6),
    ("print 'x'\n", 1, 7),
    ("a\n\0\n", 2, 1),
    ("a = 1 +\n", 1, 7),
]


@pytest.mark.parametrize(("source", "line", "column"), FAILURES)
def test_a_syntax_error_has_a_place(source: str, line: int, column: int) -> None:
    facts = extract(source)
    assert facts.failure is not None
    assert (facts.failure.line, facts.failure.column) == (line, column)
    assert "\n" not in facts.failure.message
    assert facts.scopes == ()
    assert len(facts.line_starts) == source.count("\n") + 1


def test_facts_survive_storage() -> None:
    facts = facts_of("a = f(b)[1:] or {'c': '\\ud800', **d}\ndef g(x=lambda: [y for y in z]): return\n")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=ir.FileFacts) == facts


def test_facts_know_their_length_lines_and_encoding() -> None:
    facts = extract("a\r\nb\rc\n", "latin-1")
    assert (facts.length, facts.line_starts, facts.encoding) == (7, (0, 3, 5, 7), "latin-1")


def _in_a_deep_thread(task: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            task()
        except BaseException as error:
            failures.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(128 * 1024 * 1024)
    sys.setrecursionlimit(20_000)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    assert failures == []


CHAINS = [
    ("sum", "x = " + " + ".join(["a"] * 1500)),
    ("mixed sum", "x = " + " + a - b".join(["a"] * 700)),
    ("or", "x = " + " or ".join(["a"] * 1500)),
    ("power", "x = " + " ** ".join(["a"] * 1500)),
    ("strings", "x = " + " ".join(["'a'"] * 1500)),
    ("calls", "x = a" + ".b()[0]" * 150),
    ("elif", "if a: b\n" + "elif c: d\n" * 1500),
]


@pytest.mark.parametrize("source", [source for _, source in CHAINS], ids=[name for name, _ in CHAINS])
def test_long_chains_are_walked_without_recursion(source: str) -> None:
    """LibCST itself recurses here, so the parse has a deep stack; the walk has Python's usual limit."""
    import libcst

    from statecheck.facts.positions import TokenCursor
    from statecheck.facts.python import walk_module

    modules: list[libcst.Module] = []
    _in_a_deep_thread(lambda: modules.append(libcst.parse_module(source)))
    facts = walk_module(modules[0], TokenCursor(source), source, "utf-8", frozenset(), (0,))
    assert facts.scopes[0].events
    assert sum(1 for event in facts.scopes[0].events for _ in iter_expr(event.value)) > 0
