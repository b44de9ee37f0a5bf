"""Bytes become text as Python itself would read them, or one clear line says why not."""

from __future__ import annotations

import codecs
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statecheck.facts.ir import ParseFailure
from statecheck.facts.source import Decoded, decode


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        pytest.param(b"", "", "utf-8", id="empty"),
        pytest.param("x = 'é'\n".encode(), "x = 'é'\n", "utf-8", id="UTF-8 without a coding line"),
        pytest.param(b"a\r\nb\rc\n", "a\r\nb\rc\n", "utf-8", id="newlines stay as they are"),
        pytest.param(codecs.BOM_UTF8 + b"x\n", "x\n", "utf-8-sig", id="byte order mark"),
        pytest.param(codecs.BOM_UTF8 + b"# coding: utf8\n", "# coding: utf8\n", "utf-8-sig",
                     id="mark and coding agree"),
        pytest.param(b"# coding: latin-1\n'\xe9'", "# coding: latin-1\n'é'", "iso8859-1", id="Latin-1 declared"),
        pytest.param(b"#!/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'",
                     "#!/bin/python\n# vim: set fileencoding=cp1252 :\n'€'", "cp1252", id="in the second line"),
        pytest.param(b"\r# coding=latin-1\r'\xe9'", "\r# coding=latin-1\r'é'", "iso8859-1", id="lines end in CR"),
        pytest.param(b"x = 1\n# coding: latin-1\n", "x = 1\n# coding: latin-1\n", "utf-8", id="not after code"),
        pytest.param(b"\n\n# coding: latin-1\n", "\n\n# coding: latin-1\n", "utf-8", id="not in the third line"),
        pytest.param(b"# coding: shift_jis\n'\x83\x5c'", "# coding: shift_jis\n'ソ'", "shift_jis", id="Shift-JIS"),
    ],
)  # fmt: skip
def test_decodes(data: bytes, text: str, encoding: str) -> None:
    decoded = decode(data)
    assert decoded == Decoded(text, encoding)
    assert text.encode(encoding) == data


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        pytest.param(b"x = 1\ny = 'ab\xe9'\n", 2, 8,
                     "byte 0xE9 is not UTF-8, and no coding line names another encoding",
                     id="Latin-1 without a coding line"),
        pytest.param("x = 'é'; y = 'é'".encode()[:-2], 1, 15,
                     "byte 0xC3 is not UTF-8, and no coding line names another encoding", id="cut in a character"),
        pytest.param("x = 1\n".encode("utf-16"), 1, 1,
                     "UTF-16 text: Python sources must be UTF-8 or declare their coding", id="UTF-16"),
        pytest.param(codecs.BOM_UTF16_BE + "x = 1\n".encode("utf-16-be"), 1, 1,
                     "UTF-16 text: Python sources must be UTF-8 or declare their coding", id="UTF-16, big end first"),
        pytest.param("x".encode("utf-32"), 1, 1,
                     "UTF-32 text: Python sources must be UTF-8 or declare their coding", id="UTF-32"),
        pytest.param(b"\n# coding: klingon\n", 2, 1, 'unknown encoding "klingon" in the coding line', id="unknown"),
        pytest.param(b"# coding: " + b"k" * 3000, 1, 1, f'unknown encoding "{"k" * 40}…" in the coding line',
                     id="long"),
        pytest.param(b"# coding: rot13\nk = 1\n", 1, 1, '"rot13" in the coding line is not a text encoding',
                     id="rot13"),
        pytest.param(b"# coding: hex\n", 1, 1, '"hex" in the coding line is not a text encoding', id="hex"),
        pytest.param(b"# coding: punycode\n", 1, 1, '"punycode" in the coding line is not a text encoding',
                     id="punycode"),
        pytest.param(b"# coding: undefined\n", 1, 1, 'cannot be decoded as "undefined"', id="undefined"),
        pytest.param(b'# coding: raw_unicode_escape\n"\\ud800"', 1, 1, 'cannot be decoded as "raw_unicode_escape"',
                     id="lone surrogate"),
        pytest.param(b"# coding: cp1252\n\n'\x81'\n", 3, 2,
                     'byte 0x81 is not valid in "cp1252", the encoding of the coding line', id="not in the charset"),
        pytest.param(codecs.BOM_UTF8 + b"# coding: latin-1\n", 1, 1,
                     'coding "latin-1" contradicts the UTF-8 byte order mark', id="mark and coding disagree"),
        pytest.param(b"x = 1\n\ny = '\0'\n" + b"z = 1\n" * 50, 3, 6, "contains NUL bytes at line 3", id="a NUL byte"),
        pytest.param(b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0>\0", 1, 8, "binary file, not Python source", id="binary"),
    ],
)  # fmt: skip
def test_refuses(data: bytes, line: int, column: int, message: str) -> None:
    assert decode(data) == ParseFailure(line, column, message)


@given(st.binary() | st.builds(lambda name, rest: b"# coding: " + name.encode() + b"\n" + rest,
                               st.sampled_from(["latin-1", "utf-16", "utf-7", "idna", "hz", "base64", "mbcs", "a.b"]),
                               st.binary()))  # fmt: skip
def test_any_bytes_give_text_that_encodes_back_or_a_place_inside_the_file(data: bytes) -> None:
    decoded = decode(data)
    if isinstance(decoded, ParseFailure):
        assert 1 <= decoded.line <= data.count(b"\n") + data.count(b"\r") + 1
        assert 1 <= decoded.column <= len(data) + 1
        assert "\n" not in decoded.message
    else:
        decoded.text.encode()  # no lone surrogates


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")).filter(lambda t: "coding" not in t))
def test_utf8_is_the_default(text: str) -> None:
    marked = text.startswith("\ufeff")
    assert decode(text.encode()) == Decoded(text.removeprefix("\ufeff"), "utf-8-sig" if marked else "utf-8")


def test_agrees_with_the_interpreter_on_its_own_coding_lines() -> None:
    for comment in ("coding: latin-1", "coding=latin-1", "-*- coding: latin-1 -*-", "xcoding:latin-1", "coding l1"):
        line = f"# {comment}"
        data = f'{line}\nx = "'.encode() + b"\xe9" + b'"\n'
        try:
            namespace: dict[str, str] = {}
            exec(compile(data, "x.py", "exec"), namespace)
            assert isinstance(decode(data), Decoded), (line, sys.version)
        except SyntaxError:
            assert isinstance(decode(data), ParseFailure), (line, sys.version)


def test_megabytes_are_decoded_quickly() -> None:
    started = time.process_time()
    assert isinstance(decode("x = 'é'\n".encode() * 1_000_000 + b"\xe9"), ParseFailure)
    assert time.process_time() - started < 5
