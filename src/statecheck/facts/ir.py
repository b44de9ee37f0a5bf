"""What one Python file says, by itself: expressions, events, scopes, regions. Immutable and serialisable.

Positions are offsets into the decoded text, in characters; ``end`` is one past the last. Offsets become lines and
columns only in a report. Facts are a pure function of a file's bytes: they know no rule, no setting and no other file.
Facts are trees without cycles, so the structs stay out of the garbage collector's sight.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# What is decoded into one of these is shared, where every other str is an object of its own: a tenth of the memory.
ConstKind = Literal["str", "bytes", "int", "float", "complex", "bool", "none", "ellipsis"]
DisplayKind = Literal["list", "set", "dict", "tuple"]
CompKind = Literal["list", "set", "dict", "generator"]
ParamKind = Literal["positional", "normal", "star", "keyword", "double-star"]
RegionKind = Literal["body", "if", "else", "while", "for", "try", "except", "finally", "with", "case"]
ScopeKind = Literal["module", "class", "def", "lambda", "comp"]
EventOp = Literal[
    "assign", "annotated", "augmented", "walrus", "delete", "expr", "test", "return", "raise", "yield", "with", "for",
    "except", "case", "import", "def", "class", "element", "type",
]  # fmt: skip


class Name(Struct, frozen=True, array_like=True, gc=False, tag=0):
    """A name that is read, or the target of a store. ``True``, ``False`` and ``None`` are :class:`Const`."""

    pos: int
    id: str


class Attr(Struct, frozen=True, array_like=True, gc=False, tag=1):
    """``value.attr``. ``pos`` is the start of the whole expression, ``at`` that of the attribute's name."""

    pos: int
    at: int
    value: Expr
    attr: str


class Sub(Struct, frozen=True, array_like=True, gc=False, tag=2):
    """``value[index]``. Several indices are a tuple display; a slice is an :class:`Op` named ``"slice"``."""

    pos: int
    end: int
    value: Expr
    index: Expr


class Call(Struct, frozen=True, array_like=True, gc=False, tag=3):
    """``func(*args, **keywords)``. ``*x`` is a :class:`Star` among ``args``; ``**x`` has the keyword ``"**"``."""

    pos: int
    end: int
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


class Keyword(Struct, frozen=True, array_like=True, gc=False):
    """``name=value`` in a call, a class statement."""

    name: str
    value: Expr


class Const(Struct, frozen=True, array_like=True, gc=False, tag=4):
    """A literal. ``kind`` is str, bytes, int, float, complex, bool, none or ellipsis.

    ``value`` is the decoded text of a string (at most 200 characters of it; ``length`` is the full length), else the
    source text. Adjacent literals without interpolation are one constant.
    """

    pos: int
    end: int
    kind: ConstKind
    value: str
    length: int


class Display(Struct, frozen=True, array_like=True, gc=False, tag=5):
    """``[…]``, ``{…}``, ``(…)``: ``kind`` is list, set, dict or tuple.

    For a dict ``keys`` stands beside ``items`` (the values), ``None`` where the item is ``**x``. ``elided`` means that
    the inside was only constants and has been left out: a large data literal.
    """

    pos: int
    end: int
    kind: DisplayKind
    items: tuple[Expr, ...]
    keys: tuple[Expr | None, ...] = ()
    elided: bool = False


class Choice(Struct, frozen=True, array_like=True, gc=False, tag=6):
    """An expression whose value is one of ``items``: ``kind`` is or, and, if (then ``test`` is the condition)."""

    pos: int
    end: int
    kind: str
    items: tuple[Expr, ...]
    test: Expr | None = None


class FString(Struct, frozen=True, array_like=True, gc=False, tag=7):
    """An f-string (or t-string, or an implicit concatenation with one): text parts are constants."""

    pos: int
    end: int
    parts: tuple[Expr, ...]


class Op(Struct, frozen=True, array_like=True, gc=False, tag=8):
    """Any other operator: ``op`` is its text (``+``, ``%``, ``not``, ``==``, ``not in``, ``slice`` …).

    A chain of one operator, or of comparisons (``op`` is then the first one's), is flat: one node, many operands.
    """

    pos: int
    end: int
    op: str
    operands: tuple[Expr, ...]


class Await(Struct, frozen=True, array_like=True, gc=False, tag=9):
    """``await value``."""

    pos: int
    value: Expr


class Yield(Struct, frozen=True, array_like=True, gc=False, tag=10):
    """``yield value``; ``delegates`` marks ``yield from``."""

    pos: int
    value: Expr | None
    delegates: bool = False


class Func(Struct, frozen=True, array_like=True, gc=False, tag=11):
    """A lambda: ``scope`` is its index in :attr:`FileFacts.scopes`."""

    pos: int
    end: int
    scope: int


class Comp(Struct, frozen=True, array_like=True, gc=False, tag=12):
    """A comprehension or generator expression: ``kind`` is list, set, dict or generator."""

    pos: int
    end: int
    kind: CompKind
    scope: int


