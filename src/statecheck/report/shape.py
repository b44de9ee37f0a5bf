"""The shape of the JSON report: its schema is generated from these types, its renderer fills them.

A key may be added without notice. A key that goes, or means something else, counts ``SCHEMA`` up.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from statecheck.model import (
    BaselineEntry,
    BaselineState,
    Family,
    Finding,
    Fix,
    Harm,
    Level,
    Problem,
    Report,
    Role,
    Step,
    Summary,
)

SCHEMA: Literal[1] = 1

Count = Annotated[int, Meta(ge=1)]  # lines and columns
Path = Annotated[str, Meta(description='Relative to the project root, with "/".')]
Column = Annotated[int, Meta(ge=1, description="In characters (Unicode code points).")]
EndColumn = Annotated[int, Meta(ge=1, description="One past the last character.")]
Scope = Annotated[str, Meta(description="Qualified name of the function or class around it; empty at module level.")]
Form = Annotated[str | None, Meta(description="Which form of the rule matched.")]
Cause = Annotated[str, Meta(description="Stays the same when code around it moves or is formatted anew.")]
Write = Annotated[str, Meta(description="Tells a write from the other writes of the same cause.")]
Reason = Annotated[
    str | None, Meta(description="The reason a comment gives; empty without one, null if not suppressed.")
]
State = Annotated[BaselineState | None, Meta(description="Null where nothing was compared.")]


class Tool(Struct, frozen=True):
    """What wrote the report."""

    name: Literal["statecheck"]
    version: str


class StepRow(Struct, frozen=True):
    """A step of a code flow."""

    role: Role
    path: Path
    line: Count
    column: Column
    end_line: Count
    end_column: EndColumn
    message: str
    fingerprint: Write
    baseline_state: Literal["new", "unchanged"] | None


class DeployedRow(Struct, frozen=True):
    """A process of a deployment that holds the state of the finding."""

    process: str
    copies: Annotated[int | None, Meta(description="Null where only a run tells how many.")]
    places: Annotated[tuple[str, ...], Meta(description='What says so, as "path:line".')]


class FindingRow(Struct, frozen=True):
    """One defect: one cause, with the flow that proves it."""

    rule: str
    name: str
    family: Family
    severity: Level
    confidence: Level
    path: Path
    line: Count
    column: Column
    end_line: Count
    end_column: EndColumn
    symbol: str
    scope: Scope
    message: str
    instead: str
    harm: Harm | None
    entry_points: tuple[str, ...]
    flow: tuple[StepRow, ...]
    form: Form
    fingerprint: Cause
    fix: Fix | None
    suppressed: Reason
    baseline_state: State
    deployments: tuple[DeployedRow, ...]


class Baseline(Struct, frozen=True):
    """What is known from the baseline."""

    unchanged: tuple[FindingRow, ...]
    absent: tuple[BaselineEntry, ...]


class Document(Struct, frozen=True):
    """A report of statecheck. ``findings`` are those shown and those suppressed by a comment."""

    schema: Literal[1]
    tool: Tool
    summary: Summary
    findings: tuple[FindingRow, ...]
    baseline: Baseline | None
    errors: tuple[Problem, ...]


def step_row(step: Step) -> StepRow:
    """A step as the report has it."""
    where = step.location
    return StepRow(
        step.role, where.path, where.line, where.column, where.end_line, where.end_column, step.message,
        step.fingerprint, step.baseline,
    )  # fmt: skip


def finding_row(finding: Finding) -> FindingRow:
    """A finding as the report has it."""
    where = finding.location
    return FindingRow(
        rule=finding.rule,
        name=finding.name,
        family=finding.family,
        severity=finding.severity,
        confidence=finding.confidence,
        path=where.path,
        line=where.line,
        column=where.column,
        end_line=where.end_line,
        end_column=where.end_column,
        symbol=finding.symbol,
        scope=finding.scope,
        message=finding.message,
        instead=finding.instead,
        harm=finding.harm,
        entry_points=finding.entry_points,
        flow=tuple(step_row(step) for step in finding.flow),
        form=finding.form,
        fingerprint=finding.fingerprint,
        fix=finding.fix,
        suppressed=finding.suppressed,
        baseline_state=finding.baseline,
        deployments=tuple(DeployedRow(each.process, each.copies, each.places) for each in finding.deployments),
    )


def shown_and_suppressed(report: Report) -> tuple[FindingRow, ...]:
    """Rows of both, in the order of reports."""
    return tuple(map(finding_row, sorted((*report.findings, *report.suppressed), key=Finding.sort_key)))
