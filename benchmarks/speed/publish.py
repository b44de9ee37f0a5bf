#!/usr/bin/env python3
"""Put the results of run.py and spent.py into docs/speed.md, the plot beside it: publish.py FOLDER"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from prepare import TOP


def replaced(page: str, name: str, text: str) -> str:
    """The page with ``text`` between the marks of that name. Raises ValueError."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    if start not in page or end not in page:
        raise ValueError(f"the page has no place for {name}")
    return page[: page.index(start) + len(start)] + text + page[page.index(end) :]


def main() -> None:
    folder = Path(sys.argv[1])
    page = TOP / "docs" / "speed.md"
    text = page.read_text(encoding="utf-8")
    for name, source in (("figures", "results.md"), ("spent", "spent.md")):
        if (folder / source).is_file():
            text = replaced(text, name, "\n" + (folder / source).read_text(encoding="utf-8") + "\n")
    page.write_text(text, encoding="utf-8")
    shutil.copyfile(folder / "results.svg", page.with_suffix(".svg"))


if __name__ == "__main__":
    main()
