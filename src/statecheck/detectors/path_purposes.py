"""What a file that outlives its call is for: a key, a lock, a log, something parked in the temporary folder.

A rule that names one of these purposes reports such files, whatever form of whatever rule writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from statecheck.detectors.escapes import SENT, TEMPORARY, Escapes
from statecheck.detectors.lockfiles import claims
from statecheck.detectors.path_reads import Read, Use
from statecheck.detectors.uploads import Uploads
from statecheck.facts.walk import dotted
from statecheck.project.link import Project
from statecheck.project.paths import PathValue
from statecheck.project.values import ScopeRef
from statecheck.rules.schema import Rule
from statecheck.rules.vocabulary import PURPOSES

LOG_ENDINGS = (".log", "_log", "log.txt")
KEY_NAMES = re.compile(r"secret|(?:^|[^a-z])key|salt|credential", re.IGNORECASE)
UPLOADS = "from-upload"


class Purposes:
    """Answers for one project. ``reads``: the calls that look at files, by the root of the path."""

    def __init__(
        self,
        project: Project,
        rules: Iterable[Rule],
        escapes: Escapes,
        uploads: Uploads,
        reads: Mapping[object, Sequence[Read]],
    ) -> None:
        self._uploads = uploads
        self._project = project
        named = {word: rule for rule in rules for word in rule.predicates}
        self._rules = {word: named[word] for word in PURPOSES if word in named}
        self._escapes = escapes
        self._reads = reads
        self._reading = {read.ref for rows in reads.values() for read in rows}
        self._locked: set[tuple[ScopeRef, object]] = set()

    def runs_early(self, use: Use) -> bool:
        """Is it as bad when the process does it at its start: a lock, a database?"""
        return use.rule in (self._rules.get("keeps-out"), self._rules.get("stores"))

    def is_lock(self, use: Use) -> bool:
        """Does the call itself lock a file?"""
        return self._rules.get("keeps-out") is use.rule

    def lock(self, use: Use, paths: Iterable[PathValue]) -> None:
        """A file that a call locks: to open it is no cause of its own."""
        self._locked.update((use.spot.ref, (path.root, path.parts)) for path in paths)

    def of(self, use: Use, paths: Sequence[PathValue], key: bool) -> Rule:
        """The rule that speaks of what is written: that of the purpose, else that of the form."""
        for purpose, rule in self._rules.items():
            if rule.name == use.rule.name or _TESTS[purpose](self, Asked(use, paths, key)):
                return rule
        return use.rule

    def is_claim(self, use: Use, path: PathValue) -> bool:
        """Does the call make a file that keeps others out?"""
        reads = ((read.ref, read.call, read.paths) for read in self._reads.get(path.root, ()))
        return claims(self._project, use.spot, path, reads, self._uploads.written(use.spot))

    def keeps_out(self, asked: Asked) -> bool:
        """Is it a lock file, or one that the same function locks?"""
        ref = asked.use.spot.ref
        return any((ref, (path.root, path.parts)) in self._locked for path in asked.paths) or (
            not asked.use.removes and any(self.is_claim(asked.use, path) for path in asked.paths)
        )

    def parks(self, asked: Asked) -> bool:
        """Does it lie in the temporary folder? An upload there counts when its path is handed on."""
        if asked.use.removes or not all(not TEMPORARY.isdisjoint(path.origins) for path in asked.paths):
            return False
        fresh = any("temp" in path.origins for path in asked.paths)
        return fresh or UPLOADS not in asked.use.form.predicates or self.is_sent(asked.use)

    def is_sent(self, use: Use) -> bool:
        """Does a task, a store, a session or a client get the path?"""
        return self._escapes.of(use.spot.ref, use.expr, use.spot.region) >= SENT

    # -- keys --------------------------------------------------------------------------------------------------------

    def makes_key(self, use: Use, paths: Iterable[PathValue], reached: Iterable[str]) -> bool:
        """Does the function draw a random key and write it to a file?

        Beside start-up code, what both reads and makes the file counts: it is called by whoever needs the key.
        """
        ref = use.spot.ref
        if use.removes or not {"moves", UPLOADS}.isdisjoint(use.form.predicates) or set(reached) == {"test"}:
            return False
        effect = self._project.knowledge.effect
        if not any(effect(row.name) == "random" for row in self._project.graph.uses_in(ref)):
            return False
        begins = not {"startup", "import"}.isdisjoint(reached)
        if not begins and ref not in self._reading:
            return False
        texts = [path.text for path in paths]
        return any(KEY_NAMES.search(name) for name in (self._project.scope(ref).name, dotted(use.expr), *texts))


class Asked(NamedTuple):
    """A use with its paths."""

    use: Use
    paths: Sequence[PathValue]
    key: bool


_TESTS: Mapping[str, Callable[[Purposes, Asked], bool]] = {
    "stores": lambda _, __: False,  # the forms say so
    "makes-key": lambda _, asked: asked.key,
    "keeps-out": Purposes.keeps_out,
    "logs": lambda _, asked: any(path.text.endswith(LOG_ENDINGS) for path in asked.paths),
    "parks": Purposes.parks,
}
