"""Merging of Compose files, and the one form that each of their short and long forms is brought into."""

from __future__ import annotations

import re
from collections.abc import Mapping

from statecheck.deployments.overlays.values import (
    OVERRIDE,
    RESET,
    fields_of,
    items_of,
    renamed,
    scalar,
    with_fields,
    with_items,
)
from statecheck.deployments.tree import Datum

Path = tuple[str, ...]

# Below a service. Lists of "NAME=value" that mean a mapping; some write them with a colon.
_PAIRS = frozenset({
    ("environment",), ("labels",), ("annotations",), ("sysctls",), ("extra_hosts",), ("build", "args"),
    ("build", "labels"), ("build", "extra_hosts"), ("build", "additional_contexts"), ("deploy", "labels"),
})  # fmt: skip
_NAMES = frozenset({("depends_on",), ("networks",)})  # lists of names that mean a mapping
_REPLACED = frozenset({("command",), ("entrypoint",), ("healthcheck", "test")})
_SEVERAL = frozenset({("dns",), ("dns_search",), ("dns_opt",), ("env_file",), ("tmpfs",)})  # one value, or a list
_TARGETS = frozenset({("volumes",), ("secrets",), ("configs",), ("devices",)})
_UNIQUE = _SEVERAL | {
    ("ports",), ("expose",), ("cap_add",), ("cap_drop",), ("security_opt",), ("group_add",), ("profiles",),
    ("links",), ("external_links",), ("volumes_from",),
}  # fmt: skip
_PAIR = re.compile(r"(?P<name>[^=:]+)(?:[=:](?P<value>.*))?\Z", re.DOTALL)
_PORT = re.compile(
    r"(?:(?P<ip>\[[^\]]*\]|[^:]*):)?(?:(?P<published>[^:]*):)?(?P<target>[^:/]+)(?:/(?P<protocol>\w+))?\Z"
)
_DRIVE = re.compile(r"\A[A-Za-z]:[\\/]")


def normal(document: Datum) -> Datum:
    """A Compose file with every service in the long form of its mappings."""
    services = document.fields.get("services")
    if services is None or services.kind != "map":
        return document
    fields = {name: normal_service(service) for name, service in services.fields.items()}
    return with_fields(document, {**document.fields, "services": with_fields(services, fields)})


def normal_service(service: Datum) -> Datum:
    """A service in the long form of its mappings."""
    if service.kind != "map":
        return service
    fields = dict(service.fields)
    build = fields.get("build")
    if build is not None and build.kind == "value":
        context = scalar(build, build.value, "context")
        fields["build"] = with_fields(build, {"context": context})
    return with_fields(service, {key: _normal(below, (key,)) for key, below in fields.items()})


def _normal(datum: Datum, path: Path) -> Datum:
    if path in _PAIRS and datum.kind in ("list", "map"):
        return _pairs(datum)
    if path in _NAMES and datum.kind == "list":
        return with_fields(datum, {item.value: _null(item) for item in items_of(datum) if item.value})
    if path in (("build",), ("deploy",)) and datum.kind == "map":
        return with_fields(datum, {key: _normal(below, (*path, key)) for key, below in datum.fields.items()})
    return datum


def _pairs(datum: Datum) -> Datum:
    """``- NAME=value`` as a mapping. A name alone takes its value from the shell."""
    if datum.kind == "map":
        return datum
    fields: dict[str, Datum] = {}
    for item in items_of(datum):
        match = _PAIR.match(item.value) if "=" not in item.value else None
        name, equals, value = item.value.partition("=")
        if match is not None:
            name, equals, value = match["name"], match["value"] or "", match["value"] or ""
        if name:
            plain = item._replace(fields={}, items=(), key=name)
            fields[name] = plain._replace(value=value) if equals else _null(item)
    return with_fields(datum, fields)


def _null(item: Datum) -> Datum:
    return item._replace(kind="null", value="", fields={}, items=(), key=item.value.partition("=")[0])


def merged(base: Datum, over: Datum) -> Datum:
    """One Compose file in normal form laid over another. Both keep their places."""
    return _merged(base, over, ())


def merged_service(base: Datum, over: Datum) -> Datum:
    """One service laid over another, as ``extends`` does it."""
    return _merged(base, over, ("services", over.key))


