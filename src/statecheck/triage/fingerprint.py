"""Fingerprints: what makes a finding the same finding after its file was edited, formatted or renamed.

The *cause*: rule, module-relative scope and symbol, the normal form of what is reported, and an ordinal among equals
of one file. Of a cause that is told once for many definitions only the rule and the name that they share. Each *write*:
its scope and normal form, and an ordinal among equals. No path and no line is part of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from msgspec.structs import replace

from statecheck.model import Finding, Location, Step
from statecheck.project.link import Project
from statecheck.triage.entries import VERSION
from statecheck.triage.normal import normal
from statecheck.triage.texts import Texts, is_python

_DIGITS = 16

_STRING = re.compile(r'"[^"\x1f]*"')
_SECRET_DIGITS = 3  # of a secret's hash: enough to see that it changed, too few to guess it from a public report

# Words, quoted texts and marks of a document; comments and blanks lie between.
_DOCUMENT = re.compile(
    r"(?P<skip>\s+|(?:(?<=\s)|\A)(?:#|//)[^\n]*)"
    r'|"(?P<double>(?:[^"\\]|\\.)*)"|\'(?P<single>[^\']*)\'|(?P<word>[\w.$/%@+-]+)|(?P<mark>[\s\S])'
)
_IDLE_COMMA = re.compile("\x1f,(?=\x1f[\\]})])")


def fingerprinted(findings: Iterable[Finding], project: Project, texts: Texts) -> list[Finding]:
    """The findings, with their fingerprints and those of their writes filled in."""
    maker = _Maker(project, texts)
    ordered = sorted(findings, key=Finding.sort_key)
    return [maker.marked(finding) for finding in ordered]


def written(finding: Finding) -> tuple[str, ...]:
    """The fingerprints of the writes of a finding."""
    return tuple(sorted(step.fingerprint for step in finding.flow if step.role == "write" and step.fingerprint))


class _Maker:
    def __init__(self, project: Project, texts: Texts) -> None:
        self._project = project
        self._texts = texts
        self._names = _names_of(project)
        self._seen: Counter[tuple[str, ...]] = Counter()

    def marked(self, finding: Finding) -> Finding:
        where = finding.location
        scope = finding.scope or self._scope(where)
        symbol = "" if finding.symbol == where.path else self._relative(finding.symbol)
        parts: tuple[str, ...] = ("cause", finding.name, scope, symbol, self._text(where, finding.sensitive))
        if finding.shared:  # a definition that comes or goes makes no other cause
            parts = ("shared cause", finding.name, symbol.rpartition(".")[2])
        key = (where.path, *parts)
        self._seen[key] += 1
        fingerprint = _digest((*parts, str(self._seen[key] - 1)))
        return replace(finding, fingerprint=fingerprint, scope=scope, local_symbol=symbol, flow=self._flow(finding))

    def _flow(self, finding: Finding) -> tuple[Step, ...]:
        """Writes in the order of their places: the flow leads with the one that has the best proof."""
        writes = sorted({step.location for step in finding.flow if step.role == "write"})
        seen: Counter[tuple[str, ...]] = Counter()
        marks: dict[Location, str] = {}
        for where in writes:
            parts = ("write", self._scope(where), self._text(where, finding.sensitive))
            marks[where] = _digest((*parts, str(seen[parts])))
            seen[parts] += 1
        return tuple(
            replace(step, fingerprint=marks[step.location]) if step.role == "write" else step for step in finding.flow
        )

    def _text(self, where: Location, sensitive: bool) -> str:
        text = self._texts.snippet(where)
        if not is_python(where.path):
            return document_text(text)
        found = normal(text)
        return _STRING.sub(_veiled, found) if sensitive else found

    def _scope(self, where: Location) -> str:
        """The innermost function or class around a place, from the top of its module."""
        return scope_at(self._project, where.path, self._texts.span(where)[0])

    def _relative(self, symbol: str) -> str:
        """The symbol without the name of a module of the tree, so that a file can be renamed."""
        parts = symbol.split(".")
        for length in range(len(parts) - 1, 0, -1):
            if parts[length] in self._names.get(".".join(parts[:length]), ()):
                return ".".join(parts[length:])
        return symbol


def scope_at(project: Project, path: str, offset: int) -> str:
    """The qualified name of the innermost function or class around an offset; "" at module level."""
    facts = project.files.get(path)
    name = ""
    for scope in facts.scopes if facts else ():  # a scope stands before those inside it
        if scope.kind in ("def", "class") and scope.pos <= offset < scope.body_end:
            name = scope.qualname
    return name


def document_text(text: str) -> str:
    """The normal form of a piece of YAML, HCL or nginx: no comments, quotes, blanks or idle commas."""
    found = [match for match in _DOCUMENT.finditer(text) if match.lastgroup != "skip"]
    tokens = [match[match.lastgroup or 0] for match in found]
    return _IDLE_COMMA.sub("", "\x1f".join(tokens))


def _names_of(project: Project) -> dict[str, set[str]]:
    """The names that each module of the tree binds, by its dotted name."""
    found: dict[str, set[str]] = {}
    for path, facts in project.files.items():
        found.setdefault(project.modules.name(path), set()).update(facts.scopes[0].binds if facts.scopes else ())
    return found


def _veiled(match: re.Match[str]) -> str:
    return f'"{sha256(match[0].encode("utf-8", "replace")).hexdigest()[:_SECRET_DIGITS]}"'


def _digest(parts: tuple[str, ...]) -> str:
    text = "\x00".join((VERSION, *parts))
    return f"{VERSION}:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"
