"""What rule packs say of programs that run an application, and of platforms that run such programs in copies.

A new server or platform is a row of data. Code knows only the forms in which documents write variables.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field


class Server(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A program that runs an application, and how its command line says which one, in how many processes.

    ``commands``: names of the program (last part of its path; ``*`` stands for any letters). ``modules``: the names
    under which ``python -m`` starts it, if others. ``subcommands``: one of these words must follow somewhere.

    ``serves``: "request", "worker" (jobs, of the models ``frameworks``), "program" (whatever the code starts) or
    "command" (once, and nothing else).
    ``app``: "object" (``shop.wsgi:app``), "script" (a file), "module" (run like ``python -m``), "itself" (the command
    is a file of the project), "all" (no name is needed: the jobs say). It is the value of one of ``app_options``, of
    one of the environment's ``app_variables``, else an argument; where none names a module of the tree, one of
    ``app_defaults``. Of a package so named, its ``submodules`` are looked at first.

    ``workers`` (options, ``worker_variables``, ``worker_keys`` of a settings file) are processes of their own; without
    them there is one, or with ``per_core`` one for each core. ``threads`` share memory. ``pools``: options whose value,
    one of ``shared_pools``, makes workers share memory after all. The settings file is the value of ``config``
    (which may begin with one of ``config_prefixes``), an argument that ends in one of ``config_suffixes``, or one of
    ``config_files``. ``directory`` and ``paths`` are options that name a folder to work in, or to import from.
    ``more``: variables that hold further options. ``call``: functions that start it from code, whose keyword
    ``call_workers`` says how many processes.

    ``tables``: paths in ``pyproject.toml`` to tables of commands that the project itself installs, each with the object
    that it runs; such a row needs no ``commands``.
    """

    id: str
    commands: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    subcommands: tuple[str, ...] = ()
    serves: Literal["request", "worker", "program", "command"] = "request"
    frameworks: tuple[str, ...] = ()
    app: Literal["object", "script", "module", "itself", "all"] = "object"
    app_options: tuple[str, ...] = ()
    app_variables: tuple[str, ...] = ()
    app_keys: tuple[str, ...] = ()
    app_defaults: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    worker_variables: tuple[str, ...] = ()
    worker_keys: tuple[str, ...] = ()
    per_core: bool = False
    threads: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    shared_pools: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    config_files: tuple[str, ...] = ()
    config_prefixes: tuple[str, ...] = ()
    config_suffixes: tuple[str, ...] = ()
    directory: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    call: tuple[str, ...] = ()
    call_workers: str = ""


class Wrapper(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A program that only starts another: ``words`` begin its command line, and the rest is one of its own.

    ``script``: the option whose value is a whole script (``sh -c``). ``values``: options of its own that take a value.
    ``module``: the option that names a module to run as a command (``python -m``).
    """

    words: tuple[str, ...]
    script: str = ""
    module: str = ""
    values: tuple[str, ...] = ()


class Platform(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A kind of document that says what runs, and in how many copies. Paths are keys joined by "."; ``*`` is any.

    The document must fit one of ``files`` (globs), have one of the ``kinds``, and every path of ``has``. Below it stand
    the units (``units``, "" for the document itself), which are copied, and in each unit containers. ``unit`` is the
    name for people: {name} (at ``name``, else the unit's key without ``key_prefix``, else that of the file) and {kind}
    are filled in. ``replicas`` say how many copies, ``maximum`` up to how many,
    ``minimum`` at least how many; ``scaled``: as many as somebody sets outside of the tree. A container whose
    ``profiles`` are all for development or tests is not deployed; ``target`` is the stage of its Dockerfile. All paths
    but ``units`` and ``namespace`` start at the unit, those from ``command`` on at the container; "." is
    the start itself. ``mounts`` are in the ``mount_form`` of that id, and may name one of the ``volumes``.
    """

    id: str
    unit: str
    files: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    units: str = ""
    name: tuple[str, ...] = ()
    key_prefix: str = ""
    containers: str = ""
    replicas: tuple[str, ...] = ()
    maximum: tuple[str, ...] = ()
    minimum: tuple[str, ...] = ()
    scaled: bool = False
    replica_word: str = "replica"
    volumes: str = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    environment_files: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    dockerfile: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    directory: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    mount_form: str = ""
    namespace: tuple[str, ...] = ()


class Volume(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What a volume is that has something at ``has``. Its ``source`` says more of it, else the key ``has`` does."""

    kind: Literal["bind", "claim", "empty", "host", "volume"]
    has: str
    source: tuple[str, ...] = ()


class MountForm(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """How a platform writes what is mounted into a container: as maps, or as texts of parts between colons.

    Of a map, ``path`` leads to the folder in the container, ``source`` to what is mounted, ``kind`` to a word for what
    that is: bind or volume, else as its source looks; one of ``other_kinds`` is no disk. Where ``read_only`` is "true",
    nobody writes. ``parts`` are the parts of a text: "source", "path" and "mode", which is a comma list; with one of
    ``read_only_modes`` nobody writes. A source may be the name of a volume (at ``volume_name``, else its key):
    it is what the first of its ``volumes`` rows says that fits.
    """

    id: str
    path: tuple[str, ...]
    source: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    other_kinds: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    parts: tuple[Literal["source", "path", "mode"], ...] = ()
    read_only_modes: tuple[str, ...] = ()
    volume_name: tuple[str, ...] = ()
    volumes: tuple[Volume, ...] = field(default=(), name="volume")


class Router(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A document that leads requests to the units that bear its ``labels``; ``name`` is the path of its own name."""

    kinds: tuple[str, ...]
    name: str
    labels: str


class Scaler(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A document that scales a unit of another: the paths of the unit's name, its kind, the highest number, and where
    the document itself says of which ``namespace`` it speaks."""

    kinds: tuple[str, ...]
    target: str
    maximum: str
    target_kind: str = ""
    namespace: tuple[str, ...] = ()
