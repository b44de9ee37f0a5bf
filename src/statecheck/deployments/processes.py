"""The processes that a tree is deployed as: what each runs, and in how many copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import dirname, relpath
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.deployments.branches import running
from statecheck.deployments.commands import Invocation, Programs, invocations, option, programs, scripts
from statecheck.deployments.containers import Container, Count, containers, platforms
from statecheck.deployments.entered import entered
from statecheck.deployments.ground import Ground, Place
from statecheck.deployments.images import Image, beside, image, joined
from statecheck.deployments.lines import Line, lines_of
from statecheck.deployments.mounts import Mount
from statecheck.deployments.overlays.purpose import Words, purpose_of, purpose_of_name, purpose_words
from statecheck.deployments.tree import Datum, Stage
from statecheck.deployments.variables import Environments
from statecheck.deployments.workers import config_words, threads_of, workers_of
from statecheck.model import Location
from statecheck.rules.platforms import Platform
from statecheck.rules.serving import Server

SERVING = ("request", "worker")
ASIDE = ("development", "test")
IMPORT_PATH = "PYTHONPATH"
IMAGE = "image"  # the unit of what an image runs that no document of the tree deploys


class Process(NamedTuple):
    """One kind of process of one deployment. ``entered``: the files that it runs first, none where nobody can tell.

    ``copies`` multiply: workers of a server, replicas of its unit. ``threads`` share the memory of one worker.
    """

    number: int  # tells it from the others of the tree
    name: str
    unit: str
    stage: str
    files: tuple[str, ...]  # the documents of its deployment
    development: bool
    location: Location
    server: Server
    runs: str  # program and application, for people: other options may hold what nobody should see
    entered: tuple[str, ...]
    copies: tuple[Count, ...]
    threads: int | None
    mounts: tuple[Mount, ...]
    folders: Mapping[str, str]  # variables that hold an absolute path


def processes(ground: Ground, stages: Iterable[Stage]) -> tuple[Process, ...]:
    """The processes of all stages, in order; then those of images that no stage builds."""
    found: dict[object, Process] = {}
    words = purpose_words(ground.models)
    for process in _without_twins(list(_Reader(ground, words).read(list(stages))), words):
        known = found.setdefault(_likeness(process), process)
        if known.files != process.files:  # an overlay that leaves it as it is
            files = tuple(dict.fromkeys((*known.files, *process.files)))
            found[_likeness(process)] = known._replace(files=files)
    return tuple(process._replace(number=number) for number, process in enumerate(found.values()))


def _without_twins(table: Sequence[Process], words: Words) -> Iterator[Process]:
    """Of processes of one deployment with the same code, those called after a purpose (``web-test``) are for that."""
    rows = [(process, purpose_of_name(process.unit, words) in ASIDE) for process in table]
    plain = {(process.stage, process.entered) for process, aside in rows if process.entered and not aside}
    for process, aside in rows:
        is_twin = aside and (process.stage, process.entered) in plain
        yield process._replace(development=True) if is_twin else process


def _likeness(process: Process) -> object:
    """What tells a process from one of another stage."""
    return (
        process.unit,
        process.runs,
        process.entered,
        process.copies,
        process.mounts,
        process.development,
        tuple(sorted(process.folders.items())),
    )


class _Reader:
    """Reads one tree."""

    def __init__(self, ground: Ground, words: Words) -> None:
        models = list(ground.models)
        self._words = words
        self._ground = ground
        self._programs: Programs = programs(models)._replace(own=ground.commands())
        self._platforms = platforms(models)
        self._environments = Environments(ground)
        self._built: dict[str, str] = {}  # image → the Dockerfile that a document builds it from
        self._used: set[str] = set()

    def read(self, stages: Sequence[Stage]) -> Iterator[Process]:
        found = [each for stage in stages for each in containers(stage, self._platforms)]
        for container in found:
            path = self._build_path(container)
            name = container.said(container.platform.image)
            if path and name:
                self._built[_without_tag(name)] = path
        for container in found:
            yield from self._of_container(container)
        for path in sorted(self._ground.images.keys() - self._used):
            yield from self._of_image(self._ground.images[path])

    # -- one container -------------------------------------------------------------------------------------------------

    def _of_container(self, container: Container) -> Iterator[Process]:
        platform = container.platform
        built = self._image_of(container)
        document = container.location.path
        base = self._base(container, built)
        directory = container.said(platform.directory) or (built.directory if built else "")
        mounted = [
            (mount.path, beside(document, mount.source))
            for mount in container.mounts
            if mount.kind == "bind" and mount.source.startswith(".")
        ]
        copied = built.copies if built else ()  # from below the context, while mounts are from below the document
        copies = [*((target, relpath(source or ".", base or ".")) for target, source in mounted), *copied]
        place = Place(base, directory, copies, document)
        variables = self._environments.of(container, built)
        invocation = self._invocation(container, built, place, variables)
        if invocation is None:
            return
        if built is not None and not self._is_aside(container):  # how somebody develops says nothing of the image
            self._used.add(built.path)
        yield self._process(container, invocation, place, variables)

    def _process(
        self, container: Container, invocation: Invocation, place: Place, variables: Mapping[str, Datum]
    ) -> Process:
        ground = self._ground
        invocation, config = config_words(ground, place, invocation, variables)
        run = entered(ground, place, invocation, config.applications, _import_folders(variables))
        if _is_foreign(config.workers, invocation, run.paths, place.base):
            config = config._replace(workers=None)
        is_ending = container.platform.ends and invocation.server.serves == "program"
        workers = workers_of(ground, invocation, variables, config, run.paths)
        return Process(
            number=-1,
            name=container.name,
            unit=container.unit,
            stage=container.stage.name,
            files=container.stage.files,
            development=self._is_aside(container),
            location=container.location,
            server=replace(invocation.server, serves="command") if is_ending else invocation.server,
            runs=_runs(invocation, run.reference),
            entered=run.paths,
            copies=(*workers, *container.copies),
            threads=threads_of(invocation),
            mounts=container.mounts,
            folders={name: said.value for name, said in variables.items() if said.value.startswith("/")},
        )

    def _is_aside(self, container: Container) -> bool:
        """Is it for development or tests, as its deployment says, or all of its profiles?"""
        profiles = [each.value for each in container.each(container.platform.profiles)]
        return container.stage.purpose in ASIDE or (
            bool(profiles) and all(purpose_of(profile, self._words) in ASIDE for profile in profiles)
        )

    def _of_image(self, built: Image) -> Iterator[Process]:
        place = Place(dirname(built.path), built.directory, built.copies, built.path)
        invocation = self._best((built.entrypoint, built.command), place, built.environment)
        if invocation is None:
            return
        stage = Stage(built.path, "", (built.path,), (built.datum,), purpose=purpose_of(built.path, self._words))
        platform = Platform(IMAGE, IMAGE)  # no document says more than the image does
        name = built.path
        container = Container(
            stage, platform, f"{IMAGE} {name}", name, built.datum, invocation.program.location, (), ()
        )
        yield self._process(container, invocation, place, built.environment)

    # -- which image, which command ------------------------------------------------------------------------------------

    def _invocation(
        self, container: Container, built: Image | None, place: Place, variables: Mapping[str, Datum]
    ) -> Invocation | None:
        platform = container.platform
        command = tuple(lines_of(container.at(platform.command)))
        entrypoint = tuple(lines_of(container.at(platform.entrypoint)))
        if built is not None:
            command = command or (() if entrypoint else built.command)
            entrypoint = entrypoint or built.entrypoint
        return self._best((entrypoint, command), place, variables)

    def _best(
        self, lines: tuple[Sequence[Line], Sequence[Line]], place: Place, variables: Mapping[str, Datum]
    ) -> Invocation | None:
        """Of what entrypoint and command start, the last server; without one the last program."""
        entrypoint, command = lines
        whole = [(*entrypoint[0], *command[0])] if len(entrypoint) == 1 and len(command) == 1 else []
        other: Invocation | None = None
        for tried in (whole, command, entrypoint):
            found = invocations(tried, self._programs)
            serving = [each for each in found if each.server.serves in SERVING]
            if serving:
                return serving[-1]
            other = other or next(reversed(found), None)
        return other or self._of_scripts(whole or [*entrypoint, *command], place, variables)

    def _of_scripts(self, lines: Sequence[Line], place: Place, variables: Mapping[str, Datum]) -> Invocation | None:
        """What scripts of the tree start. One that can start several servers says too little."""
        said = {name: value.value for name, value in variables.items() if value.kind == "value"}
        found = [
            invocation
            for name, arguments in scripts(lines)
            for invocation in self._started(self._ground.script(place.paths(name)), arguments, said)
        ]
        serving = [each for each in found if each.server.serves in SERVING]
        several = len({each.server.id for each in serving}) > 1
        return None if several else next(reversed(serving or found), None)

    def _started(self, script: Sequence[Datum], arguments: Line, said: Mapping[str, str]) -> list[Invocation]:
        """What a script starts with these arguments; where that is nothing, what it may start with others."""
        lines = running([(item.value, item.location) for item in script], arguments, said)
        return invocations(lines, self._programs) or invocations(
            [line for item in script for line in lines_of(item)], self._programs
        )

    def _build_path(self, container: Container) -> str:
        """The Dockerfile that a document names, by itself or by a build context; "" for none."""
        platform = container.platform
        context = container.said(platform.build)
        name = container.said(platform.dockerfile)
        if not context and not name:
            return ""
        folder = beside(container.location.path, context or ".")
        path = joined(folder, name or "Dockerfile")
        return path if path in self._ground.images else ""

    def _image_of(self, container: Container) -> Image | None:
        path = self._build_path(container)
        name = _without_tag(container.said(container.platform.image))
        path = path or self._built.get(name, "") or (self._called(name) if name else self._beside(container))
        built = self._ground.images.get(path)
        target = container.said(container.platform.target) if path == self._build_path(container) else ""
        return image(path, built.datum, target) if built is not None and target else built

    def _called(self, name: str) -> str:
        """The Dockerfile of an image that no document builds: the one whose folder or module the image is called by."""
        last = name.rpartition("/")[2].lower()
        words = {last, *last.replace("_", "-").split("-")}
        images = self._ground.images
        near = [path for path in images if _folder(path) in words]
        if not near and len(images) == 1 and words & {module.lower() for module in self._ground.modules()}:
            near = list(images)
        return near[0] if len(near) == 1 else ""

    def _beside(self, container: Container) -> str:
        """Of a platform that builds the folder of its document: the Dockerfile there."""
        has_command = container.at((*container.platform.command, *container.platform.entrypoint)) is not None
        path = beside(container.location.path, "Dockerfile")
        return path if container.platform.dockerfile or not has_command else ""

    def _base(self, container: Container, built: Image | None) -> str:
        context = container.said(container.platform.build)
        if context or built is None:
            return beside(container.location.path, context or ".")
        return dirname(built.path)


def _is_foreign(said: Count | None, invocation: Invocation, run: Sequence[str], base: str) -> bool:
    """Does it stand in a file that nobody named, outside of the folder that the image is built from?"""
    files, given = invocation.server.config_files, option(invocation.words, invocation.server.config)
    if said is None or not base or given is not None or said.location.path.rpartition("/")[2] not in files:
        return False
    return all(path.startswith(f"{base}/") for path in run) and not said.location.path.startswith(f"{base}/")


def _import_folders(variables: Mapping[str, Datum]) -> list[str]:
    said = variables.get(IMPORT_PATH)
    return [folder for folder in said.value.split(":") if folder and "$" not in folder] if said is not None else []


def _runs(invocation: Invocation, reference: str) -> str:
    program = invocation.program.text.rpartition("/")[2]
    name, _, given = reference.partition("(")
    if given and given != ")":  # arguments may hold what nobody should see
        reference = f"{name}(\N{HORIZONTAL ELLIPSIS})"
    return program if program == reference.rpartition("/")[2] else f"{program} {reference}".strip()


def _without_tag(name: str) -> str:
    head, _, last = name.partition("@")[0].rpartition("/")
    return f"{head}/{last.partition(':')[0]}".lstrip("/")


def _folder(path: str) -> str:
    return dirname(path).rpartition("/")[2].lower()
