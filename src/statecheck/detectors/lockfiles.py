"""Files whose mere existence says something: "another one is at work", "this was done"."""

from __future__ import annotations

from collections.abc import Iterable

from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Call, Const, Expr, Op
from statecheck.facts.walk import iter_expr, last_name
from statecheck.project.link import Project
from statecheck.project.paths import PathValue
from statecheck.project.values import ScopeRef

EXISTENCE = frozenset({"exists", "isfile", "is_file", "lexists"})
EXCLUSIVE = frozenset({"O_EXCL"})


def claims(
    project: Project, spot: Spot, path: PathValue, reads: Iterable[tuple[ScopeRef, Call, tuple[PathValue, ...]]]
) -> bool:
    """Does the call make a file that keeps others out: they look for it first, or it must not be there yet?

    ``reads`` are the calls that look at files, with their function and the paths.
    """
    if not path.is_fixed:
        return False
    if _is_exclusive(spot):
        return True
    for ref, call, paths in reads:
        before = ref == spot.ref and call.pos < spot.start and last_name(call.func) in EXISTENCE
        if before and any(_same(path, other) for other in paths) and _keeps_out(project, ref, call):
            return True
    return False


def _same(one: PathValue, other: PathValue) -> bool:
    return (one.root, one.parts) == (other.root, other.parts)


def _is_exclusive(spot: Spot) -> bool:
    """``open(path, "x")``, ``os.open(path, os.O_CREAT | os.O_EXCL)``"""
    given = [*spot.call.args, *(word.value for word in spot.call.keywords)] if spot.call is not None else []
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
