"""Files that a document holds as text under their names: ``nginx.conf: |`` in a ConfigMap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from statecheck.facts.documents.nodes import DocumentFacts, Node
from statecheck.facts.formats import format_of

# Of these formats; a mapping holds YAML and JSON as text for other reasons, too.
FORMATS = frozenset({"nginx", "haproxy", "apache", "caddyfile", "env", "vcl", "squid", "keepalived", "toml"})


def embedded(
    facts: DocumentFacts, data: bytes, readers: Mapping[str, Callable[[bytes], DocumentFacts]]
) -> tuple[DocumentFacts, ...]:
    """The documents inside one, their nodes at the lines of the file that holds them."""
    found = []
    lines: Sequence[str] | None = None
    for node in facts.nodes:
        if node.kind == "value" and "\n" in node.value:
            format = format_of(node.key)
            if format in FORMATS:
                lines = lines if lines is not None else data.decode("utf-8", "replace").splitlines()
                inner = readers[format](node.value.encode())
                found.append(_moved(inner, node, lines))
    return tuple(found)


def _moved(inner: DocumentFacts, home: Node, lines: Sequence[str]) -> DocumentFacts:
    """With places in the file around it: line for line in a block of text, else that of the key."""
    first = home.value.split("\n", 1)[0]
    below = lines[home.end_line] if home.end_line < len(lines) else ""
    if below.strip() != first.strip() or not first.strip():
        span = (home.line, home.column, home.end_line, home.end_column)
        return replace(inner, nodes=tuple(_at(node, span) for node in inner.nodes), comments=(), failure=None)
    down, right = home.end_line, len(below) - len(below.lstrip()) - (len(first) - len(first.lstrip()))
    nodes = tuple(
        _at(node, (node.line + down, node.column + right, node.end_line + down, node.end_column + right))
        for node in inner.nodes
    )
    return replace(inner, nodes=nodes, comments=(), failure=None)


def _at(node: Node, span: tuple[int, int, int, int]) -> Node:
    line, column, end_line, end_column = span
    return replace(node, line=line, column=column, end_line=end_line, end_column=end_column)
