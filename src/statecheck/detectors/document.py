"""Settings in deployment documents: a key with a value, or the lack of one, that makes a rule's form.

A form names nodes (:mod:`statecheck.detectors.selectors`) and judges their values. Forms are indexed by the last key
that they need, so that a document is evaluated only against forms that could match it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from statecheck.detectors.api import Context
from statecheck.detectors.document_forms import Candidate, Values, candidates_by_key
from statecheck.detectors.document_guards import Guards
from statecheck.detectors.document_python import FORMAT as PYTHON
from statecheck.detectors.document_python import python_documents
from statecheck.detectors.document_report import Match, finding, severity, subject, text_at
from statecheck.detectors.selectors import Nodes, select, values_at
from statecheck.facts.documents.commands import SHELL
from statecheck.facts.documents.nodes import DocumentFacts, Node, children, path, roots
from statecheck.model import LEVELS, Finding
from statecheck.project.link import Project
from statecheck.rules.schema import Form, Rule

COLLECTIONS = ("items", "objects")  # keys under which a document of kind List or Template holds other documents

Index = Mapping[str, list[Candidate]]


def detect(rules: Sequence[Rule], context: Context) -> Iterator[Finding]:
    """Findings of all rules about documents, and about the Python that says what a document would."""
    indices = {rule.name: _usable(candidates_by_key(rule), context) for rule in rules}
    wanted = {
        candidate.selector.steps[0].key
        for index in indices.values()
        for candidates in index.values()
        for candidate in candidates
        if PYTHON in candidate.form.formats
    }
    documents = (
        {**context.documents, **dict(python_documents(context.project, wanted))} if wanted else context.documents
    )
    for rule in rules:
        with context.timed(rule.name):
            found = list(_detect(rule, indices[rule.name], documents))
        yield from found


def detect_rule(rule: Rule, documents: Mapping[str, DocumentFacts]) -> Iterator[Finding]:
    """Findings of one rule in all documents, by path. One cause gives one finding, of the most severe form."""
    return _detect(rule, candidates_by_key(rule), documents)


def _detect(rule: Rule, index: Index, documents: Mapping[str, DocumentFacts]) -> Iterator[Finding]:
    for name, facts in _with_embedded(documents):
        groups = _grouped(facts.nodes, _matches(index, name, facts), rule, name)
        subjects = {unit: subject(facts.nodes, unit) for unit in {group[0].unit for group in groups}}
        for group in groups:
            yield finding(rule, name, facts, group, subjects[group[0].unit])


def _with_embedded(documents: Mapping[str, DocumentFacts]) -> Iterator[tuple[str, DocumentFacts]]:
    for name in sorted(documents):
        yield name, documents[name]
        for inner in documents[name].embedded:
            yield name, inner


def _usable(index: Index, context: Context) -> Index:
    """Without the forms that this tree cannot have: it imports nothing that they require, or has what settles them."""
    forms = {
        id(row.form): row.form for rows in index.values() for row in rows if row.form.requires or row.form.settled_by
    }
    if not forms:
        return index
    imported = _imported(context.project)
    named = {name for form in forms.values() for name in form.settled_by}
    present = {name for name in named if name in imported} | _mentioned(named, context.documents)
    out = {
        key
        for key, form in forms.items()
        if present.intersection(form.settled_by) or (form.requires and not imported.intersection(form.requires))
    }
    return {key: [row for row in rows if id(row.form) not in out] for key, rows in index.items()}


def _imported(project: Project) -> frozenset[str]:
    """The modules and names that the application imports, with the packages around them."""
    found: set[str] = set()
    for name, facts in project.files.items():
        for row in facts.imports if project.is_application(name) else ():
            parts = [*row.module.split("."), *([row.name] if row.name else [])]
            found.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return frozenset(found)


def _mentioned(names: Collection[str], documents: Mapping[str, DocumentFacts]) -> set[str]:
    found: set[str] = set()
    for facts in documents.values():
        for node in facts.nodes:
            if node.key in names:
                found.add(node.key)
            elif node.key == SHELL or node.key == "name":
                found.update(name for name in names if name in node.value)
    return found


def _matches(index: Index, name: str, facts: DocumentFacts) -> Iterator[Match]:
    keys = {node.key for node in facts.nodes}
    candidates = {
        id(candidate): candidate
        for key in (index.keys() & keys) | {""}
        for candidate in index.get(key, ())
        if candidate.needs <= keys and _reads(candidate.form, facts.format) and _is_named(candidate, name)
    }
    if not candidates:
        return
    units = list(_units(facts.nodes))
    guards = Guards(facts.nodes)
    for candidate in sorted(candidates.values(), key=lambda candidate: candidate.order):
        found = (
            _in_lines(candidate, facts.nodes)
            if candidate.selector.lines
            else _in_units(candidate, facts, units, guards)
        )
        for match in found:
            if not any(guards.hold(excuse, match.unit, match.node) for excuse in candidate.safe_when):
                yield match


def _reads(form: Form, format: str) -> bool:
    if not form.formats:
        return format != PYTHON
    return format in form.formats or (format in ("helm-template", "json") and "yaml" in form.formats)


def _is_named(candidate: Candidate, name: str) -> bool:
    if not candidate.files:
        return True
    lowered = name.lower()
    return any(pattern.match(lowered) or pattern.match(f"/{lowered}") for pattern in candidate.files)


def _units(nodes: Nodes) -> Iterator[int]:
    """Documents, and the documents that a List or Template holds."""
    for root in roots(nodes):
        yield root
        if text_at(nodes, root, "kind").endswith(("List", "Template")):
            for child in children(nodes, root):
                if nodes[child].key in COLLECTIONS:
                    yield from children(nodes, child)


def _in_lines(candidate: Candidate, nodes: Nodes) -> Iterator[Match]:
    names, inside = candidate.selector.names, candidate.selector.inside
    for at, node in enumerate(nodes):
        if node.key in names and (not inside or inside & set(path(nodes, node.parent))):
            yield from _judged(candidate, nodes, at, node.parent)


def _in_units(candidate: Candidate, facts: DocumentFacts, units: Sequence[int], guards: Guards) -> Iterator[Match]:
    nodes, steps = facts.nodes, candidate.selector.steps
    for unit in units:
        if not guards.hold(candidate.selector.guards, unit, unit):
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


def _grouped(nodes: Nodes, matches: Iterator[Match], rule: Rule, name: str) -> list[list[Match]]:
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
        group.sort(key=lambda match: (-LEVELS.index(severity(rule, match, name)), match.candidate.order, match.node))
    return sorted(groups, key=lambda group: group[0].node)


def _owner(nodes: Nodes, match: Match) -> int:
    return match.node if match.absent else nodes[match.node].parent
