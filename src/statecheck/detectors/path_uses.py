"""Calls that write, delete or read a file, and the judgement whether what they write outlives the call."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.detectors.escapes import TEMPORARY, Escapes
from statecheck.detectors.lockfiles import claims
from statecheck.detectors.matching import Matcher, Predicate
from statecheck.detectors.predicates import Predicates
from statecheck.detectors.scratch import Scratch
from statecheck.detectors.spots import Spot, Spots
from statecheck.detectors.uploads import Uploads
from statecheck.facts.ir import Attr, Call, Const, Expr
from statecheck.facts.walk import dotted
from statecheck.project.arguments import argument
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.paths import PATH_TYPES, PathValue
from statecheck.project.phases import SURE
from statecheck.project.settings import Settings
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Form, Rule

SILENT = frozenset({"memory", "device", "remote", "scratch", "handle"})
FOLDER_TESTS = frozenset({"isdir", "is_dir", "makedirs", "mkdir"})  # say nothing of what lies in a folder
GIVEN = frozenset({"param", "unknown"})
VAGUE = frozenset({"unknown", "param", "field"})
KEY_NAMES = re.compile(r"secret|(?:^|[^a-z])key|salt|credential", re.IGNORECASE)


class Use(NamedTuple):
    """A form that holds at a call, with the expression that is the path."""

    rule: Rule
    form: Form
    spot: Spot
    expr: Expr

    @property
    def removes(self) -> bool:
        """Does the call delete what the path names?"""
        return "removes" in self.form.predicates


class Read(NamedTuple):
    """A call that reads what a path names."""

    ref: ScopeRef
    call: Call
    symbol: str
    paths: tuple[PathValue, ...]


class Write(NamedTuple):
    """A use whose path outlives the call.

    ``sure`` as in :mod:`statecheck.project.phases`; ``key``: a key of the process, made at start-up.
    """

    use: Use
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
        self._scratch = Scratch(project, self.paths, self._spots)
        self._escapes = Escapes(project, self.paths)
        uses = list(self._uses(rules))
        self.reads = list(self._reads(uses))
        self._read_by_root: dict[object, list[Read]] = defaultdict(list)
        for read in self.reads:
            for root in {path.root for path in read.paths}:
                self._read_by_root[root].append(read)
        judged = [write for use in uses if "reads" not in use.form.predicates for write in self._judged(use)]
        self.writes = [write for write in judged if not (write.use.removes and self._ends_scratch(write))]

    def predicates(self) -> Mapping[str, Predicate]:
        """What forms may ask for, by name."""
        uploads = Uploads(self.project, self.paths)
        stated = dict.fromkeys(("removes", "moves", "reads"), _as_stated)
        own = {"from-upload": uploads.from_upload, "temporary": self.temporary}
        return Predicates(self.project).table() | stated | own

    def temporary(self, spot: Spot) -> bool:
        """Does the call write to a file that was made with a fresh name in the temporary folder?"""
        call = _call(spot)
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
                expr = _path_of(form, spot)
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
                yield Read(spot.ref, _call(spot), spot.symbol, paths.of(spot.ref, use.expr, spot.region))
        for row in self.project.graph.uses:
            call, region = row.call, row.event.region
            if (row.ref.path, call.pos) in taken or effect(row.name) != "io":
                continue
            expr = _read_path(call, row.name)
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
        sure = self.runtime(ref)
        key = not sure and self._makes_key(use)
        if sure or key:
            paths = self.paths.of(ref, use.expr, use.spot.region)
            kept = tuple(path for path in paths if self._is_kept(use, path, key))
            if kept:
                roots = {path.root for path in paths}
                helper = len(roots) > 1 and all(path.origins & GIVEN for path in kept)
                yield Write(use, kept, max(min(sure, self._sure_of(path)) for path in kept), key, helper)

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
        if not SILENT.isdisjoint(path.origins):
            return False
        if path.sites and not key and not self._sure_of(path):
            return False
        if not TEMPORARY.isdisjoint(path.origins) and (use.removes or not self._is_known_outside(use, path)):
            return False
        if use.removes or not self._scratch.is_removed(path, use.spot.ref, use.spot.start):
            return True
        reads = self._read_by_root.get(path.root, ())
        return claims(self.project, use.spot, path, ((read.ref, read.call, read.paths) for read in reads))

    def _is_known_outside(self, use: Use, path: PathValue) -> bool:
        """Does other code find the temporary file?"""
        if "temp-folder" in path.origins and self._is_read_elsewhere(use.spot.ref, path):
            return True
        return self._escapes.of(use.spot.ref, use.expr, use.spot.region)

    def _ends_scratch(self, write: Write) -> bool:
        return (write.use.spot.ref.path, write.use.spot.start) in self._scratch.endings

    def _is_read_elsewhere(self, ref: ScopeRef, path: PathValue) -> bool:
        """Is a file with such a name read by other code than what wrote it, or do requests share one name?"""
        if path.is_fixed and len(path.parts) > 1:
            return True
        return path.ends_known and any(
            read.ref != ref and any(other.looks_like(path) for other in read.paths)
            for read in self._read_by_root.get(path.root, ())
        )

    def _in_log_handler(self, ref: ScopeRef) -> bool:
        cls = self.project.tables.class_around(ref)
        bases = self.project.evaluator.classes.info(cls).foreign if cls is not None else ()
        return any(base.startswith("logging.") for base in bases)

    def _makes_key(self, use: Use) -> bool:
        """Does code that is no request draw a random key and write it to a file?

        Beside start-up code, what both reads and makes the file counts: it is called by whoever starts the process.
        """
        ref = use.spot.ref
        reached = self.project.phases.of(ref)
        if use.removes or "moves" in use.form.predicates or set(reached) == {"test"}:
            return False
        effect = self.project.knowledge.effect
        if not any(row.ref == ref and effect(row.name) == "random" for row in self.project.graph.uses):
            return False
        if not {"startup", "import"} & set(reached) and not any(read.ref == ref for read in self.reads):
            return False
        texts = [path.text for path in self.paths.of(ref, use.expr, use.spot.region)]
        return any(KEY_NAMES.search(name) for name in (self.project.scope(ref).name, dotted(use.expr), *texts))


def has_path(form: Form) -> bool:
    """Does the form say which value of the call is a path?"""
    return bool(form.call) and (bool(form.path_argument) or form.path_receiver)


def _as_stated(spot: Spot) -> bool:
    """What a form says of itself holds wherever its call stands."""
    return spot.call is not None


def _read_path(call: Call, name: str) -> Expr | None:
    """The path that a call reads: what its method belongs to, else the first argument."""
    receiver = call.func.value if isinstance(call.func, Attr) else None
    if name.startswith(PATH_TYPES) or not call.args:
        return receiver
    return call.args[0]


def _call(spot: Spot) -> Call:
    assert spot.call is not None
    return spot.call


def _path_of(form: Form, spot: Spot) -> Expr | None:
    """The expression that is the path; None where the call is given none."""
    call = _call(spot)
    if form.path_receiver:
        return call.func.value if isinstance(call.func, Attr) else None
    found = argument(call, form.path_argument, form.path_position)
    return None if isinstance(found, Const) and found.kind not in ("str", "bytes") else found
