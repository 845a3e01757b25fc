"""Tests of the tests: the model is made wrong in one place, and what is named beside it notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations import of_messages, of_policies, of_queues, of_services
from tests.mutations.changing import Mutation

EVERY = [*of_queues.MUTATIONS, *of_services.MUTATIONS, *of_messages.MUTATIONS, *of_policies.MUTATIONS]


@pytest.mark.parametrize(
    "mutation",
    [pytest.param(one, id=one.name, marks=pytest.mark.stat if one.slow else ()) for one in EVERY],
)
def test_is_caught_by_the_case_that_it_names(mutation: Mutation, tmp_path: Path) -> None:
    assert mutation.caught_by.complaint(tmp_path / "as it is") == ""
    with mutation.change():
        noticed = mutation.caught_by.complaint(tmp_path / "mutated")
    print(f"\n{mutation.name}: {mutation.caught_by.name} says: {noticed}")
    assert mutation.words in noticed
    assert noticed
