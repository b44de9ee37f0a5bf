"""The shape of the inventory for programs: its schema is generated from these types, its renderer fills them.

A key may be added without notice. A key that goes, or means something else, counts ``SCHEMA`` up.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from statecheck.model import Level, Problem
from statecheck.report.shape import Column, Count, Form, Path, Tool

SCHEMA: Literal[1] = 1

Default = Annotated[
    str | None, Meta(description="What is used without the variable; null for nothing. Secrets are masked.")
]
Computed = Annotated[bool, Meta(description="There is a default, but only a run tells which.")]
Type = Annotated[str, Meta(description="int, bool, float, list, dict, path, url, json or str; empty if not known.")]
Required = Annotated[bool, Meta(description="Without the variable the code fails.")]


class PlaceRow(Struct, frozen=True):
    """A place that reads the variable."""

    path: Path
    line: Count
    column: Column
    required: Required
    default: Default
    computed: Computed


class VariableRow(Struct, frozen=True):
    """A variable of the environment; a name that ends in "*" stands for all that begin so."""

    name: str
    type: Type
    required: Required
    default: Default
    computed: Computed
    secret: Annotated[bool, Meta(description="By its name it takes a secret.")]
    places: tuple[PlaceRow, ...]


class HardcodedRow(Struct, frozen=True):
    """A finding about configuration that stands in the code."""

    rule: str
    name: str
    form: Form
    severity: Level
    confidence: Level
    path: Path
    line: Count
    column: Column
    symbol: str
    message: str
    instead: str


class SpotRow(Struct, frozen=True):
    """A place in a file."""

    path: Path
    line: Count
    column: Column


class InventoryDocument(Struct, frozen=True):
    """The configuration that an application reads, and what is fixed in its code."""

    schema: Literal[1]
    tool: Tool
    variables: tuple[VariableRow, ...]
    hardcoded: tuple[HardcodedRow, ...]
    unnamed: Annotated[
        tuple[SpotRow, ...], Meta(description="Places that read variables whose names only a run tells.")
    ]
    unparsed: Annotated[tuple[str, ...], Meta(description="Files that could not be read: their variables are missing.")]
    errors: tuple[Problem, ...]
