"""Where an import goes: among its like, under the docstring and ``from __future__``, above its first use."""

from __future__ import annotations

import libcst
import pytest

from statecheck.facts.python import extract
from statecheck.fixes.imports import added


def with_import(text: str, statement: str = "import os") -> str | None:
    """``X`` marks the first use."""
    edit = added(text, extract(text), statement, text.index("X") if "X" in text else len(text))
    if edit is None:
        return None
    new = text[: edit.start] + edit.text + text[edit.end :]
    libcst.parse_module(new)
    return new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X = 1\n", "import os\n\nX = 1\n"),
        ('"""Doc."""\nX = 1\n', '"""Doc."""\n\nimport os\n\nX = 1\n'),
        ('"""Doc.\n\nLong.\n"""\n\nX = 1\n', '"""Doc.\n\nLong.\n"""\n\nimport os\n\nX = 1\n'),
        ("def X(): ...\n", "import os\n\n\ndef X(): ...\n"),
        ("@a\ndef X(): ...\n", "import os\n\n\n@a\ndef X(): ...\n"),
        ("# about X\nX = 1\n", "import os\n\n# about X\nX = 1\n"),
        ("#!/usr/bin/python\n# coding: utf-8\nX = 1\n", "#!/usr/bin/python\n# coding: utf-8\n\nimport os\n\nX = 1\n"),
        ("# licence\n\n# about X\nX = 1\n", "# licence\n\nimport os\n\n# about X\nX = 1\n"),
        ("import json\nimport sys\n\nX = 1\n", "import json\nimport os\nimport sys\n\nX = 1\n"),
        ("import json\nX = 1\n", "import json\nimport os\nX = 1\n"),
        ("import sys\nX = 1\n", "import os\nimport sys\nX = 1\n"),
        ("from re import x\n\nX = 1\n", "import os\nfrom re import x\n\nX = 1\n"),
        ("import json\nfrom re import (\n    x,\n)\nX\n", "import json\nimport os\nfrom re import (\n    x,\n)\nX\n"),
        ("from flask import Flask\n\nX = 1\n", "import os\n\nfrom flask import Flask\n\nX = 1\n"),
        ("from . import a\n\nX = 1\n", "import os\n\nfrom . import a\n\nX = 1\n"),
        ("import re\n\nimport flask\n\nX = 1\n", "import os\nimport re\n\nimport flask\n\nX = 1\n"),
        (
            "from __future__ import annotations\n\nfrom re import x\nX = 1\n",
            "from __future__ import annotations\n\nimport os\nfrom re import x\nX = 1\n",
        ),
        ("from __future__ import annotations\nX = 1\n", "from __future__ import annotations\n\nimport os\n\nX = 1\n"),
        ("try:\n    import a\nexcept E: ...\nX = 1\n", "import os\n\ntry:\n    import a\nexcept E: ...\nX = 1\n"),
        ("import json\r\n\r\nX = 1\r\n", "import json\r\nimport os\r\n\r\nX = 1\r\n"),
        ("import json; import sys\nX = 1\n", "import json; import sys\nimport os\nX = 1\n"),
        ("X = 1\nimport json\n", "import os\n\nX = 1\nimport json\n"),
    ],
)  # fmt: skip
def test_an_import_of_the_standard_library(old: str, new: str) -> None:
    assert with_import(old) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X = 1\n", "from decouple import config\n\nX = 1\n"),
        ("import re\n\nX = 1\n", "import re\n\nfrom decouple import config\n\nX = 1\n"),
        ("import re\n\nfrom a import b\nfrom flask import c\n\nX = 1\n",
         "import re\n\nfrom a import b\nfrom decouple import config\nfrom flask import c\n\nX = 1\n"),
        ("import flask\n\nX = 1\n", "import flask\nfrom decouple import config\n\nX = 1\n"),
    ],
)  # fmt: skip
def test_an_import_of_a_library(old: str, new: str) -> None:
    assert with_import(old, "from decouple import config") == new


@pytest.mark.parametrize("text", ['"""Doc."""; X = 1\n', "from __future__ import annotations; X = 1\n"])
def test_no_line_of_its_own_no_import(text: str) -> None:
    assert with_import(text) is None
