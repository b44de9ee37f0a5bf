"""Deployment documents: one reader a format, all giving :class:`~statecheck.facts.documents.nodes.DocumentFacts`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import msgspec

from statecheck.facts.documents import bicep, directives, hcl, ini, json, nginx, scripts, toml, yaml
from statecheck.facts.documents.embedded import embedded
from statecheck.facts.documents.nodes import DocumentFacts
from statecheck.facts.formats import format_of

# To add a format, write its reader, name it here, and say in facts/formats.py which files are of it.
READERS: Mapping[str, Callable[[bytes], DocumentFacts]] = MappingProxyType({
    "yaml": yaml.read,
    "helm-template": yaml.read,
    "json": json.read,
    "tf-json": partial(json.read, format="hcl"),
    "toml": toml.read,
    "hcl": hcl.read,
    "nginx": nginx.read,
    "vcl": nginx.read_vcl,
    "haproxy": directives.haproxy,
    "apache": directives.apache,
    "caddyfile": directives.caddyfile,
    "keepalived": directives.keepalived,
    "squid": directives.squid,
    "ini": ini.read,
    "env": ini.env,
    "dockerfile": scripts.dockerfile,
    "procfile": scripts.procfile,
    "shell": scripts.shell,
    "makefile": scripts.makefile,
    "bicep": bicep.read,
})  # fmt: skip

_HOLDERS = frozenset({"yaml", "helm-template", "json", "hcl"})
# Formats that share file names: the content says which it is.
_SHARED = frozenset({"cfn", "conf"})
_FIRST = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s+|[#;][^\n]*\n)*(?P<first>\S+)")
_APACHE = re.compile(
    rb"^\s*<(VirtualHost|Proxy|Location|Directory|IfModule|IfDefine|Macro|Files)\b", re.IGNORECASE | re.MULTILINE
)
_STACK = re.compile(rb"^(AWSTemplateFormatVersion|Resources|Transform)\s*:", re.MULTILINE)
_HAPROXY = re.compile(rb"^(backend|frontend|listen)\s+\S+\s*$", re.MULTILINE)
_NGINX = re.compile(rb"[;{]\s*(#.*)?$", re.MULTILINE)


def read_document(path: str, data: bytes, format: str = "") -> DocumentFacts | None:
    """Facts of a document, ``None`` when no reader knows it. ``format`` is discovery's guess, "" to go by name."""
    name = format or format_of(path)
    reader = READERS.get(_by_content(name, data) if name in _SHARED else name)
    if reader is None:
        return None
    facts = reader(data)
    inner = embedded(facts, data, READERS) if facts.format in _HOLDERS else ()
    return msgspec.structs.replace(facts, embedded=inner) if inner else facts


def _by_content(name: str, data: bytes) -> str:
    """The format of a file whose name several formats share, "" for one that is none of them."""
    match = _FIRST.match(data[:20_000])
    first = match["first"] if match else b""
    head = data[:100_000]
    if name == "cfn" and first.startswith(b"{") and not first.startswith(b"{%") and not first.startswith(b"{{"):
        return "json"
    if name == "cfn" and _STACK.search(head):
        return "yaml"
    if _APACHE.search(head):
        return "apache"
    if first.startswith(b"["):
        return "ini"
    if _HAPROXY.search(head):
        return "haproxy"
    return "nginx" if _NGINX.search(head) else ""
