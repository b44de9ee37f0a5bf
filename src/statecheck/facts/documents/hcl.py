"""HCL (Terraform, Nomad, Consul) through its tree-sitter grammar, which reads on after an error.

A block ``resource "type" "name" { … }`` becomes the path ``resource.type.name``; every labelled top-level block is a
document of its own, the remaining attributes and blocks of the file are another. Repeated blocks are sibling nodes of
one key. A ``dynamic "x"`` block counts as the block ``x`` that it makes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from statecheck.facts.documents import templates
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Kind, Span, TooMuchError, comments
from statecheck.facts.documents.templates import FILLER, value_of
from statecheck.facts.documents.text import decode
from statecheck.facts.ir import ParseFailure

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BARE_FILLER = re.compile(f"(=[ \\t]*)({templates.FILLER}+)")
_BLOCK_START = re.compile(r"""^[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*\{""", re.MULTILINE)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_EMPTY = MappingProxyType({"list": "[]", "map": "{}"})
_LITERALS = frozenset({"numeric_lit", "bool_lit", "null_lit", "string_lit"})
_TEMPLATES = frozenset({"quoted_template", "heredoc_template"})
_WRAPPERS = frozenset({"expression", "literal_value", "template_expr", "collection_value"})


def read(data: bytes) -> DocumentFacts:
    """Facts of an HCL file. Unreadable is only a file in which no attribute and no block was found."""
    import tree_sitter_hcl
    from tree_sitter import Language, Parser

    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts("hcl", failure=text)
    if templates.has_actions(text):
        # A value outside quotes must look like a name, or the grammar would take it for an error.
        text = _BARE_FILLER.sub(lambda match: match[1] + "_" * len(match[2]), templates.blank(text).text)
    parser = Parser(Language(tree_sitter_hcl.language()))
    root = parser.parse(text.encode()).root_node
    parts = [_Part(root, text, 0)]
    if root.has_error:
        parts = [_Part(parser.parse(chunk.encode()).root_node, chunk, line) for chunk, line in _chunks(text)]
    reader = _Reader()
    failure = None
    try:
        reader.run(parts)
    except TooMuchError as error:
        failure = ParseFailure(reader.builder.rows[-1][5].line if reader.builder.rows else 1, 1, str(error))
    nodes = reader.builder.nodes()
    if not nodes and root.has_error:
        failure = ParseFailure(1, 1, "neither a block nor an attribute could be read")
    return DocumentFacts("hcl", nodes, comments(text), False, failure)


class _Part(NamedTuple):
    """A parsed stretch of the file that starts after ``line`` lines."""

    root: Any
    text: str
    line: int


def _chunks(text: str) -> Iterator[tuple[str, int]]:
    """The text cut before every block that starts a line: after an error the grammar may swallow all the rest."""
    done = line = 0
    for match in _BLOCK_START.finditer(text):
        if match.start() > done:
            yield text[done : match.start()], line
            line += text.count("\n", done, match.start())
            done = match.start()
    yield text[done:], line


class _Reader:
    """Visits statements with a stack of its own: ``work`` holds what is still to be done, last first."""

    def __init__(self) -> None:
        self.line = 0  # lines before the part that is being read
        self.lines: list[bytes] | None = None  # of that part, when bytes and characters differ
        self.builder = Builder()
        self.work: list[Callable[[], object]] = []
        self.defaults: dict[str, Any] = {}  # var.name or local.name → the expression of its value

    def run(self, parts: Sequence[_Part]) -> None:
        """Read the parts. A variable's default holds for all of them."""
        for part in parts:
            self._collect_defaults([statement for statement in _statements(part.root) if statement.type == "block"])
        for part in parts:
            self.line = part.line
            self.lines = None if part.text.isascii() else part.text.encode().split(b"\n")
            blocks: list[Any] = []
            rest: list[Any] = []
            for statement in _statements(part.root):
                labelled = statement.type == "block" and len(_labels(statement)) > 1
                (blocks if labelled else rest).append(statement)
            if rest:
                self._document(rest)
            for block in blocks:
                self._document([block])

    def _collect_defaults(self, blocks: list[Any]) -> None:
        for block in blocks:
            names = [self._text(label) for label in _labels(block)]
            if names != ["locals"] and (names[0] != "variable" or len(names) < 2):
                continue
            for statement in _statements(block):
                parts = statement.named_children
                if statement.type != "attribute" or len(parts) != 2:
                    continue
                key = self._text(parts[0])
                if names == ["locals"]:
                    self.defaults[f"local.{key}"] = parts[1]
                elif key == "default":
                    self.defaults[f"var.{names[1]}"] = parts[1]

    def _document(self, statements: list[Any]) -> None:
        self.builder.start("", "map", "", self._span(statements[0], statements[0].named_children[0]))
        self._push(statements)
        while self.work:
            self.work.pop()()
        self.builder.end()

    def _push(self, statements: list[Any]) -> None:
        for statement in reversed(statements):
            self.work.append(partial(self._block if statement.type == "block" else self._attribute, statement))

    def _block(self, block: Any) -> None:
        labels = _labels(block)
        names = [self._text(label) for label in labels]
        if names[0] == "dynamic" and len(names) == 2:
            labels, names = labels[1:], names[1:]
        for name, label in zip(names, labels, strict=True):
            self.builder.start(name, "map", "{}", self._span(label, label))
            self.work.append(self.builder.end)
        body = list(_statements(block))
        content = [s for s in body if s.type == "block" and self._text(_labels(s)[0]) == "content"]
        if self._text(_labels(block)[0]) == "dynamic" and content:
            body = list(_statements(content[0]))
        self._push(body)

    def _attribute(self, attribute: Any) -> None:
        parts = attribute.named_children
        if len(parts) >= 2:
            self._value(self._text(parts[0]), parts[0], parts[1])

    def _value(self, key: str, start: Any, node: Any) -> None:
        """Add a node for an expression, and put off its items."""
        node = _unwrap(node)
        span = self._span(start, node)
        if node.type in ("object", "tuple", "function_call"):
            kind: Kind = "list" if node.type == "tuple" else "map"
            self.builder.start(key, kind, _EMPTY[kind], self._span(start, start), node.type == "function_call")
            self.work.append(self.builder.end)
            self._items(node)
            return
        text, templated = self._scalar(node)
        if text is None and node.type == "expression":
            default = self.defaults.get(self._variable(node))
            if default is not None:
                text = self._scalar(_unwrap(default))[0]
        if text is None:
            self.builder.add(key, "unknown", "", span, True)
        else:
            null = node.type == "null_lit"
            self.builder.add(key, "null" if null else "value", "" if null else text, span, templated)

    def _items(self, node: Any) -> None:
        """Put off the items of a collection, or those of the collections among a function's arguments."""
        for child in reversed(_arguments(node) if node.type == "function_call" else node.named_children):
            if child.type == "object_elem":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("val")
                if key is not None and value is not None:
                    name = self._scalar(_unwrap(key))[0] or self._text(key)
                    self.work.append(partial(self._value, name, key, value))
            elif child.type == "expression":
                self.work.append(partial(self._value, "", child, child))

    def _scalar(self, node: Any) -> tuple[str | None, bool]:
        """The text of a literal and whether a variable has a part in it; ``None`` for what cannot be known here."""
        if node.type == "string_lit" or node.type in _TEMPLATES:
            parts = [self._part(child) for child in node.named_children]
            value = value_of("".join(parts))
            inner = _only_interpolation(node)
            if not value.known and inner is not None:
                default = self.defaults.get(self._variable(inner))
                return (self._scalar(_unwrap(default))[0] if default is not None else None), True
            return (value.text if value.known else None), value.templated
        if node.type in _LITERALS:
            return self._text(node), False
        return None, True

    def _part(self, node: Any) -> str:
        if node.type == "template_literal":
            raw = node.text.decode("utf-8", "replace")
            return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), raw).replace("$${", "${")
        return FILLER if node.type in ("template_interpolation", "template_directive") else ""

    def _variable(self, node: Any) -> str:
        text = self._text(node)
        return text if text.startswith(("var.", "local.")) else ""

    def _text(self, node: Any) -> str:
        return str(node.text.decode("utf-8", "replace")).strip('"')

    def _span(self, first: Any, last: Any) -> Span:
        """From the start of one node to the end of another, or to the end of its first line."""
        line, column = first.start_point
        end_line, end_column = last.end_point
        if end_line != last.start_point[0]:
            end_line, end_column = last.start_point[0], last.start_point[1] + 1
        start, stop = self._column(line, column), self._column(end_line, end_column)
        return Span(self.line + line + 1, start, self.line + end_line + 1, stop)

    def _column(self, line: int, byte: int) -> int:
        if self.lines is None or line >= len(self.lines):
            return byte + 1
        return len(self.lines[line][:byte].decode("utf-8", "replace")) + 1


