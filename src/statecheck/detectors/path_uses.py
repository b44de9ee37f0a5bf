"""Calls that write, delete or read a file, and the judgement whether what they write outlives the call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from statecheck.detectors.escapes import TEMPORARY, Escapes
from statecheck.detectors.matching import Matcher, Predicate
from statecheck.detectors.path_purposes import Purposes
from statecheck.detectors.path_reads import Read, Use, call_of, has_path, path_of, read_path
from statecheck.detectors.predicates import Predicates
from statecheck.detectors.scratch import Scratch
from statecheck.detectors.spots import Spot, Spots
from statecheck.detectors.uploads import Uploads
from statecheck.facts.ir import Attr, Const, Expr
from statecheck.facts.walk import dotted
from statecheck.model import Phase
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.paths import DEVICES, PathValue
from statecheck.project.phases import POSSIBLE, SURE
from statecheck.project.settings import Settings
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Form, Rule

SILENT = frozenset({"memory", "device", "remote", "scratch"})
FOLDER_TESTS = frozenset({"isdir", "is_dir", "makedirs", "mkdir"})  # say nothing of what lies in a folder
GIVEN = frozenset({"param", "unknown"})
VAGUE = frozenset({"unknown", "param", "field"})
NOWHERE = frozenset({"unknown", "param"})
CALLERS_UP = 4  # calls up to a method that may be called
LONE = frozenset({"temp", "random", "unknown", "param"})  # a name that nobody else comes upon
APPENDING = ("a", "ab", "at", "a+", "ab+", "a+b")
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

    def __init__(self, project: Project, rules: Sequence[Rule]) -> None:
        self.project = project
        self.paths = Paths(project)
        self._spots = project.once(Spots)
        self._matcher = Matcher(project, project.once(Settings), self.predicates(), {})
        self._open: dict[str, bool] = {}
        self._scratch = Scratch(project, self.paths, self._spots)
        self._escapes = Escapes(project, self.paths)
        uses = list(self._uses(rules))
        self.reads = list(self._reads(uses))
        self._read_by_root: dict[object, list[Read]] = defaultdict(list)
        for read in self.reads:
            for root in {path.root for path in read.paths}:
                self._read_by_root[root].append(read)
        self._purposes = Purposes(project, rules, self._escapes, self._read_by_root)
        for use in uses:
            if self._purposes.is_lock(use):
                self._purposes.lock(use, self.paths.of(use.spot.ref, use.expr, use.spot.region))
        judged = [write for use in uses if "reads" not in use.form.predicates for write in self._judged(use)]
        self.writes = [write for write in judged if not (write.use.removes and self._ends_scratch(write))]

    def predicates(self) -> Mapping[str, Predicate]:
        """What forms may ask for, by name."""
        uploads = Uploads(self.project, self.paths)
        stated = dict.fromkeys(("removes", "moves", "reads"), _as_stated)
        own = {"from-upload": uploads.from_upload, "temporary": self.temporary}
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
            expr = read_path(call, row.name)
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
        sure = sure or (POSSIBLE if self._is_served(use, paths) or self._may_be_called(use, paths) else 0)
        key = self._purposes.makes_key(use, paths, self.project.phases.of(ref))
        if sure or key:
            kept = tuple(path for path in paths if locks or self._is_kept(use, path, key))
            if kept:
                roots = {path.root for path in paths}
                helper = len(roots) > 1 and all(path.origins & GIVEN for path in kept)
                certainty = max((min(sure, self._sure_of(path)) for path in kept), default=0)
                yield Write(use, self._purposes.of(use, kept, key), kept, certainty, key, helper)

    def _is_served(self, use: Use, paths: Sequence[PathValue]) -> bool:
        """Does code that serves read the very file, so that somebody must write it, though no caller is known?"""
        if self.project.phases.of(use.spot.ref) or use.removes:
            return False
        return any(
            path.ends_known
            and VAGUE.isdisjoint(path.origins)
            and any(self.runtime(read.ref) == SURE for read in self._readers(use.spot.ref, path))
            for path in paths
        )

    def _may_be_called(self, use: Use, paths: Sequence[PathValue]) -> bool:
        """Nobody is known to call it, but code that serves calls such a method of an object of unknown type."""
        if self.project.phases.of(use.spot.ref) or any(not NOWHERE.isdisjoint(path.origins) for path in paths):
            return False
        level = {self.project.tables.function_around(use.spot.ref)}
        for _ in range(CALLERS_UP):
            if any(self.project.tables.class_around(ref) and self._is_open(ref) for ref in level):
                return True
            level = {edge.caller for ref in level for edge in self.project.graph.callers.get(ref, ())}
        return False

    def _is_open(self, method: ScopeRef) -> bool:
        """Does code that serves call a method of that name on an object of unknown type?"""
        name = self.project.scope(method).name
        if name.startswith("__"):
            return False
        if name not in self._open:
            evaluate, runtime = self.project.evaluator.evaluate, self.project.phases.runtime
            self._open[name] = any(
                runtime(ref) >= POSSIBLE and not evaluate(ref, receiver, region)
                for ref, receiver, region in self._receivers.get(name, ())
            )
        return self._open[name]

    @cached_property
    def _receivers(self) -> Mapping[str, list[tuple[ScopeRef, Expr, int]]]:
        """What methods are called on, by the name of the method."""
        found: dict[str, list[tuple[ScopeRef, Expr, int]]] = defaultdict(list)
        for row in self.project.tables.rows:
            for call in row.calls:
                if isinstance(call.func, Attr):
                    found[call.func.attr].append((row.ref, call.func.value, row.event.region))
        return found

    def _readers(self, ref: ScopeRef, path: PathValue) -> Iterator[Read]:
        """The reads of files with such a name, in other functions."""
        for read in self._read_by_root.get(path.root, ()):
            if read.ref != ref and any(other.looks_like(path) for other in read.paths):
                yield read

    def _is_read_meanwhile(self, use: Use, path: PathValue) -> bool:
        """Does another entry point look for the file that this one removes again when it is done?"""
        if not path.ends_known or not LONE.isdisjoint(path.origins):
            return False
        mine = {entry.ref for entry in self.project.phases.entries_to(use.spot.ref)}
        for read in self._readers(use.spot.ref, path):
            caller = read.paths[0].sites[-1].caller if read.paths[0].sites else read.ref
            entries = self.project.phases.entries_to(caller)
            if mine and entries and mine.isdisjoint(entry.ref for entry in entries):
                return True
        return False

    def _goes_on(self, use: Use, path: PathValue) -> bool:
        """Does the call take up what an earlier one has left: it looks for the file, then writes at its end?"""
        mode = [*use.spot.call.args[1:2], *(word.value for word in use.spot.call.keywords)] if use.spot.call else []
        if not any(isinstance(expr, Const) and expr.value in APPENDING for expr in mode) or "random" in path.origins:
            return False
        return any(
            read.ref == use.spot.ref and read.call.pos < use.spot.start and any(path == other for other in read.paths)
            for read in self._read_by_root.get(path.root, ())
        )

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
        if path.sites and not key and not self._sure_of(path):
            return False
        if not TEMPORARY.isdisjoint(path.origins) and (use.removes or not self._is_known_outside(use, path)):
            return False
        if use.removes or not self._scratch.is_removed(path, use.spot.ref, use.spot.start):
            return True
        return self._purposes.is_claim(use, path) or self._is_read_meanwhile(use, path) or self._goes_on(use, path)

    def _is_known_outside(self, use: Use, path: PathValue) -> bool:
        """Does other code find the temporary file?"""
        if "temp-folder" in path.origins and self._is_read_elsewhere(use.spot.ref, path):
            return True
        if self._is_shared(use.spot.ref, path):
            return True
        return self._escapes.of(use.spot.ref, use.expr, use.spot.region) > 0

    def is_sent(self, write: Write) -> bool:
        """Does a task, a store, a session or a client get the path?"""
        return self._purposes.is_sent(write.use)

    def _is_shared(self, ref: ScopeRef, path: PathValue) -> bool:
        """Is the folder made once for the process, and read by another function?"""
        maker = path.source.ref if path.source is not None and path.root[0] == "made" else None
        reads = self._read_by_root.get(path.root, ()) if maker is not None and not self.runtime(maker) else ()
        return any(read.ref != ref for read in reads)

    def _ends_scratch(self, write: Write) -> bool:
        return (write.use.spot.ref.path, write.use.spot.start) in self._scratch.endings

    def _is_read_elsewhere(self, ref: ScopeRef, path: PathValue) -> bool:
        """Is a file with such a name read by other code than what wrote it, or do requests share one name?"""
        if path.is_fixed and path.parts:
            return True
        return path.ends_known and any(True for _ in self._readers(ref, path))

    def _in_log_handler(self, ref: ScopeRef) -> bool:
        cls = self.project.tables.class_around(ref)
        bases = self.project.evaluator.classes.info(cls).foreign if cls is not None else ()
        return any(base.startswith("logging.") for base in bases)


def _as_stated(spot: Spot) -> bool:
    """What a form says of itself holds wherever its call stands."""
    return spot.call is not None
