"""The end of a report for people: what was looked at, what was found, and what should be doubted."""

from __future__ import annotations

from collections import Counter

from statecheck.model import LEVELS, Finding, Report, at_least
from statecheck.report.options import Options
from statecheck.report.prose import hanging, listed, plural
from statecheck.report.source import escape
from statecheck.report.style import Paint

_NAMES_SHOWN = 5


def summary(report: Report, options: Options, paint: Paint) -> list[list[str]]:
    """Blocks of lines: scope of the run, doubts, verdict."""
    doubts = [*errors(report, options, paint), *warnings(report, options, paint)]
    return [_scope(report, options, paint), doubts, stale(report, options, paint), verdict(report, options, paint)]


def statistics(report: Report, paint: Paint) -> list[str]:
    """Findings per rule, most first."""
    counts = Counter((finding.rule, finding.name, finding.severity) for finding in report.findings)
    width = max((len(f"{count:,}") for count in counts.values()), default=0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{count:>{width},}  {paint(f'{code} {name}', level)} ({level})" for (code, name, level), count in ordered]


def verdict(report: Report, options: Options, paint: Paint) -> list[str]:
    """One or two lines: how many findings, and how to see those that are hidden."""
    found = report.findings
    if found:
        levels = Counter(finding.severity for finding in found)
        parts = ", ".join(paint(f"{levels[level]:,} {level}", level) for level in reversed(LEVELS) if levels[level])
        places = len({finding.location.path for finding in found})
        text = f"{paint('Found ' + plural(len(found), 'finding'), 'strong')} ({parts}) in {plural(places, 'file')}."
    elif not report.summary.files and not report.summary.documents:
        text = f"{paint('Nothing was checked', 'medium')}: no Python file was found."
    else:
        text = f"{paint('No findings', 'good')} in {_looked_at(report)}."
    lines = [text]
    lines += fixes(report, options)
    if report.hidden:
        lines.append(f"{len(report.hidden):,} hidden: {_reveal(report.hidden, options)} shows {_them(report.hidden)}.")
    if report.summary.suppressed:
        lines.append(f"{report.summary.suppressed:,} suppressed by comments.")
    if report.summary.compared_with or report.unchanged:
        lines.append(f"{len(report.unchanged):,} {escape(known_from(report))}.")
    return lines


def fixes(report: Report, options: Options) -> list[str]:
    """What this run has mended, and what a further one can."""
    found = Counter(finding.fix.applicability for finding in fixable(report) if finding.fix)
    safe, unsafe = found["safe"], found["unsafe"]
    lines = [f"{plural(report.summary.fixed, 'finding')} fixed."] if report.summary.fixed else []
    if options.unsafe_fixes and found:
        return [*lines, f"{safe + unsafe:,} fixable with --fix --unsafe-fixes."]
    if safe:
        lines.append(f"{safe:,} fixable with --fix.")
    if unsafe:
        lines.append(f"{unsafe:,} {'more ' if safe else ''}fixable with --fix --unsafe-fixes.")
    return lines


def fixable(report: Report) -> list[Finding]:
    """The findings that have a fix: those shown, and hidden ones that are safe to mend, which only tidies up.

    Compared with an older state, hidden ones are left out: nobody knows whether they are new.
    """
    shown = [finding for finding in report.findings if finding.fix]
    hidden = report.hidden if not report.summary.compared_with else ()
    return shown + [finding for finding in hidden if finding.fix and finding.fix.applicability == "safe"]


def known_from(report: Report) -> str:
    """Where the findings that are not shown are known from. Not escaped: it holds what the user calls a commit."""
    return f"known from {report.summary.compared_with}" if report.summary.compared_with else "in the baseline"


def stale(report: Report, options: Options, paint: Paint) -> list[str]:
    """Entries of the baseline of which nothing is left."""
    if not report.absent:
        return []
    count = len(report.absent)
    names = [f"{entry.rule} {entry.symbol} ({entry.path})" for entry in report.absent]
    text = (
        f"{count:,} {'entry' if count == 1 else 'entries'} of the baseline {'is' if count == 1 else 'are'} stale: "
        f"{listed(names, _NAMES_SHOWN)}. `statecheck baseline prune` removes {'it' if count == 1 else 'them'}."
    )
    return hanging("stale: ", "medium", text, paint, options.width)


def _them(hidden: tuple[Finding, ...]) -> str:
    return "it" if len(hidden) == 1 else "them"


def _reveal(hidden: tuple[Finding, ...], options: Options) -> str:
    """The options that show every hidden finding."""
    words = []
    severity = min((finding.severity for finding in hidden), key=LEVELS.index)
    confidence = min((finding.confidence for finding in hidden), key=LEVELS.index)
    if not at_least(severity, options.min_severity):
        words.append(f"--min-severity {severity}")
    if not at_least(confidence, options.min_confidence):
        words.append(f"--min-confidence {confidence}")
    return " ".join(words) or "--min-severity low --min-confidence low"


def _looked_at(report: Report) -> str:
    documents = report.summary.documents
    extra = f" and {plural(documents, 'document')}" if documents else ""
    return plural(report.summary.files, "Python file") + extra


def _scope(report: Report, options: Options, paint: Paint) -> list[str]:
    facts = report.summary
    if not facts.files and not facts.documents and not facts.unparsed:
        return []  # the verdict says it all
    entries = ", ".join(f"{count:,} {name}" for name, count in sorted(facts.entry_points.items()) if count)
    lines = f", {plural(facts.lines, 'line')}" if facts.lines else ""
    rows = [("checked", _looked_at(report) + lines), ("entry points", entries or "none found")]
    if facts.unresolved_imports:
        rows.append(("unresolved imports", _counted(facts.unresolved_imports)))
    if facts.unparsed:
        rows.append(("not parsed", _counted(facts.unparsed)))
    width = max(len(name) for name, _ in rows)
    return [
        line
        for name, text in rows
        for line in hanging(f"{name:>{width}}  ", "gutter", text, paint, options.width, width + 2)
    ]


def _counted(names: tuple[str, ...]) -> str:
    return f"{len(names):,}: {listed(names, _NAMES_SHOWN)}"


def warnings(report: Report, options: Options, paint: Paint) -> list[str]:
    """What the run says against its own result."""
    return [
        line for text in report.summary.warnings for line in hanging("warning: ", "medium", text, paint, options.width)
    ]


def errors(report: Report, options: Options, paint: Paint) -> list[str]:
    """What kept the tool from its work."""
    lines: list[str] = []
    for problem in report.errors:
        place = f"{problem.path}: " if problem.path else ""
        lines += hanging("error: ", "high", place + problem.message, paint, options.width)
    return lines
