"""What rule packs say of platforms: documents that run programs in copies, and those that go with them.

A new platform is rows of data. Code knows only the forms in which documents write variables.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field


class Platform(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A kind of document that says what runs, and in how many copies. Paths are keys joined by "."; ``*`` is any.

    The document must fit one of ``files`` (globs), have one of the ``kinds``, and every path of ``has``. Below it stand
    the units (``units``, "" for the document itself), which are copied, and in each unit containers. ``unit`` is the
    name for people: {name} (at ``name``, else the unit's key without ``key_prefix``, else that of the file) and {kind}
    are filled in.

    ``replicas`` say how many copies, ``maximum`` up to how many, ``minimum`` at least how many; ``scaled``: as many as
    somebody sets outside of the tree, as it is where one of the paths ``scaled_by`` has its value. What it runs
    ``ends``: it is no program that goes on. A container whose ``profiles`` are all for development or tests is not
    deployed; ``target`` is the stage of its Dockerfile. ``mounts`` are in the ``mount_form`` of that id, and may name
    one of the ``volumes``. All paths but ``units`` and ``namespace`` start at the unit, those from ``command`` on at
    the container; "." is where they start.
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
    scaled_by: dict[str, str] = field(default_factory=dict)
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
    ends: bool = False


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


class VariableSource(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A document that holds variables for the containers of others: a mapping at ``values``, under a ``name``.

    At each of the places ``taken`` (the container itself where it says none) a container takes ``all`` variables of the
    one that it names there, with the ``prefix`` before their names. One of its variables takes the value that ``key``
    has in the one that it names at ``one``, both paths inside of the item that declares the variable.
    """

    kinds: tuple[str, ...]
    name: tuple[str, ...]
    values: str
    taken: str = ""
    prefix: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    key: tuple[str, ...] = ()


class Router(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A document that leads requests to the units that bear its ``labels``; ``name`` is the path of its own name."""

    kinds: tuple[str, ...]
    name: str
    labels: str


class ObjectSchema(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What is known of the kinds of a platform's objects, for tools that change the objects before they are deployed.

    A patch merges the lists of the ``merged`` kinds whose key ``merge_keys`` has, by the first of these keys that an
    item has; all other lists it replaces. Objects of the kinds ``unnamed`` and ``cluster`` stand in no namespace, those
    ``unnamed`` keep their names as well. ``scaled`` kinds have replicas, ``templated`` ones a template of what runs;
    ``selectors`` lead to the labels by which a kind finds others. ``references``: two keys that lead to the name of
    another object, and its kind; ".key" is the kind that stands beside the name.
    """

    merged: tuple[str, ...] = ()
    merge_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unnamed: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    scaled: tuple[str, ...] = ()
    templated: tuple[str, ...] = ()
    selectors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)


class Scaler(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A document that scales units of others, of any platform or one of the ``platforms``.

    It has one of the ``kinds``, or ``units`` that scale one each. ``target`` leads to the name of what is scaled, which
    may also be the key of the scaling unit; ``target_kind`` to its kind, ``maximum`` or ``replicas`` to the number.
    ``namespace`` is that of the document.
    """

    target: str
    kinds: tuple[str, ...] = ()
    units: str = ""
    platforms: tuple[str, ...] = ()
    maximum: str = ""
    replicas: str = ""
    target_kind: str = ""
    namespace: tuple[str, ...] = ()
