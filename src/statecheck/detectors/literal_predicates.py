"""What can be asked of a literal and of the place where it stands, beyond its text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from statecheck.detectors.addresses import address
from statecheck.detectors.secrets import looks_drawn
from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Const, Expr, Name, Op
from statecheck.facts.walk import last_name
from statecheck.project.constants import Constant
from statecheck.project.link import Project
from statecheck.project.sources import Located, Sources
from statecheck.project.values import ScopeRef

EQUAL = ("==", "!=")
DIGEST = "compare_digest"  # the comparison that takes equally long for all texts
MAX_ASKED = 40  # comparisons of one name that are looked at

Ask = Callable[[Constant, Spot], bool]


def literal_predicates(project: Project) -> Mapping[str, Ask]:
    """The predicates by name."""
    compared = Compared(project)
    return {
        "drawn": lambda constant, _: looks_drawn(constant.text),
        "local-host": lambda constant, _: whose(constant) == "local",
        "inside-host": lambda constant, _: whose(constant) == "inside",
        "documentation-host": lambda constant, _: whose(constant) == "documentation",
        "named-host": lambda constant, _: whose(constant) != "",
        "authenticates": compared.authenticates,
        "fixed": lambda _, spot: replaces_what_was_given(project, spot),
    }


def whose(constant: Constant) -> str:
    """Whose machine the text names; "" for a text that is no address, or names none."""
    found = address(constant.text)
    return found.whose if found is not None and constant.kind == "str" else ""


class Compared:
    """Which names are compared with what the code gets from elsewhere."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._by_name: dict[str, list[tuple[Located, Expr]]] | None = None

    def authenticates(self, constant: Constant, spot: Spot) -> bool:
        """Is the literal, by the name it is bound to, compared with what no literal gives?"""
        asked = self._comparisons().get(spot.name, ())
        if len(asked) > MAX_ASKED or constant.at is None:
            return False
        return any(
            (source.ref.path, source.expr.pos) == constant.at[:2]
            for at, other in asked
            if not isinstance(other, Const)
            for source in Sources(self._project).sources(at)
        )

    def _comparisons(self) -> dict[str, list[tuple[Located, Expr]]]:
        """Name → where it is compared, and with what."""
        if self._by_name is None:
            found: dict[str, list[tuple[Located, Expr]]] = defaultdict(list)
            for row in self._project.tables.rows:
                for node in (*row.asking, *row.calls) if self._project.is_application(row.ref.path) else ():
                    pair = _pair(node)
                    for one, other in (pair, pair[::-1]) if pair else ():
                        if isinstance(one, (Name, Attr)):
                            found[last_name(one)].append((Located(row.ref, one, row.event.region), other))
            self._by_name = found
        return self._by_name


def _pair(node: Expr) -> tuple[Expr, Expr] | None:
    if isinstance(node, Op) and node.op in EQUAL and len(node.operands) == 2:
        return node.operands[0], node.operands[1]
    if isinstance(node, Call) and last_name(node.func) == DIGEST and len(node.args) == 2:
        return _text(node.args[0]), _text(node.args[1])
    return None


def _text(expr: Expr) -> Expr:
    """Without the turning into bytes around it."""
    return expr.func.value if isinstance(expr, Call) and isinstance(expr.func, Attr) and not expr.args else expr


def replaces_what_was_given(project: Project, spot: Spot) -> bool:
    """``self.port = 8080`` outright, where a base class has stored there what it was given."""
    event = spot.event
    if event is None or len(event.targets) != 1 or not isinstance(event.targets[0], Attr):
        return False
    target = event.targets[0]
    receiver = project.evaluator.classes.receiver(project.tables.function_around(spot.ref))
    region = project.files[spot.ref.path].regions[event.region]
    if receiver is None or region.parent >= 0 or not isinstance(event.value, Const):
        return False
    above = set(project.evaluator.classes.info(receiver[0]).mro) - {receiver[0]}
    stores = project.evaluator.classes.field_stores(receiver[0], target.attr)
    owners = {ScopeRef(store.ref.path, store.ref.scope): store for store in stores}
    return any(
        project.tables.class_around(ref) in above and not isinstance(store.value, Const)
        for ref, store in owners.items()
    )
