"""Deployment documents: one reader a format, all giving :class:`~statecheck.facts.documents.nodes.DocumentFacts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from types import MappingProxyType

from statecheck.facts.documents import hcl, nginx, yaml
from statecheck.facts.documents.nodes import DocumentFacts

# To add a format, write its reader and name it here.
READERS: Mapping[str, Callable[[bytes], DocumentFacts]] = MappingProxyType(
    {"yaml": yaml.read, "helm-template": yaml.read, "hcl": hcl.read, "nginx": nginx.read}
)

_NAMES: tuple[tuple[str, str], ...] = (
    ("*.yaml", "yaml"),
    ("*.yml", "yaml"),
    ("*.tf", "hcl"),
    ("*.tfvars", "hcl"),
    ("*.hcl", "hcl"),
    ("*.nomad", "hcl"),
    ("*nginx*.conf", "nginx"),
    ("*nginx*/*.conf", "nginx"),
)
_TEMPLATE_SUFFIXES = (".j2", ".jinja", ".jinja2", ".erb", ".tmpl", ".tpl", ".template")


def format_of(path: str) -> str:
    """The format that a file's name suggests, "" for none. A template's suffix is looked through: ``site.conf.j2``."""
    name = path.lower()
    for suffix in _TEMPLATE_SUFFIXES:
        name = name.removesuffix(suffix)
    return next((format for pattern, format in _NAMES if fnmatch(name, pattern)), "")


def read_document(path: str, data: bytes, format: str = "") -> DocumentFacts | None:
    """Facts of a document, ``None`` when no reader knows it. ``format`` is discovery's guess, "" to go by name."""
    reader = READERS.get(format or format_of(path))
    return None if reader is None else reader(data)
