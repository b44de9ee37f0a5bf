"""What a deployment is for, by the words in its name. The words are data of the rule pack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from statecheck.deployments.tree import Purpose
from statecheck.rules.schema import Model

_WORD = re.compile(r"[a-z0-9]+")

Words = Mapping[str, Purpose]


def purpose_words(models: Iterable[Model]) -> dict[str, Purpose]:
    """The words of the models, each with what it stands for."""
    found: dict[str, Purpose] = {}
    for model in models:
        for purpose, words in model.purposes.items():
            found.update((word, purpose) for word in words)
    return found


def purpose_of(path: str, words: Words) -> Purpose:
    """What a path says; the last word that says something decides."""
    for word in reversed(_WORD.findall(path.lower())):
        if word in words:
            return words[word]
    return ""


def purpose_of_name(name: str, words: Words) -> Purpose:
    """What the last word of a name says: ``web-test``, but not ``test-results``."""
    return next((words.get(word, "") for word in reversed(_WORD.findall(name.lower()))), "")
