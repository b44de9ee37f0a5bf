"""What all tests share: nothing is kept from one to the next."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own for each test, outside of the trees it looks at."""
    monkeypatch.setenv("STATECHECK_CACHE_DIR", str(tmp_path_factory.mktemp("cache") / "facts"))
