"""Do the settings speak of rules and options that exist?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from statecheck.rules.schema import Option, Pack
from statecheck.settings import OptionValue, Settings, did_you_mean
from statecheck.triage.select import unknown

_TYPES: Mapping[str, tuple[type, str]] = {
    "bool": (bool, "true or false"),
    "int": (int, "an integer"),
    "str": (str, "a string"),
    "list": (tuple, "an array of strings"),
}


class Verdict(NamedTuple):
    """``errors`` stop the run: what was asked for cannot be done. ``warnings``: something asked for has no effect."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def vet(pack: Pack, settings: Settings) -> Verdict:
    """Unknown rules are errors where they would run, warnings where they would be left out.

    A shared configuration may ignore rules of a newer version; selecting one that does not exist would look clean.
    """
    words = _words(pack)
    errors = [
        f'{key}: unknown rule "{word}"{did_you_mean(word, words)}'
        for key, patterns in (("select", settings.select), ("extend-select", settings.extend_select))
        for word in unknown(pack, patterns)
    ]
    warnings = [f'ignore: unknown rule "{word}"{did_you_mean(word, words)}' for word in unknown(pack, settings.ignore)]
    for glob, patterns in settings.per_file_ignores.items():
        warnings += [
            f'per-file-ignores."{glob}": unknown rule "{word}"{did_you_mean(word, words)}'
            for word in unknown(pack, patterns)
        ]
    warnings += [
        f'severities: unknown rule "{word}"{did_you_mean(word, words)}' for word in unknown(pack, settings.severities)
    ]
    for name, options in settings.rules.items():
        if name not in pack.rules:
            warnings.append(f'rules: unknown rule "{name}"{did_you_mean(name, pack.rules)}')
        else:
            errors += _options(name, options, pack.rules[name].options)
    return Verdict(tuple(errors), tuple(warnings))


def _words(pack: Pack) -> list[str]:
    rules = pack.rules.values()
    names = [word for rule in rules for word in (rule.name, *rule.aliases, rule.code)]
    return [*names, *dict.fromkeys(rule.family for rule in rules), "ALL"]


def _options(name: str, given: Mapping[str, OptionValue], known: Mapping[str, Option]) -> Iterable[str]:
    for option, value in given.items():
        if option not in known:
            yield f'rules.{name}: unknown option "{option}"{did_you_mean(option, known)}'
            continue
        type_, words = _TYPES[known[option].type]
        if not isinstance(value, type_) or (type_ is int and isinstance(value, bool)):
            yield f"rules.{name}.{option}: expected {words}, got {json.dumps(value)}"
