"""The inventory of configuration for programs. Its shape is a promise: see ``inventory_shape``."""

from __future__ import annotations

import json

import msgspec

from statecheck import __version__
from statecheck.detectors.variables import Inventory, Variable
from statecheck.model import Finding
from statecheck.report.inventory_shape import SCHEMA, HardcodedRow, InventoryDocument, PlaceRow, SpotRow, VariableRow
from statecheck.report.shape import Tool


def render_json(inventory: Inventory) -> str:
    """Indented JSON in ASCII, so that no terminal or encoding can be upset by what a scanned tree says."""
    document = InventoryDocument(
        schema=SCHEMA,
        tool=Tool("statecheck", __version__),
        variables=tuple(map(_variable, inventory.variables)),
        hardcoded=tuple(map(_hardcoded, inventory.hardcoded)),
        unnamed=tuple(SpotRow(place.path, place.line, place.column) for place in inventory.unnamed),
        unparsed=inventory.unparsed,
        errors=inventory.errors,
    )
    return json.dumps(msgspec.to_builtins(document), indent=2) + "\n"


def _variable(variable: Variable) -> VariableRow:
    return VariableRow(
        name=variable.name,
        type=variable.type,
        required=variable.required,
        default=variable.default,
        computed=variable.computed,
        secret=variable.secret,
        places=tuple(
            PlaceRow(
                path=reading.location.path,
                line=reading.location.line,
                column=reading.location.column,
                required=reading.required,
                default=reading.default,
                computed=reading.computed,
            )
            for reading in variable.readings
        ),
    )


def _hardcoded(finding: Finding) -> HardcodedRow:
    return HardcodedRow(
        rule=finding.rule,
        name=finding.name,
        form=finding.form,
        severity=finding.severity,
        confidence=finding.confidence,
        path=finding.location.path,
        line=finding.location.line,
        column=finding.location.column,
        symbol=finding.symbol,
        message=finding.message,
        instead=finding.instead,
    )
