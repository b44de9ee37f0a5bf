"""``check --fix`` and ``check --diff``: mend what can be mended, look again, write the files or show the changes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.cli.guard import UsageError, complain, is_terminal, write
from statecheck.cli.outputs import Looks, colored
from statecheck.model import Fix, Report
from statecheck.report.prose import plural
from statecheck.report.summary import fixable

MOST_PASSES = 10  # fixes that touch each other wait for the next pass

Check = Callable[[Mapping[str, Path]], Report]  # with files whose content is read from another place


class Fixing(NamedTuple):
    """What the command line wants done. ``unsafe`` alone changes only what a report calls fixable."""

    fix: bool = False
    unsafe: bool = False
    diff: bool = False

    @property
    def wanted(self) -> bool:
        """Is anything to be fixed, or shown as such?"""
        return self.fix or self.diff


class Change(NamedTuple):
    """The content of a file before and after its fixes, and how many findings they mend."""

    before: bytes
    after: bytes
    mended: int


class Mended(NamedTuple):
    """The report of the tree as it was, that of the mended one, and what was changed on the way."""

    first: Report
    report: Report
    changes: Mapping[str, Change]
    failed: bool = False


def vet_fixing(fixing: Fixing, from_stdin: bool, staged: bool, add_ignore: bool, other_outputs: bool) -> None:
    """Raises UsageError for what cannot go together."""
    if not fixing.wanted:
        return
    name = "--diff" if fixing.diff else "--fix"
    if add_ignore:
        raise UsageError(f"--add-ignore and {name} cannot be given together")
    if staged:
        raise UsageError(f"{name} is about files on the disk; it cannot be given with --staged")
    if from_stdin and not fixing.diff:
        raise UsageError("--fix changes files; with - give --diff, which shows the changes")
    if fixing.diff and other_outputs:
        raise UsageError("--diff prints the changes instead of a report; leave out --output-format, -o and --report")


class Mender:
    """Fixes one project. Until ``write`` is called, changed contents lie in ``folder``."""

    def __init__(self, check: Check, root: Path, paths: tuple[Path, ...], replaced: Mapping[str, Path], folder: Path):
        self._check = check
        self._root = root
        self._paths = paths
        self._replaced = replaced
        self._folder = folder
        self._given_up: set[str] = set()

    def mend(self, unsafe: bool) -> Mended:
        """Fix, and look again, until nothing is left to fix."""
        first = report = self._check({})
        changes: dict[str, Change] = {}
        for number in range(MOST_PASSES):
            done = self._pass(report, changes, unsafe)
            if not done:
                break
            changes |= done
            report = self._check(self.edited(changes, number))
        return Mended(first, report, changes, bool(self._given_up))

    def edited(self, changes: Mapping[str, Change], number: int = MOST_PASSES) -> dict[str, Path]:
        """Where the changed contents lie."""
        places: dict[str, Path] = {}
        for index, (path, change) in enumerate(sorted(changes.items())):
            place = self._folder / str(number) / str(index) / os.path.basename(path)
            place.parent.mkdir(parents=True)
            place.write_bytes(change.after)
            places[path] = place
        return places

    def _pass(self, report: Report, changes: Mapping[str, Change], unsafe: bool) -> dict[str, Change]:
        done: dict[str, Change] = {}
        for path, fixes in sorted(self._wanted(report, unsafe).items()):
            known = changes.get(path)
            try:
                before = known.after if known else (self._replaced.get(path) or self._root / path).read_bytes()
                after, count = _after(path, before, fixes, report.digests.get(path, ""))
            except _problems() as problem:
                reason = problem.strerror if isinstance(problem, OSError) else problem
                complain(f"error: {path}: not fixed: {reason}")
                self._given_up.add(path)
                continue
            if after != before:
                done[path] = Change(known.before if known else before, after, count + (known.mended if known else 0))
        return done

    def _wanted(self, report: Report, unsafe: bool) -> dict[str, list[Fix]]:
        """The fixes to make, by file."""
        from statecheck.discovery import within

        found: dict[str, list[Fix]] = defaultdict(list)
        for finding in fixable(report):
            fix = finding.fix
            if fix is None or fix.path in self._given_up or not within(fix.path, self._root, self._paths):
                continue
            if unsafe or fix.applicability == "safe":
                found[fix.path].append(fix)
        return found


def _problems() -> tuple[type[Exception], ...]:
    from statecheck.triage.rewrite import RewriteError

    return (RewriteError, OSError)


def _after(path: str, before: bytes, fixes: list[Fix], digest: str) -> tuple[bytes, int]:
    """The content after the fixes, and how many were made. Raises RewriteError."""
    from statecheck.fixes.splicing import spliced
    from statecheck.triage.rewrite import RewriteError, rewritten, text_of

    text = text_of(path, before)
    if _digest(text) != digest:
        raise RewriteError("it has changed since it was read")
    new, done = spliced(text, fixes)
    return rewritten(path, before, new, "the fix"), len(done)


def _digest(text: str) -> str:
    from statecheck.fixes.propose import digest

    return digest(text)


def fixed(
    check: Check, root: Path, paths: tuple[Path, ...], unsafe: bool, show: Callable[[Report, Mapping[str, Path]], int]
) -> int:
    """Fix and write the files, then let ``show`` report what is left. 2 where a file could not be written."""
    with tempfile.TemporaryDirectory(prefix="statecheck-") as folder:
        mender = Mender(check, root, paths, {}, Path(os.path.realpath(folder)))
        mended = mender.mend(unsafe)
        count, failed = _written(root, mended.changes)
        report = check({}) if failed else mended.report  # what was not written is as it was
        summary = replace(report.summary, fixed=count)
        code = show(replace(report, summary=summary), {} if failed else mender.edited(mended.changes))
        return 2 if failed or mended.failed else code


def _written(root: Path, changes: Mapping[str, Change]) -> tuple[int, bool]:
    """How many findings are mended on the disk, and whether a file could not be written."""
    from statecheck.triage.rewrite import replace_content

    count, failed = 0, False
    for path, change in sorted(changes.items()):
        try:
            replace_content(root / path, change.before, change.after)
        except _problems() as problem:
            reason = problem.strerror if isinstance(problem, OSError) else problem
            complain(f"error: {path}: not fixed: {reason}")
            failed = True
        else:
            count += change.mended
    return count, failed


def shown_diff(
    check: Check, root: Path, paths: tuple[Path, ...], replaced: Mapping[str, Path], unsafe: bool, looks: Looks
) -> int:
    """Print what would be changed: 1 where anything would be, 2 where a part of the tool broke."""
    with tempfile.TemporaryDirectory(prefix="statecheck-") as folder:
        mended = Mender(check, root, paths, replaced, Path(os.path.realpath(folder))).mend(unsafe)
    write("".join(_page(path, change, mended.first, looks) for path, change in sorted(mended.changes.items())), None)
    for problem in mended.first.errors:
        complain(f"error: {problem.path}: {problem.message}" if problem.path else f"error: {problem.message}")
    if not looks.quiet:
        complain(_verdict(mended, unsafe))
    if mended.failed or any(not problem.path for problem in mended.first.errors):
        return 2
    return 1 if mended.changes else 0


def _page(path: str, change: Change, report: Report, looks: Looks) -> str:
    from statecheck.report.diff import diff
    from statecheck.report.style import painter
    from statecheck.triage.rewrite import text_of

    terminal = is_terminal(sys.stdout)
    found = (*report.findings, *report.hidden, *report.suppressed, *report.unchanged)
    places = [finding.location for finding in found if finding.sensitive and finding.location.path == path]
    secret = {line for where in places for line in range(where.line, where.end_line + 1)}
    before, after = text_of(path, change.before), text_of(path, change.after)
    return diff(path, before, after, secret, painter(colored(looks.color, terminal)), terminal)


def _verdict(mended: Mended, unsafe: bool) -> str:
    count = sum(change.mended for change in mended.changes.values())
    more = [finding for finding in mended.report.findings if finding.fix and finding.fix.applicability == "unsafe"]
    hint = f"; --unsafe-fixes would fix {len(more):,}{' more' if count else ''}" if more and not unsafe else ""
    if not count:
        return f"Nothing would be fixed{hint}."
    return f"Would fix {plural(count, 'finding')} in {plural(len(mended.changes), 'file')}{hint}."
