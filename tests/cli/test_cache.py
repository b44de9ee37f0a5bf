"""The cache saves time and nothing else: the report is the same with it, without it, and whatever is wrong with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import SHOP, call

from statecheck.facts import cache
from statecheck.facts.cache import DATABASE, TAG, Table, recall, remember
from statecheck.facts.pool import extract_files

PROBE = """
import sys
from statecheck.cli import main
main(sys.argv[1:])
sys.stderr.write("libcst" if "libcst" in sys.modules else "none")
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("STATECHECK_CACHE_DIR")
    root = tmp_path / "shop"
    root.mkdir()
    (root / "statecheck.toml").write_text("")
    (root / "app.py").write_text(SHOP)
    (root / "copy.py").write_text(SHOP)
    (root / "broken.py").write_text("def f(:\n")
    return root


def report(capsys: pytest.CaptureFixture[str], root: Path, *options: str) -> tuple[int, str]:
    code, out, _ = call(capsys, "check", str(root), "--output-format", "json", *options)
    return code, out


def folder(root: Path) -> Path:
    return root / ".statecheck_cache"


def rows(root: Path) -> int:
    database = sqlite3.connect(folder(root) / DATABASE)
    try:
        return int(database.execute("SELECT count(*) FROM facts").fetchone()[0])
    finally:
        database.close()


def test_the_report_is_the_same_cold_warm_and_without(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = report(capsys, shop, "--no-cache")
    assert without[0] == 1
    assert not folder(shop).exists()
    for jobs in ("1", "4", "1"):
        assert report(capsys, shop, "--jobs", jobs) == without
    assert rows(shop) == 2  # copies share one
    assert (folder(shop) / ".gitignore").read_text() == "*\n"
    assert (folder(shop) / TAG).read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    (shop / "app.py").write_text(SHOP.replace('CARTS["me"] = "book"', "pass"))
    assert report(capsys, shop) == report(capsys, shop, "--no-cache") != without


COMMANDS = [
    ("deploy", "."),
    ("settings", "."),
    ("explain", "app.py:4"),
    ("baseline", "create", "--force"),
    ("baseline", "update"),
    ("baseline", "prune"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_that_reads_the_tree_can_put_the_cache_elsewhere_or_do_without(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.chdir(shop)
    call(capsys, "baseline", "create", "--no-cache")
    without = call(capsys, *command, "--no-cache")
    assert not folder(shop).exists()
    assert call(capsys, *command, "--cache-dir", str(tmp_path / "facts")) == without
    assert (tmp_path / "facts" / DATABASE).exists()
    assert not folder(shop).exists()


def test_a_run_without_changes_does_not_import_the_parser(shop: Path) -> None:
    def run() -> str:
        command = [sys.executable, "-c", PROBE, "check", str(shop), "--quiet"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr

    assert (run(), run()) == ("libcst", "none")


def test_copies_have_facts_of_their_own(shop: Path, tmp_path: Path) -> None:
    files = [(name, shop / name) for name in ("app.py", "copy.py")]
    cold = extract_files(files, cache=tmp_path / "facts").facts
    warm = extract_files(files, cache=tmp_path / "facts").facts
    assert warm == cold
    assert warm["app.py"] is not warm["copy.py"]


def test_another_version_does_not_take_our_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache.salt()
    monkeypatch.setattr(cache, "__version__", "9.9")
    assert cache.salt() != before


def corrupt(root: Path) -> None:
    (folder(root) / DATABASE).write_bytes(b"no database" * 1000)


def torn(root: Path) -> None:
    data = (folder(root) / DATABASE).read_bytes()
    (folder(root) / DATABASE).write_bytes(data[: len(data) // 2])


def other_values(root: Path) -> None:
    with sqlite3.connect(folder(root) / DATABASE) as database:
        for table in ("facts", "runs"):
            database.execute(f"UPDATE {table} SET value = zeroblob(100)")
    database.close()


def other_tables(root: Path) -> None:
    (folder(root) / DATABASE).unlink()
    with sqlite3.connect(folder(root) / DATABASE) as database:
        for table in ("facts", "runs"):
            database.execute(f"CREATE TABLE {table} (other)")
    database.close()


def a_file(root: Path) -> None:
    shutil.rmtree(folder(root))
    folder(root).write_text("mine")


def foreign(root: Path) -> None:
    (folder(root) / TAG).unlink()


def read_only(root: Path) -> None:
    (folder(root) / DATABASE).chmod(0o444)
    folder(root).chmod(0o555)


@pytest.mark.parametrize("damage", [corrupt, torn, other_values, other_tables, a_file, foreign, read_only])
def test_a_bad_cache_changes_nothing(
    shop: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    before = report(capsys, shop)
    damage(shop)
    assert report(capsys, shop) == before
    assert report(capsys, shop) == before


def test_a_full_disk_and_a_busy_cache_change_nothing(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without = report(capsys, shop, "--no-cache")
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(cache, "_prepare", full)
        assert report(capsys, shop) == without
    monkeypatch.setattr(cache, "_PATIENCE", 0.1)
    report(capsys, shop)
    other = sqlite3.connect(folder(shop) / DATABASE)
    other.execute("BEGIN EXCLUSIVE")
    assert report(capsys, shop) == without
    other.close()


def test_concurrent_runs_share_it(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = report(capsys, shop, "--no-cache")[1]
    command = [sys.executable, "-m", "statecheck", "check", str(shop), "--output-format", "json"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [run.communicate(timeout=120)[0] for run in runs] == [without] * 3


def test_it_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Table("facts", 10_000)
    monkeypatch.setattr(cache, "_today", lambda: 1)
    remember(tmp_path / "c", small, {b"old": b"x" * 4000})
    monkeypatch.setattr(cache, "_today", lambda: 2)
    remember(tmp_path / "c", small, {b"new": b"x" * 4000})
    monkeypatch.setattr(cache, "_today", lambda: 3)
    assert set(recall(tmp_path / "c", small, [b"old"])) == {b"old"}  # used again
    remember(tmp_path / "c", small, {b"last": b"x" * 3000})
    assert set(recall(tmp_path / "c", small, [b"old", b"new", b"last"])) == {b"old", b"last"}
    monkeypatch.setattr(cache, "_today", lambda: 40)
    remember(tmp_path / "c", small, {b"later": b""})
    assert set(recall(tmp_path / "c", small, [b"old", b"last", b"later"])) == {b"later"}


def test_clean_removes_only_what_is_ours(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(capsys, shop)
    assert call(capsys, "clean", str(shop))[0] == 0
    assert not folder(shop).exists()
    assert call(capsys, "clean", str(shop)) == (0, f"{folder(shop)}: there is no cache\n", "")
    folder(shop).mkdir()
    (folder(shop) / "mine.txt").write_text("")
    told = f"error: {folder(shop)}: is no cache of statecheck; nothing was removed\n"
    assert call(capsys, "clean", str(shop)) == (2, "", told)
    assert os.listdir(folder(shop)) == ["mine.txt"]


def test_option_beats_environment_beats_setting(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "statecheck.toml").write_text('cache-dir = ".kept"\n')
    report(capsys, shop)
    assert (shop / ".kept" / DATABASE).is_file()
    monkeypatch.setenv("STATECHECK_CACHE_DIR", str(tmp_path / "env"))
    report(capsys, shop)
    assert (tmp_path / "env" / DATABASE).is_file()
    report(capsys, shop, "--cache-dir", str(tmp_path / "option"))
    assert (tmp_path / "option" / DATABASE).is_file()
