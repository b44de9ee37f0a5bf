"""What rule packs say of configuration: where settings are kept, how variables are read, and how a fix reads one."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field


class SettingsHolder(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Where a framework keeps its settings.

    ``names``: objects that hold them (``flask.Flask.config``), set by item, and with ``attributes`` by attribute.
    ``updates``: methods of theirs that take a mapping or keywords; ``objects``: functions that take a class or
    its dotted name, and take over its UPPERCASE names. ``classes``: the fields of their subclasses are settings.
    ``modules``: files or folders of this name (``settings*`` with any ending) hold settings as UPPERCASE names, if
    one of ``markers`` is among them; ``variables`` name such a module in the environment. ``fillers``: calls after
    which a module holds settings that its text does not show. ``read_by``: objects whose attributes read the modules.
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
    read_by: tuple[str, ...] = ()


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
