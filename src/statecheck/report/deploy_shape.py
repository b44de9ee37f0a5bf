"""The shape of a deployment's picture for programs: its schema is generated from these types.

A key may be added without notice. A key that goes, or means something else, counts ``SCHEMA`` up.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from statecheck.model import Level, Problem
from statecheck.report.shape import Column, Count, Path, Tool

SCHEMA: Literal[1] = 1

Number = Annotated[int | None, Meta(description="Null where only a run tells.")]


class FactorRow(Struct, frozen=True):
    """One of the numbers that multiply to the copies of a process."""

    word: Annotated[str, Meta(description="What is counted: worker, replica, dyno, machine, instance ...")]
    number: Number
    most: Annotated[bool, Meta(description="Up to that many.")]
    text: Annotated[str, Meta(description="As it is written; empty where nothing is.")]
    path: Path
    line: Count


class MountRow(Struct, frozen=True):
    """A folder of a process that lies elsewhere."""

    mount_path: str
    source: str
    kind: Annotated[str, Meta(description="bind, volume, empty, host, claim or unknown.")]
    path: Path
    line: Count


class HiderRow(Struct, frozen=True):
    """A finding about what hides state from users."""

    rule: str
    name: str
    path: Path
    line: Count


class KeptRow(Struct, frozen=True):
    """Something that a process keeps for itself: a finding of the code."""

    symbol: str
    rule: str
    name: str
    family: Literal["memory", "disk"]
    severity: Level
    confidence: Level
    path: Path
    line: Count
    column: Column
    fingerprint: str
    copies: Annotated[int | None, Meta(description="How many copies of it there are; null where only a run tells.")]
    mount: Annotated[str | None, Meta(description="Where a file lands that is not on the container's own disk.")]
    hidden_by: tuple[HiderRow, ...]


class ProcessRow(Struct, frozen=True):
    """A process of a deployment."""

    name: str
    unit: Annotated[str, Meta(description="The object that is copied, for people.")]
    deployment: Annotated[str, Meta(description="The documents that it is deployed by, for people.")]
    development: Annotated[bool, Meta(description="For development or tests: it raises no finding.")]
    path: Path
    line: Count
    server: str
    runs: Annotated[str, Meta(description="Program and application, for people.")]
    module: Annotated[Path | None, Meta(description="The file that is run first; null if it was not found.")]
    copies: Number
    factors: tuple[FactorRow, ...]
    threads: Number
    mounts: tuple[MountRow, ...]
    serves: Annotated[tuple[str, ...], Meta(description="Entry points.")]
    keeps: tuple[KeptRow, ...]


class LooseRow(Struct, frozen=True):
    """Something that the code keeps, without a process that is known to run it."""

    symbol: str
    rule: str
    name: str
    family: Literal["memory", "disk"]
    path: Path
    line: Count


class DeployDocument(Struct, frozen=True):
    """What runs the code of a tree, in how many copies, and what each keeps for itself."""

    schema: Literal[1]
    tool: Tool
    processes: tuple[ProcessRow, ...]
    unclaimed: tuple[LooseRow, ...]
    entry_points: dict[str, int]
    documents: Annotated[int, Meta(description="How many deployment documents were read.")]
    notes: Annotated[tuple[str, ...], Meta(description="What of the deployment could not be followed, for people.")]
    unparsed: tuple[str, ...]
    errors: tuple[Problem, ...]
