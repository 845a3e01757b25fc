"""The quick part of the truth suite, at the level of the whole; `python -m tests.truth` plays all of it."""

from __future__ import annotations

import pytest

from tests.truth.page import shown
from tests.truth.playing import play
from tests.truth.suite import MODELS, QUICK


@pytest.mark.parametrize("name", QUICK)
def test_what_is_known_is_found(name: str) -> None:
    judged = play(MODELS[name])
    assert [shown(one) for one in judged if not one.agrees] == []
