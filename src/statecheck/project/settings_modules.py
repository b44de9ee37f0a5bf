"""Settings modules: which files they are, what they build on, and whether they hold more than their text shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from statecheck.facts.ir import Attr, Call, Const, Event, Expr, Name, Sub
from statecheck.facts.walk import iter_expr
from statecheck.project.link import Project
from statecheck.project.tables import FileTable, expressions
from statecheck.rules.schema import SettingsHolder

OTHER_PROFILES = frozenset(
    {
        "test",
        "tests",
        "testing",
        "dev",
        "devel",
        "develop",
        "development",
        "local",
        "ci",
        "debug",
        "example",
        "sample",
        "docs",
        "unittest",
        "pytest",
    }
)
DEBUG_NAMES = frozenset({"DEBUG", "TESTING", "TEST", "IS_TEST", "IN_TEST", "DEV", "DEVELOPMENT"})
NAMESPACES = ("locals", "globals", "vars")


class SettingsModules:
    """The settings modules of a project. ``production``: those that count, less the ones that others build on."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._holders = project.knowledge.settings
        self.markers = [marker for holder in self._holders for marker in holder.markers]
        self.production = self._find()
        everything = dict.fromkeys(base for path in self.production for base in (path, *self.inherited(path)))
        self.is_open = any(self._is_open(path) for path in everything)

    def inherited(self, path: str) -> list[str]:
        """The modules of the tree that a module takes everything from, nearest first."""
        order: list[str] = []
        queue = [path]
        while queue:
            for target in self._stars(queue.pop(0)):
                if target is not None and target in self._project.files and target not in (*order, path):
                    order.append(target)
                    queue.append(target)
        return order

    def _stars(self, path: str) -> Iterator[str | None]:
        """Where the star imports of a module lead; None for one that leaves the tree."""
        modules = self._project.modules
        for row in self._project.tables.files[path].stars:
            yield modules.relative(path, row.level, row.module) if row.level else modules.find(path, row.module)

    def _find(self) -> list[str]:
        named = {path for holder in self._holders for path in self._named(holder)}
        found = [path for path in sorted(named) if self._project.is_application(path) and self._is_marked(path)]
        serious = [path for path in found if profile(path) not in OTHER_PROFILES or self._is_of_deploy(path)] or found
        below = {base for path in serious for base in self.inherited(path)}
        return [path for path in serious if path not in below]

    def _is_of_deploy(self, path: str) -> bool:
        """``local.py`` may be of the developer's machine, or of each machine; what is off then is for the latter."""
        bindings = self._project.tables.files[path].bindings.get((0, "DEBUG"), ())
        return profile(path) == "local" and any(
            isinstance(row.value, Const) and row.value.value == "False" for row in bindings
        )

    def _named(self, holder: SettingsHolder) -> Iterator[str]:
        for path in self._project.files:
            *folders, name = path.split("/")
            words = (name.removesuffix(".py"), *folders[-1:])
            if any(fnmatchcase(word, pattern) for word in words for pattern in holder.modules):
                yield path
        for use in self._project.graph.uses if holder.variables else ():
            given = use.call.args
            if len(given) > 1 and isinstance(given[0], Const) and given[0].value in holder.variables:
                dotted = given[1].value if isinstance(given[1], Const) else ""
                target = self._project.modules.find(use.ref.path, dotted)
                if target is not None and target in self._project.files:
                    yield target

    def _is_marked(self, path: str) -> bool:
        """Is one of the markers bound in the module, or in one that it takes everything from?"""
        return any(
            (0, marker) in self._project.tables.files[base].bindings
            for base in (path, *self.inherited(path))
            for marker in self.markers
        )

    def _is_open(self, path: str) -> bool:
        """Can the module hold settings that its text does not show?"""
        fillers = {name for holder in self._holders for name in holder.fillers}
        if any(use.ref.path == path and use.name in fillers for use in self._project.graph.uses):
            return True
        events = self._project.files[path].scopes[0].events
        return None in self._stars(path) or any(_fills_namespace(node) for node in _nodes(events))


def is_for_debugging(table: FileTable, region: int) -> bool:
    """Does the region run only while debugging or testing?"""
    while region >= 0:
        row = table.facts.regions[region]
        test = row.test
        name = test.id if isinstance(test, Name) else test.attr if isinstance(test, Attr) else ""
        if row.kind == "if" and name in DEBUG_NAMES:
            return True
        region = row.parent
    return False


def profile(path: str) -> str:
    """The word of a settings module's name that says which deploy it is for; "" when none does."""
    return profile_of_name(path.rpartition("/")[2].removesuffix(".py"))


def profile_of_name(name: str) -> str:
    """The same for the name of a class: ``TestingConfig``."""
    spaced = "".join(f" {char.lower()}" if char.isupper() else char for char in name)
    words = spaced.replace("_", " ").replace("-", " ").split()
    return next((word for word in words if word in OTHER_PROFILES), "")


def _nodes(events: Iterable[Event]) -> Iterator[Expr]:
    for event in events:
        for top in expressions(event):
            yield from iter_expr(top)


def _fills_namespace(node: Expr) -> bool:
    """``locals().update(…)``, ``globals()[name] = …``, ``exec(…)``, or a call that is handed the namespace."""
    if not isinstance(node, Call):
        return isinstance(node, Sub) and _is_namespace(node.value)
    if isinstance(node.func, Name) and node.func.id == "exec":
        return True
    if isinstance(node.func, Attr) and node.func.attr in ("update", "setdefault") and _is_namespace(node.func.value):
        return True
    return any(_is_namespace(given) for given in (*node.args, *(keyword.value for keyword in node.keywords)))


def _is_namespace(node: Expr) -> bool:
    return isinstance(node, Call) and isinstance(node.func, Name) and node.func.id in NAMESPACES
