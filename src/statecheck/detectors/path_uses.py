"""Calls that write, delete or read a file, and the judgement whether what they write outlives the call."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.detectors.escapes import TEMPORARY, Escapes
from statecheck.detectors.matching import Matcher, Predicate
from statecheck.detectors.path_outlook import VAGUE, Outlook
from statecheck.detectors.path_purposes import Purposes
from statecheck.detectors.path_reads import Read, Use, call_of, has_path, path_of, read_path
from statecheck.detectors.predicates import Predicates
from statecheck.detectors.scratch import Scratch
from statecheck.detectors.spots import Spot, Spots
from statecheck.detectors.uploads import Uploads
from statecheck.facts.ir import Attr
from statecheck.facts.walk import dotted, last_name
from statecheck.model import Phase
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.paths import DEVICES, PathValue
from statecheck.project.phases import POSSIBLE, SURE
from statecheck.project.settings import Settings
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Form, Rule
from statecheck.timing import Timed, untimed

SILENT = frozenset({"memory", "device", "remote", "scratch"})
FOLDER_TESTS = frozenset({"isdir", "is_dir", "makedirs", "mkdir"})  # say nothing of what lies in a folder
GIVEN = frozenset({"param", "unknown"})
# names of what takes bytes, where a call takes a path or a file object
STREAMS = re.compile(r"(?:^|_)(?:file_?obj(?:ect)?|stream|buf(?:fer)?|bytes_?io|string_?io|fp|response)$", re.I)
STARTING: tuple[Phase, ...] = ("import", "startup")


class Write(NamedTuple):
    """A use whose path outlives the call.

    ``sure`` as in :mod:`statecheck.project.phases`; ``key``: a key of the process, made at start-up.
    """

    use: Use
    rule: Rule  # that speaks of what the file is for
    paths: tuple[PathValue, ...]
    sure: int
    key: bool = False
    helper: bool = False  # it writes wherever its callers say, and they say different things
    minor: bool = False  # nobody misses it on another machine

    @property
    def path(self) -> PathValue:
        """The path that tells most."""
        return max(self.paths, key=lambda path: (VAGUE.isdisjoint(path.origins), bool(path.text)))

    @property
    def vague(self) -> bool:
        """Is nothing known of where any of the paths starts?"""
        return all(not VAGUE.isdisjoint(path.origins) for path in self.paths)

    def shares(self, other: Write) -> bool:
        """Do both go to one folder?"""
        mine = {family(path) for path in self.paths}
        return any(family(path) in mine for path in other.paths if path.root[0] != "at")


def family(path: PathValue) -> object:
    """What paths share that belong to one cause: the root, and the first folders of a path that is all text."""
    if path.root in (("text", "/"), ("text", ""), ("temp-folder",)):
        return (path.root, path.parts[:2])
    return path.root


class PathUses:
    """All uses and reads of a project, for a set of rules."""

    def __init__(self, project: Project, rules: Sequence[Rule], timed: Timed = untimed) -> None:
        self.project = project
        self.paths = Paths(project)
        self._spots = project.once(Spots)
        self._uploads = Uploads(project, self.paths)
        self._matcher = Matcher(project, project.once(Settings), self.predicates(), {})
        self._scratch = Scratch(project, self.paths, self._spots)
        self._escapes = Escapes(project, self.paths)
        uses = list(self._uses(rules))
        self.reads = list(self._reads(uses))
        self._read_by_root: dict[object, list[Read]] = defaultdict(list)
        for read in self.reads:
            for root in {path.root for path in read.paths}:
                self._read_by_root[root].append(read)
        self._outlook = Outlook(project, self.paths, self._read_by_root)
        self._purposes = Purposes(project, rules, self._escapes, self._uploads, self._read_by_root)
        for use in uses:
            if self._purposes.is_lock(use):
                self._purposes.lock(use, self.paths.of(use.spot.ref, use.expr, use.spot.region))
        judged: list[Write] = []
        for use in uses:
            if "reads" not in use.form.predicates:
                with timed(use.rule.name):
                    judged += self._judged(use)
        self.writes = [write for write in judged if not (write.use.removes and self._ends_scratch(write))]

    def predicates(self) -> Mapping[str, Predicate]:
        """What forms may ask for, by name."""
        stated = dict.fromkeys(("removes", "moves", "reads"), _as_stated)
        own = {"from-upload": self._uploads.from_upload, "temporary": self.temporary}
        return self.project.once(Predicates).table() | stated | own

    def temporary(self, spot: Spot) -> bool:
        """Does the call write to a file that was made with a fresh name in the temporary folder?"""
        call = call_of(spot)
        given = [*call.args[:1], *((call.func.value,) if isinstance(call.func, Attr) else ())]
        return any("temp" in path.origins for expr in given for path in self.paths.of(spot.ref, expr, spot.region))

    def _uses(self, rules: Sequence[Rule]) -> Iterator[Use]:
        index: dict[str, list[tuple[Rule, Form]]] = defaultdict(list)
        for rule in sorted(rules, key=lambda rule: rule.code):
            for form in rule.forms:
                for name in form.call if has_path(form) else ():
                    index[self.project.knowledge.canonical(name)].append((rule, form))
        for spot, name in self._spots.calls(frozenset(index)):
            for rule, form in index[name]:
                expr = path_of(form, spot)
                if expr is not None and self._matcher.holds(form, spot) is not None:
                    yield Use(rule, form, spot, expr)
                    break

    def _reads(self, uses: Sequence[Use]) -> Iterator[Read]:
        """Forms that say so, and calls with an effect on files that are no form."""
        effect, paths = self.project.knowledge.effect, self.paths
        taken = {(use.spot.ref.path, use.spot.start) for use in uses}
        for use in uses:
            if "reads" in use.form.predicates:
                spot = use.spot
                yield Read(spot.ref, call_of(spot), spot.symbol, paths.of(spot.ref, use.expr, spot.region))
        for row in self.project.graph.uses:
            call, region = row.call, row.event.region
            if (row.ref.path, call.pos) in taken or effect(row.name) != "io":
                continue
            expr = read_path(call, row.name, self.project.knowledge)
            if row.name.rpartition(".")[2] in FOLDER_TESTS:
                continue
            if expr is not None and self._spots.counts(row.ref.path, region):
                yield Read(row.ref, call, dotted(call.func) or row.name, paths.of(row.ref, expr, region))

    # -- judging -----------------------------------------------------------------------------------------------------

    def _judged(self, use: Use) -> Iterator[Write]:
        """The use as a write that matters, or nothing."""
        ref = use.spot.ref
        if self._in_log_handler(ref):
            return
        locks = self._purposes.is_lock(use)
        sure = self.runtime(ref) or (self._startup(ref) if self._purposes.runs_early(use) else 0)
        paths = self.paths.of(ref, use.expr, use.spot.region)
        if not sure and (self._outlook.is_served(use, paths) or self._outlook.may_be_called(use, paths)):
            sure = POSSIBLE
        key = self._purposes.makes_key(use, paths, self.project.phases.of(ref))
        if sure or key:
            kept = tuple(path for path in paths if locks or self._is_kept(use, path, key))
            if kept:
                roots = {path.root for path in paths}
                helper = len(roots) > 1 and all(path.origins & GIVEN for path in kept)
                early = self._purposes.runs_early(use)
                certainty = sure if early else max(min(sure, self._sure_of(path)) for path in kept)
                rule = self._purposes.of(use, kept, key)
                minor = rule is use.rule and self._outlook.is_minor(use, kept, self._uploads.written(use.spot))
                yield Write(use, rule, kept, certainty, key, helper, minor)

    def _startup(self, ref: ScopeRef) -> int:
        """How sure it is that the function runs when the process starts."""
        reached = self._matcher.serving.phases(ref)
        return max((reached[phase] for phase in STARTING if phase in reached), default=0)

    def _sure_of(self, path: PathValue) -> int:
        """How sure it is that the calls which the path came through run while the process serves."""
        return min((self.runtime(site.caller) for site in path.sites), default=SURE)

    def runtime(self, ref: ScopeRef) -> int:
        """How sure it is that the function runs while the process serves; 0: it is a command, and only perhaps more."""
        reached = self.project.phases.of(ref)
        sure = self.project.phases.runtime(ref)
        return 0 if sure < SURE and "cli" in reached and reached["cli"].certainty == SURE else sure

    def _is_kept(self, use: Use, path: PathValue, key: bool) -> bool:
        """Does the path lead to a file that others can see after the call?"""
        if not SILENT.isdisjoint(path.origins) or path.text.startswith(DEVICES):
            return False
        if not VAGUE.isdisjoint(path.origins) and STREAMS.search(last_name(use.expr)):
            return False
        if path.sites and not key and not self._purposes.runs_early(use) and not self._sure_of(path):
            return False
        if not TEMPORARY.isdisjoint(path.origins) and (use.removes or not self._is_known_outside(use, path)):
            return False
        if use.removes or not self._scratch.is_removed(path, use.spot.ref, use.spot.start):
            return True
        return (
            self._purposes.is_claim(use, path)
            or self._outlook.is_read_meanwhile(use, path)
            or self._outlook.goes_on(use, path)
        )

    def _is_known_outside(self, use: Use, path: PathValue) -> bool:
        """Does other code find the temporary file?"""
        if "temp-folder" in path.origins and self._is_read_elsewhere(use.spot.ref, path):
            return True
        if self._outlook.is_shared(use.spot.ref, path):
            return True
        return self._escapes.of(use.spot.ref, use.expr, use.spot.region) > 0

    def is_sent(self, write: Write) -> bool:
        """Does a task, a store, a session or a client get the path?"""
        return self._purposes.is_sent(write.use)

    def is_found(self, write: Write) -> bool:
        """Do requests share the name of a temporary file, or does another function read one of that name?"""
        ref = write.use.spot.ref
        shared = [path for path in write.paths if "temp-folder" in path.origins]
        return any(self._is_read_elsewhere(ref, path) for path in shared)

    def _ends_scratch(self, write: Write) -> bool:
        return (write.use.spot.ref.path, write.use.spot.start) in self._scratch.endings

    def _is_read_elsewhere(self, ref: ScopeRef, path: PathValue) -> bool:
        """Is a file with such a name read by other code than what wrote it, or do requests share one name?"""
        if path.is_fixed and path.parts:
            return True
        return path.ends_known and any(True for _ in self._outlook.readers(ref, path))

    def _in_log_handler(self, ref: ScopeRef) -> bool:
        cls = self.project.tables.class_around(ref)
        bases = self.project.evaluator.classes.info(cls).foreign if cls is not None else ()
        return any(base.startswith("logging.") for base in bases)


def _as_stated(spot: Spot) -> bool:
    """What a form says of itself holds wherever its call stands."""
    return spot.call is not None
