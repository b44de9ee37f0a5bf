"""What the readers of plain lines have in common: text, templates, bounds."""

from __future__ import annotations

from collections.abc import Callable

from statecheck.facts.documents import templates
from statecheck.facts.documents.nodes import Builder, DocumentFacts, Span, TooMuchError, comments
from statecheck.facts.documents.text import decode
from statecheck.facts.ir import ParseFailure


def filled(
    data: bytes, format: str, fill: Callable[[Builder, str], None], *, has_templates: bool = True
) -> DocumentFacts:
    """The facts that ``fill`` adds for the text, template actions blanked. What is beyond the bounds is cut off."""
    text = decode(data)
    if isinstance(text, ParseFailure):
        return DocumentFacts(format, failure=text)
    templated = has_templates and templates.has_actions(text)
    builder = Builder()
    builder.start("", "map", "", Span(1, 1, 1, 2))
    failure = None
    try:
        fill(builder, templates.blank(text).text if templated else text)
    except TooMuchError as error:
        failure = ParseFailure(builder.rows[-1][5].line, 1, str(error))
    return DocumentFacts(format, builder.nodes(), comments(text), templated, failure)
