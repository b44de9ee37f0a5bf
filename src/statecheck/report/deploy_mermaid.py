"""The picture of a deployment as a flowchart in Mermaid's language."""

from __future__ import annotations

import re
from collections.abc import Iterable

from statecheck.deployments import wording
from statecheck.deployments.picture import Survey
from statecheck.model import Finding
from statecheck.report.deploy import copies, where_kept
from statecheck.report.source import escape

MAX_LABEL = 120  # characters of a line
# Everything that has a meaning in Mermaid or in the HTML that its labels become.
_SPECIAL = re.compile(r"[^\w .,:;/+=\-\N{MULTIPLICATION SIGN}]")


def render_mermaid(survey: Survey) -> str:
    """Processes, what each keeps, and what hides it. Texts of the tree stand in labels only, escaped."""
    lines = ["flowchart LR"]
    states: dict[tuple[str, int, str], str] = {}
    hiders: dict[tuple[str, int, str], str] = {}
    edges: list[str] = []
    for number, shown in enumerate(survey.picture.shown):
        process = shown.process
        lines.append(f"  p{number}[{label((process.unit, process.runs, copies(process)))}]")
        for kept in shown.keeps:
            state = _node(states, kept.finding, "s")
            edges.append(f"  p{number} -->|{label((where_kept(process, kept),))}| {state}")
            edges += [f"  {_node(hiders, hider, 'h')} -. hides .-> {state}" for hider in kept.hidden_by]
    for finding in survey.picture.loose:
        _node(states, finding, "s")
    lines += [f"  {name}[({label((_spoken(key), f'{key[0]}:{key[1]}'))})]" for key, name in states.items()]
    lines += [f"  {name}{{{{{label((_spoken(key), f'{key[0]}:{key[1]}'))}}}}}" for key, name in hiders.items()]
    if len(lines) == 1:
        lines.append(f"  nothing[{label(('no process and no state is known',))}]")
    return "\n".join([*lines, *dict.fromkeys(edges)]) + "\n"


def _node(known: dict[tuple[str, int, str], str], finding: Finding, letter: str) -> str:
    spoken = finding.name if letter == "h" else wording.state(finding)
    key = (finding.location.path, finding.location.line, spoken)
    return known.setdefault(key, f"{letter}{len(known)}")


def _spoken(key: tuple[str, int, str]) -> str:
    return key[2]


def label(lines: Iterable[str]) -> str:
    """A label of several lines in quotes. What is special becomes an entity, so that no text can end the label."""
    return '"' + "<br/>".join(_line(line) for line in lines if line) + '"'


def _line(text: str) -> str:
    shown = escape(text)
    shown = shown if len(shown) <= MAX_LABEL else f"{shown[: MAX_LABEL - 3]}..."
    return _SPECIAL.sub(lambda match: f"#{ord(match[0])};", shown)
