"""Settings in deployment documents: a key with a value, or the lack of one, that makes a rule's form.

A form names nodes (:mod:`statecheck.detectors.selectors`) and judges their values. Forms are indexed by the last key
that they need, so that a document is evaluated only against forms that could match it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.detectors.api import Context
from statecheck.detectors.document_forms import Candidate, Values, candidates_by_key
from statecheck.detectors.selectors import Guard, Nodes, holds, keyed_children, select, values_at
from statecheck.facts.documents.nodes import DocumentFacts, Node, children, path, roots
from statecheck.facts.documents.templates import FILLER
from statecheck.model import LEVELS, Finding, Level, Location, Step
from statecheck.rules.schema import Form, Rule

COLLECTIONS = ("items", "objects")  # keys under which a document of kind List or Template holds other documents

_FILLER_RUN = re.compile(f"{FILLER}+")


class Match(NamedTuple):
    """A node that a form selected and judged. ``unit``: the document or block around it."""

    node: int
    unit: int
    candidate: Candidate
    absent: bool


def detect(rules: Sequence[Rule], context: Context) -> Iterator[Finding]:
    """Findings of all rules about documents."""
    for rule in rules:
        yield from detect_rule(rule, context.documents)


def detect_rule(rule: Rule, documents: Mapping[str, DocumentFacts]) -> Iterator[Finding]:
    """Findings of one rule in all documents, by path. One cause gives one finding, of the most severe form."""
    index = candidates_by_key(rule)
    for name in sorted(documents):
        facts = documents[name]
        groups = _grouped(facts.nodes, _matches(index, facts), rule)
        subjects = {unit: _subject(facts.nodes, unit) for unit in {group[0].unit for group in groups}}
        for group in groups:
            yield _finding(rule, name, facts, group, subjects[group[0].unit])


def _matches(index: Mapping[str, list[Candidate]], facts: DocumentFacts) -> Iterator[Match]:
    keys = {node.key for node in facts.nodes}
    candidates = {
        id(candidate): candidate
        for key in (index.keys() & keys) | {""}
        for candidate in index.get(key, ())
        if candidate.needs <= keys and _reads(candidate.form, facts.format)
    }
    if not candidates:
        return
    units = list(_units(facts.nodes))
    verdicts: dict[tuple[tuple[Guard, ...], int], bool] = {}  # guards on a unit: one judgement for all its matches
    for candidate in sorted(candidates.values(), key=lambda candidate: candidate.order):
        found = _in_lines(candidate, facts.nodes) if candidate.selector.lines else _in_units(candidate, facts, units)
        for match in found:
            if not any(_excused(guards, facts.nodes, match, verdicts) for guards in candidate.safe_when):
                yield match


def _excused(
    guards: tuple[Guard, ...], nodes: Nodes, match: Match, verdicts: dict[tuple[tuple[Guard, ...], int], bool]
) -> bool:
    of_unit = tuple(guard for guard in guards if guard.op != "path")
    verdict = verdicts.get((of_unit, match.unit))
    if verdict is None:
        verdict = verdicts[of_unit, match.unit] = holds(of_unit, nodes, match.unit, match.node)
    return verdict and holds([guard for guard in guards if guard.op == "path"], nodes, match.unit, match.node)


def _reads(form: Form, format: str) -> bool:
    return not form.formats or format in form.formats or (format == "helm-template" and "yaml" in form.formats)


def _units(nodes: Nodes) -> Iterator[int]:
    """Documents, and the documents that a List or Template holds."""
    for root in roots(nodes):
        yield root
        if _text(nodes, root, "kind").endswith(("List", "Template")):
            for child in children(nodes, root):
                if nodes[child].key in COLLECTIONS:
                    yield from children(nodes, child)


def _in_lines(candidate: Candidate, nodes: Nodes) -> Iterator[Match]:
    names, inside = candidate.selector.names, candidate.selector.inside
    for at, node in enumerate(nodes):
        if node.key in names and (not inside or inside & set(path(nodes, node.parent))):
            yield from _judged(candidate, nodes, at, node.parent)


def _in_units(candidate: Candidate, facts: DocumentFacts, units: Sequence[int]) -> Iterator[Match]:
    nodes, steps, guards = facts.nodes, candidate.selector.steps, candidate.selector.guards
    for unit in units:
        if guards and not holds(guards, nodes, unit, unit):
            continue
        found = select(nodes, unit, steps)
        for at in found:
            yield from _judged(candidate, nodes, at, unit)
        if candidate.bad.absent and not facts.open:
            for at in _lacking(nodes, unit, candidate, found):
                yield Match(at, unit, candidate, True)


def _lacking(nodes: Nodes, unit: int, candidate: Candidate, found: Sequence[int]) -> list[int]:
    """Nodes that should have the last key and have not; where not even they exist, the deepest node of the path."""
    steps = candidate.selector.steps
    parents = select(nodes, unit, steps[:-1]) if len(steps) > 1 else [unit]
    if parents:
        return [at for at in parents if nodes[at].kind == "map" and not select(nodes, at, steps[-1:])]
    if found or not candidate.selector.guards:
        return []
    for length in range(len(steps) - 2, 0, -1):
        reached = select(nodes, unit, steps[:length])
        if reached:
            return reached[:1]
    return [unit]


def _judged(candidate: Candidate, nodes: Nodes, at: int, unit: int) -> Iterator[Match]:
    """The selected node, or the first item of a list, whose value is bad and not safe."""
    for target in values_at(nodes, at):
        node = nodes[target]
        if node.kind in ("null", "unknown") or _fits(candidate.safe, node, candidate.selector.lines):
            continue
        if candidate.bad.present:
            yield Match(at, unit, candidate, False)
            return
        if _fits(candidate.bad, node, candidate.selector.lines):
            yield Match(target, unit, candidate, False)
            return


def _fits(values: Values, node: Node, lines: bool) -> bool:
    if node.kind == "map" and not lines and node.value != "{}":
        return False
    return node.value.lower() in values.literals or any(pattern.search(node.value) for pattern in values.patterns)


def _grouped(nodes: Nodes, matches: Iterator[Match], rule: Rule) -> list[list[Match]]:
    """Matches of one cause: same collection, or one inside the other (a switch and the options that refine it).

    The first match of a group is that of the most severe form, among equals of the first form. What an alias repeats
    is one place.
    """
    groups: list[list[Match]] = []
    places: set[tuple[int, int, int]] = set()
    last = -1  # end of the collection of the current group
    owner = -2
    for match in sorted(matches, key=lambda match: (_owner(nodes, match), match.candidate.order, match.node)):
        node = nodes[match.node]
        place = (node.line, node.column, match.candidate.order)
        if place in places:
            continue
        places.add(place)
        parent = _owner(nodes, match)
        if groups and (parent == owner or parent < last):
            groups[-1].append(match)
            continue
        owner = parent
        # A match at the top of a document must not swallow the rest of the document.
        last = nodes[parent].last if parent >= 0 and nodes[parent].parent >= 0 else -1
        groups.append([match])
    for group in groups:
        group.sort(key=lambda match: (-LEVELS.index(_severity(rule, match)), match.candidate.order, match.node))
    return sorted(groups, key=lambda group: group[0].node)


def _owner(nodes: Nodes, match: Match) -> int:
    return match.node if match.absent else nodes[match.node].parent


def _severity(rule: Rule, match: Match) -> Level:
    return match.candidate.form.severity or rule.severity


def _finding(rule: Rule, name: str, facts: DocumentFacts, group: Sequence[Match], subject: str) -> Finding:
    first = group[0]
    form, node = first.candidate.form, facts.nodes[first.node]
    symbol = _symbol(facts, first, subject)
    message = (form.message or rule.message).replace("{symbol}", symbol).replace("{detail}", _shown(node.value))
    uncertain = node.templated or first.absent
    steps = {_step(name, facts.nodes, match): None for match in group}
    return Finding(
        rule=rule.code,
        name=rule.name,
        family=rule.family,
        severity=_severity(rule, first),
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


def _step(name: str, nodes: Nodes, match: Match) -> Step:
    node = nodes[match.node]
    if match.absent:
        text = f"{match.candidate.selector.steps[-1].key or 'the key'} is not set here"
    elif node.kind == "value" and node.value:
        text = f"set here to {_shown(node.value)}"
    else:
        text = "set here"
    return Step("definition", _location(name, node), text)


def _symbol(facts: DocumentFacts, match: Match, subject: str) -> str:
    """``Service/web spec.sessionAffinity``, ``aws_lb.web stickiness.enabled``, ``upstream app ip_hash``."""
    nodes = facts.nodes
    node = nodes[match.node]
    if match.candidate.selector.lines:
        block = nodes[node.parent] if node.parent >= 0 else None
        around = f"{block.key} {block.value}".strip() if block and block.key else ""
        return f"{_shown(around)} {node.key}".strip()
    keys = path(nodes, match.node)[len(path(nodes, match.unit)) :]
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


def _subject(nodes: Nodes, unit: int) -> str:
    """Kind and name of a resource, "" for a document of another sort."""
    kind = _text(nodes, unit, "kind") if unit >= 0 else ""
    name = _text(nodes, unit, "metadata", "name") if kind else ""
    return _shown(f"{kind}/{name}" if name else kind)


def _dotted(keys: Sequence[str]) -> str:
    return ".".join(f'"{_shown(key)}"' if "." in key else _shown(key) for key in keys)


def _shown(value: str) -> str:
    """Text of a document as it stands in a message: on one line, short, with template parts as ``{…}``."""
    line = _FILLER_RUN.sub("{…}", " ".join(value.split()))
    return line if len(line) <= 60 else line[:59] + "…"


def _text(nodes: Nodes, start: int, *keys: str) -> str:
    """The scalar under a chain of keys, "" where there is none."""
    for key in keys:
        found = next((child for child in keyed_children(nodes, start) if nodes[child].key == key), None)
        if found is None:
            return ""
        start = found
    return nodes[start].value if nodes[start].kind == "value" else ""
