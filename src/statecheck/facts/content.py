"""The bytes of a file, and what tells them from others."""

from __future__ import annotations

import os
import stat
from hashlib import blake2b
from typing import Final

# No Python source is so large; reading and scanning more would only take memory and time.
MAX_BYTES: Final = 64 * 2**20


def hashed(data: bytes) -> bytes:
    """What tells contents apart."""
    return blake2b(data, digest_size=20).digest()


def read(path: str) -> bytes:
    """The bytes of a regular file of bearable size. Raises OSError; ValueError says what is wrong in plain words."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise ValueError("is a directory")
    if not stat.S_ISREG(status.st_mode):  # a pipe would block for ever
        raise ValueError("is not a regular file")
    if status.st_size > MAX_BYTES:
        raise ValueError(f"too large to read ({status.st_size / 1e6:.1f} MB)")
    with open(path, "rb") as file:
        return file.read()
