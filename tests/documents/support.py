"""Short ways to read a document, to write a rule and to see what it finds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import tomli

from statecheck.detectors.document import detect_rule
from statecheck.facts.documents import read_document
from statecheck.facts.documents.nodes import DocumentFacts, Node, path
from statecheck.model import Finding
from statecheck.rules.schema import Form, Rule

PACK = Path(__file__).parents[2] / "rules"
NAMES = {"yaml": "deploy.yaml", "hcl": "main.tf", "nginx": "nginx.conf"}


def facts_of(text: str | bytes, format: str = "yaml") -> DocumentFacts:
    data = text.encode() if isinstance(text, str) else text
    facts = read_document(NAMES[format], data, format)
    assert facts is not None
    return facts


def node_at(facts: DocumentFacts, dotted: str) -> Node:
    """The first node with this dotted path that is no list item."""
    wanted = tuple(dotted.split("."))
    nodes = facts.nodes
    return next(node for at, node in enumerate(nodes) if node.key == wanted[-1] and path(nodes, at) == wanted)


def packed_rule(folder: str) -> Rule:
    return msgspec.convert(tomli.loads((PACK / folder / "rule.toml").read_text(encoding="utf-8")), Rule)


def rule_of(*forms: Form, safe_when: tuple[str, ...] = ()) -> Rule:
    return Rule(
        code="STC999", name="made-up", family="affinity", severity="medium", status="stable", since="0.1.0", summary="",
        message="{symbol} is {detail}", instead="do otherwise", detector="document", forms=forms, safe_when=safe_when,
    )  # fmt: skip


def found(rule: Rule, text: str, format: str = "yaml") -> list[Finding]:
    return list(detect_rule(rule, {NAMES[format]: facts_of(text, format)}))


def lines(rule: Rule, text: str, format: str = "yaml") -> list[int]:
    return [finding.location.line for finding in found(rule, text, format)]
