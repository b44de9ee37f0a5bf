"""Who else may come upon a file: readers in other functions, callers that nobody can name, the next process."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from statecheck.detectors.lockfiles import LOOKING
from statecheck.detectors.path_reads import Read, Use, call_of
from statecheck.facts.ir import Attr, Const, Expr, Name, Op
from statecheck.facts.walk import dotted, iter_expr, last_name
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.paths import PathValue
from statecheck.project.phases import POSSIBLE, SURE
from statecheck.project.tables import expressions
from statecheck.project.values import ForeignInstance, ScopeRef

VAGUE = frozenset({"unknown", "param", "field"})
NOWHERE = frozenset({"unknown", "param"})
LONE = frozenset({"temp", "random", "unknown", "param"})  # a name that nobody else comes upon
APPENDING = ("a", "ab", "at", "a+", "ab+", "a+b")
COMMAND_LINE = frozenset({"argv", "parse_args", "add_argument", "ArgumentParser"})
COPYING = frozenset({"copy", "copy2", "copyfile", "copytree"})
DYNAMIC = ("builtins.getattr", "importlib.import_module")  # gives what only run time knows
PID_FILES = re.compile(r"(?:^|[^a-z])pid_?(?:file|path)|\.pid$", re.IGNORECASE)
DEBUGGING = re.compile(r"(?:^|[^a-z])(?:debug|crash|traceback|profiler|profiling|perf(?![a-z]))", re.IGNORECASE)
NO_DATA = re.compile(r"(?:^|/)(?:__init__\.py|README[^/]*|\.gitignore)$")  # files that nobody reads for what they say
CALLERS_UP = 4  # calls up to a method that may be called


class Outlook:
    """Answers for one project. ``reads``: the calls that look at files, by the root of the path."""

    def __init__(self, project: Project, paths: Paths, reads: Mapping[object, Sequence[Read]]) -> None:
        self._project = project
        self._paths = paths
        self._reads = reads
        self._open: dict[str, bool] = {}

    # -- readers -----------------------------------------------------------------------------------------------------

    def readers(self, ref: ScopeRef, path: PathValue) -> Iterator[Read]:
        """The reads of files with such a name, in other functions."""
        for read in self._reads.get(path.root, ()):
            if read.ref != ref and any(other.looks_like(path) for other in read.paths):
                yield read

    def is_served(self, use: Use, paths: Sequence[PathValue]) -> bool:
        """Does code read the very file that serves, or of which as little is known, so that somebody must write it?"""
        if self._project.phases.of(use.spot.ref) or use.removes or self._is_command(use.spot.ref):
            return False
        return any(
            any(isinstance(part, str) for part in path.parts)
            and NOWHERE.isdisjoint(path.origins)
            and any(self._may_serve(read.ref) for read in self.readers(use.spot.ref, path))
            for path in paths
        )

    def _is_command(self, ref: ScopeRef) -> bool:
        """Does the function read the command line?"""
        events = self._project.scope(self._project.tables.function_around(ref)).events
        nodes = (node for event in events for top in expressions(event) for node in iter_expr(top))
        return any(last_name(node) in COMMAND_LINE for node in nodes if isinstance(node, (Name, Attr)))

    def _may_serve(self, ref: ScopeRef) -> bool:
        return not self._project.phases.of(ref) or self._project.phases.runtime(ref) == SURE

    def is_read_meanwhile(self, use: Use, path: PathValue) -> bool:
        """Does another entry point look for the file that this one removes again when it is done?"""
        if not path.ends_known or not LONE.isdisjoint(path.origins):
            return False
        mine = {entry.ref for entry in self._project.phases.entries_to(use.spot.ref)}
        for read in self.readers(use.spot.ref, path):
            caller = read.paths[0].sites[-1].caller if read.paths[0].sites else read.ref
            entries = self._project.phases.entries_to(caller)
            if mine and entries and mine.isdisjoint(entry.ref for entry in entries):
                return True
        return False

    def is_shared(self, ref: ScopeRef, path: PathValue) -> bool:
        """Is it in a folder that is made once for the process, and do other functions read there?"""
        maker = path.source.ref if path.source is not None and path.root[0] == "made" else None
        reads = self._reads.get(path.root, ()) if maker and not self._project.phases.runtime(maker) else ()
        return any(read.ref != ref for read in reads)

    # -- what the same function does ---------------------------------------------------------------------------------

    def goes_on(self, use: Use, path: PathValue) -> bool:
        """Does the call take up what an earlier one has left: it looks for the file, then writes at its end?"""
        call = call_of(use.spot)
        mode = (*call.args[1:2], *(word.value for word in call.keywords))
        appends = any(isinstance(expr, Const) and expr.value in APPENDING for expr in mode)
        return appends and "random" not in path.origins and any(True for _ in self._looks(use, path))

    def is_minor(self, use: Use, paths: Sequence[PathValue], written: Sequence[Expr]) -> bool:
        """Does nobody miss the file on another machine: for debugging, a process id, what any process makes again?"""
        scope = self._project.scope(use.spot.ref)
        names = (scope.name, dotted(use.expr), *(path.text for path in paths))
        if all(NO_DATA.search(path.text) for path in paths):
            return True
        if any(DEBUGGING.search(name) for name in names) or self._is_asked_for(use):
            return True
        if any(PID_FILES.search(name) for name in names):
            return not any(True for path in paths for _ in self.readers(use.spot.ref, path))
        return self._is_seed(use, paths, written)

    def _is_asked_for(self, use: Use) -> bool:
        """Does the place run only while somebody looks for a fault: ``if self.debug:``?"""
        regions = self._project.files[use.spot.ref.path].regions
        index = use.spot.region
        while index >= 0:
            row = regions[index]
            nodes = iter_expr(row.test) if row.kind == "if" and row.test is not None else ()
            if any("debug" in last_name(node).lower() for node in nodes if isinstance(node, (Name, Attr))):
                return True
            index = row.parent
        return False

    def _is_seed(self, use: Use, paths: Sequence[PathValue], written: Sequence[Expr]) -> bool:
        """Is it made where it is missing, out of what ships with the code? Any process can make it again."""
        if not all(any(self._is_missing(use, read) for read in self._looks(use, path)) for path in paths):
            return False
        call = call_of(use.spot)
        if last_name(call.func) in COPYING and call.args:
            sources = self._paths.of(use.spot.ref, call.args[0], use.spot.region)
            return all("package" in source.origins for source in sources)
        given = written or (call.args[:1] if use.form.path_receiver else ())
        return bool(given) and all(isinstance(expr, Const) for expr in given)

    def _looks(self, use: Use, path: PathValue) -> Iterator[Read]:
        """Where the same function looks for the file first."""
        for read in self._reads.get(path.root, ()):
            before = read.ref == use.spot.ref and read.call.pos < use.spot.start
            same = any((path.root, path.parts) == (other.root, other.parts) for other in read.paths)
            if before and same and last_name(read.call.func) in LOOKING | {"getsize"}:
                yield read

    def _is_missing(self, use: Use, look: Read) -> bool:
        """Does the place of the use say that the file was looked for, and is not there?"""
        regions = self._project.files[look.ref.path].regions
        index = use.spot.region
        while index >= 0:
            row = regions[index]
            if row.test is not None and any(node == look.call for node in iter_expr(row.test)):
                return (row.kind == "if") == _is_negated(row.test)
            index = row.parent
        return any(
            row.kind == "if" and row.leaves and row.scope == look.ref.scope and not _is_negated(row.test)
            for row in regions
            if row.test is not None and any(node == look.call for node in iter_expr(row.test))
        )

    # -- callers that nobody can name --------------------------------------------------------------------------------

    def may_be_called(self, use: Use, paths: Sequence[PathValue]) -> bool:
        """Nobody is known to call it, but code that serves calls such a method of an object of unknown type."""
        if self._project.phases.of(use.spot.ref) or all(not NOWHERE.isdisjoint(path.origins) for path in paths):
            return False
        level = {self._project.tables.function_around(use.spot.ref)}
        for _ in range(CALLERS_UP):
            if any(self._project.tables.class_around(ref) and self._is_open(ref) for ref in level):
                return True
            level = {edge.caller for ref in level for edge in self._project.graph.callers.get(ref, ())}
        return False

    def _is_open(self, method: ScopeRef) -> bool:
        """Does code that serves call a method of that name on an object of unknown type?"""
        name = self._project.scope(method).name
        if name.startswith("__"):
            return False
        if name not in self._open:
            self._open[name] = any(
                self._project.phases.runtime(ref) >= POSSIBLE and self._is_unknown(ref, receiver, region)
                for ref, receiver, region in self._receivers.get(name, ())
            )
        return self._open[name]

    def _is_unknown(self, ref: ScopeRef, receiver: Expr, region: int) -> bool:
        items = self._project.evaluator.evaluate(ref, receiver, region)
        return all(isinstance(item.value, ForeignInstance) and item.value.name.startswith(DYNAMIC) for item in items)

    @cached_property
    def _receivers(self) -> Mapping[str, list[tuple[ScopeRef, Expr, int]]]:
        """What methods are called on, by the name of the method."""
        found: dict[str, list[tuple[ScopeRef, Expr, int]]] = defaultdict(list)
        for row in self._project.tables.rows:
            for call in row.calls:
                if isinstance(call.func, Attr):
                    found[call.func.attr].append((row.ref, call.func.value, row.event.region))
        return found


def _is_negated(test: Expr) -> bool:
    return isinstance(test, Op) and test.op == "not"
