"""``--executor``: a Dask cluster does the extraction, and the report is the same to the byte."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster
from helpers import SHOP, call

from statecheck.cli import executor as module


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "statecheck.toml").write_text("")
    for name, text in {"app.py": SHOP, "copy.py": SHOP, "broken.py": "def f(:\n"}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, host="127.0.0.1", protocol="tcp://", dashboard_address=":0"
    ) as running:
        yield running.scheduler_address.replace("tcp://", "dask://")


@pytest.mark.parametrize("format_", ["json", "sarif", "text"])
def test_the_report_is_the_same_to_the_byte(
    shop: Path, address: str, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    def report(*options: str) -> tuple[int, str, str]:
        return call(capsys, "check", str(shop), "--output-format", format_, *options)

    alone = report("--no-cache", "--jobs", "1")
    assert alone[0] == 1
    assert "mutated-global" in alone[1]
    assert report("--no-cache", "--executor", address) == alone
    assert report("--executor", address) == alone
    assert report("--executor", address) == alone  # and warm
    assert report() == alone  # what a cluster extracted is known here


@pytest.mark.parametrize(
    "wrong",
    ["dask://", "dask://host", "dask://:8786", "dask://host:port", "tcp://host:8786", "host:8786", "", "dask://a/b:1"],
)
def test_what_is_no_address_is_wrong_usage(shop: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    code, out, err = call(capsys, "check", str(shop), "--executor", wrong)
    assert (code, out) == (2, "")
    assert err == f'error: --executor: expected dask://HOST:PORT, got "{wrong}"\n'


def test_without_the_library_the_hint_says_what_to_install(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    code, out, err = call(capsys, "check", str(shop), "--executor", "dask://localhost:8786")
    assert (code, out) == (2, "")
    assert err == (
        "error: --executor: needs the package distributed, which is not installed: pip install 'statecheck[dask]'\n"
    )


def test_a_cluster_that_cannot_be_reached_is_one_line(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_LIMIT", 1)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # taken, and nobody listens
        address = f"dask://127.0.0.1:{unused.getsockname()[1]}"
        code, out, err = call(capsys, "check", str(shop), "--executor", address)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: --executor: {address} cannot be reached within 1 s: ")
    assert err.endswith("without --executor the cores here are used)\n")
    assert err.count("\n") == 1


def test_a_server_of_another_kind_is_one_line(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_LIMIT", 1)
    monkeypatch.setattr(module, "_IMPORT_LIMIT", 1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"dask://127.0.0.1:{mute.getsockname()[1]}"
        code, out, err = call(capsys, "check", str(shop), "--executor", address)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: --executor: {address} cannot be reached within 1 s: ")
