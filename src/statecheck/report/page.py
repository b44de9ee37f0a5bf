"""Rule pages for a terminal: their Markdown with the marks taken off."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from statecheck.report.prose import hanging
from statecheck.report.source import escape
from statecheck.report.style import Paint
from statecheck.rules.schema import Rule

_ITEM = re.compile(r"^(\s*)([-*]|\d+\.) +(.*)$")
_TITLE = re.compile(r"\A\s*# .*\n")
_HEADING = re.compile(r"^(#+) +(.*)$")
_SUBHEADING = 3
_FILE = re.compile(r"title=(\S+)")
_LINK = re.compile(r"\[([^\]]*)\]\((https?://[^)]*)\)")


def render_page(rule: Rule, paint: Paint, width: int) -> str:
    """Head line, summary, and the page."""
    status = "" if rule.status == "stable" else f", {rule.status}"
    facts = f"({rule.family}, {rule.severity}{status}, since {rule.since})"
    head = f"{paint(f'{rule.code} {rule.name}', rule.severity)} {facts}"
    lines = [head, *hanging("", "strong", rule.summary, paint, width, 0), ""]
    lines += _page(_TITLE.sub("", rule.page), paint, width)  # the head line says it already
    if not rule.page.strip():
        lines += hanging("Instead: ", "good", rule.instead, paint, width)
    if rule.references:
        lines += ["", paint("References", "strong"), *(f"  {escape(reference)}" for reference in rule.references)]
    return "\n".join(lines).rstrip() + "\n"


def render_index(rules: Sequence[Rule], paint: Paint, width: int) -> str:
    """One line a rule, by family."""
    lines: list[str] = []
    size = max((len(rule.name) for rule in rules), default=0)
    for family in dict.fromkeys(rule.family for rule in rules):
        lines += ["", paint(family, "strong")] if lines else [paint(family, "strong")]
        for rule in rules:
            if rule.family == family:
                label = f"  {rule.code} {rule.name:<{size}}  "
                note = "" if rule.status == "stable" else f" ({rule.status})"
                lines += hanging(label, rule.severity, rule.summary + note, paint, width, len(label))
    return "\n".join([*lines, "", "statecheck rule NAME explains one of them."]) + "\n"


def _page(page: str, paint: Paint, width: int) -> Iterator[str]:
    code = False
    paragraph: list[str] = []
    for line in page.strip().splitlines():
        fence = line.lstrip().startswith("```")
        if code and not fence:
            yield f"    {escape(line)}".rstrip()
        elif fence or not line.strip() or _HEADING.match(line) or _ITEM.match(line) or line.startswith("|"):
            yield from _flush(paragraph, paint, width)
            paragraph = []
            if fence:
                code = not code
                title = _FILE.search(line)
                if code and title:
                    yield f"  {paint(escape(title[1]) + ':', 'dim')}"
            elif heading := _HEADING.match(line):
                yield paint(escape(heading[2]), "gutter" if len(heading[1]) < _SUBHEADING else "strong")
            elif _ITEM.match(line):
                paragraph = [line]
            else:
                yield escape(line)
        else:
            paragraph.append(line)
    yield from _flush(paragraph, paint, width)


def _flush(paragraph: Iterable[str], paint: Paint, width: int) -> list[str]:
    text = textwrap.dedent(" ".join(line.strip() if number else line for number, line in enumerate(paragraph)))
    if not text:
        return []
    text = _LINK.sub(r"\1 (\2)", text).replace("**", "")
    item = _ITEM.match(text)
    if item:
        label = f"{item[1]}  {item[2]} "
        return hanging(label, "gutter", item[3], paint, width, len(label))
    return hanging("", "strong", text, paint, width, 0)
