"""The shape of a rule pack: rules, their forms, and the models that no single rule owns.

Knowledge is data: every name of a third-party API stands in a rule pack, none in this package. One matching language
serves rules and models: resolved dotted names (never "ends with"), conditions on arguments, settings paths, document
selectors, and a closed vocabulary of predicates that detectors own and data picks.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from statecheck.model import Applicability, Family, Harm, Level, Phase
from statecheck.rules.serving import MountForm, Platform, Router, Scaler, Server, Wrapper

Status = Literal["stable", "preview", "deprecated"]
Match = Literal["call", "decorator", "subclass", "attribute", "setting", "document", "syntax"]
Syntax = Literal["assignment", "literal", "comparison", "environment"]
SpeaksOf = Literal["", "copies", "mounts"]
Scalar = str | int | float | bool
ANY = "..."  # in the parameters of a shape: any others


class Condition(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A test of one argument. It holds when *any* of the listed states holds (``absent`` beside ``prefix``).

    ``argument`` is the keyword, ``position`` the 0-based index (without self) where it may be given by place.
    The value is followed through names and settings to its constants; a value that cannot be followed holds no state
    but ``present``.

    ``key`` is a key path inside the dict given there (``Cache(config={"CACHE_TYPE": …})``). ``setting`` tests a setting
    of the project (``CACHES.*.BACKEND``; ``*``: of any key) instead of an argument. A condition that names none of the
    three tests what the form itself matches: the value of the setting, of the assigned name, of the literal, or what
    is compared with.
    """

    argument: str = ""
    position: int | None = None
    key: str = ""
    setting: str = ""
    absent: bool = False
    present: bool = False
    literal: bool = False  # a string literal stands there, whatever it says
    number: bool = False  # a whole number stands there, whatever it is
    equals: tuple[Scalar, ...] = ()
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    regex: str = ""  # "$x": that of patterns.x
    instance_of: tuple[str, ...] = ()  # dotted names: the value is one of these, or made by one; "$x": those of lists.x


