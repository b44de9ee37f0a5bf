"""What the forms of a rule share: ``call = ["$clients"]`` stands for ``lists.clients``, ``regex = "$server"`` for
``patterns.server``. Names may refer to lists in ``call``, ``setting`` and ``instance-of``, patterns in ``regex`` and
``key-pattern``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from statecheck import toml
from statecheck.decoding import did_you_mean, spell
from statecheck.rules.decode import error
from statecheck.rules.schema import Condition, Form, Rule

MARK = "$"
T = TypeVar("T")
At = tuple[str | int, ...]


def with_lists(rule: Rule, document: toml.Document) -> Rule:
    """The rule with its lists and patterns in place. Raises PackError for one that it does not have."""
    if not rule.lists and not rule.patterns:
        return rule
    shared = _Shared(rule, document)
    return replace(rule, forms=tuple(shared.form(form, ("form", number)) for number, form in enumerate(rule.forms)))


class _Shared:
    """Fills the forms of one rule."""

    def __init__(self, rule: Rule, document: toml.Document) -> None:
        self._rule = rule
        self._document = document

    def form(self, form: Form, at: At) -> Form:
        """The form with everything in place that it refers to."""
        return replace(
            form,
            call=self._names(form.call, (*at, "call")),
            setting=self._names(form.setting, (*at, "setting")),
            key_pattern=self._pattern(form.key_pattern, (*at, "key-pattern")),
            when=self._conditions(form.when, (*at, "when")),
            unless=self._conditions(form.unless, (*at, "unless")),
        )

    def _conditions(self, conditions: Sequence[Condition], at: At) -> tuple[Condition, ...]:
        return tuple(
            replace(
                condition,
                instance_of=self._names(condition.instance_of, (*at, number, "instance-of")),
                regex=self._pattern(condition.regex, (*at, number, "regex")),
            )
            for number, condition in enumerate(conditions)
        )

    def _names(self, names: Sequence[str], at: At) -> tuple[str, ...]:
        found: list[str] = []
        for name in names:
            found += self._look_up(self._rule.lists, name, "list", at) if name.startswith(MARK) else (name,)
        return tuple(found)

    def _pattern(self, pattern: str, at: At) -> str:
        return self._look_up(self._rule.patterns, pattern, "pattern", at) if pattern.startswith(MARK) else pattern

    def _look_up(self, table: Mapping[str, T], name: str, what: str, at: At) -> T:
        word = name[len(MARK) :]
        if word not in table:
            hint = did_you_mean(word, list(table))
            raise error(self._document, f'{spell(at)}: there is no {what} "{word}"{hint}', *at)
        return table[word]
