"""On which mount of a process a file lands that a finding speaks of, told from the texts of its path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from statecheck.deployments.mounts import Mount
from statecheck.facts.ir import Const, Expr
from statecheck.facts.walk import iter_expr
from statecheck.model import Finding, Location
from statecheck.project.link import Project

_NAME = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")  # a setting or a variable


def texts(project: Project, finding: Finding, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The string literals on the lines of a finding, with those of the settings and variables that they name."""
    lines = [finding.location, *(step.location for step in finding.flow if step.role in ("definition", "write"))]
    found = dict.fromkeys(text for where in lines for text in _on_line(project, where))
    named = dict.fromkeys([text for text in found if _NAME.fullmatch(text)] + _NAME.findall(finding.message))
    for name in named:
        found.update(dict.fromkeys(_settings(project, name)))
    found.update(dict.fromkeys(variables[name] for name in {**found, **named} if name in variables))
    return tuple(text.rpartition("///")[2] if ":///" in text else text for text in found)


def mount_of(texts: Sequence[str], mounts: Sequence[Mount]) -> Mount | None:
    """The mount below which one of the texts leads; a relative text must be what the mount's path ends in."""
    best: tuple[int, Mount] | None = None
    for mount in mounts:
        path = mount.path.rstrip("/")
        for text in texts:
            plain = text.rstrip("/")
            inside = plain == path or plain.startswith(f"{path}/")
            ends = (
                not plain.startswith("/")
                and bool(tail := plain.removeprefix("./"))
                and f"{path}/".endswith(f"/{tail}/")
            )
            if (inside or ends) and path and (best is None or len(path) > best[0]):
                best = (len(path), mount)
    return best[1] if best else None


def _on_line(project: Project, where: Location) -> Iterator[str]:
    facts = project.files.get(where.path)
    if facts is None or where.line > len(facts.line_starts):
        return
    start = facts.line_starts[where.line - 1]
    last = where.end_line
    end = facts.line_starts[last] if last < len(facts.line_starts) else facts.length + 1
    for scope in facts.scopes:
        for event in scope.events:
            if event.pos < end and start < event.end:
                for expr in (event.value, event.extra, *event.targets):
                    yield from (text for pos, text in _strings(expr) if start <= pos < end)


def _settings(project: Project, name: str) -> Iterator[str]:
    for path, table in project.tables.files.items():
        if project.is_application(path):
            for binding in table.bindings.get((0, name), ()):
                yield from (text for _, text in _strings(binding.value))


def _strings(expr: Expr | None) -> Iterator[tuple[int, str]]:
    return ((node.pos, node.value) for node in iter_expr(expr) if isinstance(node, Const) and node.kind == "str")
