"""The report of a whole run is given again only when nothing that it depends on has changed, and is then the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import SHOP, call, git_in
from whole_runs import COMPOSE, VARIABLES, Work, content, counted, report, write_shop

from statecheck import inputs

SLOW = (
    "libcst", "yaml", "tree_sitter", "rich", "statecheck.pipeline", "statecheck.detectors", "statecheck.project",
    "statecheck.rules.load", "statecheck.facts.ir",
)  # fmt: skip
PROBE = f"""
import sys
from statecheck.cli import main
main(sys.argv[1:])
sys.stderr.write(" ".join(name for name in {SLOW!r} if name in sys.modules))
"""
RULE = Path("ops/memory/no-shelf")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_shop(tmp_path / "shop")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return counted(monkeypatch)


@pytest.mark.parametrize("form", ["text", "concise", "json", "jsonl", "sarif", "gitlab", "markdown"])
def test_the_bytes_are_those_of_a_run_without_a_cache(
    shop: Path, capsys: pytest.CaptureFixture[str], work: Work, form: str
) -> None:
    options = ("check", str(shop), "--output-format", form)
    without = call(capsys, *options, "--no-cache")
    assert [call(capsys, *options, *more) for more in ((), (), ("--jobs", "4"))] == [without] * 3
    assert work.done == 2  # without, and the first


def test_the_bytes_depend_on_no_hash_seed(shop: Path) -> None:
    command = [sys.executable, "-m", "statecheck", "check", str(shop), "--output-format", "json"]

    def run(seed: int, *options: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        return subprocess.run([*command, *options], capture_output=True, text=True, env=environment).stdout

    assert len({run(1), run(2), run(3, "--no-cache"), run(4, "--jobs", "4")}) == 1


def test_a_run_without_changes_imports_next_to_nothing(shop: Path) -> None:
    def run() -> str:
        command = [sys.executable, "-c", PROBE, "check", str(shop), "--quiet"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr

    assert "statecheck.pipeline" in run()
    assert run() == ""


@pytest.mark.parametrize(
    "options",
    [
        (), ("--jobs", "3"), ("--output-format", "text"), ("--quiet",), ("--exit-zero",), ("--fail-on", "high"),
        ("--color", "always"), ("--statistics",), ("--config", "jobs=3"), ("--config", 'cache-dir="x"'),
        ("--isolated",),
    ],
)  # fmt: skip
def test_what_only_changes_the_looks_is_no_reason_to_work(
    shop: Path, capsys: pytest.CaptureFixture[str], work: Work, options: tuple[str, ...]
) -> None:
    report(capsys, shop)
    call(capsys, "check", str(shop), *options)
    assert work.done == 1


def same_size_and_time(shop: Path) -> None:
    before = (shop / "app.py").stat()
    (shop / "app.py").write_text(SHOP.replace('"book"', '"cook"'))
    os.utime(shop / "app.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    after = (shop / "app.py").stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def new_file(shop: Path) -> None:
    (shop / "sub" / "new.py").write_text("")


def deleted(shop: Path) -> None:
    (shop / "sub" / "env.py").unlink()


def renamed(shop: Path) -> None:
    (shop / "sub" / "env.py").rename(shop / "sub" / "variables.py")


def swapped(shop: Path) -> None:
    (shop / "app.py").write_text(VARIABLES)
    (shop / "sub" / "env.py").write_text(SHOP)


def document(shop: Path) -> None:
    (shop / "compose.yaml").write_text(COMPOSE.replace("/srv/uploads", "/srv/files"))


def new_document(shop: Path) -> None:
    (shop / "Procfile").write_text("web: gunicorn app:app\n")


def settings(shop: Path) -> None:
    (shop / "statecheck.toml").write_text('min-severity = "low"\n')


def ignored(shop: Path) -> None:
    (shop / ".gitignore").write_text("sub/\n")


@pytest.mark.parametrize(
    "change",
    [
        content, same_size_and_time, new_file, deleted, renamed, swapped, document, new_document, settings, ignored,
    ],
)  # fmt: skip
def test_a_change_of_the_tree_is_seen(
    shop: Path, capsys: pytest.CaptureFixture[str], work: Work, change: Callable[[Path], None]
) -> None:
    report(capsys, shop)
    change(shop)
    after = report(capsys, shop)
    assert work.done == 2
    assert after == report(capsys, shop, "--no-cache")


@pytest.mark.parametrize(
    "options",
    [
        ("--min-severity", "low"), ("--min-confidence", "high"), ("--select", "disk"), ("--extend-select", "secret"),
        ("--ignore", "mutated-global"), ("--config", "profile='worker'"), ("--config", "exclude=['app.py']"),
        ("--config", "severities={mutated-global='low'}"), ("--config", "test-paths=['app.py']"),
    ],
)  # fmt: skip
def test_an_option_that_changes_the_report_is_seen(
    shop: Path, capsys: pytest.CaptureFixture[str], work: Work, options: tuple[str, ...]
) -> None:
    report(capsys, shop)
    after = report(capsys, shop, *options)
    assert work.done == 2
    assert after == report(capsys, shop, "--no-cache", *options)


def test_the_paths_that_are_asked_about_are_seen(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    whole, part = report(capsys, shop), report(capsys, shop / "sub")
    assert (whole[0], part[0], work.done) == (1, 0, 2)


def test_another_place_of_the_same_tree_is_seen(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    report(capsys, shop)
    shop.rename(shop.with_name("moved"))
    report(capsys, shop.with_name("moved"))
    assert work.done == 2


def test_the_baseline_is_seen(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    assert report(capsys, shop)[0] == 1
    call(capsys, "baseline", "create", str(shop))
    before = work.done
    assert [report(capsys, shop)[0], report(capsys, shop)[0], work.done] == [0, 0, before + 1]
    assert report(capsys, shop, "--no-baseline")[0] == 1
    (shop / ".statecheck-baseline.jsonl").write_text("")
    assert report(capsys, shop)[0] == 1


def test_a_rule_pack_is_seen(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    (shop / RULE).mkdir(parents=True)
    ours = Path(__file__).parents[2] / "rules" / "memory" / "worker-state"
    text = (ours / "rule.toml").read_text().replace("worker-state", "no-shelf")
    text = "\n".join('code = "ABC123"' if line.startswith("code") else line for line in text.splitlines())
    (shop / RULE / "rule.toml").write_text(text)
    (shop / RULE / "README.md").write_text((ours / "README.md").read_text())
    options = ("--config", "rule-paths=['ops']")
    first = report(capsys, shop, *options)
    assert (report(capsys, shop, *options), work.done) == (first, 1)
    (shop / RULE / "rule.toml").write_text(text + "\n# another\n")
    assert (report(capsys, shop, *options), work.done) == (first, 2)
    (shop / "ops" / "unknown").mkdir()
    code, _, err = report(capsys, shop, *options)
    assert (code, "unknown family" in err) == (2, True)


def test_another_version_and_other_code_of_ours_are_seen(
    shop: Path, capsys: pytest.CaptureFixture[str], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(capsys, shop)
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "__version__", "9.9")
        report(capsys, shop)
        assert work.done == 2
    monkeypatch.setattr(inputs, "_own", lambda: (b"other", b"rules"))
    report(capsys, shop)
    assert work.done == 3


def test_what_is_installed_beside_us_is_seen(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(capsys, shop)
    (tmp_path / "site" / "pyyaml-99.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    report(capsys, shop)
    assert work.done == 2


def distribution(folder: Path, version: str, code: str, origin: str = "{}") -> None:
    """A plug-in as an installer leaves it."""
    info = folder / f"my_plugin-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: my-plugin\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("[statecheck.detectors]\nmine = my_plugin:detect\n")
    (info / "direct_url.json").write_text(origin)
    (folder / "my_plugin.py").write_text(code)
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in ("my_plugin.py", f"{info.name}/METADATA")))


def test_plug_ins_are_seen_with_their_code(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "def detect(rules, context):\n    return []\n"
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    distribution(site, "1.0", code)
    plain = report(capsys, shop)
    counted = []
    for comment in ("", "", "# other\n"):
        distribution(site, "1.0", code + comment)
        assert report(capsys, shop, "--plugin", "my-plugin") == plain
        counted.append(work.done)
    assert counted == [2, 2, 3]
    editable = '{"url": "file:///x", "dir_info": {"editable": true}}'  # its code lies elsewhere and changes at will
    distribution(site, "1.0", code, editable)
    for _ in range(2):
        report(capsys, shop, "--plugin", "my-plugin")
    assert work.done == 5


def test_the_older_state_is_seen(shop: Path, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    git_in(shop, "init", "-q")
    git_in(shop, "add", ".")
    git_in(shop, "commit", "-qm", "one")
    content(shop)
    since = ("--since", "HEAD")
    first = report(capsys, shop, *since)
    assert (report(capsys, shop, *since), work.done) == (first, 1)
    git_in(shop, "commit", "-qam", "two")
    assert report(capsys, shop, *since) == report(capsys, shop, *since, "--no-cache")
    assert work.done == 3
