"""Colour: when, and which. Only the terminal's own 16 colours, so that light and dark themes both stay readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

Style = Literal["high", "medium", "low", "gutter", "strong", "dim", "good", "code"]
Paint = Callable[[str, Style], str]

STYLES: Mapping[Style, str] = {
    "high": "bold red",
    "medium": "bold yellow",
    "low": "bold cyan",
    "gutter": "bold bright_blue",
    "strong": "bold",
    "dim": "dim",
    "good": "bold green",
    "code": "bold",
}


def use_color(choice: str, terminal: bool, environment: Mapping[str, str]) -> bool:
    """``choice`` is always, never or auto. NO_COLOR beats FORCE_COLOR, which beats TERM=dumb and a pipe."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and environment.get("TERM") != "dumb"


def painter(color: bool) -> Paint:
    """A function that styles a piece of text; the identity without colour."""
    if not color:
        return lambda text, _: text
    from rich.color import ColorSystem
    from rich.style import Style as RichStyle

    styles = {name: RichStyle.parse(words) for name, words in STYLES.items()}

    def paint(text: str, style: Style) -> str:
        return styles[style].render(text, color_system=ColorSystem.STANDARD) if text else ""

    return paint
