"""Bicep, as far as its objects go: properties, arrays and resources. Expressions are text; no parser of it is on PyPI.

``resource web 'Microsoft.Web/sites@2023-12-01' = {`` reads as the JSON that it compiles to: an item of ``resources``
with a ``type``.
"""

from __future__ import annotations

import re

from statecheck.facts.documents.nodes import Builder, DocumentFacts, Kind, Span, TooMuchError, comments
from statecheck.facts.documents.text import decode
from statecheck.facts.ir import ParseFailure

_RESOURCE = re.compile(r"resource\s+(?P<name>\w+)\s+'(?P<type>[^'@]+)[^']*'\s*=")
_PROPERTY = re.compile(r"(?P<key>\w+|'[^']*')\s*:\s*(?P<value>.*)\Z")
_LITERAL = re.compile(r"'(?P<text>[^'$]*)'\Z|(?P<word>true|false|null|-?\d+)\Z")


def read(data: bytes) -> DocumentFacts:
    """Facts of a Bicep file."""
    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts("bicep", failure=text)
    builder = Builder()
    builder.start("", "map", "", Span(1, 1, 1, 2))
    failure = None
    try:
        for number, raw in enumerate(_without_comments(text).split("\n"), 1):
            _line(builder, raw, number)
    except TooMuchError as error:
        failure = ParseFailure(builder.rows[-1][5].line, 1, str(error))
    return DocumentFacts("bicep", builder.nodes(), comments(text), False, failure)


def _without_comments(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=re.DOTALL)
    return re.sub(
        r"(^|\s)//[^\n]*", lambda match: " " * len(match.group()) if "\n" not in match.group() else "\n", text
    )


def _line(builder: Builder, raw: str, number: int) -> None:
    body = raw.strip()
    start = len(raw) - len(raw.lstrip()) + 1
    while body[:1] in ("}", "]"):
        for _ in range(2 if body.startswith("}") and _is_resource(builder) else 1):
            if len(builder.open) > 1:
                builder.end()
        body = body[1:].strip()
    if not body:
        return
    resource = _RESOURCE.match(body)
    if resource:
        span = Span(number, start, number, start + len(body))
        builder.start("resources", "list", "", span)
        builder.start("", "map", "", span)
        builder.add("type", "value", resource["type"], span)
        if not body.endswith(("{", "[")):
            builder.end()
            builder.end()
        return
    found = _PROPERTY.match(body)
    key, value = (found["key"].strip("'"), found["value"].strip()) if found else ("", body)
    span = Span(number, start, number, start + len(body))
    if value.endswith(("{", "[")):
        kind: Kind = "map" if value.endswith("{") else "list"
        builder.start(key, kind, "{}" if kind == "map" else "[]", Span(number, start, number, start + max(len(key), 1)))
    elif value.startswith("{") and value.endswith("}"):
        builder.start(key, "map", "{}", span)
        for part in value[1:-1].split(","):
            inner = _PROPERTY.match(part.strip())
            if inner:
                _scalar(builder, inner["key"].strip("'"), inner["value"].strip(), span)
        builder.end()
    elif found or _LITERAL.match(value):
        _scalar(builder, key, value, span)


def _is_resource(builder: Builder) -> bool:
    """Is the innermost open node the body of a resource?"""
    return len(builder.open) > 2 and builder.rows[builder.open[-2]][0] == "resources"


def _scalar(builder: Builder, key: str, value: str, span: Span) -> None:
    literal = _LITERAL.match(value)
    if literal is None:
        builder.add(key, "unknown", "", span, True)
    else:
        builder.add(key, "value", literal["text"] if literal["text"] is not None else literal["word"], span)