def without_tags(datum: Datum) -> Datum:
    """The tree after merging: what was to be reset is gone, and no value is a tag any more."""
    if datum.kind == "map":
        kept = {key: without_tags(below) for key, below in datum.fields.items() if not _is(below, RESET)}
        same = len(kept) == len(datum.fields) and all(below is datum.fields[key] for key, below in kept.items())
        return datum if same and not _is(datum, OVERRIDE) else with_fields(datum._replace(value=""), kept)
    if datum.kind == "list":
        before = items_of(datum)
        items = [without_tags(item) for item in before if not _is(item, RESET)]
        same = len(items) == len(before) and all(new is old for new, old in zip(items, before, strict=True))
        return datum if same and not _is(datum, OVERRIDE) else with_items(datum._replace(value=""), items)
    return datum._replace(value="") if _is(datum, OVERRIDE) else datum


def _is(datum: Datum, tag: str) -> bool:
    return datum.value == tag and datum.kind != "value"


def _merged(base: Datum, over: Datum, path: Path) -> Datum:
    if _is(over, RESET) or _is(over, OVERRIDE) or over.kind == "null":
        return base if over.kind == "null" and not over.value else over
    inner = path[2:] if path[:1] == ("services",) else ("",)
    if inner in _REPLACED or _is(base, RESET):
        return over
    if base.kind == "map" and over.kind == "map":
        return _mappings(base, over, path)
    if inner in _SEVERAL or (base.kind == "list" and over.kind == "list"):
        return _lists(base, over, inner)
    return over


def _mappings(base: Datum, over: Datum, path: Path) -> Datum:
    if path[2:] == ("logging",) and len(path) == 3 and not _same_driver(base, over):
        return over
    fields = dict(base.fields)
    for key, below in over.fields.items():
        fields[key] = _merged(fields[key], below, (*path, key)) if key in fields else below
    return with_fields(base, fields)


def _same_driver(base: Datum, over: Datum) -> bool:
    drivers = {datum.text("driver") for datum in (base, over)} - {""}
    return len(drivers) < 2


def _lists(base: Datum, over: Datum, path: Path) -> Datum:
    """Items appended; of those that are told apart by a key the later takes the earlier's place."""
    items = [*_several(base), *_several(over)]
    if path in _TARGETS or path in _UNIQUE:
        by_key: dict[object, Datum] = {}
        for item in items:
            key = _identity(item, path)
            by_key[key] = item
        items = list(by_key.values())
    return with_items(base if base.kind == "list" else over._replace(key=base.key), items)


def _several(datum: Datum) -> tuple[Datum, ...]:
    return (renamed(datum, ""),) if datum.kind in ("value", "unknown") else items_of(datum)


def _identity(item: Datum, path: Path) -> object:
    """What tells an item from others of its list."""
    if path in _TARGETS:
        return target_of(item) or id(item)
    if path == ("ports",):
        return port_of(item) or id(item)
    if path == ("env_file",) and item.kind == "map":
        return item.text("path") or id(item)
    return item.value if item.kind == "value" else id(item)


def target_of(item: Datum) -> str:
    """Where a volume, secret or config stands in the container; "" where nobody can tell."""
    if item.kind == "map":
        return item.text("target") or item.text("source")
    if item.kind != "value":
        return ""
    parts = _DRIVE.sub("", item.value).split(":")
    return (parts[1] if len(parts) > 1 else parts[0]).rstrip("/") or "/"


def port_of(item: Datum) -> tuple[str, str, str, str] | None:
    """Address, port of the host, port of the container and protocol, ``None`` where nobody can tell."""
    if item.kind == "map":
        host = item.text("host_ip"), item.text("published")
        return (*host, item.text("target"), item.text("protocol") or "tcp")
    match = _PORT.match(item.value) if item.kind == "value" else None
    if match is None:
        return None
    ip, published = match["ip"] or "", match["published"] or ""
    if match["published"] is None:
        ip, published = "", ip  # "8000:80"
    return ip, published, match["target"], match["protocol"] or "tcp"


def is_service(datum: Datum) -> bool:
    """Does the mapping say what a container runs?"""
    return datum.kind == "map" and bool(datum.fields.keys() & {"image", "build", "extends", "provider"})


def services_of(document: Datum) -> Mapping[str, Datum]:
    """The services of a Compose file by name."""
    return fields_of(document.fields.get("services"))
