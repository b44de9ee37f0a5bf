"""Which reports are kept, and what happens where they cannot be: damaged rows, a full disk, a cache to read only."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest
from helpers import SHOP, call
from whole_runs import VARIABLES, Work, content, counted, report, write_shop

from statecheck import runs
from statecheck.facts import cache
from statecheck.facts.cache import DATABASE, Table
from statecheck.model import Problem
from statecheck.request import Request


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_shop(tmp_path / "shop")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return counted(monkeypatch)


@pytest.fixture
def database() -> Iterator[Callable[[], sqlite3.Connection]]:
    opened: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        opened.append(sqlite3.connect(Path(os.environ["STATECHECK_CACHE_DIR"]) / DATABASE, isolation_level=None))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def test_errors_are_not_kept(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    work.errors = (Problem("app.py", "cannot be read"),)
    report(capsys, shop)
    work.errors = ()
    assert report(capsys, shop) == report(capsys, shop, "--no-cache")
    assert work.done == 3


def test_a_file_that_cannot_be_read_is_tried_again(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    if sys.platform != "linux":
        return  # other file systems refuse such names
    odd = os.fsencode(shop) + b"/odd\xff.py"
    Path(os.fsdecode(odd)).write_text("")
    told = [report(capsys, shop) for _ in range(2)]
    assert (told[0] == told[1], "is not read" in told[0][1], work.done) == (True, True, 2)


def test_what_changes_during_a_run_is_not_kept(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    work.meanwhile = lambda: content(shop)
    report(capsys, shop)
    work.meanwhile = lambda: None
    (shop / "app.py").write_text(SHOP)  # as the key of the first run says
    assert report(capsys, shop) == report(capsys, shop, "--no-cache")
    assert work.done == 3


def test_nor_what_was_changed_and_changed_back(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    def there_and_back() -> None:
        content(shop)
        (shop / "app.py").write_text(SHOP)

    work.meanwhile = there_and_back
    report(capsys, shop)
    report(capsys, shop)
    assert work.done == 2


def test_what_an_editor_has_not_saved_is_not_kept(shop: Path, tmp_path: Path, work: Work) -> None:
    (tmp_path / "unsaved.py").write_text(SHOP)
    request = Request(shop, cache=tmp_path / "kept", replaced={"app.py": tmp_path / "unsaved.py"})
    assert runs.check(request) == runs.check(request)
    assert work.done == 2


def test_fixes_and_comments_are_made_from_a_kept_report(
    shop: Path, capsys: pytest.CaptureFixture[str], work: Work
) -> None:
    (shop / "app.py").write_text(SHOP + "LIMITS = (1, 2)  # statecheck: ignore[mutated-global] -- no\n")
    report(capsys, shop)
    code, out, _ = call(capsys, "check", str(shop), "--diff")
    assert (code, "-LIMITS = (1, 2)  # statecheck" in out, work.done) == (1, True, 2)  # and the mended tree
    call(capsys, "check", str(shop), "--fix")
    assert "LIMITS = (1, 2)\n" in (shop / "app.py").read_text()
    report(capsys, shop)
    before = work.done
    call(capsys, "check", str(shop), "--add-ignore", "known")
    assert ("ignore[mutated-global] -- known" in (shop / "app.py").read_text(), work.done) == (True, before)


def guarded(key: bytes, value: bytes) -> bytes:
    """A row that was written whole, whatever is in it."""
    return blake2b(value, key=key, digest_size=16).digest() + value


def torn(_: bytes, value: bytes) -> object:
    return value[:-1]


def zeros(_: bytes, value: bytes) -> object:
    return b"\0" * len(value)


def no_msgpack(key: bytes, _: bytes) -> object:
    return guarded(key, b"\xc1")


def no_report(key: bytes, _: bytes) -> object:
    return guarded(key, b"\x81\xa4root\x01")


def nothing(_: bytes, __: bytes) -> object:
    return None


def text(_: bytes, __: bytes) -> object:
    return "text"


@pytest.mark.parametrize("damaged", [torn, zeros, no_msgpack, no_report, nothing, text])
def test_a_row_that_is_not_ours_is_ignored(
    shop: Path,
    capsys: pytest.CaptureFixture[str],
    work: Work,
    database: Callable[[], sqlite3.Connection],
    damaged: Callable[[bytes, bytes], object],
) -> None:
    before = report(capsys, shop)
    with closing(database()) as rows:
        [(key, value)] = rows.execute("SELECT key, value FROM runs").fetchall()
        rows.execute("UPDATE runs SET value = ?", (damaged(key, value),))
    assert [report(capsys, shop), report(capsys, shop)] == [before, before]
    assert work.done == 2  # the row was put right


def test_few_reports_are_kept(
    shop: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    database: Callable[[], sqlite3.Connection],
) -> None:
    monkeypatch.setattr(runs, "RUNS", Table("runs", 10_000))
    for number in range(12):
        (shop / "sub" / "env.py").write_text(f"{VARIABLES}NUMBER = {number}\n")
        report(capsys, shop)
    with closing(database()) as rows:
        count, size = rows.execute("SELECT count(*), sum(length(value)) FROM runs").fetchone()
    assert 0 < count < 12
    assert size <= 10_000


def test_a_read_only_cache_is_read(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    before = report(capsys, shop)
    place = Path(os.environ["STATECHECK_CACHE_DIR"])
    (place / DATABASE).chmod(0o444)
    place.chmod(0o555)
    assert (report(capsys, shop), work.done) == (before, 1)
    place.chmod(0o755)


def test_days_do_not_change_a_report(
    shop: Path, capsys: pytest.CaptureFixture[str], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = report(capsys, shop)
    monkeypatch.setattr(cache, "_today", lambda: 100_000)
    assert (report(capsys, shop), work.done) == (before, 1)


@pytest.mark.parametrize("kilobytes", [4, 32, 64, 200])
def test_a_disk_that_is_really_full_changes_nothing(shop: Path, tmp_path: Path, kilobytes: int) -> None:
    for number in range(20):
        (shop / "sub" / f"service_{number}.py").write_text(SHOP.replace("CARTS", f"CARTS_{number}"))
    disk = tmp_path / "disk"
    disk.mkdir()
    check = f"{sys.executable} -m statecheck check {shop} --output-format json"
    mount = f"mount -t tmpfs -o size={kilobytes}k tmpfs {disk} 2> {disk}/refused"  # ours alone, gone with the process
    script = f"{mount}; {check} --no-cache; for run in 1 2 3; do {check} --cache-dir {disk}/kept; done"
    lone = ["unshare", "--map-root-user", "--mount"] if may_mount(disk) else []
    done = subprocess.run([*lone, "sh", "-c", script], capture_output=True, text=True, timeout=120)
    reports = done.stdout.split("\n}\n")
    assert (len(reports), len(set(reports[:-1])), done.stderr) == (5, 1, "")


def may_mount(folder: Path) -> bool:
    """Containers and other systems than Linux may refuse: then the disk is not full, and the reports are equal, too."""
    command = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, timeout=30).returncode == 0
    except OSError:
        return False
