"""Facts of files as the cache has them: which are known, and which are new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from statecheck.facts.cache import FACTS, key_of, recall, remember, salt
from statecheck.facts.content import hashed, read
from statecheck.facts.ir import FileFacts
from statecheck.facts.job import Outcome, decode_facts
from statecheck.facts.sharing import Sharing

AT_ONCE: Final = 500  # files whose facts are read from the cache together


class Kept:
    """``known`` are the facts by the file's place in ``paths``: an object of its own for each, copies of it too.

    (A project tells places apart by the very facts they stand in.)
    """

    def __init__(self, folder: Path, paths: Sequence[Path], sharing: Sharing | None = None) -> None:
        self.known: dict[int, FileFacts] = {}
        self._folder = folder
        self._sharing = sharing
        self._salt = _salt()
        if self._salt is not None:
            self._look_up(self._salt, paths)

    def _look_up(self, salted: bytes, paths: Sequence[Path]) -> None:
        keys = {index: key for index, path in enumerate(paths) if (key := _key(path, salted)) is not None}
        indexes = list(keys)
        for start in range(0, len(indexes), AT_ONCE):  # what is decoded takes memory enough
            part = indexes[start : start + AT_ONCE]
            found = recall(self._folder, FACTS, list(dict.fromkeys(keys[index] for index in part)))
            for index in part:
                value = found.get(keys[index])
                if value is not None and (facts := _decoded(value)) is not None:
                    self.known[index] = self._sharing.share(facts) if self._sharing is not None else facts

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Keep what was extracted, under the hash of what was read then: the file may have changed since.

        What a time limit or a lack of memory prevented is tried again by the next run.
        """
        if self._salt is None:
            return
        new = {key_of(each.content, self._salt): each.facts for each in outcomes if each.problem is None}
        remember(self._folder, FACTS, new)


def _salt() -> bytes | None:
    try:
        return salt()
    except (OSError, ValueError):  # installed in a way that hides our source: nobody can tell old facts from new
        return None


def _key(path: Path, salted: bytes) -> bytes | None:
    try:
        return key_of(hashed(read(str(path))), salted)
    except (OSError, ValueError):
        return None  # the extraction will say so


def _decoded(data: bytes) -> FileFacts | None:
    try:
        return decode_facts(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
