"""``statecheck config``: which settings hold, where each comes from, and whether they can be used."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Any

import typer

from statecheck.cli.guard import USAGE, UsageError, complain, guarded, write
from statecheck.cli.options import Config, Debug, Isolated
from statecheck.cli.target import Target, find_target
from statecheck.cli.vetting import faults
from statecheck.decoding import spell, spell_key
from statecheck.settings import origins

_DEFAULT = ("default",)


class ConfigFormat(str, Enum):
    """How settings are printed."""

    text = "text"
    json = "json"


def command(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file or folder whose settings are meant.")] = ".",
    show: Annotated[bool, typer.Option("--show", help="Print the settings that hold, and where each stands.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Say whether the settings can be used.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the settings.")] = False,
    output_format: Annotated[ConfigFormat, typer.Option(help="How --show prints.")] = ConfigFormat.text,
    config: Config = None,
    isolated: Isolated = False,
    debug: Debug = False,
) -> None:
    """Show or check the settings.

    Exit codes: 0 the settings can be used; 2 they cannot, or wrong usage.
    """

    def action() -> int:
        if show + check + schema != 1:
            raise UsageError("give one of --show, --check and --schema")
        if schema:
            from statecheck.schemas import settings_schema

            write(json.dumps(settings_schema(), indent=2) + "\n", None)
            return 0
        if check:
            return _check(find_target([path], config or [], isolated))
        target = find_target([path], config or [], isolated)
        write(_as_json(target) if output_format.value == "json" else _as_text(target), None)
        return 0

    raise typer.Exit(guarded(action, debug))


def _check(target: Target) -> int:
    errors, warnings = faults(target, target.loaded.settings)
    for warning in warnings:
        complain(f"warning: {warning}")
    for error in errors:
        complain(f"error: {error}")
    if errors:
        return USAGE
    files = _files(target)
    write(f"{', '.join(files)}: valid.\n" if files else "There is no settings file; the defaults hold.\n", None)
    return 0


def _files(target: Target) -> list[str]:
    """The files that were read, the strongest first."""
    from statecheck.report.source import escape

    return [escape(str(layer.document.path)) for layer in reversed(target.layers) if not layer.name]


def _places(target: Target) -> Mapping[str, tuple[str, ...]]:
    """Origins with paths as they are seen from the root."""
    root = f"{target.loaded.root}{os.sep}"
    return {key: tuple(place.removeprefix(root) for place in places) for key, places in origins(target.layers).items()}


def _leaves(value: Any, *keys: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Keys and values, those of tables one by one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, *keys, key)
    else:
        yield keys, value


def _settings(target: Target) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(target.loaded.settings)
    plain.pop("extend")  # done when the files were read
    return plain


def _as_json(target: Target) -> str:
    places = _places(target)
    settings = _settings(target)
    found = {spell(keys): list(places.get(spell(keys), _DEFAULT)) for keys, _ in _leaves(settings)}
    source = target.loaded.source
    shown = {
        "schema": 1,
        "root": str(target.loaded.root),
        "source": str(source) if source else None,
        "files": [str(layer.document.path) for layer in reversed(target.layers) if not layer.name],
        "settings": settings,
        "origins": found,
    }
    return json.dumps(shown, indent=2) + "\n"


def _as_text(target: Target) -> str:
    """TOML that could be put in a file, with the origin of each value beside it."""
    from statecheck.report.source import escape

    places = _places(target)
    lines = [f"# root: {escape(str(target.loaded.root))}", f"# files: {', '.join(_files(target)) or 'none'}"]
    for keys, value in _leaves(_settings(target)):
        origin = escape(", ".join(places.get(spell(keys), _DEFAULT)))
        mark, text = ("# ", "not set") if value is None else ("", _toml(value))
        lines.append(f"{mark}{spell(keys)} = {text}  # {origin}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{spell_key(key)} = {_toml(item)}" for key, item in value.items() if item is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
