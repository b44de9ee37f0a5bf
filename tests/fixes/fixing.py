"""What tests of fixes share: a small project, mended once, and what a second look says about it."""

from __future__ import annotations

from typing import NamedTuple

import libcst

from statecheck.fixes.splicing import spliced
from statecheck.model import Finding, Fix
from statecheck.testing import Case, report_of

CONFIG = ("secret", "random-secret", "dsn", "debug-flag", "host-port", "absolute-path")
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"


class Mended(NamedTuple):
    """The files after all fixes of one look, the findings that had one, and those that did not."""

    files: dict[str, str]
    fixed: list[Finding]
    left: list[Finding]

    @property
    def fixes(self) -> list[Fix]:
        return [finding.fix for finding in self.fixed if finding.fix]


def findings_of(files: dict[str, str], rules: tuple[str, ...]) -> list[Finding]:
    """All findings of the rules, hidden ones too."""
    report = report_of(Case("", files, ()), rules)
    assert not report.errors
    return [finding for finding in (*report.findings, *report.hidden) if not rules or finding.name in rules]


def mended(files: dict[str, str], rules: tuple[str, ...] = CONFIG) -> Mended:
    """Apply every fix, the unsafe ones too."""
    found = findings_of(files, rules)
    new = dict(files)
    fixed: list[Finding] = []
    for path in files:
        here = [finding.fix for finding in found if finding.fix and finding.fix.path == path]
        new[path], done = spliced(files[path], here)
        fixed += [finding for finding in found if finding.fix and finding.fix.path == path and finding.fix in done]
    return Mended(new, fixed, [finding for finding in found if finding not in fixed])


def mended_text(text: str, rules: tuple[str, ...] = CONFIG, **others: str) -> str:
    """One file after its fixes, with other files beside it (``settings="…"`` is settings.py)."""
    files = {"app.py": text, **{f"{name}.py": content for name, content in others.items()}}
    return mended(files, rules).files["app.py"]


def assert_settled(files: dict[str, str], after: Mended, rules: tuple[str, ...] = CONFIG) -> None:
    """What was mended parses and is silent, the rest is as it was, and a second time nothing is done."""
    for path, text in after.files.items():
        if path.endswith(".py"):
            libcst.parse_module(text)
        assert pieced_together(files[path], [fix for fix in after.fixes if fix.path == path]) == text
    again = mended(after.files, rules)
    assert again.fixed == []
    assert names(again.left) == names(after.left)


def names(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """Findings without their lines, which move."""
    return sorted((finding.name, finding.location.path, finding.symbol) for finding in findings)


def pieced_together(text: str, fixes: list[Fix]) -> str:
    """The text that the edits give, put together piece by piece: every byte outside of them comes from the original."""
    pieces: list[str] = []
    at = 0
    for edit in sorted({edit for fix in fixes for edit in fix.edits}):
        assert edit.start >= at
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*pieces, text[at:]])
