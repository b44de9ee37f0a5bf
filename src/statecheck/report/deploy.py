"""The picture of a deployment for people: as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from statecheck.deployments import wording
from statecheck.deployments.picture import Kept, Shown, Survey
from statecheck.deployments.processes import Process
from statecheck.model import Finding
from statecheck.report.source import escape
from statecheck.report.tables import rendered, table

if TYPE_CHECKING:
    from rich.table import Table

ENTRIES_SHOWN = 3
NAMES_SHOWN = 4
NOTHING = "No document of this tree starts its code in a way that is known"

WHOLE = ("Stands at", "Hidden by")  # a place or a rule that is cut in two can be read by nobody
NOTES = 3  # notes that the table shows


def render_table(survey: Survey, color: bool, width: int) -> str:
    """Processes with their copies, then what each keeps. Without deployment documents: what the code keeps."""
    return rendered(_parts(survey), color, width)


def _parts(survey: Survey) -> Iterator[Table | str]:
    shown, loose = survey.picture.shown, survey.picture.loose
    if shown:
        yield _processes(shown)
    else:
        documents = "1 document was" if survey.documents == 1 else f"{survey.documents} documents were"
        yield f"{NOTHING} ({documents} read)."
        yield _entry_points(survey)
    if any(each.keeps for each in shown):
        yield _kept(shown)
    if any(kept.hidden_by for each in shown for kept in each.keeps):
        yield _hiders(shown)
    if loose:
        yield _loose(loose, bool(shown))
    yield from _notes(survey)


def _processes(shown: tuple[Shown, ...]) -> Table:
    rows = table("Processes", "Process", "Runs", "Copies", "Serves", whole=WHOLE)
    units = [each.process.unit for each in shown]
    for each in shown:
        process = each.process
        mark = " (development)" if process.development else ""
        if units.count(process.unit) > 1:
            mark = f"{mark}, {escape(process.stage)}"
        known = "" if process.entered else " (not found in this tree)"
        rows.add_row(
            f"{escape(process.unit)}{mark}", escape(f"{process.runs}{known}"), escape(copies(process)), _serves(each)
        )
    return rows


def copies(process: Process) -> str:
    """How many copies there are, and what says so."""
    counts = process.copies
    if not counts:
        return "1"
    number = wording.exact(counts)
    factors = wording.multiplied(counts)
    said = f"{factors} = {number}" if number is not None and "\N{MULTIPLICATION SIGN}" in factors else factors or "1"
    threads = f", {process.threads} threads each" if process.threads and process.threads > 1 else ""
    telling = [count for count in counts if count.number != 1] or counts
    return f"{said}{threads} ({', '.join(wording.places(telling))})"


def _serves(each: Shown) -> str:
    more = len(each.serves) - ENTRIES_SHOWN
    named = ", ".join(escape(label) for label in each.serves[:ENTRIES_SHOWN])
    return f"{named} and {more} more" if more > 0 else named or "-"


def _kept(shown: tuple[Shown, ...]) -> Table:
    rows = table("What each keeps", "Process", "What", "Where", "Stands at", "Hidden by", whole=WHOLE)
    for each in shown:
        for number, kept in enumerate(each.keeps):
            rows.add_row(
                "" if number else escape(each.process.unit),
                escape(wording.state(kept.finding)),
                escape(where_kept(each.process, kept)),
                escape(wording.place(kept.finding.location)),
                _hidden(kept),
            )
    return rows


def where_kept(process: Process, kept: Kept) -> str:
    """In what, and how often: ``memory of each of 4 copies``."""
    if kept.mount is not None:
        source = f" {kept.mount.source}" if kept.mount.source else ""
        return f"{kept.mount.kind}{source} at {kept.mount.path}"
    place = "disk" if kept.finding.family == "disk" else "memory"
    if kept.adrift:
        return "disk, or one of the mounts"
    counts = wording.counted(process.copies, kept.finding)
    number = wording.exact(counts)
    if number == 1:
        return f"{place} of its one copy"
    return f"{place} of each of {number} copies" if number is not None else f"{place} of each copy"


def _hidden(kept: Kept) -> str:
    return ", ".join(dict.fromkeys(each.name for each in kept.hidden_by)) or "-"


def _hiders(shown: tuple[Shown, ...]) -> Table:
    """The findings about documents that hide something, each with what it hides."""
    rows = table("What hides it", "Rule", "Stands at", "Hides", whole=WHOLE)
    found: dict[Finding, dict[str, None]] = {}
    for kept in (kept for each in shown for kept in each.keeps):
        for hider in kept.hidden_by:
            found.setdefault(hider, {})[wording.state(kept.finding)] = None
    for hider in sorted(found, key=Finding.sort_key):
        rows.add_row(hider.name, escape(wording.place(hider.location)), escape(_few(list(found[hider]))))
    return rows


def _few(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _loose(loose: tuple[Finding, ...], is_rest: bool) -> Table:
    title = "Kept by code that no known process runs" if is_rest else "What the code keeps"
    rows = table(title, "What", "Where", "Stands at", whole=WHOLE)
    for finding in loose:
        place = "disk" if finding.family == "disk" else "memory"
        rows.add_row(escape(wording.state(finding)), place, escape(wording.place(finding.location)))
    return rows


def _entry_points(survey: Survey) -> str:
    found = [f"{escape(name)} {number}" for name, number in survey.entry_points.items()]
    return f"Entry points: {', '.join(found)}" if found else "The code has no entry point that is known."


def _notes(survey: Survey) -> Iterator[str]:
    shown, loose = survey.picture.shown, survey.picture.loose
    kept = [each.finding for one in shown for each in one.keeps] + list(loose)
    found = {(each.location, each.name): each for each in kept}.values()
    memory = sum(each.family == "memory" for each in found)
    yield (
        f"{len(shown)} {'process' if len(shown) == 1 else 'processes'}; the code keeps {memory} "
        f"{'thing' if memory == 1 else 'things'} in memory and {len(found) - memory} on disk"
    )
    notes = survey.picture.notes
    yield from (f"not followed: {escape(note)}" for note in notes[:NOTES])
    if len(notes) > NOTES:
        yield f"not followed: {len(notes) - NOTES} more, see --output-format json"
