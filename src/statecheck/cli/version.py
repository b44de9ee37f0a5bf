"""``statecheck version``."""

from __future__ import annotations

from statecheck import __version__


def command() -> None:
    """Print the version."""
    show()


def show() -> None:
    """Print the name and version of the tool."""
    print(f"statecheck {__version__}")
