"""Which processes run the code that a finding speaks of: by the files they import, and by what they serve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from statecheck.deployments.ground import Ground
from statecheck.deployments.processes import Process
from statecheck.deployments.reach import Reach
from statecheck.model import Finding, Location
from statecheck.project.entries import Entry
from statecheck.project.phases import RUNTIME
from statecheck.project.values import ScopeRef
from statecheck.rules.serving import Server


class Concerns:
    """Answers for one tree."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._project = ground.project
        self._reach = Reach(ground.project)
        self._job_frameworks = frozenset(
            name for model in ground.models for server in model.servers for name in server.frameworks
        )
        self._servers: dict[tuple[str, ...], tuple[Server, ...]] = {}

    def runs(self, process: Process, finding: Finding) -> bool:
        """Does the process run code that writes what the finding speaks of (or uses it, where nothing is written)?"""
        if not process.entered or finding.location.path not in self._project.files:
            return False
        files = self._reach.files(process.entered)
        if finding.location.path not in files:
            return False
        writes = [step.location for step in finding.flow if step.role == "write"]
        if writes:
            return any(self._runs_place(process, where) for where in writes if where.path in files)
        return self._runs_place(process, finding.location)

    def files(self, process: Process) -> frozenset[str]:
        """The files that the process runs."""
        return self._reach.files(process.entered) if process.entered else frozenset()

    def entries(self, process: Process) -> list[Entry]:
        """The entry points that the process serves, requests and messages first."""
        files = self.files(process)
        found = [entry for entry in self._project.phases.entries if entry.ref.path in files and entry.phase in RUNTIME]
        served = [entry for entry in found if self._serves(process, entry)]
        return sorted(served, key=lambda entry: entry.phase != "request")

    def serves_requests(self, process: Process) -> bool:
        """Does it answer requests?"""
        return any(server.serves == "request" for server in self._servers_of(process))

    def _runs_place(self, process: Process, where: Location) -> bool:
        ref = self._scope_at(where)
        if ref.scope == 0 or self._project.scope(ref).kind == "class":
            return True  # each process that imports the module has it
        entries = self._project.phases.entries_to(ref)
        if entries:
            return any(self._serves(process, entry) for entry in entries)
        reached = self._project.phases.of(ref)
        if process.server.serves == "program" and not self._serves_any(process):
            return "cli" in reached or "startup" in reached or not reached
        return process.server.serves != "command"

    def _serves(self, process: Process, entry: Entry) -> bool:
        servers = self._servers_of(process)
        if entry.phase == "worker" and entry.framework in self._job_frameworks:
            return any(
                server.serves == "worker" and (not server.frameworks or entry.framework in server.frameworks)
                for server in servers
            )
        if entry.phase == "request":
            return any(server.serves == "request" for server in servers)
        return process.server.serves != "command"  # a thread or a timer of whoever starts it

    def _serves_any(self, process: Process) -> bool:
        return any(server.serves in ("request", "worker") for server in self._servers_of(process))

    def _servers_of(self, process: Process) -> tuple[Server, ...]:
        """The server that was started, and those that the code of a program starts."""
        if process.server.serves != "program":
            return (process.server,)
        if process.entered not in self._servers:
            self._servers[process.entered] = tuple(self._started(process.entered))
        return self._servers[process.entered]

    def _started(self, entered: Sequence[str]) -> Iterable[Server]:
        files = self._reach.files(tuple(entered))
        for use in self._ground.starts():
            inside = self._project.tables.function_around(use.ref).scope != 0
            if use.ref.path in entered or (inside and use.ref.path in files):
                yield self._ground.starters[use.name]

    def _scope_at(self, where: Location) -> ScopeRef:
        facts = self._project.files[where.path]
        offset = facts.line_starts[min(where.line, len(facts.line_starts)) - 1] + where.column - 1
        found = 0
        for scope in facts.scopes:
            start = min((decorator.pos - 1 for decorator in scope.decorators), default=scope.pos)
            if scope.kind in ("def", "lambda") and start <= offset < scope.body_end:
                found = scope.index
        return ScopeRef(where.path, found)
