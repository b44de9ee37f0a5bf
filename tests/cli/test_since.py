"""``--since`` and ``--staged`` from outside, in real repositories: what is reported is what a change brings."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import GIFT, SHOP, STATE, call_joined, git_in

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector:
    app: shop
"""
STICKY = SERVICE + "  sessionAffinity: ClientIP\n"
ORDERS = SHOP.replace("CARTS", "ORDERS").replace("app", "shop").replace("/cart", "/order").replace("/gift", "/present")

Run = Callable[..., tuple[int, str]]
Check = Callable[..., tuple[int, list[tuple[str, str, str | None]]]]


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit on main, and a branch that is checked out."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git_in(folder, "init", "-q", "-b", "main")
    (folder / "statecheck.toml").write_text("")
    (folder / "app.py").write_text(SHOP)
    (folder / "service.yaml").write_text(SERVICE)
    commit(folder)
    git_in(folder, "checkout", "-q", "-b", "topic")
    return folder


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(root)

    return partial(call_joined, capsys, "check")


@pytest.fixture
def check(run: Run) -> Check:
    """Exit code, and name, path and state of each finding."""

    def call(*options: str) -> tuple[int, list[tuple[str, str, str | None]]]:
        code, out = run("--output-format", "json", *options)
        assert out.startswith("{"), out
        rows = json.loads(out)["findings"]
        return code, [(row["name"], row["path"], row["baseline_state"]) for row in rows]

    return call


def commit(folder: Path, message: str = "change") -> None:
    git_in(folder, "add", "-A")
    git_in(folder, "commit", "-q", "-m", message)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def create_baseline(path: Path) -> None:
    script = "import sys; from statecheck.cli import main; sys.exit(main())"
    subprocess.run([sys.executable, "-c", script, "baseline", "create", str(path)], check=True, capture_output=True)


def report(run: Run, *options: str) -> Any:
    return json.loads(run("--output-format", "json", *options)[1])


# -- what is new -------------------------------------------------------------------------------------------------------


def test_what_was_there_is_quiet(check: Check) -> None:
    assert check()[0] == 1
    assert check("--since", "main") == (0, [])


def test_a_new_finding_is_reported_and_the_old_one_is_not(root: Path, check: Check) -> None:
    edit(root / "app.py", "CARTS = {}\n", "CARTS = {}\nGIFTS = []\n")
    edit(root / "app.py", GIFT, f"{GIFT}    GIFTS.append(1)\n")
    commit(root)
    assert check("--since", "main") == (1, [("mutated-global", "app.py", "new")])


def test_a_new_write_is_reported_though_its_file_never_defined_the_state(root: Path, run: Run, check: Check) -> None:
    (root / "more.py").write_text(
        "from app import CARTS, app\n\n\n@app.post('/more')\ndef more():\n    CARTS.clear()\n"
    )
    commit(root)
    assert check("--since", "main") == (1, [("mutated-global", "app.py", "updated")])
    [finding] = report(run, "--since", "main")["findings"]
    writes = {step["path"]: step["baseline_state"] for step in finding["flow"] if step["role"] == "write"}
    assert writes == {"app.py": "unchanged", "more.py": "new"}


def test_a_swap_between_two_functions_is_reported(root: Path, check: Check) -> None:
    edit(root / "app.py", STATE, "")
    edit(root / "app.py", GIFT, GIFT + STATE)
    commit(root)
    assert check("--since", "main") == (1, [("mutated-global", "app.py", "updated")])


def test_inserted_lines_and_another_format_are_no_change(root: Path, check: Check) -> None:
    edit(root / "app.py", "CARTS = {}\n", "# carts\n\n\nCARTS = {  }\n")
    commit(root)
    assert check("--since", "main") == (0, [])


def test_a_renamed_file_is_followed(root: Path, check: Check) -> None:
    git_in(root, "mv", "app.py", "shop.py")
    edit(root / "shop.py", "CARTS = {}\n", "# carts\nCARTS = {}\n")
    commit(root)
    assert check("--since", "main") == (0, [])


def test_a_document_is_compared_as_well(root: Path, check: Check) -> None:
    (root / "service.yaml").write_text(STICKY)
    commit(root)
    assert check("--since", "main") == (1, [("sticky-session", "service.yaml", "new")])
    assert check("--since", "HEAD") == (0, [])


def test_a_comment_that_is_taken_away_leaves_a_new_finding(root: Path, check: Check) -> None:
    edit(root / "app.py", "CARTS = {}\n", "CARTS = {}  # statecheck: ignore[mutated-global] -- for now\n")
    commit(root)
    edit(root / "app.py", "  # statecheck: ignore[mutated-global] -- for now", "")
    assert check("--since", "HEAD") == (1, [("mutated-global", "app.py", "new")])


