"""The table of published results says what the pages say, and names what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.published import PUBLISHED, Published, table
from tests.truth.suite import MODELS

TESTS = Path(__file__).resolve().parents[1]
SIMULATED = {check.case for model in MODELS.values() for check in model.checks}


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one.figure)
def test_each_result_is_held_somewhere(one: Published) -> None:
    if one.page:
        assert one.callsim in (TESTS.parent / "docs" / one.page).read_text(encoding="utf-8")
        assert (TESTS / one.test).is_file()
    else:
        assert one.cases
        assert set(one.cases) <= SIMULATED


def test_the_table_has_a_row_for_each() -> None:
    assert table().count("\n| ") == len(PUBLISHED) + 1
