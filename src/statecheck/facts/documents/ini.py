"""INI, systemd units, properties and ``.env`` files: keys with places, duplicates kept.

The standard library's parser has no positions and refuses duplicates, "%" and keys before the first section.
"""

from __future__ import annotations

import re

from statecheck.facts.documents import templates
from statecheck.facts.documents.filled import filled
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Kind, Span

_SECTION = re.compile(r"\s*\[(?P<name>[^\]]+)\]")
_PAIR = re.compile(r"(?P<key>[^\s=:;#\[][^=:]*?)\s*(?:=|:(?=\s|$))\s*(?P<value>.*)\Z")
_ENV = re.compile(r"\s*(?:export\s+)?(?P<key>[A-Za-z_][\w.-]*)\s*=\s*(?P<value>.*)\Z")
_ENV_NOTE = re.compile(r"\s#.*\Z")


def read(data: bytes) -> DocumentFacts:
    """Facts of an INI file: a section is a mapping; keys before the first stand at the top."""
    return _read(data, "ini")


def env(data: bytes) -> DocumentFacts:
    """Facts of a ``.env`` file."""
    return _read(data, "env")


def _read(data: bytes, format: str) -> DocumentFacts:
    take = _env_lines if format == "env" else _ini_lines
    return filled(data, format, lambda builder, text: take(builder, text.split("\n")))


def _ini_lines(builder: Builder, lines: list[str]) -> None:
    number = 0
    while number < len(lines):
        raw = lines[number]
        number += 1
        body = raw.strip()
        if not body or body[0] in "#;":
            continue
        section = _SECTION.match(raw)
        if section:
            if len(builder.open) > 1:
                builder.end()
            column = section.start("name") + 1
            builder.start(section["name"].strip(), "map", "{}", Span(number, column, number, section.end("name") + 1))
            continue
        pair = _PAIR.match(body)
        if pair is None:
            continue
        value = _without_note(pair["value"])
        place = _span(raw, number, len(pair["key"]), len(value), pair.start("value"))
        while number < len(lines) and (value.endswith("\\") or _continues(lines[number])):
            value = f"{value.rstrip(chr(92)).rstrip()} {_without_note(lines[number].strip())}".strip()
            number += 1
        _add(builder, pair["key"].strip(), value, place)


def _continues(line: str) -> bool:
    """Is the line, indented and without a key of its own, the rest of the value above?"""
    body = line.strip()
    return bool(body) and line[0] in " \t" and body[0] not in "#;[" and not _PAIR.match(body)


def _without_note(value: str) -> str:
    at = value.find(" ;")
    return (value[:at] if at >= 0 else value).strip()


def _env_lines(builder: Builder, lines: list[str]) -> None:
    for number, raw in enumerate(lines, 1):
        pair = _ENV.match(raw)
        if pair is None:
            continue
        value = pair["value"].strip()
        quote = value[:1]
        if quote in ("'", '"') and quote in value[1:]:
            value = value[1 : value.index(quote, 1)]
        else:
            value = _ENV_NOTE.sub("", f" {value}").strip()
        start = pair.start("key") + 1
        end = max(pair.start("value") + len(value), start + len(pair["key"])) + 1
        _add(builder, pair["key"], value, Span(number, start, number, end))


def _span(raw: str, number: int, key: int, value: int, at: int) -> Span:
    start = len(raw) - len(raw.lstrip()) + 1
    return Span(number, start, number, start + (at + value if value else key))


def _add(builder: Builder, key: str, value: str, span: Span) -> None:
    judged = templates.value_of(value)
    kind: Kind = "value" if judged.known else "unknown"
    builder.add(key, kind, judged.text, span, judged.templated)
