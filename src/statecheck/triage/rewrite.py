"""Putting a changed text back into its file: line ends, encoding and mode stay, and nothing is ever half written."""

from __future__ import annotations

import os
from pathlib import Path

from statecheck.facts.ir import ParseFailure
from statecheck.facts.source import decode
from statecheck.triage.texts import is_python


class RewriteError(Exception):
    """A file that cannot be rewritten. The text says why."""


def text_of(path: str, data: bytes) -> str:
    """The text of a file as its facts count it. Raises RewriteError."""
    if not is_python(path):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise RewriteError("it is not UTF-8") from None
    source = decode(data)
    if isinstance(source, ParseFailure):
        raise RewriteError(source.message)
    return source.text


def rewritten(path: str, data: bytes, text: str, what: str) -> bytes:
    """The bytes of the file with another text: it reads back as what was meant, and parses. Raises RewriteError.

    ``what`` names the change in an error: "the comment".
    """
    if not is_python(path):
        return text.encode("utf-8")
    source = decode(data)
    if isinstance(source, ParseFailure):
        raise RewriteError(source.message)
    try:
        changed = text.encode(source.encoding)
    except UnicodeEncodeError:
        raise RewriteError(f"{what} cannot be written in {source.encoding}") from None
    again = decode(changed)
    if isinstance(again, ParseFailure) or again.text != text:
        raise RewriteError(f"{what} would change how the file is decoded")
    import libcst

    try:
        libcst.parse_module(text)
    except Exception as error:  # whatever the parser raises, the file stays as it is
        raise RewriteError(f"the file would not parse any more ({type(error).__name__})") from None
    return changed


def replace_content(path: Path, known: bytes, changed: bytes) -> None:
    """Put the new content in place of the known one, at once. Raises RewriteError where it is another by now; OSError.

    A link stays a link: what it points to is changed.
    """
    real = Path(os.path.realpath(path))
    part = real.with_name(f"{real.name}.{os.getpid()}.part")
    try:
        part.write_bytes(changed)
        part.chmod(real.stat().st_mode & 0o7777)
        if real.read_bytes() != known:
            raise RewriteError("it has changed since it was read")
        part.replace(real)
    finally:
        part.unlink(missing_ok=True)
