"""Which findings can be fixed, and how: what a rule's ``[fix]`` says, done for each finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from msgspec.structs import replace

from statecheck.fixes.comments import comment_edit
from statecheck.fixes.environment import Reads
from statecheck.fixes.naming import words
from statecheck.fixes.styles import Styles
from statecheck.model import Finding, Fix, Location
from statecheck.project.link import Project
from statecheck.rules.schema import Pack, Rule
from statecheck.triage.suppress import useless_name
from statecheck.triage.texts import Texts, is_python


def digest(text: str) -> str:
    """Tells whether a text is the one that a fix was made for."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Proposals:
    """Makes the fixes of one run. ``whole``: everything could be read, so that what was not found is not there."""

    def __init__(self, project: Project, pack: Pack, texts: Texts, whole: bool) -> None:
        models = tuple(pack.models.values())
        styles = tuple(style for model in models for style in model.environment_styles)
        self._project = project
        self._pack = pack
        self._texts = texts
        self._whole = whole
        self._reads = Reads(project, Styles(project, styles), words(models))

    def added(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings with their fixes."""
        useless = _useless(findings, self._pack)
        return tuple(self._with_fix(finding, useless) for finding in findings)

    def digests(self, findings: Iterable[Finding]) -> dict[str, str]:
        """Of the texts that the fixes speak of, by path."""
        paths = sorted({finding.fix.path for finding in findings if finding.fix})
        return {path: digest(self._texts.text(path)) for path in paths}

    def _with_fix(self, finding: Finding, useless: Mapping[Location, set[str]]) -> Finding:
        rule = self._pack.rules.get(finding.name)
        if rule is None or rule.fix is None or finding.fix is not None:
            return finding  # a plug-in may have made one
        if rule.fix.kind == "drop-comment":
            fix = self._dropped(finding, rule, useless[finding.location])
        else:
            fix = self._read(finding, rule)
        return finding if fix is None else replace(finding, fix=fix)

    def _read(self, finding: Finding, rule: Rule) -> Fix | None:
        path = finding.location.path
        if not is_python(path) or path not in self._project.files:
            return None
        text = self._texts.text(path)
        facts = self._project.files[path]
        if len(text) != facts.length or tuple(self._texts.starts(path)) != facts.line_starts:
            return None  # the file has changed since
        return self._reads.fix(finding, rule, *self._texts.span(finding.location), text)

    def _dropped(self, finding: Finding, rule: Rule, names: set[str]) -> Fix | None:
        assert rule.fix is not None
        path = finding.location.path
        if not is_python(path) and not self._texts.is_plain(path):
            return None  # documents are read with other line ends, and without marks
        edit = comment_edit(self._texts.text(path), *self._texts.span(finding.location), names)
        if edit is None:
            return None
        safety = rule.fix.applicability if self._whole else "unsafe"
        return Fix(path, (edit,), safety, "Remove from the comment what suppresses nothing")


def _useless(findings: Iterable[Finding], pack: Pack) -> Mapping[Location, set[str]]:
    """The names of each comment that suppress nothing: one fix takes them all out."""
    found: dict[Location, set[str]] = defaultdict(set)
    for finding in findings:
        rule = pack.rules.get(finding.name)
        if rule is not None and rule.fix is not None and rule.fix.kind == "drop-comment":
            found[finding.location].add(useless_name(finding))
    return found
