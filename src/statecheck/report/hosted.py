"""What the formats of code hosts have in common: places counted from the repository, and one text a finding."""

from __future__ import annotations

from urllib.parse import quote

from statecheck.model import Finding
from statecheck.report.source import escape


def repository_path(path: str, prefix: str) -> str:
    """The path from the root of the repository, as one line of text."""
    return escape(prefix + path)


def repository_uri(path: str, prefix: str) -> str:
    """The path from the root of the repository, as a relative URI. Bytes that are no UTF-8 stay as they are."""
    return quote((prefix + path).encode("utf-8", "surrogateescape"))


def told(finding: Finding) -> str:
    """What is wrong and what to do, in one line that is safe to show."""
    known = " (known from the baseline, but for a new write)" if finding.baseline == "updated" else ""
    message = escape(finding.message).rstrip(". ") + known + "."
    return f"{message} {escape(finding.instead)}".rstrip()