class Form(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One of the ways in which a rule is broken. Exactly one of the match keys ``call`` … ``syntax`` is given.

    The forms of a rule are tried in order; at one place the first that holds gives the finding. ``when`` must all hold,
    ``unless`` must all fail. ``phases``: only where the code can run in one of these (empty: anywhere but in tests,
    migrations and one-shot commands). ``scope``: where the use must stand (module, class, function, app-attribute).
    ``predicates``: detector vocabulary, each may be negated with a leading "not ". Severity, message, instead, harm and
    confidence override those of the rule.

    ``syntax`` matches the language itself: "assignment" (a name, attribute, dict key, class field, keyword or parameter
    that fits ``key_pattern`` gets a value), "literal" (a string literal anywhere in a value; what is compared is none),
    "comparison" (a name or attribute that fits ``key_pattern`` is compared with a constant), "environment" (the default
    of a variable that fits ``key_pattern``, however the models let it be read). Beside ``call``,
    ``key_pattern`` tests the first argument (the name of the environment variable); beside ``subclass``, the fields of
    the class, and ``when`` then tests their defaults.

    ``changed_by``: the form holds only if code that runs after start-up calls one of these methods on the value that
    the call made, or on the decorated function. ``completed_by``: methods of that value (``init_app``) whose arguments
    count as given to the call.
    """

    id: str
    call: tuple[str, ...] = ()  # "$x" stands for lists.x, as in setting
    decorator: tuple[str, ...] = ()
    subclass: tuple[str, ...] = ()
    attribute: tuple[str, ...] = ()
    setting: tuple[str, ...] = ()  # key paths, "CACHES.*.BACKEND"; "*" stands for one key
    document: tuple[str, ...] = ()  # selectors, see docs of the document detector
    formats: tuple[str, ...] = ()  # of documents: yaml, hcl, nginx …; "yaml" are Helm templates and JSON too
    files: tuple[str, ...] = ()  # document: globs of paths, of which one must fit ("*/values*.yaml": "*" is any text)
    values: tuple[str, ...] = ()  # document: literal, /regex/, <true>, <present>, <absent>; any of them is a finding
    safe_values: tuple[str, ...] = ()  # document: the same; a safe value wins
    safe_when: tuple[str, ...] = ()  # document: guards joined by "&"; where one of the lines holds, the form is silent
    settled_by: tuple[str, ...] = ()  # document: keys, variables or modules; where the tree has one, the form is silent
    syntax: tuple[Syntax, ...] = ()
    key_pattern: str = ""  # regex, searched; "$x": that of patterns.x
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    phases: tuple[Phase, ...] = ()
    scope: tuple[str, ...] = ()
    predicates: tuple[str, ...] = ()
    changed_by: tuple[str, ...] = ()
    completed_by: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()  # only when the project imports one of these modules ("django", "django.core.cache")
    path_argument: str = ""  # disk: the argument that is a path which is written
    path_position: int | None = None
    path_receiver: bool = False  # disk: the object whose method is called is that path
    path_result: bool = False  # disk: the call makes that path and gives it back
    severity: Level | None = None
    confidence: Level | None = None
    harm: Harm | None = None
    message: str = ""
    instead: str = ""
    note: str = ""  # why, for readers of the pack; shown by `statecheck rule`


class Option(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A typed option of a rule, set under ``[tool.statecheck.rules.<name>]``."""

    type: Literal["bool", "int", "str", "list"]
    default: bool | int | str | tuple[str, ...]
    help: str


class Fixing(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """How ``check --fix`` mends the findings of a rule: the table ``[fix]``.

    kind = "read-environment": the literal, or the call that draws a value, becomes a read of an environment variable,
    in the words of the project (see :class:`EnvironmentStyle`). ``default``: "none" (the variable must be set), "keep"
    (what stood there), "off" (a switch that is off unless the variable says otherwise).
    kind = "drop-comment": the name goes from a suppressing comment, and the comment with its last name.

    ``variables`` names the variable by the id of the form, for places where nothing has a telling name, ``by-text`` by
    a regex that the literal's text fits. ``suffix`` ends a name that does not say what it is. ``without``: forms that
    have no fix. ``makes``: calls that draw a value, by the key of :attr:`EnvironmentStyle.required` that reads one of
    the same type.
    """

    kind: Literal["read-environment", "drop-comment"]
    applicability: Applicability
    default: Literal["none", "keep", "off"] = "none"
    without: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    by_text: dict[str, str] = field(default_factory=dict)
    suffix: str = ""
    makes: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Rule(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``rules/<family>/<name>/rule.toml``."""

    code: str
    name: str
    family: Family
    severity: Level
    status: Status
    since: str
    summary: str
    message: str  # template: {symbol} {entries} {read} (" and is read by …") {readers} {writers} {harm} {form} {detail}
    instead: str
    detector: str
    also_detected_by: tuple[str, ...] = ()  # further detectors that can find the rule broken
    aliases: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    harm: Harm | None = None
    options: dict[str, Option] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)  # names that several forms share
    patterns: dict[str, str] = field(default_factory=dict)  # regexes that several forms share
    forms: tuple[Form, ...] = field(default=(), name="form")
    safe_when: tuple[str, ...] = ()  # of document forms: as Form.safe_when, for every form
    predicates: tuple[str, ...] = ()  # vocabulary choices of flow detectors that have no forms
    speaks_of: SpeaksOf = ""  # what a document says of its processes: how many copies there are, where files land
    fix: Fixing | None = None
    page: str = ""  # text of README.md; filled by the loader


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


class Returns(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Calling one of ``names`` gives an instance of ``type`` (dotted class). ``names`` may be methods."""

    names: tuple[str, ...]
    type: str


class Container(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A type whose instances hold data: which methods change it, which of those take something out, which only look."""

    names: tuple[str, ...]
    mutating: tuple[str, ...]
    reading: tuple[str, ...] = ()
    clearing: tuple[str, ...] = ()
    items: bool = True  # can x[k] = v and del x[k] change it?


class Lifetime(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """How long an instance lives: of subclasses of ``names``, or of what calling ``names`` returns.

    ``request``: dropped with the request, message or job. ``process``: as long as the process. ``row``: a database row
    (an ORM instance). ``declarative``: class attributes are declarations (fields, options), not state.
    """

    names: tuple[str, ...]
    lives: Literal["request", "process", "row", "declarative", "thread", "shared"]
    attributes: tuple[str, ...] = ()  # declarative: only these class attributes


class Safe(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A look-alike that must stay silent, and the kinds it silences (``*`` for all).

    match = "call": a value made by calling one of ``names``. "subclass": attributes of subclasses. "attribute": writes
    to this attribute or method (``flask.g``, ``flask.session``). "decorator": what it decorates. "setting": this key.
    """

    id: str
    group: str
    match: Literal["call", "subclass", "attribute", "decorator", "setting"]
    names: tuple[str, ...]
    suppresses: tuple[str, ...]
    when: tuple[Condition, ...] = ()
    values: tuple[str, ...] = ()
    note: str = ""


class Effect(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What calling one of ``names`` does or gives: ``kind`` io, db, time, random, env, network, storage …"""

    names: tuple[str, ...]
    kind: str


class SettingsHolder(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Where a framework keeps its settings.

    ``names``: objects that hold them (``flask.Flask.config``), set by item, and with ``attributes`` by attribute.
    ``updates``: methods of theirs that take a mapping or keywords; ``objects``: functions that take a class or
    its dotted name, and take over its UPPERCASE names. ``classes``: the fields of their subclasses are settings.
    ``modules``: files or folders of this name (``settings*`` with any ending) hold settings as UPPERCASE names, if
    one of ``markers`` is among them; ``variables`` name such a module in the environment. ``fillers``: calls after
    which a module holds settings that its text does not show.
    """

    names: tuple[str, ...] = ()
    attributes: bool = False
    updates: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()


class Reader(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A way in which code reads variables of the environment.

    match = "call": calling one of ``names`` reads the variable that ``argument``/``position`` names, and gives
        ``default``/``default_position`` where it is not set; without a default it fails (``optional``: gives None).
    match = "item": ``name["X"]`` reads it and fails where it is not set; ``"X" in name`` asks for it.
    match = "option": as "call", for an option of a command that a variable may set; it counts where one is named.
    match = "declaration": keywords of the call declare variables: ``DEBUG=(bool, False)``, a type and a default.
    match = "prefix": every variable whose name begins with the argument (if it is left out, with ``prefix``).
    match = "block": inside ``with name("X_"):`` the names that are read have this prefix.
    match = "class": the fields of subclasses. A variable is named like its field, in capitals, behind a prefix that
        one of ``prefixes`` holds (key paths inside the class); in the call that declares the field, one of
        ``arguments`` may name it instead.
    match = "attribute": attributes of what the call makes, in capitals, behind the prefix that the argument gives.
    """

    names: tuple[str, ...]
    match: Literal["call", "item", "option", "declaration", "prefix", "block", "class", "attribute"] = "call"
    argument: str = ""
    position: int | None = None
    default: str = ""
    default_position: int | None = None
    optional: bool = False
    type: str = ""  # what it gives: str, int, bool, float, list, dict, path, url, json …
    cast: str = ""  # the argument that is the type or makes it
    cast_position: int | None = None
    prefix: str = ""
    prefixes: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


class EnvironmentStyle(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """How fixes write a read of an environment variable in the words of the project.

    ``reader``: the dotted name of what is called or indexed; with ``instance`` the class that it is an object of, which
    the project must have made. ``statement`` imports it. A style that the project does not use is written only if it is
    a ``fallback``. ``required`` and ``optional`` are templates by type: text, bytes (the text's own), hex (bytes as
    digits), int, float, bool. {reader} stands for the reader as the file knows it, {name} for the expression that names
    the variable, {default} for the one that stood there, {text} for it as a string. A type without a template has no
    fix.
    """

    id: str
    reader: str
    required: dict[str, str]
    instance: bool = False
    statement: str = ""
    fallback: bool = False
    optional: dict[str, str] = field(default_factory=dict)


class Model(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``rules/models/<framework>.toml``: knowledge that belongs to no single rule."""

    framework: str
    packages: tuple[str, ...] = ()  # top-level import names that show the framework is used
    entries: tuple[EntryPoint, ...] = field(default=(), name="entry")
    returns: tuple[Returns, ...] = ()
    containers: tuple[Container, ...] = field(default=(), name="container")
    lifetimes: tuple[Lifetime, ...] = field(default=(), name="lifetime")
    safe: tuple[Safe, ...] = ()
    effects: tuple[Effect, ...] = field(default=(), name="effect")
    callers: tuple[EntryPoint, ...] = field(default=(), name="caller")
    settings: tuple[SettingsHolder, ...] = ()
    readers: tuple[Reader, ...] = field(default=(), name="reader")
    aliases: dict[str, str] = field(default_factory=dict)  # another dotted name → canonical
    instances: dict[str, str] = field(
        default_factory=dict
    )  # foreign name or attribute → class that it is an instance of
    fields: tuple[str, ...] = ()  # calls (or modules of them) that declare a column, relation or form field of a class
    data: tuple[str, ...] = ()  # classes whose objects are data, and no clients that any process makes again
    app_factories: tuple[str, ...] = ()  # a function that calls one of these and returns it runs at start-up
    startup_names: tuple[str, ...] = ()  # a function so called that nothing of the tree calls runs at start-up
    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)  # foreign class → its foreign bases
    environment_styles: tuple[EnvironmentStyle, ...] = field(default=(), name="environment-style")
    plain_names: tuple[str, ...] = ()  # say too little for a variable: the name of what is around comes before them
    taken_variables: tuple[str, ...] = ()  # mean something else in every environment
    purposes: dict[Literal["production", "development", "test"], tuple[str, ...]] = field(
        default_factory=dict
    )  # of a deployment → words in the names of files and folders that say so
    servers: tuple[Server, ...] = field(default=(), name="server")
    wrappers: tuple[Wrapper, ...] = field(default=(), name="wrapper")
    platforms: tuple[Platform, ...] = field(default=(), name="platform")
    scalers: tuple[Scaler, ...] = field(default=(), name="scaler")
    mount_forms: tuple[MountForm, ...] = field(default=(), name="mount-form")
    routers: tuple[Router, ...] = field(default=(), name="router")


class Pack(Struct, frozen=True):
    """A loaded rule pack: rules by name, models by framework."""

    rules: dict[str, Rule]
    models: dict[str, Model]
