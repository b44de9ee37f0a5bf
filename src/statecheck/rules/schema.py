"""The shape of a rule pack: rules, their forms, and the models that no single rule owns.

Knowledge is data: every name of a third-party API stands in a rule pack, none in this package. One matching language
serves rules and models: resolved dotted names (never "ends with"), conditions on arguments, settings paths, document
selectors, and a closed vocabulary of predicates that detectors own and data picks.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from statecheck.model import Applicability, Family, Harm, Level, Phase
from statecheck.rules.conditions import Condition, Scalar
from statecheck.rules.entering import ANY, EntryPoint, Shape
from statecheck.rules.environment import EnvironmentStyle, Reader, SettingsHolder
from statecheck.rules.objects import BareName, Container, Effect, Lifetime, Returns, Safe
from statecheck.rules.platforms import MountForm, ObjectSchema, Platform, Router, Scaler, VariableSource
from statecheck.rules.serving import Server, Wrapper

__all__ = [
    "ANY",
    "BareName",
    "Condition",
    "Container",
    "Effect",
    "EntryPoint",
    "EnvironmentStyle",
    "Fixing",
    "Form",
    "Lifetime",
    "Match",
    "Model",
    "ObjectSchema",
    "Option",
    "Pack",
    "Reader",
    "Returns",
    "Rule",
    "Safe",
    "Scalar",
    "SettingsHolder",
    "Shape",
    "SpeaksOf",
    "Status",
    "Syntax",
]

Status = Literal["stable", "preview", "deprecated"]
Match = Literal["call", "decorator", "subclass", "attribute", "setting", "document", "syntax"]
Syntax = Literal["assignment", "literal", "comparison", "environment"]
SpeaksOf = Literal["", "copies", "mounts"]


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
    the call made, or on the decorated function; a dotted name is an attribute of a foreign object that such code
    changes, whatever the call made. ``completed_by``: methods of that value (``init_app``) whose arguments
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
    settled_by: tuple[str, ...] = ()  # where the tree has one, the form is silent; document: keys, variables or
    # modules, else what the code imports or calls
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
    bare_names: tuple[BareName, ...] = field(default=(), name="bare-name")
    callers: tuple[EntryPoint, ...] = field(default=(), name="caller")
    settings: tuple[SettingsHolder, ...] = ()
    readers: tuple[Reader, ...] = field(default=(), name="reader")
    aliases: dict[str, str] = field(default_factory=dict)  # another dotted name → canonical
    instances: dict[str, str] = field(
        default_factory=dict
    )  # foreign name or attribute → class that it is an instance of
    fields: tuple[str, ...] = ()  # calls (or modules of them) that declare a column, relation or form field of a class
    data: tuple[str, ...] = ()  # classes whose objects are data, and no clients that any process makes again
    path_types: tuple[str, ...] = ()  # classes whose objects are paths; their methods stay at the path, or near it
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
    object_schemas: tuple[ObjectSchema, ...] = field(default=(), name="object-schema")
    variable_sources: tuple[VariableSource, ...] = field(default=(), name="variable-source")
    routers: tuple[Router, ...] = field(default=(), name="router")


class Pack(Struct, frozen=True):
    """A loaded rule pack: rules by name, models by framework."""

    rules: dict[str, Rule]
    models: dict[str, Model]
