"""Files written to the local disk while the process serves.

A call counts when its path leads to a place that outlives the call: not a buffer, not a remote address, not a file that
is removed again. Writes of one function below one root are one finding; deletions join the write below their root.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from statecheck.detectors import call as call_detector
from statecheck.detectors.api import Context
from statecheck.detectors.flow import call_steps, labels, sentence
from statecheck.detectors.path_purposes import LOG_ENDINGS
from statecheck.detectors.path_reads import Read, has_path
from statecheck.detectors.path_uses import PathUses, Write, family
from statecheck.facts.walk import span
from statecheck.model import LEVELS, Finding, Level, Location, Step
from statecheck.project.phases import POSSIBLE, SURE
from statecheck.rules.schema import Rule

CACHE_NAMES = re.compile("cache", re.IGNORECASE)
COMMANDS = frozenset({"cli", "commands", "cmd", "scripts", "bin", "console", "__main__", "setup", "_version"})
READS_SHOWN = 2
DETECTOR = "path-write"
STORES = "stores"
SINGLE = frozenset({"at", "made", "param", "local", "method", "upload"})  # roots that say nothing of the folder
FOLDERS: Mapping[object, int] = {("text", "/"): 2}  # of a path from the top: how many names make the folder


def detect(rules: Sequence[Rule], context: Context) -> Iterable[Finding]:
    """Findings for the forms with a path, and those of the other forms as they stand.

    What a file is for decides which rule speaks of it, so the forms of all rules are looked at, asked for or not.
    """
    plain = [replace(rule, forms=tuple(form for form in rule.forms if not has_path(form))) for rule in rules]
    yield from call_detector.detect(plain, context)
    known = {rule.name: rule for rule in context.project.knowledge.rules.values() if rule.detector == DETECTOR}
    given = {rule.name: rule for rule in rules}
    uses = PathUses(context.project, list((known | given).values()), context.timed)
    for group in groups(uses):
        if group[0].rule.name in given:
            yield Reporter(uses, group).finding()


def groups(uses: PathUses) -> list[list[Write]]:
    """The writes by cause, each with the one to report first."""
    found: dict[object, list[Write]] = defaultdict(list)
    lone: list[Write] = []
    for write in uses.writes:
        function = uses.project.tables.function_around(write.use.spot.ref)
        purpose = "" if write.rule is write.use.rule and not write.rule.predicates else write.rule.name
        if write.use.form.path_argument and STORES in write.rule.predicates:
            place = function.path if write.path.root[0] in SINGLE else ""
            found[STORES, place or write.path.root, () if place else write.path.parts].append(write)
        elif write.use.removes or write.use.form.severity == "low" or write.use.form.path_result:
            lone.append(write)
        else:
            found[function, family(write.path), purpose].append(write)
    causes = _of_one_errand(uses, found.values())
    for write in lone:
        home = next((group for group in causes if any(other.shares(write) for other in group)), None)
        if home is not None:
            home.append(write)
        else:
            causes.append([write])
    return [sorted(group, key=_rank) for group in causes]


def _of_one_errand(uses: PathUses, groups: Iterable[list[Write]]) -> list[list[Write]]:
    """Functions of one module that write below one known folder for the same entry points have one cause."""
    found: dict[object, list[Write]] = {}
    for group in groups:
        first = group[0]
        path = first.path
        known = path.root[0] not in SINGLE and path.parts and isinstance(path.parts[0], str)
        entries = frozenset(entry.ref for entry in uses.project.phases.entries_to(first.use.spot.ref))
        folder = (path.root, path.parts[: FOLDERS.get(path.root, 1)])
        place = (first.use.spot.ref.path, first.rule.name, folder, entries)
        found.setdefault(place if known and entries else id(group), []).extend(group)
    return list(found.values())


def _rank(write: Write) -> tuple[bool, int, int, str, int]:
    form = write.use.form
    level = LEVELS.index(form.severity or write.use.rule.severity)
    return (write.use.removes or form.path_result, -level, -write.sure, write.use.spot.ref.path, write.use.spot.start)


class Reporter:
    """Writes the finding for one cause; ``group[0]`` is its address."""

    def __init__(self, uses: PathUses, group: Sequence[Write]) -> None:
        self._project = uses.project
        self._uses = uses
        self._group = group
        self._first = group[0]
        self._reads = list(self._later_reads())

    def finding(self) -> Finding:
        """The finding."""
        use, project = self._first.use, self._project
        rule, form, spot = self._first.rule, use.form, use.spot
        where = project.location(spot.ref.path, spot.start, spot.end)
        entries = [entry for write in self._group for entry in project.phases.entries_to(write.use.spot.ref)]
        return Finding(
            rule=rule.code,
            name=rule.name,
            family=rule.family,
            severity=self._severity(),
            confidence=self._confidence(),
            location=where,
            symbol=spot.symbol,
            scope=project.scope(spot.ref).qualname,
            message=self._message(labels(entries, 3)),
            instead=rule.instead if self._is_purpose else form.instead or rule.instead,
            harm=rule.harm if self._is_purpose else form.harm or rule.harm,
            entry_points=labels(entries),
            flow=tuple(self._flow(where)),
            form=None if self._is_purpose else form.id,
        )

    @property
    def _is_purpose(self) -> bool:
        """Does the rule speak of the file because of what it is for, and not of what writes it?"""
        return self._first.rule is not self._first.use.rule

    def _message(self, entries: Sequence[str]) -> str:
        use, rule = self._first.use, self._first.rule
        said = sentence(entries) or f"`{self._project.scope(use.spot.ref).qualname}`"
        form = None if self._is_purpose else use.form
        harm = (form and form.harm) or rule.harm or "split"
        values = {
            "symbol": use.spot.symbol,
            "entries": said,
            "writers": said,
            "readers": "later requests",
            "harm": harm,
            "form": use.form.id,
            "detail": self._first.path.text,
        }
        message = ((form and form.message) or rule.message).format_map(values)
        return f"{message} (`{self._first.path.text}`)" if self._first.path.text else message

    def _severity(self) -> Level:
        write = self._first
        stated = write.use.form.severity or write.use.rule.severity
        if self._is_purpose or write.rule.predicates:
            return self._severity_of_purpose(stated)
        if write.minor or write.path.text.endswith(LOG_ENDINGS):
            return "low"
        if CACHE_NAMES.search(write.path.text):
            return "medium" if stated == "high" else stated
        if write.use.removes:
            return stated if any(path.parts for path in write.paths) else "low"
        return "high" if self._reads and stated == "medium" else stated

    def _severity_of_purpose(self, stated: Level) -> Level:
        """As the rule says; a parked file is high where its path is handed on or another function reads it."""
        write = self._first
        if "parks" not in write.rule.predicates:
            return write.rule.severity if self._is_purpose else stated
        if any(self._uses.is_sent(other) for other in self._group) or self._reads:
            return write.rule.severity
        shared = any(self._uses.is_found(other) for other in self._group)
        return "medium" if shared and stated != "low" else "low"  # else it stays in the process, as far as is seen

    def _confidence(self) -> Level:
        write = self._first
        if write.use.form.confidence:
            return write.use.form.confidence
        if write.key:
            return "high"
        origins = {origin for path in write.paths for origin in path.origins}
        if write.sure < SURE and not COMMANDS.isdisjoint(write.use.spot.ref.path.removesuffix(".py").split("/")):
            return "low"  # nothing that serves is known to call it, and it stands among the commands
        if STORES in write.rule.predicates:
            return "high" if write.sure == SURE else "medium"
        given = write.helper or all("param" in path.origins for path in write.paths)
        nowhere = write.sure < SURE and all(path.root[0] == "at" or "param" in path.origins for path in write.paths)
        if given or nowhere or (write.use.removes and self._is_guess(write)):
            return "low"
        if write.sure == SURE and not (write.vague and "unknown" in origins):
            return "high"
        return "medium" if write.sure >= POSSIBLE else "low"

    def _is_guess(self, write: Write) -> bool:
        """A deletion tells little alone: of one fixed file, or of something that came from nowhere known."""
        return write.vague or all(path.root == ("text", "/") and path.is_fixed for path in write.paths)

    def _later_reads(self) -> Iterator[Read]:
        """Reads below the same root in other functions that run while the process serves."""
        functions = {write.use.spot.ref for write in self._group}
        roots = {family(path) for write in self._group for path in write.paths if path.root[0] != "at"}
        for read in self._uses.reads:
            shared = read.ref not in functions and any(family(path) in roots for path in read.paths)
            if shared and self._project.phases.runtime(read.ref):
                yield read

    def _flow(self, where: Location) -> Iterator[Step]:
        project = self._project
        path = self._first.path
        if path.source is not None:
            start, end = span(path.source.expr)
            place = project.location(path.source.ref.path, start, end)
            if (place.path, place.line) != (where.path, where.line):
                named = f" `{path.text}`" if path.text else ""
                yield Step("definition", place, f"the path{named} starts here")
        yield from call_steps(project, self._first.use.spot.ref)
        for write in self._group:
            spot = write.use.spot
            verb = "deleted" if write.use.removes else "made" if write.use.form.path_result else "written"
            yield Step("write", project.location(spot.ref.path, spot.start, spot.end), f"{verb} by `{spot.symbol}`")
        for read in self._reads[:READS_SHOWN]:
            place = project.location(read.ref.path, read.call.pos, read.call.end)
            function = project.scope(read.ref).qualname or "module level"
            yield Step("read", place, f"read by `{read.symbol}` in `{function}`")
