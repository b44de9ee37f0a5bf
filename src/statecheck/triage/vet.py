"""Do the settings speak of rules and options that exist?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from statecheck.decoding import Source, spell
from statecheck.rules.schema import Option, Pack
from statecheck.settings import OptionValue, Settings, did_you_mean
from statecheck.triage.select import unknown

_TYPES: Mapping[str, tuple[type, str]] = {
    "bool": (bool, "true or false"),
    "int": (int, "an integer"),
    "str": (str, "a string"),
    "list": (tuple, "an array of strings"),
}


class Fault(NamedTuple):
    """What is wrong, under which key of the settings, and with which word of a list or table there."""

    text: str
    keys: tuple[str, ...]
    word: str | None = None


class Verdict(NamedTuple):
    """``errors`` stop the run: what was asked for cannot be done. ``warnings``: something asked for has no effect."""

    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def vet(pack: Pack, settings: Settings) -> Verdict:
    """Unknown rules are errors where they would run, warnings where they would be left out.

    A shared configuration may ignore rules of a newer version; selecting one that does not exist would look clean.
    """
    errors = [*_unknown(pack, settings.select, "select"), *_unknown(pack, settings.extend_select, "extend-select")]
    warnings = [*_unknown(pack, settings.ignore, "ignore")]
    for glob, patterns in settings.per_file_ignores.items():
        warnings += _unknown(pack, patterns, "per-file-ignores", glob)
    warnings += _unknown(pack, settings.severities, "severities")
    for name, options in settings.rules.items():
        if name not in pack.rules:
            hint = did_you_mean(name, pack.rules)
            warnings.append(Fault(f'rules: unknown rule "{name}"{hint}', ("rules",), name))
        else:
            errors += _options(name, options, pack.rules[name].options)
    return Verdict(tuple(errors), tuple(warnings))


def located(fault: Fault, layers: Sequence[Source]) -> str:
    """The fault with the place where it was written: file and line, or the option. Without one if it was neither."""
    for layer in reversed(layers):
        value = layer.table
        for key in fault.keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and fault.word is None:
            return f"{layer.place(*fault.keys)}: {fault.text}"
        if isinstance(value, dict | list) and fault.word is not None and fault.word in value:
            last = value.index(fault.word) if isinstance(value, list) else fault.word
            return f"{layer.place(*fault.keys, last)}: {fault.text}"
    return fault.text


def _unknown(pack: Pack, patterns: Iterable[str], *keys: str) -> list[Fault]:
    words = _words(pack)
    return [
        Fault(f'{spell(keys)}: unknown rule "{word}"{did_you_mean(word, words)}', keys, word)
        for word in unknown(pack, patterns)
    ]


def _words(pack: Pack) -> list[str]:
    rules = pack.rules.values()
    names = [word for rule in rules for word in (rule.name, *rule.aliases, rule.code)]
    return [*names, *dict.fromkeys(rule.family for rule in rules), "ALL"]


def _options(name: str, given: Mapping[str, OptionValue], known: Mapping[str, Option]) -> Iterable[Fault]:
    for option, value in given.items():
        keys = ("rules", name, option)
        if option not in known:
            hint = did_you_mean(option, known)
            yield Fault(f'{spell(keys[:2])}: unknown option "{option}"{hint}', keys)
            continue
        type_, words = _TYPES[known[option].type]
        if not isinstance(value, type_) or (type_ is int and isinstance(value, bool)):
            yield Fault(f"{spell(keys)}: expected {words}, got {json.dumps(value)}", keys)
