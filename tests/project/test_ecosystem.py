"""Where the frameworks of the ecosystem call user code: a write there is state, sure and with a name to find it by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from statecheck.model import Finding
from statecheck.testing import Case, report_of

PAGE = Path(__file__).with_name("ecosystem.md").read_text(encoding="utf-8")
HANDLERS = re.findall(r"^## ([\w-]+): ([^\n]+)\n\n```python\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL)
FRAMEWORKS = [row[0] for row in HANDLERS]
STATE = "SEEN = {}\n"


def findings(files: dict[str, str]) -> list[Finding]:
    report = report_of(Case("handler", files, ()), ("mutated-global", "singleton-state", "rebound-global"))
    assert report.errors == ()
    return [*report.findings, *report.hidden]


def with_state(source: str, write: str) -> dict[str, str]:
    """The handler with its write, and the state: in the same file, or in the module that it is taken from."""
    source = source.replace("STATE", write)
    return {"app.py": source, "store.py": STATE} if "import SEEN" in source else {"app.py": STATE + source}


def test_every_handler_of_the_page_is_read() -> None:
    assert len(HANDLERS) == PAGE.count("\n## ") > 70
    assert all(source.count("STATE") == 1 for _, _, source in HANDLERS)


@pytest.mark.parametrize(("label", "source"), [row[1:] for row in HANDLERS], ids=FRAMEWORKS)
def test_a_handler_that_writes_to_a_module_is_state_for_sure(label: str, source: str) -> None:
    [finding] = findings(with_state(source, 'SEEN["n"] = 1'))
    assert (finding.name, finding.confidence) == ("mutated-global", "high")
    assert label in finding.entry_points


@pytest.mark.parametrize("source", [row[2] for row in HANDLERS], ids=FRAMEWORKS)
def test_a_handler_that_writes_to_its_own_variable_is_none(source: str) -> None:
    assert findings(with_state(source, 'seen = {}; seen["n"] = 1')) == []


PAGE_OF_SESSIONS = "import streamlit as st\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('SEEN = {}\nst.title("x")\nSEEN["n"] = 1\n', id="a variable of the script"),
        pytest.param('SEEN = {}\ndef add():\n    SEEN["n"] = 1\nst.button("Add", on_click=add)\n', id="in a callback"),
        pytest.param('st.title("x")\nst.session_state["n"] = 1\nst.session_state.n += 1\n', id="the session's state"),
    ],
)
def test_a_script_that_runs_anew_for_each_session_keeps_nothing(source: str) -> None:
    assert findings({"app.py": PAGE_OF_SESSIONS + source}) == []


def test_what_a_script_changes_in_a_module_that_it_imports_is_shared_by_all_sessions() -> None:
    script = PAGE_OF_SESSIONS + 'import store\nst.title("x")\nstore.SEEN["n"] = 1\n'
    [finding] = findings({"app.py": script, "store.py": STATE})
    assert (finding.location.path, finding.confidence, finding.entry_points) == ("store.py", "high", ("script app",))


def test_a_resource_that_all_sessions_share_is_state_once_they_change_it() -> None:
    made = PAGE_OF_SESSIONS + "@st.cache_resource\ndef rooms():\n    return {}\n"
    [finding] = findings({"app.py": made + 'st.title("x")\nrooms()["n"] = 1\n'})
    assert (finding.name, finding.confidence) == ("singleton-state", "high")
    assert findings({"app.py": made + 'st.title("x")\nst.write(rooms().get("n"))\n'}) == []
