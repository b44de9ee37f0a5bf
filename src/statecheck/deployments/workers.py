"""How many worker processes a server starts: by its options, its variables, its settings file, or the code itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from statecheck.deployments.commands import Invocation, number, option, spelled
from statecheck.deployments.containers import Count
from statecheck.deployments.ground import Ground, Place
from statecheck.deployments.lines import Word, split
from statecheck.deployments.paths import select
from statecheck.deployments.tree import Datum
from statecheck.facts.ir import Const, Expr
from statecheck.facts.walk import span
from statecheck.rules.serving import Server

WORKER = "worker"
PER_CORE = "one for each core"
MAX_TEXT = 60


class Config(NamedTuple):
    """What a settings file of a server says: of the application, and of the workers."""

    applications: tuple[Word, ...] = ()
    workers: Count | None = None


def config_words(
    ground: Ground, place: Place, invocation: Invocation, variables: Mapping[str, Datum]
) -> tuple[Invocation, Config]:
    """The invocation with the options that variables add, and what its settings file says."""
    server = invocation.server
    more = [
        word
        for name in server.more
        if name in variables
        for line in split(variables[name].value, variables[name].location)
        for word in line
    ]
    invocation = invocation._replace(words=(*more, *invocation.words))
    named = [
        Word(variables[name].value, variables[name].location)
        for name in server.app_variables
        if name in variables and variables[name].kind == "value"
    ]
    given = option(invocation.words, server.config)
    names = [_without(server.config_prefixes, given.text)] if given else [*server.config_files]
    names += [word.text for word in invocation.words if word.known and word.text.endswith(server.config_suffixes)]
    paths = [path for name in names for path in place.paths(name)]
    config = _of_python(ground, server, paths) or _of_document(ground, server, paths) or Config()
    return invocation, config._replace(applications=(*named, *config.applications))


def _without(prefixes: Sequence[str], text: str) -> str:
    return text[len(next((prefix for prefix in prefixes if text.startswith(prefix)), "")) :]


def _of_python(ground: Ground, server: Server, paths: list[str]) -> Config | None:
    path = next((path for path in paths if ground.is_file(path)), None)
    if path is None:
        return None
    apps = [Word(value.value, ground.project.location(path, value.pos, value.end)) for key in server.app_keys
            for value in _bound(ground, path, key) if isinstance(value, Const) and value.kind == "str"]  # fmt: skip
    counts = [_count(ground, path, key, value) for key in server.worker_keys for value in _bound(ground, path, key)]
    return Config(tuple(apps), counts[-1] if counts else None)


def _bound(ground: Ground, path: str, name: str) -> Iterator[Expr]:
    for binding in ground.project.tables.files[path].bindings.get((0, name), ()):
        if binding.kind == "value" and binding.value is not None:
            yield binding.value


def _count(ground: Ground, path: str, key: str, value: Expr) -> Count:
    start, end = span(value)
    where = ground.project.location(path, start, end)
    return Count(_constant(value), False, WORKER, f"{key} = {_written(value)}", where)


def _constant(value: Expr) -> int | None:
    """The number that is written there. The default of a variable is none: the environment may say otherwise."""
    return number(value.value) if isinstance(value, Const) and value.kind in ("int", "str") else None


def _written(value: Expr) -> str:
    return value.value[:MAX_TEXT] if isinstance(value, Const) else "…"


def _of_document(ground: Ground, server: Server, paths: list[str]) -> Config | None:
    root = ground.document(paths)
    if root is None:
        return None
    apps = [Word(each.value, each.location) for key in server.app_keys for each in select(root, key) if each.value]
    counts = [
        Count(number(each.value), False, WORKER, f"{each.key} = {each.value}", each.location)
        for key in server.worker_keys
        for each in select(root, key)
        if each.kind == "value"
    ]
    return Config(tuple(apps), counts[-1] if counts else None)


def workers_of(
    ground: Ground, invocation: Invocation, variables: Mapping[str, Datum], config: Config, entered: tuple[str, ...]
) -> list[Count]:
    """The workers of a server; empty: one, without anybody having said so."""
    server, words = invocation.server, invocation.words
    pool = option(words, server.pools) if server.pools else None
    if (pool.text if pool else "") in server.shared_pools:
        return []
    given = option(words, server.workers)
    if given is not None:
        return [_given(given, spelled(words, server.workers), variables)]
    for name in server.worker_variables:
        if (said := invocation.sets.get(name)) is not None:
            return [Count(number(said.text), False, WORKER, f"{name}={said.text}", said.location)]
        if (datum := variables.get(name)) is not None:
            return [Count(number(datum.value), False, WORKER, f"{name}={datum.value}", datum.location)]
    if config.workers is not None:
        return [config.workers]
    if server.per_core:
        return [Count(None, False, WORKER, PER_CORE, invocation.program.location)]
    if server.serves == "program":
        return list(_started_by_code(ground, entered))
    return []


def _given(word: Word, text: str, variables: Mapping[str, Datum]) -> Count:
    """The value of an option; of ``$NAME`` the variable, of ``${NAME:-4}`` the default where nothing else is set."""
    name, _, default = word.text.strip("${}").partition(":-")
    if not word.text.startswith("$"):
        return Count(number(word.text), False, WORKER, text, word.location)
    if (said := variables.get(name)) is not None and said.kind == "value":
        return Count(number(said.value), False, WORKER, f"{name}={said.value}", said.location)
    return Count(number(default), False, WORKER, text, word.location)


def _started_by_code(ground: Ground, entered: tuple[str, ...]) -> Iterator[Count]:
    """The number that code gives to the call that starts its server, in the file that a program enters."""
    for use in ground.starts():
        server = ground.starters[use.name]
        if use.ref.path in entered[:1] and server.call_workers:
            for keyword in use.call.keywords:
                if keyword.name == server.call_workers:
                    yield _count(ground, use.ref.path, keyword.name, keyword.value)


def threads_of(invocation: Invocation) -> int | None:
    """The threads of one worker; None where nothing is said."""
    found = option(invocation.words, invocation.server.threads)
    return number(found.text) if found is not None else None
