"""What the page about deployments shows is what the example brings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent.parent
PAGE = (TOP / "docs" / "deployments.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n\$ statecheck (.*?)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_page_shows_what_the_example_brings(command: str, output: str) -> None:
    environment = {**os.environ, "COLUMNS": "130", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "statecheck", *command.split()],
        cwd=TOP / "examples" / "flask-shop" / "stateful",
        env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == output
    assert done.returncode == 0


def test_the_page_shows_the_table_and_a_flowchart() -> None:
    assert [command.split()[0] for command, _ in SHOWN] == ["deploy", "deploy"]
