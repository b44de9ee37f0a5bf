"""The baseline: ``libcst.parse_module`` over the Python files below the working directory, and nothing else."""

from __future__ import annotations

from pathlib import Path

import libcst


def main() -> None:
    for path in sorted(Path().rglob("*.py")):
        try:
            libcst.parse_module(path.read_bytes())
        except (libcst.ParserSyntaxError, UnicodeDecodeError):
            print(f"not parsed: {path}")


if __name__ == "__main__":
    main()
