"""Whose machine an address names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statecheck.detectors.addresses import address, whose


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", "local"),
        ("127.0.0.1", "local"),
        ("0.0.0.0", "local"),
        ("::1", "local"),
        ("host.docker.internal", "local"),
        ("redis", "local"),
        ("10.0.3.17", "inside"),
        ("192.168.1.5", "inside"),
        ("db.shop.internal", "inside"),
        ("billing.shop.svc.cluster.local", "inside"),
        ("billing.shop.svc", "inside"),
        ("printer.lan", "inside"),
        ("example.com", "documentation"),
        ("api.example.org", "documentation"),
        ("192.0.2.7", "documentation"),
        ("invalid.local", "documentation"),
        ("api.github.com", "public"),
        ("8.8.8.8", "public"),
        ("agents.svc.cloud.example-vendor.com", "public"),
        ("internalisation.org", "public"),
        ("", ""),
        ("{host}", ""),
        ("1.2.3", ""),
    ],
)
def test_whose_machine(host: str, expected: str) -> None:
    assert whose(host) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://10.0.3.17:9000/stock?x=1", ("http", "10.0.3.17", "9000")),
        ("postgresql+psycopg://shop:pw@db.shop.internal/shop", ("postgresql+psycopg", "db.shop.internal", "")),
        ("redis://[::1]:6379/0", ("redis", "::1", "6379")),
        ("amqp://", ("amqp", "", "")),
        ("db.shop.internal:5432", ("", "db.shop.internal", "5432")),
        ("mongodb://a.internal:27017,b.internal:27017/shop", ("mongodb", "a.internal", "27017")),
    ],
)
def test_the_parts_of_an_address(text: str, parts: tuple[str, str, str]) -> None:
    assert address(text) == parts


@pytest.mark.parametrize("text", ["a sentence", "", "/a/path", "name@example.com", "a;b"])
def test_what_is_no_address(text: str) -> None:
    assert address(text) is None


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    found = address(text)
    assert found is None or found.whose in ("local", "inside", "documentation", "public", "")
