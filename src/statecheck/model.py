"""The words of a report: findings, their code flow and the summary. Frozen; they do not know how they were found."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["high", "medium", "low"]
Family = Literal["memory", "disk", "affinity", "config", "tool"]
Harm = Literal["lost", "split", "repeated"]
Role = Literal["definition", "write", "read", "call", "entry"]
BaselineState = Literal["new", "updated", "unchanged"]
Phase = Literal["import", "startup", "request", "worker", "cli", "test"]
Applicability = Literal["safe", "unsafe"]

LEVELS: tuple[Level, ...] = ("low", "medium", "high")


def at_least(level: Level, threshold: Level) -> bool:
    """Is ``level`` as high as ``threshold`` or higher?"""
    return LEVELS.index(level) >= LEVELS.index(threshold)


class Location(Struct, frozen=True, order=True):
    """A span of a file. Lines and columns count from 1; ``end_column`` is one past the last character."""

    path: str  # relative to the project root, with "/"
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


class Step(Struct, frozen=True):
    """One step of a code flow: where the state is defined, written, read, or a call on the way there."""

    role: Role
    location: Location
    message: str
    fingerprint: str = ""  # of a write: tells it from the other writes of the same cause
    baseline: Literal["new", "unchanged"] | None = None  # of a write, where the findings were compared


class Edit(Struct, frozen=True, order=True):
    """``text`` takes the place of the characters from ``start`` to before ``end``: offsets into the decoded file.

    A byte order mark does not count, and line breaks are as they stand in the file.
    """

    start: int
    end: int
    text: str


class Fix(Struct, frozen=True):
    """Edits of one file after which the finding is gone. ``safe``: nobody who runs the program needs to know."""

    path: str
    edits: tuple[Edit, ...]  # in order, none overlaps another
    applicability: Applicability
    message: str  # what it does, one line


class Deployed(Struct, frozen=True):
    """A process of a deployment that holds the state of a finding. ``copies`` None: only a run tells how many."""

    process: str  # "service web"
    copies: int | None
    places: tuple[str, ...]  # what says so: "compose.yaml:7"


class Finding(Struct, frozen=True, kw_only=True):
    """One reported defect: one cause, with the flow that proves it."""

    rule: str  # code, "STC101"
    name: str  # "mutated-global"
    family: Family
    severity: Level
    confidence: Level
    location: Location
    symbol: str  # "shop.cart.CARTS", or what stands on the line where nothing is named
    scope: str = ""  # qualified name of the enclosing function or class, "" at module level
    message: str
    instead: str = ""
    harm: Harm | None = None
    entry_points: tuple[str, ...] = ()
    flow: tuple[Step, ...] = ()
    form: str | None = None  # id of the rule's form that matched
    fingerprint: str = ""
    fix: Fix | None = None
    suppressed: str | None = None  # the reason given, "" when none was
    local_symbol: str = ""  # the symbol as its own module knows it: "CARTS"
    baseline: BaselineState | None = None  # None: not compared with earlier findings
    deployments: tuple[Deployed, ...] = ()
    shared: bool = False  # told once for many definitions: it is the same whichever of them comes first
    sensitive: bool = False  # a secret stands on its lines: excerpts mask every literal there

    def sort_key(self) -> tuple[Location, str, str, str]:
        """Order in every report: by place, then rule, symbol and message."""
        return (self.location, self.rule, self.symbol, self.message)


class BaselineEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A finding that is known: one line of a baseline. ``rule`` is its name, scope and symbol are of its module."""

    rule: str
    path: str
    scope: str
    symbol: str
    fp: str
    writes: tuple[str, ...] = ()
    note: str = ""


class Problem(Struct, frozen=True):
    """Something that kept the tool from doing its work: an unreadable file, a rule that crashed."""

    path: str
    message: str


class Summary(Struct, frozen=True, kw_only=True):
    """What was looked at. "Nothing found" must never look like "clean"."""

    files: int = 0  # Python files analysed
    documents: int = 0  # deployment and settings documents read
    lines: int = 0
    entry_points: dict[str, int] = {}  # framework → number of entry points
    unresolved_imports: tuple[str, ...] = ()  # relative imports, and those of own packages, that lead nowhere
    unparsed: tuple[str, ...] = ()
    shown: int = 0
    hidden: int = 0  # below --min-severity or --min-confidence
    suppressed: int = 0
    unchanged: int = 0  # known from the baseline or an older state
    compared_with: str = ""  # the older state, for people: "main (merge base 1a2b3c4d5e)"
    stale: int = 0  # entries of the baseline of which nothing is left
    fixed: int = 0  # findings that this run mended
    warnings: tuple[str, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """The whole outcome of one run, before rendering. ``findings`` are those to show, sorted.

    ``hidden`` are below the thresholds, ``suppressed`` by a comment, ``unchanged`` known from the baseline or
    an older state.
    """

    root: str  # absolute path of the project root
    findings: tuple[Finding, ...] = ()
    hidden: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    unchanged: tuple[Finding, ...] = ()
    absent: tuple[BaselineEntry, ...] = ()  # entries of the baseline of which nothing is left
    compared: bool = False  # was there a baseline, or an older state?
    ran: tuple[str, ...] = ()  # names of the rules that ran to their end
    errors: tuple[Problem, ...] = ()
    summary: Summary = Summary()
    digests: dict[str, str] = {}  # of the texts that fixes were made for, by path