def test_what_nobody_saw_is_new_once_a_request_reaches_it(root: Path, check: Check) -> None:
    edit(root / "app.py", '@app.post("/cart")\n', "")
    commit(root)
    assert check("--select", "mutated-global", "--min-confidence", "high") == (0, [])
    (root / "app.py").write_text(SHOP)
    options = ("--select", "mutated-global", "--min-confidence", "high", "--since", "HEAD")
    assert check(*options) == (1, [("mutated-global", "app.py", "new")])


def test_a_file_that_cannot_be_parsed_is_never_known(root: Path, check: Check) -> None:
    (root / "broken.py").write_text("def f(:\n")
    commit(root)
    assert check("--since", "HEAD") == (1, [("parse-error", "broken.py", "new")])


def test_a_base_that_could_not_be_parsed_is_told(root: Path, run: Run) -> None:
    (root / "app.py").write_text(SHOP + "def f(:\n")
    commit(root)
    (root / "app.py").write_text(SHOP)
    code, out = run("--since", "HEAD")
    assert code == 1
    assert "warning: app.py could not be parsed in HEAD (merge base" in out


# -- which trees -------------------------------------------------------------------------------------------------------


def test_the_merge_base_counts_not_the_tip(root: Path, check: Check) -> None:
    git_in(root, "checkout", "-q", "main")
    (root / "orders.py").write_text(ORDERS)
    commit(root, "on main")
    git_in(root, "checkout", "-q", "topic")
    (root / "orders.py").write_text(ORDERS)
    commit(root)
    assert check("--since", "main") == (1, [("mutated-global", "orders.py", "new")])


def test_a_dirty_tree_is_checked_as_it_lies_there(root: Path, check: Check) -> None:
    edit(root / "app.py", GIFT, GIFT + STATE)
    (root / "untracked.py").write_text(ORDERS)
    before = git_in(root, "status", "--porcelain")
    expected = [("mutated-global", "app.py", "updated"), ("mutated-global", "untracked.py", "new")]
    assert check("--since", "main") == (1, expected)
    assert git_in(root, "status", "--porcelain") == before


def test_paths_choose_what_is_reported(root: Path, check: Check) -> None:
    edit(root / "app.py", GIFT, GIFT + STATE)
    (root / "orders.py").write_text(ORDERS)
    assert check("--since", "main", "orders.py") == (1, [("mutated-global", "orders.py", "new")])


def test_staged_checks_the_index_and_not_the_work_tree(root: Path, check: Check) -> None:
    edit(root / "app.py", GIFT, GIFT + STATE)
    git_in(root, "add", "app.py")
    (root / "app.py").write_text(SHOP)
    (root / "untracked.py").write_text(ORDERS)
    assert check("--staged") == (1, [("mutated-global", "app.py", "updated")])
    assert check("--since", "main") == (1, [("mutated-global", "untracked.py", "new")])


def test_what_is_not_staged_is_not_checked(root: Path, check: Check) -> None:
    edit(root / "app.py", GIFT, GIFT + STATE)
    assert check("--staged") == (0, [])


def test_an_excerpt_of_what_is_staged_shows_the_staged_lines(root: Path, run: Run) -> None:
    edit(root / "app.py", "CARTS = {}\n", "CARTS = {}\nSTAGED = []\n")
    edit(root / "app.py", GIFT, f"{GIFT}    STAGED.append(1)\n")
    git_in(root, "add", "app.py")
    (root / "app.py").write_text("\n" * 40)
    assert "STAGED.append(1)" in run("--staged")[1]


def test_staged_before_the_first_commit_reports_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Check
) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git_in(fresh, "init", "-q")
    (fresh / "app.py").write_text(SHOP)
    git_in(fresh, "add", "app.py")
    monkeypatch.chdir(fresh)
    assert check("--staged") == (1, [("mutated-global", "app.py", "new")])


def test_staged_and_since_compare_the_index_with_the_merge_base(root: Path, check: Check) -> None:
    edit(root / "app.py", GIFT, GIFT + STATE)
    commit(root)
    assert check("--staged") == (0, [])
    assert check("--staged", "--since", "main") == (1, [("mutated-global", "app.py", "updated")])


def test_a_hook_sees_the_index_of_its_commit(root: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """``git commit FILE`` commits from an index of its own."""
    own = root / ".git" / "next-index-1.lock"
    shutil.copy(root / ".git" / "index", own)
    edit(root / "app.py", GIFT, GIFT + STATE)
    subprocess.run(["git", "add", "app.py"], cwd=root, env={**os.environ, "GIT_INDEX_FILE": str(own)}, check=True)
    assert check("--staged") == (0, [])
    monkeypatch.setenv("GIT_INDEX_FILE", str(own))
    assert check("--staged") == (1, [("mutated-global", "app.py", "updated")])


def test_an_editor_can_ask_for_what_a_change_brings(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = SHOP.replace(GIFT, GIFT + STATE).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(typed)))
    assert check("-", "--stdin-filename", "app.py", "--since", "main") == (
        1,
        [("mutated-global", "app.py", "updated")],
    )


