"""Whatever is done to a tree, a report from the cache is the one that is worked out anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statecheck import pipeline, runs
from statecheck.request import Request
from statecheck.settings import Settings

STATE = "from flask import Flask\napp = Flask(__name__)\nSEEN = {}\n\n\n@app.get('/')\ndef index():\n    SEEN[1] = 2\n"
CONTENTS = {
    "py": (STATE, STATE.replace("SEEN", "KNOWN"), "import os\nKEY = os.environ['KEY']\n", "", "def f(:\n"),
    "yaml": ("services:\n  web:\n    image: shop\n", "a: 1\n", "- [\n"),
}
FILES = ("app.py", "b.py", "sub/app.py", "tests/app.py", "compose.yaml")
PLANS = (Settings(), Settings(min_severity="low"), Settings(test_paths=("sub/",)), Settings(exclude=("b.py",)))

write = st.sampled_from(FILES).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(CONTENTS[name.partition(".")[2]]))
)
remove = st.tuples(st.sampled_from(FILES), st.none())
steps = st.lists(
    st.tuples(write | remove, st.sampled_from(PLANS), st.sampled_from(("", "sub"))), min_size=2, max_size=8
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_any_edits_give_the_reports_of_runs_without_a_cache(
    edits: list[tuple[tuple[str, str | None], Settings, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "shop"
        (root / "sub").mkdir(parents=True)
        (root / "tests").mkdir()
        (root / "statecheck.toml").write_text("")
        for (name, content), plan, part in edits:
            if content is None:
                (root / name).unlink(missing_ok=True)
            else:
                (root / name).write_text(content)
            request = Request(root, (root / part,) if part else (), plan, cache=Path(folder) / "kept")
            assert runs.check(request) == runs.check(request) == pipeline.check(request._replace(cache=None))
