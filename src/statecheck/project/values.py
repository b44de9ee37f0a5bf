"""What an expression can be, as far as the linker knows, and where that thing is kept.

A :class:`Value` says what something is. A :class:`Place` names storage that several executions of a function share: a
module variable, a class attribute, a field of an object, a captured local. An :class:`Item` is a value together with
the place it was read from; ``depth`` counts how far inside that place's container it lies.
"""

from __future__ import annotations

from msgspec import Struct

MEMO = "cache"  # the name of the place where a memo keeps what the function returned


class ScopeRef(Struct, frozen=True, order=True, gc=False):
    """A scope of a file: ``scope`` is its index in :attr:`FileFacts.scopes`."""

    path: str
    scope: int


class Site(Struct, frozen=True, order=True, gc=False):
    """Where an object is made."""

    path: str
    pos: int


class ModuleValue(Struct, frozen=True, gc=False):
    """A module of the tree (a namespace folder ends in "/")."""

    path: str


class FunctionValue(Struct, frozen=True, gc=False):
    """A function of the tree; ``owner`` is the class that a method was read from, through an instance or the class."""

    ref: ScopeRef
    owner: ScopeRef | None = None


class ClassValue(Struct, frozen=True, gc=False):
    """A class of the tree."""

    ref: ScopeRef


class Foreign(Struct, frozen=True, gc=False):
    """Something outside the tree, by canonical dotted name: a module, class, function or method."""

    name: str


class Instance(Struct, frozen=True, gc=False):
    """An object of a class of the tree; without a site: ``self``, or known only by annotation."""

    cls: ScopeRef
    site: Site | None = None


class ForeignInstance(Struct, frozen=True, gc=False):
    """What calling the foreign ``name`` returns: for a class, an instance of it."""

    name: str
    site: Site | None = None


class ContainerValue(Struct, frozen=True, gc=False):
    """A container: ``kind`` is the canonical name of its type ("builtins.dict")."""

    kind: str
    site: Site


class ConstantValue(Struct, frozen=True, gc=False):
    """A literal: ``kind`` as in :class:`statecheck.facts.ir.Const`."""

    kind: str
    text: str


Value = (
    ModuleValue
    | FunctionValue
    | ClassValue
    | Foreign
    | Instance
    | ForeignInstance
    | ContainerValue
    | ConstantValue
    | None
)


class GlobalPlace(Struct, frozen=True, gc=False):
    """A module-level variable."""

    path: str
    name: str


class ClassPlace(Struct, frozen=True, gc=False):
    """An attribute kept on a class."""

    cls: ScopeRef
    name: str


class FieldPlace(Struct, frozen=True, gc=False):
    """An attribute of the instances of a class of the tree."""

    cls: ScopeRef
    name: str


class ForeignPlace(Struct, frozen=True, gc=False):
    """An attribute of an object of a foreign type: ``app.state.jobs`` is ("starlette.….Starlette.state", "jobs")."""

    owner: str
    name: str


class CellPlace(Struct, frozen=True, gc=False):
    """A local variable of a function that inner functions share."""

    function: ScopeRef
    name: str


class DefaultPlace(Struct, frozen=True, gc=False):
    """The default value of a parameter: one object for all calls."""

    function: ScopeRef
    name: str


class FunctionPlace(Struct, frozen=True, gc=False):
    """An attribute set on a function."""

    function: ScopeRef
    name: str


class ContextPlace(Struct, frozen=True, gc=False):
    """The default of a context variable bound in ``scope``: one object for every context that has set no other."""

    scope: ScopeRef
    name: str


Place = GlobalPlace | ClassPlace | FieldPlace | ForeignPlace | CellPlace | DefaultPlace | FunctionPlace | ContextPlace


class Item(Struct, frozen=True, gc=False):
    """A possible value of an expression. ``value`` is None when only the place is known.

    ``via`` are the places passed on the way to the object that holds ``place``: reading ``manager.active`` of a
    module-level ``manager`` gives the field ``active`` via the global ``manager``.
    """

    value: Value
    place: Place | None = None
    depth: int = 0
    via: tuple[Place, ...] = ()


Items = tuple[Item, ...]
