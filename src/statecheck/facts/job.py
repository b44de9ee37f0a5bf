"""Work on one file, in whichever process: read, decode, bound, extract. No exception leaves it."""

from __future__ import annotations

import importlib
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from statecheck.facts.bounds import Bounded, bound
from statecheck.facts.content import hashed, read
from statecheck.facts.ir import FileFacts, ParseFailure
from statecheck.facts.source import decode

T = TypeVar("T")

EXTRACTOR: Final = "statecheck.facts.python:extract"
SHARED_EXTRACTOR: Final = "statecheck.facts.python:extract_beside_others"  # for a process that is not our own

# LibCST's parser recurses natively: 7 KB for each nested bracket, about 1 KB for each elif, and as much again while
# it builds Python objects. Twenty thousand elif need 60 MB. Only what is touched is ever committed.
STACK_SIZES: Final = (256 * 2**20, 64 * 2**20, 16 * 2**20)  # the smaller ones where address space is limited
RECURSION_LIMIT: Final = 50_000


class Outcome(Struct, frozen=True):
    """Facts of a file as msgpack, or in ``problem`` what kept us from having any. ``content``: the hash of the file."""

    facts: bytes = b""
    problem: str | None = None
    content: bytes = b""


def examine(path: str, extractor: str) -> Outcome:
    """Read a file and extract its facts."""
    try:
        data = read(path)
    except (OSError, ValueError) as error:
        return unreadable(error)
    return examine_content(data, extractor)


def examine_content(data: bytes, extractor: str) -> Outcome:
    """Extract the facts of a file that has been read."""
    try:
        return Outcome(msgspec.msgpack.encode(_facts(data, extractor)), content=hashed(data))
    except MemoryError:
        return Outcome(problem="not analysed: out of memory")
    except Exception as error:  # a defect of ours must cost this file, not the run
        return Outcome(problem=f"not analysed: internal error, {one_line(error)}")


def decode_facts(data: bytes) -> FileFacts:
    """Facts from the msgpack of :class:`Outcome`. A chain of 1,000 calls is nested deeper than the usual limit."""
    try:
        return msgspec.msgpack.decode(data, type=FileFacts)
    except RecursionError:
        return roomy(lambda: msgspec.msgpack.decode(data, type=FileFacts))


def is_safe_here(path: str) -> bool:
    """May the file be parsed in this process, or has it a shape that has taken parsers down?"""
    try:
        return is_safe_content(read(path))
    except (OSError, ValueError):
        return True


def is_safe_content(data: bytes) -> bool:
    """The same of a file that has been read."""
    decoded = decode(data)
    if isinstance(decoded, ParseFailure):
        return True
    bounded = bound(decoded.text)
    return isinstance(bounded, ParseFailure) or not bounded.risky


def roomy(work: Callable[[], T], time_limit: float | None = None) -> T:
    """Run ``work`` in a thread with a large stack and a high recursion limit; give or raise what it does.

    Raises TimeoutError after ``time_limit`` seconds. The thread then goes on: nothing can end it.
    """
    given: list[T] = []
    caught: list[BaseException] = []

    def guarded() -> None:
        try:
            given.append(work())
        except BaseException as error:
            caught.append(error)

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    try:
        thread = _started(guarded)
        last = math.inf if time_limit is None else time.monotonic() + time_limit
        while thread.is_alive():
            if time.monotonic() >= last:
                raise TimeoutError
            thread.join(max(0.0, min(1.0, last - time.monotonic())))  # one without a limit cannot be interrupted
    finally:
        sys.setrecursionlimit(limit)
    if caught:
        raise caught[0]
    return given[0]


def bring_in(extractor: str) -> Callable[[str, str, frozenset[int]], FileFacts]:
    """Import the extractor, and with it LibCST."""
    module, _, function = extractor.partition(":")
    found: Callable[[str, str, frozenset[int]], FileFacts] = getattr(importlib.import_module(module), function)
    if extractor in (EXTRACTOR, SHARED_EXTRACTOR):
        importlib.import_module("libcst")  # they import it only when they are first called
    return found


def _started(work: Callable[[], None]) -> threading.Thread:
    """A running thread with the largest stack that can be had. The work begins when the process has its own size back.

    Work that starts such a thread itself would else read the size set for this one, and leave it set.
    """
    before, reset = threading.stack_size(), threading.Event()

    def begin() -> None:
        reset.wait()
        work()

    try:
        for size in STACK_SIZES:
            try:
                threading.stack_size(size)
                thread = threading.Thread(target=begin, daemon=True)
                thread.start()
                return thread
            except (RuntimeError, ValueError):
                continue
    finally:
        threading.stack_size(before)
        reset.set()
    raise RuntimeError("cannot start a thread")


def _facts(data: bytes, extractor: str) -> FileFacts:
    decoded = decode(data)
    if isinstance(decoded, ParseFailure):
        return FileFacts(failure=decoded)
    bounded = bound(decoded.text)
    if not isinstance(bounded, Bounded):
        return FileFacts(length=len(decoded.text), encoding=decoded.encoding, failure=bounded)
    return bring_in(extractor)(bounded.text, decoded.encoding, bounded.elided)


def unreadable(error: OSError | ValueError) -> Outcome:
    """What becomes of a file that :func:`read` could not read."""
    if isinstance(error, FileNotFoundError):
        return Outcome(problem="cannot be read: no such file (removed meanwhile, or a dangling link)")
    if isinstance(error, OSError):
        return Outcome(problem=f"cannot be read: {(error.strerror or type(error).__name__).lower()}")
    return Outcome(problem=f"not analysed: {error}")


def one_line(error: Exception) -> str:
    """What an exception says, fit for a message."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= 160 else text[:159] + "…"
