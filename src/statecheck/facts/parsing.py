"""Parse a file into light nodes: LibCST's parser, without what only code that is written back needs.

The native parser makes each node by calling the class of that name in the package ``libcst``. These classes are
frozen data classes, which set and validate their fields one by one in Python, and half of the nodes are white space:
a quarter of the parse. While we parse, classes with the same names and fields stand there that are made in one call.
Facts are read by the names of classes and fields (see :mod:`statecheck.facts.expressions`), so both kinds of tree give
the same facts, and a parser that takes its classes from elsewhere only costs more.

This is for a process of our own. Beside others that may parse at the same time, use :func:`libcst.parse_module`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

import libcst
import msgspec


def parse_lightly(text: str) -> Any:
    """The module as a tree of light nodes. Raises what :func:`libcst.parse_module` raises."""
    native: Any = import_module("libcst.native")  # it has no type hints
    package = vars(libcst)
    try:
        package.update(_light_nodes())
        return native.parse_module(text)
    finally:
        package.update(_own_nodes())


@cache
def _own_nodes() -> Mapping[str, type[libcst.CSTNode]]:
    exported = ((name, getattr(libcst, name)) for name in libcst.__all__)
    return MappingProxyType(
        {name: value for name, value in exported if isinstance(value, type) and issubclass(value, libcst.CSTNode)}
    )


@cache
def _light_nodes() -> Mapping[str, type]:
    return MappingProxyType({name: _light(name, node) for name, node in _own_nodes().items()})


def _light(name: str, node: type[libcst.CSTNode]) -> type:
    given = [(field.name, Any, _default(field)) for field in fields(node)]
    # trees have no cycles, so the collector need not know of them
    return msgspec.defstruct(name, given, kw_only=True, gc=False)


def _default(field: Field[Any]) -> object:
    """The value of a field that the parser leaves out. White space that it leaves out is of no concern to facts."""
    return None if field.default is MISSING else field.default
