"""How copies, mounts and state are put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from statecheck.deployments.containers import Count
from statecheck.deployments.mounts import Mount
from statecheck.deployments.workers import PER_CORE, WORKER
from statecheck.model import Finding, Location

TIMES = " \N{MULTIPLICATION SIGN} "
NAMED = 3  # pieces of state that a message names
PLACES: Mapping[str, str] = MappingProxyType({
    "bind": "the bind mount", "host": "the host path", "volume": "the volume", "claim": "the claim",
})  # fmt: skip


def counted(counts: Iterable[Count], finding: Finding) -> list[Count]:
    """The copies that matter to a finding: the workers of one container share its disk."""
    return [count for count in counts if finding.family != "disk" or count.word != WORKER]


def total(counts: Iterable[Count]) -> int:
    """How many copies there are for certain."""
    product = 1
    for count in counts:
        product *= count.number if count.number is not None and count.number > 0 else 1
    return product


def exact(counts: Iterable[Count]) -> int | None:
    """How many copies there are, None where only a run tells."""
    rows = list(counts)
    return None if any(count.number is None or count.most for count in rows) else total(rows)


def is_open(counts: Iterable[Count]) -> bool:
    """Can there be more copies than anybody wrote down?"""
    return any(count.number is None for count in counts)


def multiplied(counts: Iterable[Count]) -> str:
    """``4 workers``, times ``up to 3 replicas``. A factor of one says nothing."""
    return TIMES.join(_factor(count) for count in counts if count.number != 1)


def _factor(count: Count) -> str:
    if count.number is None and count.word == WORKER:
        return "one worker for each core" if count.text == PER_CORE else "several workers"
    if count.number is None:
        return f"any number of {plural(count.word)}"
    said = f"{count.number} {plural(count.word) if count.number != 1 else count.word}"
    return f"up to {said}" if count.most else said


def plural(word: str) -> str:
    """The plural of a word for a copy."""
    if word.endswith("s"):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def places(counts: Iterable[Count]) -> tuple[str, ...]:
    """Where the counts stand, each once: ``compose.yaml:7``."""
    return tuple(dict.fromkeys(place(count.location) for count in counts))


def place(where: Location) -> str:
    """A line of a file, for people."""
    return f"{where.path}:{where.line}"


def state(finding: Finding) -> str:
    """The name of what a finding speaks of, as its module knows it."""
    parts = finding.location.path.removesuffix(".py").removesuffix("/__init__").split("/")
    _, found, inner = f".{finding.symbol}".partition(f".{parts[-1]}.")
    return inner if found else finding.symbol


def listed(findings: Sequence[Finding]) -> str:
    """``CARTS`` (shop/cart.py:3), ``ORDERS`` (shop/orders.py:9) and 2 more."""
    named = [f"`{state(each)}` ({place(each.location)})" for each in findings[:NAMED]]
    more = len(findings) - len(named)
    if more:
        return f"{', '.join(named)} and {more} more"
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]


def added(message: str, sentence: str) -> str:
    """The message with one more sentence."""
    return f"{message.rstrip().removesuffix('.')}. {sentence}" if sentence else message


def own_copies(finding: Finding, counts: Sequence[Count]) -> str:
    """Each copy of the process keeps the state of a finding for itself."""
    if finding.harm == "repeated":
        return f"{_subject(counts)} do this on their own"
    kept = f"have their own copy of `{state(finding)}`" if finding.form is None else "keep their own"
    return f"{_subject(counts)} {kept}"


def own_disks(counts: Sequence[Count]) -> str:
    """Each copy of the container writes to its own disk."""
    return f"{_subject(counts)} write to a disk of their own"


def _subject(counts: Sequence[Count]) -> str:
    verb = "can each" if total(counts) == 1 else "each"
    return f"{_capital(multiplied(counts))} ({', '.join(places(counts))}) {verb}"


def one_copy(counts: Sequence[Count]) -> str:
    """Only one copy runs, because somebody said so."""
    said = ", ".join(f"`{count.text}`, {place(count.location)}" for count in counts if count.text)
    return f"Only one copy runs ({said}), which hides it for now"


def landing(mount: Mount) -> str:
    """Where what is written below a mount ends up."""
    if mount.kind == "empty":
        return f"It lands on an {mount.source} ({place(mount.location)}), which goes with its pod"
    called = f" {mount.source}" if mount.source else ""
    return f"It lands on {PLACES.get(mount.kind, 'the volume')}{called} ({place(mount.location)})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
