"""The house as it stands, read once."""

from __future__ import annotations

import pytest

from tests.architecture.source import House


@pytest.fixture(scope="session")
def house() -> House:
    return House()
