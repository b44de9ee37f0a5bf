"""What a function learns from outside that can change while the process lives. Files of the program itself do not."""

from __future__ import annotations

from statecheck.detectors.path_reads import read_path
from statecheck.project.calls import Use
from statecheck.project.effects import effects_of
from statecheck.project.link import Project
from statecheck.project.path_values import Paths
from statecheck.project.values import ScopeRef

CHANGING = frozenset({"io", "db", "network", "time", "random", "storage"})


class Outside:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._effects = project.once(effects_of)
        self._paths = Paths(project)

    def can_change(self, function: ScopeRef) -> bool:
        """Does running the function ask for something that may be another thing later?"""
        effects = self._effects.of(function)
        found = CHANGING & effects
        return bool(found) and not (found == {"io"} and ("package" in effects or self._reads_shipped(function)))

    def _reads_shipped(self, function: ScopeRef) -> bool:
        """Does each path that it looks at lead into the installed program?"""
        uses = [use for use in self._effects.uses(function) if self._project.knowledge.effect(use.name) == "io"]
        return bool(uses) and all(map(self._is_shipped, uses))

    def _is_shipped(self, use: Use) -> bool:
        expr = read_path(use.call, use.name, self._project.knowledge)
        paths = self._paths.of(use.ref, expr, use.event.region) if expr is not None else ()
        return bool(paths) and all("package" in path.origins for path in paths)
