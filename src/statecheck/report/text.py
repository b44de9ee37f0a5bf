"""The full report for people: each finding with its source, its code flow and what to use instead."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from statecheck.model import Finding, Harm, Location, Report, Role, Step
from statecheck.report.excerpt import excerpt
from statecheck.report.mask import mask
from statecheck.report.options import Options
from statecheck.report.prose import hanging, listed, plural
from statecheck.report.source import SourceReader, escape
from statecheck.report.style import Paint, Style, painter
from statecheck.report.summary import statistics, summary

_HARM: dict[Harm, str] = {
    "lost": "lost when the process restarts or is replaced",
    "split": "split: every process has its own, and requests meet one or the other",
    "repeated": "repeated: every process does it, so it happens as often as there are processes",
}
_ENTRIES_SHOWN = 4
_STEPS_SHOWN: dict[Role, int] = {"write": 4, "read": 2}  # of one finding; the other formats hold all of them


def render(report: Report, sources: SourceReader, options: Options) -> str:
    """Text that ends with a newline, or "" when there is nothing to say."""
    paint = painter(options.color)
    blocks: list[list[str]] = []
    if options.statistics:
        blocks.append(statistics(report, paint))
    else:
        blocks += [_finding(finding, sources, options, paint) for finding in report.findings]
    if not options.quiet:
        blocks += summary(report, options, paint)
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks if block)


class _Gutter:
    """The left margin of one finding: line numbers, right-aligned, and a bar."""

    def __init__(self, finding: Finding, paint: Paint) -> None:
        self.size = max(2, len(str(finding.location.line)))
        self._paint = paint

    def bar(self, number: int | str = "", bar: str = "|") -> str:
        return self._paint(f"{number:>{self.size}} {bar}", "gutter")


def _finding(finding: Finding, sources: SourceReader, options: Options, paint: Paint) -> list[str]:
    gutter = _Gutter(finding, paint)
    lines = _title(finding, options, paint)
    lines += _place(finding, sources, options, paint, gutter)
    lines += _flow(finding, sources, options, paint, gutter)
    notes: list[tuple[str, str]] = []
    if len(finding.entry_points) > any(step.role == "entry" for step in finding.flow):  # one is in the flow already
        notes.append(("reached from", listed(finding.entry_points, _ENTRIES_SHOWN)))
    if finding.harm:
        notes.append(("harm", _HARM[finding.harm]))
    if finding.instead:
        notes.append(("help", finding.instead))
    if finding.fix:
        unsafe = " --unsafe-fixes" if finding.fix.applicability == "unsafe" else ""
        notes.append(("fix", f"{finding.fix.message} (--fix{unsafe})"))
    if notes and lines[-1] != gutter.bar():
        lines.append(gutter.bar())
    for label, text in notes:
        lines += _note(f"{label}: ", "good" if label in ("help", "fix") else "strong", text, options, paint, gutter)
    return lines


def _title(finding: Finding, options: Options, paint: Paint) -> list[str]:
    doubt = "" if finding.confidence == "high" else f", {finding.confidence} confidence"
    known = ", known but for a new write" if finding.baseline == "updated" else ""
    label = f"{finding.rule} {finding.name} ({finding.severity}{doubt}{known}): "
    return hanging(label, finding.severity, finding.message, paint, options.width, indent=2)


def _place(finding: Finding, sources: SourceReader, options: Options, paint: Paint, gutter: _Gutter) -> list[str]:
    where = finding.location
    arrow = paint(" " * gutter.size + "-->", "gutter")
    lines = [f"{arrow} {escape(where.path)}:{where.line}:{where.column}"]
    source = _source(where, finding, sources)
    if source.strip():
        text, marks = excerpt(source, where, options.code_width - gutter.size - 3)
        lines += [gutter.bar(), f"{gutter.bar(where.line)} {text}"]
        lines.append(f"{gutter.bar()} {paint(marks, finding.severity)}" if marks else gutter.bar())
    return lines


def _source(where: Location, finding: Finding, sources: SourceReader) -> str:
    line = sources.line(where.path, where.line)
    return mask(line, finding.sensitive, where.path.endswith((".py", ".pyw")))


def _flow(finding: Finding, sources: SourceReader, options: Options, paint: Paint, gutter: _Gutter) -> list[str]:
    """The way from an entry point to the write. The definition is already on show."""
    steps, left_out = _worth_reading(finding)
    lines = [gutter.bar()] if steps else []
    size = len(str(len(steps)))
    lead = f"{gutter.bar()} "
    for number, step in enumerate(steps, start=1):
        label = f"{number:>{size}}. "
        style: Style = finding.severity if step.role == "write" else "strong"
        new = " (new)" if finding.baseline == "updated" and step.baseline == "new" else ""
        body = hanging(label, style, step.message + new, paint, _inner(options, gutter), size + 2)
        where = step.location
        place = f"{escape(where.path)}:{where.line}:{where.column}"
        room = max(20, options.code_width - gutter.size - size - len(place) - 7)
        text = _step_source(_source(where, finding, sources), where, room, style, paint)
        lines += [lead + line for line in body]
        lines.append(f"{lead}{' ' * (size + 2)}{paint(place, 'dim')}  {text}".rstrip())
    if left_out:
        lines.append(f"{lead}{' ' * (size + 2)}{paint(f'and {listed(left_out, len(left_out))}', 'dim')}")
    return [*lines, gutter.bar()] if lines else []


def _worth_reading(finding: Finding) -> tuple[list[Step], list[str]]:
    """The steps to show, each place once, and how many writes and reads are left out: a few convince, twenty tire."""
    shown: dict[tuple[str, Location, str], Step] = {}
    counts: Counter[str] = Counter()
    for step in finding.flow:
        at_definition = (step.location.path, step.location.line) == (finding.location.path, finding.location.line)
        place = replace(step.location, end_line=0, end_column=0)
        if (step.role == "definition" and at_definition) or (step.role, place, step.message) in shown:
            continue
        counts[step.role] += 1
        if counts[step.role] <= _STEPS_SHOWN.get(step.role, len(finding.flow)):
            shown[step.role, place, step.message] = step
    over = {role: counts[role] - most for role, most in _STEPS_SHOWN.items() if counts[role] > most}
    return list(shown.values()), [plural(number, f"more {role}") for role, number in over.items()]


def _step_source(source: str, where: Location, room: int, style: Style, paint: Paint) -> str:
    """The source line of a step without its indentation; the span is coloured, there is no room for marks."""
    line = source.lstrip()
    indent = len(source) - len(line)
    shifted = replace(where, column=where.column - indent, end_column=where.end_column - indent)
    text, marks = excerpt(line, shifted, room)
    start, end = marks.find("^"), len(marks)
    if start < 0 or not text.isascii():  # cells and characters are the same only in ASCII
        return text
    if where.line == where.end_line and where.end_column - where.column <= 1:  # a point, not a span
        return text
    return text[:start] + paint(text[start:end], style) + text[end:]


def _note(label: str, style: Style, text: str, options: Options, paint: Paint, gutter: _Gutter) -> list[str]:
    first, *rest = hanging(label, style, text, paint, _inner(options, gutter), len(label))
    blank = " " * (gutter.size + 3)
    return [f"{gutter.bar(bar='=')} {first}", *(blank + line for line in rest)]


def _inner(options: Options, gutter: _Gutter) -> int:
    return options.width - gutter.size - 3