# -- what git does with files ------------------------------------------------------------------------------------------


def test_converted_line_ends_are_no_change(root: Path, check: Check) -> None:
    (root / "app.py").write_text(SHOP.replace("CARTS = {}", 'CARTS = {"text": """one\ntwo"""}'))
    (root / ".gitattributes").write_text("*.py text eol=crlf\n")
    commit(root)
    text = (root / "app.py").read_text()
    (root / "app.py").write_bytes(text.replace("\n", "\r\n").encode())
    assert check("--since", "HEAD") == (0, [])
    assert check("--staged") == (0, [])
    edited = text.replace(GIFT, GIFT + STATE).replace("\n", "\r\n")
    (root / "app.py").write_bytes(edited.encode())
    assert check("--since", "HEAD") == (1, [("mutated-global", "app.py", "updated")])


@pytest.mark.parametrize("fetched", [True, False])
def test_a_pointer_of_lfs_stands_for_its_content(root: Path, check: Check, fetched: bool) -> None:
    name = hashlib.sha256(SHOP.encode()).hexdigest()
    (root / "app.py").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(SHOP)}\n")
    (root / "service.yaml").write_text(STICKY)
    commit(root)
    stored = root / ".git" / "lfs" / "objects" / name[:2] / name[2:4] / name
    if fetched:
        stored.parent.mkdir(parents=True)
        stored.write_text(SHOP)
    (root / "app.py").write_text(SHOP)
    assert check("--since", "HEAD") == (0, [])
    assert check("--staged") == (0, [])
    edit(root / "app.py", GIFT, GIFT + STATE)
    state = "updated" if fetched else "new"  # what the pointer means cannot be known
    assert check("--since", "HEAD") == (1, [("mutated-global", "app.py", state)])


def test_submodules_are_no_matter_of_the_change(root: Path, tmp_path: Path, check: Check) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git_in(other, "init", "-q")
    (other / "orders.py").write_text(ORDERS)
    commit(other)
    git_in(root, "submodule", "--quiet", "add", str(other), "orders")
    assert "orders/orders.py" in [path for _, path, _ in check()[1]]
    assert check("--since", "main") == (0, [])
    assert check("--staged") == (0, [])