def _statements(node: Any) -> list[Any]:
    """Attributes and blocks directly in a file, body or block, those inside error nodes included."""
    found: list[Any] = []
    work = list(reversed(node.named_children))
    while work:
        current = work.pop()
        if current.type in ("attribute", "block"):
            found.append(current)
        elif current.type in ("body", "ERROR"):
            work.extend(reversed(current.named_children))
    return found


def _labels(block: Any) -> list[Any]:
    """The type and the labels of a block."""
    return [child for child in block.named_children if child.type in ("identifier", "string_lit")]


def _unwrap(node: Any) -> Any:
    """The node inside layers that have only one named child."""
    while node.type in _WRAPPERS and len(node.named_children) == 1:
        node = node.named_children[0]
    return node


def _arguments(call: Any) -> list[Any]:
    """What the collections and calls among a function's arguments hold, as if it stood there itself."""
    found: list[Any] = []
    for group in call.named_children:
        for argument in group.named_children if group.type == "function_arguments" else ():
            inner = _unwrap(argument)
            found += inner.named_children if inner.type == "object" else [argument] if inner.type == "tuple" else []
    return found


def _only_interpolation(template: Any) -> Any | None:
    """The expression of ``"${…}"`` when nothing else stands in the string."""
    inner = [child for child in template.named_children if child.type in ("template_interpolation", "template_literal")]
    if len(inner) != 1 or inner[0].type != "template_interpolation":
        return None
    return next((child for child in inner[0].named_children if child.type == "expression"), None)
