"""Locks that are files: those whose mere existence keeps others out, and those that the system locks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statecheck.detectors.locks import Locks
from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Const, Expr, Keyword, Name, Op
from statecheck.facts.walk import dotted, iter_expr, last_name
from statecheck.project.effects import Effects
from statecheck.project.link import Project
from statecheck.project.paths import PathValue
from statecheck.project.tables import expressions
from statecheck.project.values import ScopeRef

EXISTENCE = frozenset({"exists", "isfile", "is_file", "lexists"})
LOOKING = EXISTENCE | {"stat", "lstat", "getmtime", "getctime", "touch", "utime", "access"}
OWNERS = frozenset({"getpid", "gethostname", "node"})  # who holds the lock
EXCLUSIVE = frozenset({"O_EXCL"})
TAKING = frozenset({"acquire", "trylock"})
SHARED = frozenset({"db", "network", "storage"})


class FileLocks:
    """What file locks are for, in one project."""

    def __init__(self, project: Project, effects: Effects, locks: Locks) -> None:
        self._project = project
        self._effects = effects
        self._locks = locks
        self._flags = project.knowledge.bare_names("at-once")

    def coordinates(self, spot: Spot) -> bool:
        """Does who comes second go away, or is something held back that all replicas share?

        A lock that only makes others wait for a file of this machine is as local as that file.
        """
        if spot.call is None:
            return False
        if self._does_not_wait(spot.call) or any(map(self._does_not_wait, self._takings(spot))):
            return True
        for ref, start in self._held(spot):
            for use in self._effects.uses(ref):
                kind = self._project.knowledge.effect(use.name)
                if (use.ref != ref or use.call.pos > start) and (
                    kind == "enqueue" or (kind in SHARED and self._locks.changes(use.call))
                ):
                    return True
        return False

    def _held(self, spot: Spot) -> list[tuple[ScopeRef, int]]:
        """The functions that hold the lock, each with the place from which on."""
        taken = [(row.ref, row.start) for row in self._locks.stretches(spot)]
        return taken or [(self._project.tables.function_around(spot.ref), spot.start)]

    def _takings(self, spot: Spot) -> Iterator[Call]:
        """``lock.acquire(…)`` in the functions that hold the lock."""
        names = {dotted(target) for target in spot.event.targets} if spot.event is not None else set()
        for ref in {ref for ref, _ in self._held(spot)}:
            for event in self._project.scope(ref).events:
                for top in expressions(event):
                    for node in iter_expr(top):
                        if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr in TAKING:
                            held = node.func.value
                            whole = isinstance(held, (Name, Attr)) and last_name(held) in {
                                name.rpartition(".")[2] for name in names
                            }
                            if whole or held is spot.call:
                                yield node

    def _does_not_wait(self, call: Call) -> bool:
        """``timeout=0``, ``blocking=False``, ``acquire(False)``, ``LOCK_EX | LOCK_NB``"""
        given = [*(Keyword("", expr) for expr in call.args), *call.keywords]
        return any(
            self._says_so(word) or any(last_name(node) in self._flags for node in iter_expr(word.value))
            for word in given
        )

    def _says_so(self, word: Keyword) -> bool:
        value = word.value
        if not isinstance(value, Const):
            return False
        if word.name in self._flags:
            return value.value == "True"
        never = word.name in ("", "timeout", "blocking") and value.value == "False"
        return never or (word.name == "timeout" and value.value in ("0", "0.0"))


def claims(
    project: Project,
    spot: Spot,
    path: PathValue,
    reads: Iterable[tuple[ScopeRef, Call, tuple[PathValue, ...]]],
    written: Iterable[Expr] = (),
) -> bool:
    """Does the call make a file that keeps others out: they look for it first, or it must not be there yet?

    ``reads`` are the calls that look at files, with their function and the paths, ``written`` is what it holds.
    """
    if not path.is_fixed:
        return False
    if _is_exclusive(spot):
        written = list(written)
        return not written or any(last_name(node) in OWNERS for expr in written for node in iter_expr(expr))
    reads = list(reads)
    if any(_same(path, other) for _, call, paths in reads if last_name(call.func) not in LOOKING for other in paths):
        return False  # what it holds matters
    for ref, call, paths in reads:
        before = ref == spot.ref and call.pos < spot.start and last_name(call.func) in EXISTENCE
        if before and any(_same(path, other) for other in paths) and _keeps_out(project, ref, call):
            return True
    return False


def _same(one: PathValue, other: PathValue) -> bool:
    return (one.root, one.parts) == (other.root, other.parts)


def _is_exclusive(spot: Spot) -> bool:
    """``open(path, "x")``, ``os.open(path, os.O_CREAT | os.O_EXCL)``"""
    if spot.call is None or last_name(spot.call.func) != "open":
        return False
    given = (*spot.call.args, *(word.value for word in spot.call.keywords))
    return any(_is_mode(expr) or any(last_name(node) in EXCLUSIVE for node in iter_expr(expr)) for expr in given)


def _is_mode(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.kind == "str" and expr.value in ("x", "xt", "xb", "x+", "xb+", "x+b")


def _keeps_out(project: Project, ref: ScopeRef, call: Call) -> bool:
    """Does the function leave, or wait, while the file is there?"""
    for region in project.files[ref.path].regions:
        if region.scope != ref.scope or region.kind not in ("if", "while") or region.test is None:
            continue
        negated = isinstance(region.test, Op) and region.test.op == "not"
        asked = not negated and any(node is call or node == call for node in iter_expr(region.test))
        if asked and (region.leaves or region.kind == "while"):
            return True
    return False
