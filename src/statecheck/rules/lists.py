"""Lists of names that the forms of a rule share: ``instance-of = ["$generators"]`` stands for ``lists.generators``."""

from __future__ import annotations

from msgspec.structs import replace

from statecheck import toml
from statecheck.decoding import did_you_mean, spell
from statecheck.rules.decode import error
from statecheck.rules.schema import Condition, Rule

MARK = "$"


def with_lists(rule: Rule, document: toml.Document) -> Rule:
    """The rule with the names of its lists in place. Raises PackError for a list that it does not have."""
    if not rule.lists:
        return rule
    forms = []
    for number, form in enumerate(rule.forms):
        filled = {
            key: tuple(
                _filled(rule, document, condition, ("form", number, key, place, "instance-of"))
                for place, condition in enumerate(conditions)
            )
            for key, conditions in (("when", form.when), ("unless", form.unless))
        }
        forms.append(replace(form, when=filled["when"], unless=filled["unless"]))
    return replace(rule, forms=tuple(forms))


def _filled(rule: Rule, document: toml.Document, condition: Condition, at: tuple[str | int, ...]) -> Condition:
    names: list[str] = []
    for name in condition.instance_of:
        listed = rule.lists.get(name[len(MARK) :]) if name.startswith(MARK) else (name,)
        if listed is None:
            hint = did_you_mean(name[len(MARK) :], list(rule.lists))
            raise error(document, f'{spell(at)}: there is no list "{name[len(MARK) :]}"{hint}', *at)
        names += listed
    return replace(condition, instance_of=tuple(names))