def test_a_project_below_the_root_of_the_repository(root: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    service = root / "services" / "orders"
    service.mkdir(parents=True)
    (service / "statecheck.toml").write_text("")
    (service / "orders.py").write_text(ORDERS)
    commit(root)
    edit(service / "orders.py", GIFT, GIFT + STATE.replace("CARTS", "ORDERS"))
    monkeypatch.chdir(service)
    assert check("--since", "HEAD") == (1, [("mutated-global", "orders.py", "updated")])
    assert check("--since", "main") == (1, [("mutated-global", "orders.py", "new")])
    git_in(root, "add", "-A")
    assert check("--staged") == (1, [("mutated-global", "orders.py", "updated")])


def test_odd_names_of_files(root: Path, check: Check) -> None:
    for name in ("with space.py", "größe.py", 'tab\tand"quote.py'):
        (root / name).write_text(ORDERS)
    commit(root)
    assert check("--since", "HEAD") == (0, [])


def test_the_settings_of_today_hold_for_both_sides(root: Path, check: Check) -> None:
    (root / "statecheck.toml").write_text('ignore = ["mutated-global"]\n')
    commit(root)
    (root / "statecheck.toml").write_text("")
    assert check("--since", "HEAD") == (0, [])
    (root / "statecheck.toml").write_text('severities = { "mutated-global" = "low" }\nmin-severity = "low"\n')
    assert check("--since", "HEAD") == (0, [])


def test_what_was_excluded_is_read_on_both_sides(root: Path, check: Check) -> None:
    (root / "statecheck.toml").write_text('extend-exclude = ["old/"]\n')
    (root / "old").mkdir()
    (root / "old" / "orders.py").write_text(ORDERS)
    commit(root)
    assert check("--since", "main") == (0, [])
    (root / "statecheck.toml").write_text("")
    assert check("--since", "HEAD") == (0, [])


def test_an_excluded_file_that_is_given_by_hand_is_compared_as_well(root: Path, check: Check) -> None:
    (root / "statecheck.toml").write_text('extend-exclude = ["orders.py"]\n')
    (root / "orders.py").write_text(ORDERS)
    commit(root)
    assert check("orders.py") == (1, [("mutated-global", "orders.py", None)])
    assert check("orders.py", "--since", "HEAD") == (0, [])


# -- with the baseline, and in words -----------------------------------------------------------------------------------


def test_what_either_knows_is_known(root: Path, check: Check) -> None:
    (root / "orders.py").write_text(ORDERS)
    create_baseline(root / "orders.py")
    assert check("--since", "main") == (0, [])
    assert check("--since", "main", "--no-baseline") == (1, [("mutated-global", "orders.py", "new")])
    assert check() == (1, [("mutated-global", "app.py", "new")])


def test_writes_known_to_one_and_to_the_other_add_up(root: Path, check: Check) -> None:
    edit(root / "app.py", STATE, "")
    edit(root / "app.py", GIFT, GIFT + STATE)
    create_baseline(root)
    edit(root / "app.py", "def add():\n", "def add():\n" + STATE)
    assert check() == (1, [("mutated-global", "app.py", "updated")])
    assert check("--since", "main") == (0, [])


def test_the_summary_says_with_what_was_compared(root: Path, run: Run) -> None:
    base = git_in(root, "rev-parse", "main").strip()[:10]
    assert f"1 known from main (merge base {base})." in run("--since", "main")[1]
    assert f"1 known from HEAD ({base})." in run("--staged")[1]
    assert f"1 known from main (merge base {base})" in run("--since", "main", "--output-format", "markdown")[1]
    whole = report(run, "--since", "main")
    assert whole["summary"]["compared_with"] == f"main (merge base {base})"
    assert [row["baseline_state"] for row in whole["baseline"]["unchanged"]] == ["unchanged"]
    log = json.loads(run("--since", "main", "--output-format", "sarif")[1])
    assert [result["baselineState"] for result in log["runs"][0]["results"]] == ["unchanged"]


# -- what cannot be done -----------------------------------------------------------------------------------------------


def refused(run: Run, *options: str) -> str:
    code, out = run(*options)
    assert code == 2
    assert out.count("\n") == 1, out
    return out


@pytest.mark.parametrize("ref", ["origin/main", "--help", "main:app.py", "", "main...HEAD"])
def test_a_commit_that_git_does_not_know(run: Run, ref: str) -> None:
    line = refused(run, f"--since={ref}")
    assert line.startswith(f'error: --since: git knows no commit "{ref}"; in CI, fetch the history (')
    assert "`fetch-depth: 0`" in line


def test_histories_without_a_commit_in_common(root: Path, run: Run) -> None:
    git_in(root, "checkout", "-q", "--orphan", "alone")
    commit(root, "alone")
    assert 'error: --since: "main" and HEAD have no commit in common; in CI, ' in refused(run, "--since", "main")


def test_a_shallow_clone(root: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "orders.py").write_text(ORDERS)
    commit(root)
    git_in(root, "checkout", "-q", "main")
    (root / "later.py").write_text("")
    commit(root)
    git_in(root, "checkout", "-q", "topic")
    clone = tmp_path / "clone"
    git_in(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", root.as_uri(), str(clone))
    monkeypatch.chdir(clone)
    line = refused(run, "--since", "origin/main")
    assert "have no commit in common" in line
    assert "`fetch-depth: 0`" in line
    assert "`git fetch --unshallow`" in line
    git_in(clone, "fetch", "-q", "--unshallow")
    assert run("--since", "origin/main")[0] == 1


def test_a_partial_clone_fetches_nothing(root: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(root / "app.py", GIFT, GIFT + STATE)
    commit(root)
    git_in(root, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git_in(tmp_path, "clone", "-q", "--filter=blob:none", root.as_uri(), str(clone))
    monkeypatch.chdir(clone)
    assert "the clone is partial" in refused(run, "--since", "origin/main")


def test_no_repository(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "app.py").write_text(SHOP)
    monkeypatch.chdir(tmp_path / "alone")
    assert "is not in a git repository" in refused(run, "--since", "main")
    assert "is not in a git repository" in refused(run, "--staged")


def test_no_git(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "error: --since: git cannot be run: No such file or directory" in refused(run, "--since", "main")


def test_a_conflict_in_the_index(root: Path, run: Run) -> None:
    edit(root / "app.py", "book", "pen")
    commit(root)
    git_in(root, "checkout", "-q", "main")
    edit(root / "app.py", "book", "ink")
    commit(root)
    with pytest.raises(subprocess.CalledProcessError):
        git_in(root, "merge", "-q", "topic")
    assert "error: --staged: app.py: a merge conflict is not resolved" in refused(run, "--staged")


@pytest.mark.parametrize("options", [("-", "--staged"), ("--staged", "--add-ignore", "later")])
def test_what_cannot_go_with_the_index(run: Run, options: tuple[str, ...]) -> None:
    assert "--staged" in refused(run, *options)
