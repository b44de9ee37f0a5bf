"""Code that asks in which deploy, or on which machine, it runs: the name compared with a constant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeGuard

from msgspec.structs import replace

from statecheck.detectors.api import Context
from statecheck.detectors.matching import Matcher, fits, searcher
from statecheck.detectors.naming import COMPARISONS
from statecheck.detectors.reporting import Case, Place, Wanted, finding
from statecheck.detectors.samples import is_sample
from statecheck.detectors.spots import Spot, Spots
from statecheck.facts.ir import Attr, Call, Const, Display, Event, Expr, Name, Op, Sub
from statecheck.facts.walk import dotted, iter_expr, span
from statecheck.model import Finding
from statecheck.project.constants import Constant, called_names
from statecheck.project.settings import Settings
from statecheck.project.sources import Located, Sources
from statecheck.project.values import Foreign
from statecheck.rules.schema import Form, Rule

SHAPING = frozenset({"lower", "upper", "strip", "casefold"})
ASKING = frozenset({"startswith", "endswith"})
HOLDER = re.compile(r"(?i)(^|_)(settings?|conf|configs?|configuration|cfg|env|environ)$")


class Question(NamedTuple):
    """``subject`` is compared with ``others``; without them, it is the subject of ``match``."""

    spot: Spot
    subject: Located
    others: tuple[Located, ...]


class Answer(NamedTuple):
    """What a subject is: the foreign function that gives it, and the variable or key that it asks for."""

    function: str
    key: str
    symbol: str


def detect(rules: Sequence[Rule], context: Context) -> Iterable[Finding]:
    """One finding for every comparison, and for what other forms find."""
    return Branches(rules, context).findings()


class Branches:
    """One run over a project."""

    def __init__(self, rules: Sequence[Rule], context: Context) -> None:
        self.project = context.project
        self.spots = self.project.once(Spots)
        self.matcher = Matcher(self.project, self.project.once(Settings), {}, {})
        self.rows = [Wanted(rule, form, number) for rule in rules for number, form in enumerate(rule.forms)]

    def findings(self) -> list[Finding]:
        """All findings; at one place the first form that holds."""
        found: dict[Place, Case] = {}
        for case in (*self._compared(), *self._called()):
            if not is_sample(case.place[0]):
                best = found.setdefault(case.place, case)
                if case.wanted.number < best.wanted.number:
                    found[case.place] = case
        return [finding(self.project, self.matcher, case) for case in found.values()]

    def _called(self) -> Iterator[Case]:
        """Forms about the arguments of a call."""
        index: dict[str, list[Wanted]] = defaultdict(list)
        for row in self.rows:
            for name in row.form.call if not _asks(row.form) else ():
                index[self.project.knowledge.canonical(name)].append(row)
        for spot, name in self.spots.calls(frozenset(index)) if index else ():
            for row in index[name]:
                if self.matcher.holds(row.form, spot) is not None:
                    yield Case(row, spot, _place(spot), spot.symbol)

    # -- comparisons ---------------------------------------------------------------------------------------------------

    def _compared(self) -> Iterator[Case]:
        rows = [row for row in self.rows if _asks(row.form)]
        for question in self._questions() if rows else ():
            answers = self._answers(question.subject)
            for row in rows if answers else ():
                answer = next((answer for answer in answers if self._speaks_of(row.form, answer)), None)
                if answer is None or not self.matcher.applies(row.form, question.spot):
                    continue
                if self._names_deploy(row.form, question, answer) and not self._only_tells(question.spot):
                    yield Case(row, question.spot, _place(question.spot), answer.symbol, verb="is asked here")

    def _questions(self) -> Iterator[Question]:
        for row in self.project.tables.rows:
            ref, event = row.ref, row.event
            if event.note == "match" and event.value is not None and self.spots.counts(ref.path, event.region):
                start, end = span(event.value)
                yield self._asked(Spot(ref, event.region, start, end, "", "", event=event), event.value, ())
            for node in (*row.asking, *row.calls):
                if _may_ask(node) and self.spots.counts(ref.path, event.region):
                    start, end = span(node)
                    spot = Spot(ref, event.region, start, end, "", "", event=event)
                    yield from self._question(spot, node, event)

    def _question(self, spot: Spot, node: Op | Call, event: Event) -> Iterator[Question]:
        if isinstance(node, Call):
            if isinstance(node.func, Attr) and node.func.attr in ASKING and node.args:
                yield self._asked(spot, node.func.value, node.args[:1])
        elif node.op in COMPARISONS and len(node.operands) >= 2 and not self._is_check(spot, node, event):
            left, right = node.operands[0], node.operands[1]
            yield self._asked(spot, left, _items(right))
            if node.op in ("==", "!="):
                yield self._asked(spot, right, _items(left))

    def _asked(self, spot: Spot, subject: Expr, others: Iterable[Expr]) -> Question:
        return Question(
            spot,
            Located(spot.ref, _bare(subject), spot.region),
            tuple(Located(spot.ref, other, spot.region) for other in others),
        )

    def _is_check(self, spot: Spot, node: Op, event: Event) -> bool:
        """``if ENV not in KNOWN: raise``: the name is checked, nothing depends on it."""
        if node.op != "not in" or event.op != "test":
            return False
        inside = {
            number
            for number, region in enumerate(self.project.files[spot.ref.path].regions)
            if region.kind == "if" and region.scope == spot.ref.scope and region.test == event.value
        }
        return any(row.op == "raise" and row.region in inside for row in self.project.scope(spot.ref).events)

    def _only_tells(self, spot: Spot) -> bool:
        """``if ENV != "test": print(…)``: all that depends on the name is a line for whoever reads the log."""
        regions = self.project.files[spot.ref.path].regions
        event = spot.event
        if event is None or event.op != "test" or event.value is None:
            return False
        inside = {
            number
            for number, row in enumerate(regions)
            if row.kind in ("if", "else") and row.scope == spot.ref.scope and row.test == event.value
        }
        events = [row for row in self.project.scope(spot.ref).events if row.region in inside]
        return bool(events) and all(
            row.op == "expr" and row.value is not None and self._is_told(replace(spot, event=row), row.value)
            for row in events
        )

    def _is_told(self, spot: Spot, value: Expr) -> bool:
        names = called_names(self.project, Located(spot.ref, value, spot.event.region if spot.event else spot.region))
        return bool(names) and all(self.project.knowledge.effect(name) == "log" for name in names)

    def _names_deploy(self, form: Form, question: Question, answer: Answer) -> bool:
        """Is it compared with the name of a deploy (for forms that list none: with any constant)?"""
        if question.spot.event is not None and question.spot.event.note == "match" and not question.others:
            return bool(answer.function) or "env" in answer.key.lower()  # what stands in the patterns is not known
        constants = [constant for other in question.others for constant in self._constants(other)]
        if not form.when:
            return bool(constants)
        return any(fits(condition, constant) for condition in form.when for constant in constants)

    def _constants(self, other: Located) -> list[Constant]:
        if not isinstance(other.expr, (Const, Name, Attr)):
            return []
        found: list[Constant] = []
        for source in Sources(self.project).sources(other):
            for item in _items(source.expr):
                found += self.matcher.resolve(replace(source, expr=item)).constants
        return [
            replace(constant, text=constant.text.lower())
            for constant in found
            if constant.kind == "str" and constant.text
        ]

    # -- what is compared ----------------------------------------------------------------------------------------------

    def _speaks_of(self, form: Form, answer: Answer) -> bool:
        knowledge = self.project.knowledge
        if "environment" in form.syntax:
            return self._reads_variable(answer) and searcher(form.key_pattern)(answer.key) is not None
        spellings = set(knowledge.spellings(answer.function)) if form.call else set()
        if form.call and spellings.isdisjoint(knowledge.canonical(name) for name in form.call):
            return False
        if not form.call and answer.function:
            return False
        return not form.key_pattern or searcher(form.key_pattern)(answer.key) is not None

    def _reads_variable(self, answer: Answer) -> bool:
        """Does the function read a variable of the environment?"""
        name = answer.function.removesuffix(".__getitem__")
        return bool(name) and self.project.knowledge.reader(name) is not None

    def _answers(self, subject: Located) -> list[Answer]:
        """Each way in which the subject gets its value."""
        found: list[Answer] = []
        for source in Sources(self.project).sources(subject):
            found += self._reads(source, _shown(subject.expr))
        if self._is_setting(subject):
            name = _last(subject.expr)
            found.append(Answer("", name, dotted(subject.expr) or name))
        return found

    def _reads(self, source: Located, shown: str) -> Iterator[Answer]:
        for node in iter_expr(source.expr):
            if isinstance(node, Call):
                key = node.args[0].value if node.args and isinstance(node.args[0], Const) else ""
                for name in called_names(self.project, replace(source, expr=node)):
                    yield Answer(name, key, shown or key or name)
            elif isinstance(node, Sub) and isinstance(node.index, Const) and node.index.kind == "str":
                for item in self.project.evaluator.evaluate(source.ref, node.value, source.region):
                    if isinstance(item.value, Foreign):
                        yield Answer(f"{item.value.name}.__getitem__", node.index.value, shown or node.index.value)

    def _is_setting(self, subject: Located) -> bool:
        """A variable of a module, or an attribute or item of something that holds settings; no local, no argument."""
        expr = subject.expr
        if isinstance(expr, Name):
            home = self.project.tables.files[subject.ref.path].lookup(subject.ref.scope, expr.id)
            return home == 0
        if isinstance(expr, Attr):
            return HOLDER.search(_last(expr.value)) is not None
        if isinstance(expr, Sub):
            return isinstance(expr.index, Const) and HOLDER.search(_last(expr.value)) is not None
        return (
            isinstance(expr, Call)
            and isinstance(expr.func, Attr)
            and expr.func.attr == "get"
            and bool(expr.args)
            and isinstance(expr.args[0], Const)
            and HOLDER.search(_last(expr.func.value)) is not None
        )


def _may_ask(node: Sub | Op | Call) -> TypeGuard[Op | Call]:
    """Is it a comparison, or a call that compares? Asked first, because there are many calls."""
    if isinstance(node, Call):
        return isinstance(node.func, Attr) and node.func.attr in ASKING
    return isinstance(node, Op) and node.op in COMPARISONS


def _place(spot: Spot) -> Place:
    return spot.ref.path, spot.start, spot.end


def _asks(form: Form) -> bool:
    """Is the form about what a value is compared with?"""
    return bool(form.syntax or form.key_pattern or "compared" in form.predicates)


def _items(expr: Expr) -> tuple[Expr, ...]:
    return expr.items if isinstance(expr, Display) and expr.kind != "dict" else (expr,)


def _bare(expr: Expr) -> Expr:
    """Without changes of case and white space."""
    while isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.attr in SHAPING:
        expr = expr.func.value
    return expr


def _last(expr: Expr) -> str:
    """The last name of an expression, or its constant key."""
    match expr:
        case Name(id=name) | Attr(attr=name):
            return name
        case Sub(index=Const(value=name)) | Call(args=(Const(value=name), *_)):
            return name
        case Call(func=func):
            return _last(func)
        case _:
            return ""


def _shown(expr: Expr) -> str:
    return dotted(expr) if isinstance(expr, (Name, Attr)) else ""
