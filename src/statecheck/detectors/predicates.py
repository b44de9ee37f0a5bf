"""The predicates that the detector ``call`` decides."""

from __future__ import annotations

from statecheck.detectors.answers import Answers
from statecheck.detectors.beginnings import Beginnings
from statecheck.detectors.determined import Determined, accesses
from statecheck.detectors.duties import Duties
from statecheck.detectors.endings import Endings
from statecheck.detectors.holding import Holding
from statecheck.detectors.lockfiles import FileLocks
from statecheck.detectors.locks import Guarded, Locks
from statecheck.detectors.matching import Predicate
from statecheck.detectors.origins import Origins
from statecheck.detectors.pools import is_pool
from statecheck.detectors.repeated import is_setting_repeated
from statecheck.detectors.restoring import Restoring
from statecheck.detectors.shipped import Outside
from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Const, Event, Expr, Name, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.effects import effects_of
from statecheck.project.link import Project
from statecheck.project.phases import SETUP, SURE
from statecheck.project.tables import expressions
from statecheck.project.values import Foreign, Place, ScopeRef, Site
from statecheck.rules.schema import Form


class Predicates:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._effects = project.once(effects_of)
        self._endings = Endings(project)
        self._beginnings = Beginnings(project)
        self._locks = Locks(project, self._effects)
        self._file_locks = FileLocks(project, self._effects, self._locks)
        self._duties = Duties(project, self._effects)
        self._answers = Answers(project, self._effects, self._duties)
        self._restoring = Restoring(project)

    def table(self) -> dict[str, Predicate]:
        """The predicates by name."""
        endings, project = self._endings, self._project
        return {
            "awaited": endings.awaited,
            "joined": endings.joined,
            "gathered": endings.gathered,
            "context-managed": endings.context_managed,
            "discarded": self.discarded,
            "daemon": self.daemon,
            "held": self.held,
            "zero-argument": self.zero_argument,
            "in-test": self.in_test,
            "reads-changing-data": self.reads_changing_data,
            "guards-shared": self._locks.guards_shared,
            "signals-requests": self._locks.signals,
            "changes-nothing": self._duties.changes_nothing,
            "cleans-up": self._duties.cleans_up,
            "delivers": self._duties.delivers,
            "serves-connection": self._answers.serves_connection,
            "per-call": self.per_call,
            "of-a-command": self.of_a_command,
            "started": self.started,
            "restored": self._restoring.restored,
            "restores": self._restoring.restores,
            "since-start": lambda spot: project.once(Origins).since_start(spot.ref),
            "own-process": self._restoring.is_own_process,
            "pools": self.pools,
            "accepts": self.accepts,
            "repeated": lambda spot: is_setting_repeated(self._project, self._project.once(Determined), spot),
            "coordinates": self._file_locks.coordinates,
        }

    def guarded(self, form: Form, spot: Spot) -> Guarded | None:
        """Where the lock that is made at the place is taken, if the form asks what it guards."""
        return self._locks.where(spot) if "guards-shared" in form.predicates else None

    def in_test(self, spot: Spot) -> bool:
        """Is the place test code?"""
        return "test" in self._project.phases.of(spot.ref)

    def zero_argument(self, spot: Spot) -> bool:
        """Does the decorated function take no argument but the receiver?"""
        if spot.function is None:
            return False
        params = self._project.scope(spot.function).params
        return len(params) <= (1 if self._project.evaluator.classes.receiver(spot.function) else 0)

    def per_call(self, spot: Spot) -> bool:
        """Does the decorated function stand in one that does not only set the process up, and does not leave it?"""
        function = spot.function
        if function is not None and self._is_of_request_object(function):
            return True  # the key holds an object that goes with the request
        if function is None or self._project.scope(spot.ref).kind != "def":
            return False
        name = self._project.scope(function).name
        nodes = [
            node
            for event in self._project.scope(spot.ref).events
            if _hands_out(event)
            for top in expressions(event)
            for node in iter_expr(top)
        ]
        called = [node.func for node in nodes if isinstance(node, Call)]
        leaves = any(
            isinstance(node, Name) and node.id == name and not any(node is func for func in called) for node in nodes
        )
        reached = self._project.phases.of(spot.ref)
        sets_up = any(reached[phase].certainty == SURE for phase in SETUP if phase in reached)
        return not leaves and (self._project.phases.runtime(spot.ref) > 0 or not sets_up)

    def _is_of_request_object(self, method: ScopeRef) -> bool:
        receiver = self._project.evaluator.classes.receiver(method)
        return (
            receiver is not None
            and receiver[1] == "instance"
            and "request" in self._project.lifetimes.lives(receiver[0])
            and self._project.lifetimes.holder(receiver[0]) is None
        )

    def started(self, spot: Spot) -> bool:
        """Of an object of a class of the tree: is it started, or handed to somebody who may?"""
        return spot.made is None or self._beginnings.started(spot)

    def of_a_command(self, spot: Spot) -> bool:
        """Does a command run the code, and is the value used up on the spot (``connect(path).execute(…)``)?"""
        if spot.event is None or spot.event.op not in ("expr", "with"):
            return False
        reached = self._project.phases.of(spot.ref)
        command = "cli" in reached and reached["cli"].certainty == SURE
        return command and self._project.phases.runtime(spot.ref) < SURE

    def reads_changing_data(self, spot: Spot) -> bool:
        """Does the function read what can change while the process lives? Files shipped with the code cannot."""
        return spot.function is not None and self._project.once(Outside).can_change(spot.function)

    def daemon(self, spot: Spot) -> bool:
        """Is it marked as daemon?"""
        return spot.call is not None and any(
            keyword.name == "daemon" and isinstance(keyword.value, Const) and keyword.value.value == "True"
            for keyword in spot.call.keywords
        )

    def discarded(self, spot: Spot) -> bool:
        """Does nobody keep the value?"""
        if spot.event is None or spot.event.op != "expr" or spot.event.value is None:
            return False
        return _started(spot.event.value) is spot.call

    def held(self, spot: Spot) -> bool:
        """Is the value stored beyond the call that made it?"""
        if spot.call is None:
            return False
        return any(self._project.lifetimes.keeps(place) for place in self._places_of(spot))

    def pools(self, spot: Spot) -> bool:
        """Is what is put there taken from there before?"""
        if spot.call is None:
            return False
        writes = self._project.once(accesses).writes
        found = [write for place in self._places_of(spot) for write in writes.get(place, ())]
        return is_pool(self._project, found)

    def accepts(self, spot: Spot) -> bool:
        """Is the work handed a connection that was just accepted, which ends with this process?"""
        given = [] if spot.call is None else [*spot.call.args, *(word.value for word in spot.call.keywords)]
        names = [node for part in given for node in iter_expr(part) if isinstance(node, Name)]
        table = self._project.tables.files[spot.ref.path]
        for name in names:
            for binding in table.reaching(spot.ref.scope, name.id, spot.region, name.pos):
                if isinstance(binding.value, Call) and self._is_accepted(spot.ref, binding.value, binding.region):
                    return True
        return False

    def _is_accepted(self, ref: ScopeRef, call: Call, region: int) -> bool:
        """``listening.accept()``, also where the type of the socket is not known."""
        values = [item.value for item in self._project.evaluator.evaluate(ref, call.func, region)]
        names = [value.name for value in values if isinstance(value, Foreign)]
        if not names:
            return isinstance(call.func, Attr) and call.func.attr == "accept" and not (call.args or call.keywords)
        return any(self._project.knowledge.effect(name) == "accept" for name in names)

    def _places_of(self, spot: Spot) -> list[Place]:
        return self._project.once(Holding).places(Site(spot.ref.path, spot.start))


def _hands_out(event: Event) -> bool:
    """Does the event return something, or store it outside the function's own variables?"""
    return event.op in ("return", "yield") or any(isinstance(target, (Attr, Sub)) for target in event.targets)


def _started(expr: Expr) -> Expr:
    """``Thread(…)`` of ``Thread(…).start()``."""
    func = expr.func if isinstance(expr, Call) else None
    return func.value if isinstance(func, Attr) and func.attr == "start" and isinstance(func.value, Call) else expr
