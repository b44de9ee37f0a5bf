"""What rule packs say of entry points: where a framework calls the code of a project."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from statecheck.model import Phase

ANY = "..."  # in the parameters of a shape: any others


class Shape(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Code that a server or a command knows by its looks, without a registration. All that is given must fit.

    ``functions``: a function at the top of a module that has one of these names. ``bases``: the methods of a class that
    names one of these as base (``*`` stands for any letters: generated classes). ``classes``: what a class so called
    lists in its attributes ``lists``. Without these three: any function. ``parameters``: the parameters are named as in
    one of these rows, the receiver of ``bases`` not counted; a "..." that begins or ends it stands for any others.
    """

    functions: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    parameters: tuple[tuple[str, ...], ...] = ()


class EntryPoint(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Where a framework calls user code. ``names`` are dotted: a function, a class, a method (``flask.Flask.route``).

    match = "decorator": the decorated function (or class: its ``methods``) is called.
    match = "call": the function or class given as ``argument``/``position`` is called. For a list or dict argument,
        each function in it. A class (or ``Class.as_view()``): its ``methods``.
    match = "subclass": ``methods`` and ``method-prefix``* methods (and those decorated with one of ``decorators``) of
        every subclass are called. ``any-method``: all public methods.
    match = "attribute": a function assigned to the attribute, or appended to it.
    match = "function": the function of the tree with this dotted name; only settings can know it.
    match = "loop": the function that makes one of these objects, or calls one of these methods, to take messages.
    match = "script": the body of the file that calls one of these; its own variables are made anew each time.
    match = "setting": dotted strings (in a list or dict) under the key ``names`` name functions or classes.
    match = "shape": code that looks as ``shape`` says; it has no ``names``. The first parameter must be one
        of the ``parameter-types``, where these are given.
    """

    id: str
    match: Literal["decorator", "call", "subclass", "attribute", "setting", "function", "loop", "script", "shape"]
    phase: Phase
    names: tuple[str, ...] = ()
    shape: Shape | None = None
    argument: str = ""
    position: int | None = None
    methods: tuple[str, ...] = ()
    method_prefix: tuple[str, ...] = ()
    any_method: bool = False
    decorators: tuple[str, ...] = ()
    label: str = ""  # template: {verb} {path} {name}; default "{name}"
    path_argument: str = ""  # which argument of the registration is the path, message or command name
    path_position: int | None = None
    verbs_argument: str = ""  # which argument lists the HTTP methods ("methods")
    verb: str = ""  # fixed verb of this entry ("GET"); "*" takes the last part of the matched name
    instance: Literal["request", "process", ""] = ""  # subclass: how long the framework keeps one instance
    init_phase: Phase | None = None  # subclass: when __init__ runs
    own_process: bool = False  # the function runs in a child process that was started for it alone
    beside: bool = False  # the function runs in the process that starts it, beside its handlers: a thread, a timer
    parameter_types: tuple[str, ...] = ()  # dotted classes of the handler's first parameters, self not counted
    phases: dict[str, Phase] = field(default_factory=dict)  # decorator, call: other phases by the literal path argument
    note: str = ""
