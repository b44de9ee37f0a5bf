"""What rule packs say of programs that run an application. A new server is a row of data."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


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
