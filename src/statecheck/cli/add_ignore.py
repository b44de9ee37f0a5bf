"""``check --add-ignore REASON``: comments for the findings that are shown."""

from __future__ import annotations

from pathlib import Path

from statecheck.cli.guard import UsageError, complain, write
from statecheck.model import Report


def add_comments(report: Report, reason: str) -> int:
    """Write the comments and say how many. Raises UsageError for a reason that is no part of a comment."""
    from statecheck.triage.annotate import annotated, sites
    from statecheck.triage.rewrite import RewriteError

    if not reason.isprintable():
        raise UsageError("--add-ignore: the reason must be one line of text")
    root = Path(report.root)
    wanted = sites(report.findings)
    others = [finding for finding in report.findings if not finding.location.path.endswith((".py", ".pyw"))]
    files, comments, failed = 0, 0, 0
    for path, places in wanted.items():
        try:
            count = annotated(root / path, places, reason)
        except (RewriteError, OSError) as error:
            complain(f"error: {path}: no comment was added: {error}")
            failed += 1
            continue
        files, comments = files + bool(count), comments + count
    for finding in others:
        complain(f"note: {finding.location.path}:{finding.location.line}: write the comment for {finding.name} by hand")
    write(f"Added {_plural(comments, 'comment')} in {_plural(files, 'file')}.\n", None)
    return 2 if failed else 0


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
