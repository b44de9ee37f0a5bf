"""Markdown for job summaries and comments: a table of all findings, and the details of each to unfold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from statecheck.model import LEVELS, Finding, Location, Report
from statecheck.report.hosted import repository_path
from statecheck.report.mask import mask
from statecheck.report.options import Options
from statecheck.report.prose import listed, plural
from statecheck.report.source import SourceReader, escape
from statecheck.report.summary import known_from

MOST_BYTES = 1_000_000  # a job summary of GitHub holds 1 MiB; the rest is for what other commands add
_TABLE_BYTES = 400_000
_STEPS_SHOWN = 30
_ENTRIES_SHOWN = 10
_CODE_WIDTH = 200

# What may begin markup is written as a character reference: those never do, in no dialect.
_MARKUP = re.compile(
    r"[&<>*`\[\]|~\\#$]"
    r"|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])"  # inside a word it is no emphasis
    r"|:(?=[^\s\d])|(?<=[wW])\.|@"  # links, emoji, mentions
    r"|^[-+=\d.)]"
)


def render(report: Report, sources: SourceReader, options: Options) -> str:
    """GitHub's Markdown, at most ``MOST_BYTES`` long; what was left out is said."""
    head = [_heading(report), *_doubts(report, options.prefix)]
    if not report.findings:
        return "".join(f"{block}\n" for block in head)
    rows = [_row(finding, options.prefix) for finding in report.findings]
    details = [_details(finding, sources, options.prefix) for finding in report.findings]
    shown_rows = _fitting(rows, _TABLE_BYTES)
    table = "| severity | rule | place | finding |\n|---|---|---|---|\n" + "".join(f"{row}\n" for row in shown_rows)
    start = "".join(f"{block}\n" for block in [*head, table])
    shown = _fitting(details, MOST_BYTES - _size(start) - 1_000)
    missing = len(rows) - min(len(shown_rows), len(shown))
    note = (
        f"\nThe details of {plural(missing, 'finding')} are left out: a summary cannot be longer.\n" if missing else ""
    )
    return start + "".join(f"{block}\n" for block in shown) + note


def inline(text: str) -> str:
    """One line of text that is no markup, whatever the scanned tree says; `code` words stay code."""
    pieces = escape(text).strip().split("`")  # four spaces at the start would make it a block of code
    return "".join(f"<code>{_literal(piece)}</code>" if at % 2 else _literal(piece) for at, piece in enumerate(pieces))


def _literal(text: str) -> str:
    return _MARKUP.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    mention = "<!-- -->" if match[0] == "@" else ""  # or the host makes a mention of what it reads
    return f"&#{ord(match[0])};{mention}"


def _code(text: str) -> str:
    return f"<code>{_literal(text)}</code>"


def _fitting(blocks: Iterable[str], room: int) -> list[str]:
    """As many blocks as have room, in their order."""
    shown: list[str] = []
    for block in blocks:
        room -= _size(block) + 1
        if room < 0:
            break
        shown.append(block)
    return shown


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))


def _heading(report: Report) -> str:
    facts = report.summary
    read = plural(facts.files, "Python file") + (
        f" and {plural(facts.documents, 'document')}" if facts.documents else ""
    )
    if report.findings:
        levels = Counter(finding.severity for finding in report.findings)
        counts = ", ".join(f"{levels[level]:,} {level}" for level in reversed(LEVELS) if levels[level])
        title, detail = plural(len(report.findings), "finding"), f"{counts}. Checked: {read}."
    elif facts.files or facts.documents:
        title, detail = "no findings", f"Checked: {read}."
    else:
        title, detail = "nothing was checked", "No Python file was found."
    more = {
        "hidden": report.hidden,
        "suppressed by comments": report.suppressed,
        inline(known_from(report)): report.unchanged,
    }
    kept = [f"{len(found):,} {what}" for what, found in more.items() if found]
    entries = ", ".join(f"{count:,} {_literal(name)}" for name, count in sorted(facts.entry_points.items()) if count)
    lines = [f"## statecheck: {title}\n", detail]
    if facts.files:
        lines.append(f"Entry points: {entries or 'none found'}.")
    if kept:
        lines.append(f"Not shown: {', '.join(kept)}.")
    return "\n".join(lines) + "\n"


def _doubts(report: Report, prefix: str) -> list[str]:
    """Errors, warnings and stale entries, as one list."""
    lines = []
    for problem in report.errors:
        place = f"{_code(repository_path(problem.path, prefix))} " if problem.path else ""
        lines.append(f"- **error:** {place}{inline(problem.message)}")
    lines += [f"- **warning:** {inline(text)}" for text in report.summary.warnings]
    if report.summary.unparsed:
        lines.append(f"- **not parsed:** {inline(listed(report.summary.unparsed, _ENTRIES_SHOWN))}")
    if report.absent:
        names = [f"{entry.rule} {entry.symbol} ({entry.path})" for entry in report.absent]
        lines.append(f"- **stale in the baseline:** {inline(listed(names, _ENTRIES_SHOWN))}")
    return ["".join(f"{line}\n" for line in lines)] if lines else []


def _row(finding: Finding, prefix: str) -> str:
    place = f"{repository_path(finding.location.path, prefix)}:{finding.location.line}"
    return f"| {finding.severity} | {finding.rule} {finding.name} | {_code(place)} | {inline(finding.message)} |"


def _details(finding: Finding, sources: SourceReader, prefix: str) -> str:
    where = finding.location
    known = ", known but for a new write" if finding.baseline == "updated" else ""
    lines = [
        f"<details><summary>{finding.rule} {finding.name}: {_code(escape(finding.symbol))}</summary>",
        "",
        f"{inline(finding.message)} ({finding.severity}, {finding.confidence} confidence{known})",
        "",
        f"{_code(f'{repository_path(where.path, prefix)}:{where.line}:{where.column}')}",
        "",
        *_excerpt(finding, where, sources),
        *_flow(finding, prefix),
    ]
    if finding.entry_points:
        lines += [f"**Reached from:** {inline(listed(finding.entry_points, _ENTRIES_SHOWN))}", ""]
    if finding.instead:
        lines += [f"**Instead:** {inline(finding.instead)}", ""]
    return "\n".join([*lines, "</details>", ""])


def _excerpt(finding: Finding, where: Location, sources: SourceReader) -> list[str]:
    python = where.path.endswith((".py", ".pyw"))
    source = escape(mask(sources.line(where.path, where.line), finding.sensitive, python)).strip()[:_CODE_WIDTH]
    if not source:
        return []
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", source)), default=0))
    return [f"{fence}{'python' if python else ''}", source, fence, ""]


def _flow(finding: Finding, prefix: str) -> list[str]:
    steps = finding.flow[:_STEPS_SHOWN]
    lines = [
        f"1. {inline(step.message)} ({_code(f'{repository_path(step.location.path, prefix)}:{step.location.line}')})"
        for step in steps
    ]
    if len(finding.flow) > len(steps):
        lines.append(f"1. and {plural(len(finding.flow) - len(steps), 'more step')}")
    return [*lines, ""] if lines else []
