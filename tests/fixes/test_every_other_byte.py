"""Whatever a file looks like: a fix touches nothing but its own places, the result parses and is silent."""

from __future__ import annotations

from fixing import assert_settled, mended, pieced_together
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statecheck.fixes.splicing import spliced
from statecheck.model import Edit, Fix

RULES = ("secret", "random-secret", "dsn", "debug-flag", "unused-suppression")

HEADS = (
    "#!/usr/bin/env python",
    "# -*- coding: utf-8 -*-",
    '"""Ä docstring."""',
    "'''One\n\nof several lines.\n'''",
    "from __future__ import annotations",
)
IMPORTS = (
    "import json",
    "import os",
    "import os as system, sys",
    "import secrets",
    "from os import environ",
    "from re import (\n    compile,  # a comment\n    search,\n)",
    "from flask import Flask",
    "import environ as django_environ\nenv = django_environ.Env()\nA = env('A')",
    "from decouple import config\nB = config('B')",
    "try:\n    import ujson\nexcept ImportError:\n    ujson = None",
    "",
    "# über",
)
BODIES = (
    'SECRET_KEY = "k3y-9f27c1d0a84e5b6677"',
    "PAYMENT_API_KEY: str = 'ab12-cd34-ef56-gh78'   # trailing  ",
    'DB = {"url": "postgresql://shop:h7Gx2pQ@db.example.com/shop",\t"x":1 }',
    "import os; TOKEN_SECRET = os.environ.get( 'TOKEN_SECRET' ,\n  'zx81-spectrum-4711' )",
    "import secrets as s\nSESSION_SECRET = s.token_hex ( 32 )",
    'if True:\n\tAPI_SECRET = ("qq77-aa88-"\n\t\t"bb99-cc00")',
    "x = [ 1,2 ,3 ]  # statecheck: ignore[mutated-global, secret] -- why: ∞",
    "# statecheck: ignore[dsn]",
    "y = f'{1:>{3}}' '''\n'''",
    "\x0c",
    "",
)


@st.composite
def sources(draw: st.DrawFn) -> str:
    head = [part for part in HEADS if draw(st.booleans())]
    imports = draw(st.lists(st.sampled_from(IMPORTS), max_size=5))
    bodies = draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=5))
    text = "\n".join([*head, *imports, *bodies]) + draw(st.sampled_from(["\n", "", "\n\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sources())
def test_fixes_of_any_file(text: str) -> None:
    rules = (*RULES, "mutated-global")
    assert_settled({"app.py": text}, mended({"app.py": text}, rules), rules)


@st.composite
def texts_and_fixes(draw: st.DrawFn) -> tuple[str, list[Fix]]:
    text = draw(st.text(max_size=30))
    fixes = []
    for _ in range(draw(st.integers(0, 6))):
        bounds = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=len(text) > 6)))
        spans = zip(bounds[::2], bounds[1::2], strict=False)
        edits = {start: Edit(start, end, draw(st.text(max_size=4))) for start, end in spans}
        fixes.append(Fix("app.py", tuple(edit for edit in edits.values()), "safe", ""))
    return text, fixes


@given(texts_and_fixes())
def test_edits_are_spliced_in_and_those_that_touch_wait(given: tuple[str, list[Fix]]) -> None:
    text, fixes = given
    new, done = spliced(text, fixes)
    assert new == pieced_together(text, done)
    assert bool(done) == bool(fixes)
    assert spliced(text, done) == (new, done)
