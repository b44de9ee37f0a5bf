"""Run the commands of a recorded walk anew, and compare what they print with the page.

    python docs/walk.py SOURCE [--write]

SOURCE is the folder of the application (`benchmarks/quality/fetch.sh` gets it). The page beside this file is both the
script and the recording: every line of a ```console block that begins with "$ " is run, in order and in one shell, and
what it prints must be what stands below it. A ```diff block is applied to the application. `--write` puts what was
printed into the page. Exit code 1: the page is not what happened.

The commands run on a copy, in a home of their own; no setting of this machine's git or shell reaches them.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("walk.md")
NAME = "flower"
BLOCK = re.compile(r"^```(?P<kind>console|diff)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
DATE = "2026-01-05T09:00:00Z"
END = "@@ end of a command @@"
IDENTITY = "[user]\nname = You\nemail = you@example.org\n[init]\ndefaultBranch = main\n[core]\npager = cat\n"


def commands(page: str) -> Iterator[str]:
    """The shell commands of the page, a diff as the command that applies it."""
    for block in BLOCK.finditer(page):
        if block["kind"] == "diff":
            yield f"git apply --unidiff-zero <<'END_OF_DIFF'\n{block['text']}END_OF_DIFF"
        else:
            yield from re.findall(r"^\$ (.*)$", block["text"], re.MULTILINE)


def recorded(page: str, outputs: list[str]) -> str:
    """The page with these outputs, one for each command."""
    left = iter(outputs)

    def anew(block: re.Match[str]) -> str:
        if block["kind"] == "diff":
            next(left)
            return block[0]
        lines = re.findall(r"^\$ .*\n", block["text"], re.MULTILINE)
        return "```console\n" + "".join(line + next(left) for line in lines) + "```"

    return BLOCK.sub(anew, page)


def run(source: Path, page: str) -> list[str]:
    """What each command prints, stdout and stderr together, with the home as "~"."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve()
        shutil.copytree(source, home / NAME)
        (home / ".gitconfig").write_text(IDENTITY, encoding="utf-8")
        begin = f"cd {NAME} && git init -q && git add . && git commit -q -m released && cd"
        parts = [f"{command}\n(code=$?; echo; echo {shlex.quote(END)}; exit $code)" for command in commands(page)]
        (home / "walk.sh").write_text("\n".join([f"{begin} || exit 99", *parts, ""]), encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", str(home / "walk.sh")],
            cwd=home, env=environment(home), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
    *outputs, rest = done.stdout.replace(str(home), "~").split(f"\n{END}\n")
    if len(outputs) != len(parts) or rest.strip():
        sys.exit(f"the walk stopped after {len(outputs)} of {len(parts)} commands:\n{done.stdout}")
    return outputs


def environment(home: Path) -> dict[str, str]:
    """Nothing of the user's but the path, with this Python's statecheck first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    fixed = {"GIT_CONFIG_NOSYSTEM": "1", "COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    fixed |= {"GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE}  # so that commits have the same names every time
    return {"PATH": path, "HOME": str(home), **fixed}


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description="Run the walk in docs/walk.md anew.")
    parser.add_argument("source", type=Path, help="the folder of the application")
    parser.add_argument("--write", action="store_true", help="put what was printed into the page")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    happened = recorded(page, run(arguments.source, page))
    if arguments.write:
        PAGE.write_text(happened, encoding="utf-8")
    elif happened != page:
        sys.stdout.writelines(difflib.unified_diff(
            page.splitlines(keepends=True), happened.splitlines(keepends=True), "docs/walk.md", "what happened"
        ))  # fmt: skip
        print("docs/walk.md is not what happened; docs/walk.py SOURCE --write records it anew")
        return 1
    print(f"docs/walk.md: {len(list(commands(page)))} commands, as they happened")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
