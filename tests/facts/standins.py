"""Extractors that misbehave on demand, in the place of the real one. Workers import them by name."""

from __future__ import annotations

import os
import signal
import time

from statecheck.facts.ir import FileFacts

OBEDIENT = "standins:obedient"


def obedient(text: str, encoding: str, elided: frozenset[int]) -> FileFacts:
    """Do what the text says: crash, hang, raise, or be done."""
    if "CRASH" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "HANG" in text:
        time.sleep(3600)
    if "RAISE" in text:
        raise KeyError("a defect")
    return FileFacts(length=len(text) - len(elided), encoding=encoding)