class Star(Struct, frozen=True, array_like=True, gc=False, tag=13):
    """``*value`` in a call, a display or a target."""

    pos: int
    value: Expr


Expr = Name | Attr | Sub | Call | Const | Display | Choice | FString | Op | Await | Yield | Func | Comp | Star


class Param(Struct, frozen=True, array_like=True, gc=False):
    """A parameter: ``kind`` is positional, normal, star, keyword or double-star."""

    pos: int
    name: str
    kind: ParamKind
    annotation: Expr | None = None
    default: Expr | None = None


class Region(Struct, frozen=True, array_like=True, gc=False):
    """A stretch of a scope that runs under a condition of its own.

    ``kind``: body (the root of each scope), if, else, while, for, try, except, finally, with, case. ``test`` is the
    condition (that of the ``if`` for an ``else``), the context expression, the exception type, the iterable or the
    subject. ``leaves``: its last statement is return, raise, continue or break. The ``else`` of a loop or ``try``
    is a "body"-like region of kind else with no test.
    """

    parent: int  # index of the region around it; -1 for the root of a scope
    scope: int
    kind: RegionKind
    pos: int
    test: Expr | None = None
    leaves: bool = False


class Event(Struct, frozen=True, array_like=True, gc=False):
    """One thing a scope does, in source order.

    ============ =========================================================================================
    op           meaning
    ============ =========================================================================================
    assign       ``targets`` (each of ``a = b = value``) get ``value``; tuple targets are tuple displays
    annotated    ``targets[0]: extra = value`` (``value`` may be missing)
    augmented    ``targets[0] note= value``, ``note`` is the operator without ``=``
    walrus       ``(targets[0] := value)``, before the event it stands in; in the expression it is a Name
    delete       ``del targets``
    expr         an expression statement, its value discarded
    test         the condition of if, while, assert; the subject of match
    return, raise, yield   ``value`` may be missing (a yield inside a larger expression is a Yield node there)
    with         ``with value as targets[0]`` (``note`` is "async" for ``async with``)
    for          ``for targets[0] in value`` (``note`` is "async")
    except       ``except value as note``
    case         names bound by a pattern are ``targets``
    import       ``ref`` is an index into :attr:`FileFacts.imports`
    def, class   ``ref`` is the index of the new scope
    element      the element of a comprehension (``extra`` is the key of a dict comprehension)
    type         ``type targets[0] = value``
    ============ =========================================================================================
    """

    op: EventOp
    pos: int
    end: int
    region: int
    targets: tuple[Expr, ...] = ()
    value: Expr | None = None
    extra: Expr | None = None
    note: str = ""
    ref: int = -1


class Import(Struct, frozen=True, array_like=True, gc=False):
    """One imported name. ``import a.b`` has ``name`` "" and binds ``a``; ``import a.b as c`` binds ``c`` to ``a.b``.

    ``from .m import x as y``: level 1, module "m", name "x", bound "y". A star import has name "*" and binds "".
    """

    pos: int
    end: int
    level: int
    module: str
    name: str
    bound: str
    scope: int
    region: int


class Scope(Struct, frozen=True, array_like=True, gc=False):
    """A module, class, function, lambda or comprehension.

    ``kind``: module, class, def, lambda, comp. ``qualname`` as Python would give it, with ``<locals>`` left out:
    "Outer.method", "make_app.view". ``pos``/``end`` span the name of a def or class, else the expression.
    ``binds`` are the names bound here (params, assignments, imports, defs …) less ``globals`` and ``nonlocals``.
    Decorators, bases, defaults and annotations are evaluated in the scope around.
    """

    index: int
    kind: ScopeKind
    name: str
    qualname: str
    parent: int  # -1 for the module
    pos: int
    end: int
    body_end: int
    region: int  # root region of this scope's body
    defined_in: int  # region that the def, class or lambda stands in; -1 for the module
    is_async: bool = False
    is_generator: bool = False
    params: tuple[Param, ...] = ()
    decorators: tuple[Expr, ...] = ()
    bases: tuple[Expr, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    returns: Expr | None = None
    binds: tuple[str, ...] = ()
    globals: tuple[str, ...] = ()
    nonlocals: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


class Comment(Struct, frozen=True, array_like=True, gc=False):
    """A comment that speaks to the tool (it holds ``statecheck:``)."""

    pos: int
    text: str


class ParseFailure(Struct, frozen=True, array_like=True, gc=False):
    """Why a file could not be analysed, and where (from 1)."""

    line: int
    column: int
    message: str


class FileFacts(Struct, frozen=True, array_like=True, gc=False):
    """Everything said by one file. ``scopes[0]`` is the module; a scope stands before the scopes inside it."""

    scopes: tuple[Scope, ...] = ()
    regions: tuple[Region, ...] = ()
    imports: tuple[Import, ...] = ()
    comments: tuple[Comment, ...] = ()
    line_starts: tuple[int, ...] = (0,)
    length: int = 0
    encoding: str = "utf-8"
    failure: ParseFailure | None = None
