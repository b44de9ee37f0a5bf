"""``python -m statecheck``."""

from __future__ import annotations

from statecheck.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
