"""How a match in a document becomes a finding: its words, its place, its symbol."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from statecheck.detectors.document_forms import Candidate
from statecheck.detectors.document_python import FORMAT as PYTHON
from statecheck.detectors.selectors import Nodes, keyed_children
from statecheck.facts.documents.commands import SHELL
from statecheck.facts.documents.nodes import REMARK, DocumentFacts, Node, path
from statecheck.facts.documents.templates import FILLER
from statecheck.model import Finding, Level, Location, Step
from statecheck.rules.schema import Rule

_DEVELOPMENT = re.compile(
    r"(^|[/._-])(dev|devel|development|local|override|tests?|testing|examples?|samples?|demo|devcontainer|minikube|kind)"
    r"([/._-]|$)",
    re.IGNORECASE,
)
_FILLER_RUN = re.compile(f"{FILLER}+")


class Match(NamedTuple):
    """A node that a form selected and judged. ``unit``: the document or block around it."""

    node: int
    unit: int
    candidate: Candidate
    absent: bool


def severity(rule: Rule, match: Match, path: str) -> Level:
    """How bad the form says it is; at most low in a file for development, tests or show, secrets excepted."""
    if rule.family != "config" and _DEVELOPMENT.search(path):
        return "low"
    return match.candidate.form.severity or rule.severity


def finding(rule: Rule, name: str, facts: DocumentFacts, group: Sequence[Match], subject: str) -> Finding:
    """The finding of a group of matches, whose first decides. ``subject``: kind and name of the resource."""
    first = group[0]
    form, node = first.candidate.form, facts.nodes[first.node]
    symbol = symbol_of(facts, first, subject)
    message = (form.message or rule.message).replace("{symbol}", symbol).replace("{detail}", _shown(node.value))
    uncertain = node.templated or first.absent or facts.format == PYTHON
    steps = {_step(name, facts.nodes, match, rule.family == "config"): None for match in group}
    return Finding(
        rule=rule.code,
        name=rule.name,
        family=rule.family,
        severity=severity(rule, first, name),
        confidence=form.confidence or ("medium" if uncertain else "high"),
        location=_location(name, node),
        symbol=symbol,
        message=message,
        instead=form.instead or rule.instead,
        harm=form.harm or rule.harm,
        flow=tuple(steps),
        form=form.id,
    )


def _location(name: str, node: Node) -> Location:
    return Location(name, node.line, node.column, node.end_line, node.end_column)


def _step(name: str, nodes: Nodes, match: Match, is_secret: bool) -> Step:
    node = nodes[match.node]
    if match.absent:
        text = f"{match.candidate.selector.steps[-1].key or 'the key'} is not set here"
    elif node.kind == "value" and node.value and not is_secret:
        text = f"set here to {_shown(node.value)}"
    else:
        text = "set here"
    return Step("definition", _location(name, node), text)


def symbol_of(facts: DocumentFacts, match: Match, subject: str) -> str:
    """``Service/web spec.sessionAffinity``, ``aws_lb.web stickiness.enabled``, ``upstream app ip_hash``."""
    nodes = facts.nodes
    node = nodes[match.node]
    if match.candidate.selector.lines:
        block = nodes[node.parent] if node.parent >= 0 else None
        around = f"{block.key} {block.value}".strip() if block and block.key else ""
        return f"{_shown(around)} {node.key}".strip()
    keys = path(nodes, match.node)[len(path(nodes, match.unit)) :]
    if len(keys) > 1 and keys[-1] in (SHELL, REMARK):
        keys = keys[:-1]
    steps = match.candidate.selector.steps
    if match.absent and all(step.kind == "key" for step in steps):
        keys = tuple(step.key for step in steps)
    elif match.absent:
        keys = (*keys, steps[-1].key or "*")
    if subject:
        return f"{subject} {_dotted(keys)}"
    if facts.format == "hcl" and keys[:1] == ("resource",) and len(keys) > 3:
        return f"{keys[1]}.{keys[2]} {_dotted(keys[3:])}"
    return _dotted(keys)


def subject(nodes: Nodes, unit: int) -> str:
    """Kind and name of a resource, "" for a document of another sort."""
    kind = text_at(nodes, unit, "kind") if unit >= 0 else ""
    name = text_at(nodes, unit, "metadata", "name") if kind else ""
    return _shown(f"{kind}/{name}" if name else kind)


def _dotted(keys: Sequence[str]) -> str:
    return ".".join(f'"{_shown(key)}"' if "." in key else _shown(key) for key in keys)


def _shown(value: str) -> str:
    """Text of a document as it stands in a message: on one line, short, with template parts as ``{…}``."""
    line = _FILLER_RUN.sub("{…}", " ".join(value.split()))
    return line if len(line) <= 60 else line[:59] + "…"


def text_at(nodes: Nodes, start: int, *keys: str) -> str:
    """The scalar under a chain of keys, "" where there is none."""
    for key in keys:
        found = next((child for child in keyed_children(nodes, start) if nodes[child].key == key), None)
        if found is None:
            return ""
        start = found
    return nodes[start].value if nodes[start].kind == "value" else ""
