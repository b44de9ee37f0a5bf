"""The language of document selectors: ``[guard[&guard]:]path`` and ``directive=NAME[|NAME][&in=BLOCK[|BLOCK]]``.

A path is a chain of steps joined by dots: a key, a ``"quoted.key"``, ``*`` (any key), ``**`` (any depth, also none),
``/regex/`` (searched in the key), each with filters ``[k=v|w]``, ``[k!=v]``, ``[k~regex]`` or ``[k?]`` (there is one)
on the mapping it leads to; a filter alone tests the current mapping. Lists are transparent, as are YAML's merge keys.

Guards: ``k=v|w``, ``k!=v|w``, ``k~regex``, ``k!~regex``, ``has=path``, ``lacks=path``, ``one=path`` (exactly one such
node), with a path for ``k``; ``path~regex`` tests the dotted path of the selected node. A negated test holds when no
node under the path passes the plain one. Guards look at the document, in line formats at the enclosing block. A path
that begins with ``beside.`` starts at the mappings around the selected node instead; one of them must pass.
``k<-path`` holds when the value of ``k`` beside the selected node stands at the path, too (mounts and volumes);
``k!<-path`` when it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from statecheck.facts.documents.nodes import Node, children

Nodes = Sequence[Node]
Test = Callable[[str], bool]

MERGE_KEY = "<<"
_TRANSPARENT = frozenset({"", MERGE_KEY})
_STEP = re.compile(
    r"""\.?(?:"(?P<quoted>[^"]*)"|/(?P<regex>(?:\\.|[^/\\])+)/(?=[.\[]|\Z)|(?P<any>\*\*|\*)|(?P<key>[^."/\[\]*]+))"""
    r"""|\.?(?P<filter>\[[^\]]*\])"""
)
_GUARD = re.compile(r"(?P<key>.*?)(?P<op>!=|!~|!<-|=|~|<-)(?P<value>.*)\Z", re.DOTALL)
_FILTER = re.compile(r"(?P<key>[^=!~]+?)(?:(?P<op>!=|!~|=|~)(?P<value>.*))?\Z", re.DOTALL)
_BESIDE = "beside"


class SelectorError(ValueError):
    """A selector that does not follow the grammar."""


class Step(NamedTuple):
    """One step: ``kind`` key, any, deep, regex or filter."""

    kind: str
    key: str = ""
    test: Test | None = None


class Guard(NamedTuple):
    """A condition on the document: ``op`` is value, has, one, path or join; ``wanted`` False negates it.

    ``beside``: it looks at the mappings around the selected node. ``key``: what a join looks up there.
    """

    op: str
    steps: tuple[Step, ...]
    test: Test | None
    wanted: bool
    beside: bool = False
    key: str = ""


class Selector(NamedTuple):
    """A compiled selector. ``lines``: directives by name, ``inside`` blocks of these names (anywhere when empty)."""

    guards: tuple[Guard, ...]
    steps: tuple[Step, ...]
    lines: bool = False
    names: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()


def compile_selector(text: str) -> Selector:
    """Parse one selector. Raises :class:`SelectorError`."""
    if text.startswith("directive="):
        return _compile_lines(text)
    head, tail = _split_guards(text)
    return Selector(compile_guards(head) if head else (), _compile_path(tail))


def compile_guards(text: str) -> tuple[Guard, ...]:
    """Parse guards joined by ``&``. Raises :class:`SelectorError`."""
    return tuple(_compile_guard(part) for part in text.split("&"))


def _compile_lines(text: str) -> Selector:
    parts = dict(part.partition("=")[::2] for part in text.split("&"))
    if not parts.keys() <= {"directive", "in"}:
        raise SelectorError(f"unknown test in {text!r}: a line selector has directive= and in=")
    inside = frozenset(parts["in"].split("|")) if "in" in parts else frozenset()
    return Selector((), (), True, frozenset(parts["directive"].split("|")), inside)


def _split_guards(text: str) -> tuple[str, str]:
    """Guards and path. The colon between them stands outside quotes and brackets, after something like a guard."""
    quoted = False
    depth = 0
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in "[]":
            depth += 1 if char == "[" else -1
        elif char == ":" and not quoted and depth == 0:
            bare = re.sub(r'"[^"]*"|\[[^\]]*\]', "", text[:at])
            if not text.startswith("/") and ("=" in bare or "~" in bare):
                return text[:at], text[at + 1 :]
            break
    return "", text


def _compile_path(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or match.end() == at:
            raise SelectorError(f"cannot read {text[at:]!r} in the path {text!r}")
        at = match.end()
        if match["filter"] is not None:
            steps.append(_compile_filter(match["filter"][1:-1]))
        elif match["any"] is not None:
            steps.append(Step("deep" if match["any"] == "**" else "any"))
        elif match["regex"] is not None:
            steps.append(Step("regex", "", _searches(match["regex"])))
        else:
            steps.append(Step("key", match["quoted"] if match["quoted"] is not None else match["key"]))
    if not steps:
        raise SelectorError("an empty path")
    return tuple(steps)


def _compile_filter(text: str) -> Step:
    match = _FILTER.match(text)
    if match is None:
        raise SelectorError(f"cannot read the filter [{text}]")
    key, op = match["key"].strip('"'), match["op"]
    if op is None and key.endswith("?"):
        return Step("filter", key[:-1])
    if op is None:
        raise SelectorError(f"cannot read the filter [{text}]")
    passes = _searches(match["value"]) if op.endswith("~") else _is_one_of(match["value"])
    return Step("filter", key, (lambda value: not passes(value)) if op.startswith("!") else passes)


def _compile_guard(text: str) -> Guard:
    match = _GUARD.match(text)
    if match is None or not match["key"]:
        raise SelectorError(f"cannot read the guard {text!r}")
    key, op, value = match["key"], match["op"], match["value"]
    if op.endswith("<-"):
        return Guard("join", _compile_path(value), None, op == "<-", True, key)
    wanted = not op.startswith("!")
    if key.startswith(f"{_BESIDE}.") or value.startswith(f"{_BESIDE}."):
        inner = text.replace(f"{_BESIDE}.", "", 1)
        return _compile_guard(inner)._replace(beside=True)
    if key in ("has", "lacks", "one") and op == "=":
        return Guard("one" if key == "one" else "has", _compile_path(value), None, key != "lacks")
    test = _searches(value) if op.endswith("~") else _is_one_of(value)
    if key == "path" and op.endswith("~"):
        return Guard("path", (), test, wanted)
    return Guard("value", _compile_path(key), test, wanted)


def _is_one_of(values: str) -> Test:
    accepted = frozenset(value.strip('"').lower() for value in values.split("|"))
    return lambda text: text.lower() in accepted


def _searches(pattern: str) -> Test:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SelectorError(f"bad regular expression {pattern!r}: {error}") from error
    return lambda text: compiled.search(text) is not None


def literal_keys(steps: Sequence[Step]) -> tuple[str, ...]:
    """The keys that a document must have for the path to lead anywhere."""
    return tuple(step.key for step in steps if step.kind in ("key", "filter") and step.key)


def keyed_children(nodes: Nodes, index: int) -> Iterator[int]:
    """Children that have a key, looking through list items and merge keys."""
    work = list(children(nodes, index))[::-1]
    while work:
        child = work.pop()
        if nodes[child].key in _TRANSPARENT:
            work.extend(list(children(nodes, child))[::-1])
        else:
            yield child


def select(nodes: Nodes, start: int, steps: Sequence[Step]) -> list[int]:
    """Indices of the nodes that a path leads to from ``start``, in reading order. Linear in nodes for each step."""
    current = [start]
    deep = False
    for step in steps:
        if step.kind == "deep":
            deep = True
            continue
        reached = _below(nodes, current) if deep else None
        if step.kind == "filter":
            found = _filtered(nodes, current if reached is None else [*current, *reached], step)
        else:
            if reached is None:
                reached = [child for at in current for child in keyed_children(nodes, at)]
            found = [at for at in reached if _fits(nodes[at].key, step)]
        current = sorted(set(found))
        deep = False
        if not current:
            return []
    return _below(nodes, current) if deep else current


def _below(nodes: Nodes, starts: Sequence[int]) -> list[int]:
    """All descendants; those of a start inside another are listed once."""
    found: list[int] = []
    done = 0
    for start in starts:
        first = max(start + 1, done)
        found.extend(range(first, nodes[start].last))
        done = max(done, nodes[start].last)
    return found


def _fits(key: str, step: Step) -> bool:
    if step.kind == "key":
        return key == step.key
    if key in _TRANSPARENT:
        return False
    return step.kind == "any" or (step.test is not None and step.test(key))


def _filtered(nodes: Nodes, starts: Sequence[int], step: Step) -> list[int]:
    """The mappings among ``starts``, and among the items of lists, that pass a filter."""
    found = []
    work = list(starts)
    while work:
        at = work.pop()
        if nodes[at].kind == "list":
            work.extend(children(nodes, at))
            continue
        named = (child for child in keyed_children(nodes, at) if nodes[child].key == step.key)
        if any(passes(nodes[child], step.test) for child in named):
            found.append(at)
    return found


def passes(node: Node, test: Test | None) -> bool:
    """Does the value of a node pass a test? Lists, nulls and what only a template knows pass none."""
    return node.kind in ("value", "map") and (test is None or test(node.value))


def values_at(nodes: Nodes, index: int) -> list[int]:
    """The node itself or, for a list with items, its items (again looking into lists)."""
    found = []
    work = [index]
    while work:
        at = work.pop()
        if nodes[at].kind == "list" and nodes[at].last > at + 1:
            work.extend(reversed(list(children(nodes, at))))
        else:
            found.append(at)
    return found
