"""The inventory of configuration for people: as tables, and as a template of a ``.env`` file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from statecheck.detectors.variables import MASK, Inventory, Reading, Variable
from statecheck.model import Finding, Location
from statecheck.report.source import escape
from statecheck.report.tables import rendered, table

if TYPE_CHECKING:
    from rich.table import Table

MAX_DEFAULT = 60  # characters of a default in the table
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@,+%=?&~*[]()")


# -- a template of a .env file -----------------------------------------------------------------------------------------


def render_dotenv(inventory: Inventory) -> str:
    """One line a variable: first those that must be set, the others as comments with defaults. Secrets are empty."""
    single = [variable for variable in inventory.variables if not variable.name.endswith("*")]
    required = [variable for variable in single if variable.required]
    optional = [variable for variable in single if not variable.required]
    prefixes = [variable for variable in inventory.variables if variable.name.endswith("*")]
    blocks = ["# The variables that the code reads. Written by statecheck settings; secrets are left empty.\n"]
    blocks += ["# -- must be set --\n"] if required else []
    blocks += [_assignment(variable, "") for variable in required]
    blocks += ["# -- have a default, or may be missing --\n"] if optional else []
    blocks += [_assignment(variable, "# ") for variable in optional]
    for variable in prefixes:
        blocks.append(f"# All variables {escape(variable.name)} are read: {_where(variable)}.\n")
    return "\n".join(blocks)


def _assignment(variable: Variable, mark: str) -> str:
    facts = [variable.type] if variable.type else []
    facts += ["secret"] if variable.secret else []
    facts += ["the default is computed"] if variable.computed and variable.default is None else []
    note = f"# {', '.join([*facts, _where(variable)])}\n"
    value = "" if variable.secret or variable.default is None or MASK in variable.default else variable.default
    return f"{note}{mark}{escape(variable.name)}={quoted(value)}\n"


def quoted(value: str) -> str:
    """The value as readers of ``.env`` files understand it: in quotes unless it is plain."""
    if all(char in _PLAIN for char in value):
        return value
    body = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("$", "\\$")
    return f'"{escape(body)}"'


def _where(variable: Variable) -> str:
    first, *others = variable.readings
    more = f" and {len(others)} more" if others else ""
    return f"{_place(first.location)}{more}"


def _place(location: Location) -> str:
    return f"{escape(location.path)}:{location.line}"


# -- tables ------------------------------------------------------------------------------------------------------------


def render_table(inventory: Inventory, color: bool, width: int) -> str:
    """The variables, what is hardcoded, and what nobody could name."""
    return rendered(_parts(inventory), color, width)


def _parts(inventory: Inventory) -> Iterator[Table | str]:
    if inventory.variables:
        yield _variables(inventory.variables)
    if inventory.hardcoded:
        yield _hardcoded(inventory.hardcoded)
    yield from _notes(inventory)


def _variables(variables: tuple[Variable, ...]) -> Table:
    rows = table("Variables", "Name", "Type", "Default", "Read at")
    for variable in variables:
        readings = variable.readings
        more = f" +{len(readings) - 1}" if len(readings) > 1 else ""
        rows.add_row(
            escape(variable.name), variable.type, _default(variable), f"{_place(_first(readings).location)}{more}"
        )
    return rows


def _first(readings: tuple[Reading, ...]) -> Reading:
    """The place to show: one that says the most."""
    return next((reading for reading in readings if reading.required or reading.default is not None), readings[0])


def _default(variable: Variable) -> str:
    if variable.required:
        return "required"
    if variable.default is None:
        return "(computed)" if variable.computed else "-"
    text = escape(variable.default) if variable.default else '""'
    return text if len(text) <= MAX_DEFAULT else f"{text[: MAX_DEFAULT - 3]}..."


def _hardcoded(findings: tuple[Finding, ...]) -> Table:
    rows = table("Fixed in the code", "Rule", "Severity", "What", "Stands at")
    for finding in findings:
        rows.add_row(finding.name, finding.severity, escape(finding.symbol), _place(finding.location))
    return rows


def _notes(inventory: Inventory) -> Iterator[str]:
    required = sum(variable.required for variable in inventory.variables)
    count = len(inventory.variables)
    yield (
        f"{count} {'variable' if count == 1 else 'variables'}, {required} of them required; "
        f"{len(inventory.hardcoded)} fixed in the code"
    )
    if inventory.unnamed:
        places = ", ".join(_place(place) for place in inventory.unnamed[:3])
        more = f" and {len(inventory.unnamed) - 3} more" if len(inventory.unnamed) > 3 else ""
        yield f"Variables whose names only a run tells are read at {places}{more}"
