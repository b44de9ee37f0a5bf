"""Whose machine does an address name: this one, one of our own network, one of the documentation, or a public one?

Only what every network knows: reserved names and ranges. Which schemes are backing services is data of the rules.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Literal, NamedTuple

Whose = Literal["local", "inside", "documentation", "public", ""]

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<user>[^\s/@]*)@)?(?P<host>\[[0-9a-f:]+\]|[^\s/:?\#,;@]*)(?::(?P<port>\d+))?",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?P<host>\[[0-9a-f:]+\]|[^\s/:?\#,;@]+)(?::(?P<port>\d{2,5}))?$", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$", re.IGNORECASE)

LOOPBACK = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "0.0.0.0", "::", "::1"})
CONTAINER_HOST = ("docker.internal", "containers.internal", "orb.local")
INSIDE = ("internal", "local", "lan", "intranet", "corp", "home", "private", "localdomain", "svc", "consul")
DOCUMENTATION = (
    "example.com",
    "example.org",
    "example.net",
    "example",
    "test",
    "invalid",
    "domain.com",
    "yourdomain.com",
)
NOBODY = frozenset(
    {"example", "invalid", "dummy", "none", "unknown", "nowhere", "placeholder", "fake", "your-host", "host"}
)
PRIVATE = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
DOCUMENTED = tuple(ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))


class Address(NamedTuple):
    """The parts of an address. ``scheme`` is "" for a bare host, ``host`` "" where none is named."""

    scheme: str
    host: str
    port: str

    @property
    def whose(self) -> Whose:
        """Whose machine it is; "" where nobody can tell."""
        return whose(self.host)


def address(text: str) -> Address | None:
    """The address that the whole text begins with; None for anything else."""
    match = _URL.match(text)
    if match is not None:
        return Address(match["scheme"].lower(), match["host"].strip("[]"), match["port"] or "")
    match = _BARE.match(text)
    return Address("", match["host"].strip("[]"), match["port"] or "") if match is not None else None


def whose(host: str) -> Whose:
    """Whose machine the name or number of a host stands for."""
    name = host.lower().rstrip(".")
    if name in LOOPBACK or name.startswith("127.") or _is_below(name, CONTAINER_HOST):
        return "local"
    try:
        number = ip_address(name)
    except ValueError:
        return _whose_name(name)
    if any(number in network for network in PRIVATE if network.version == number.version):
        return "inside"
    return (
        "documentation"
        if any(number in network for network in DOCUMENTED if network.version == number.version)
        else "public"
    )


def _whose_name(name: str) -> Whose:
    if not _NAME.match(name):
        return ""
    if "." not in name:
        return "local"  # a container, or an entry of the hosts file
    if _is_below(name, DOCUMENTATION) or name.partition(".")[0] in NOBODY:
        return "documentation"
    if _is_below(name, INSIDE) or name.startswith(("internal.", "internal-")):
        return "inside"
    return "public" if re.search(r"[a-z]", name.rpartition(".")[2]) else ""


def _is_below(name: str, domains: tuple[str, ...]) -> bool:
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)
