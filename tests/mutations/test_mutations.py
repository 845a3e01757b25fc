"""Tests of the tests: the model is made wrong in one place, and what is named beside it notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.build import world
from simulator.kernel import laws
from simulator.services.replica import Replica
from tests.mutations import of_chance, of_messages, of_policies, of_queues, of_services
from tests.mutations.changing import Mutation, replacing, replacing_function

EVERY = [
    *of_queues.MUTATIONS,
    *of_services.MUTATIONS,
    *of_messages.MUTATIONS,
    *of_policies.MUTATIONS,
    *of_chance.MUTATIONS,
]
PAGE = Path(__file__).parents[2] / "docs" / "statistics" / "mutations.md"


@pytest.mark.parametrize(
    "mutation",
    [pytest.param(one, id=one.name, marks=pytest.mark.stat if one.slow else ()) for one in EVERY],
)
def test_is_caught_by_the_case_that_it_names(mutation: Mutation, tmp_path: Path) -> None:
    assert mutation.caught_by.complaint(tmp_path / "as it is") == ""
    with mutation.change():
        noticed = mutation.caught_by.complaint(tmp_path / "mutated")
    print(f"\n{mutation.name}: {mutation.caught_by.name} says: {noticed}")
    assert noticed
    assert mutation.words in noticed


def test_a_mutation_ends_with_its_block() -> None:
    def now() -> list[object]:
        return [vars(Replica)["left"], laws.sampler, vars(world)["sampler"]]

    before = now()
    with (
        replacing(Replica, "left", lambda original: None)(),
        replacing_function(laws.sampler, lambda original: None)(),
    ):
        assert now() == [None, None, None]
    assert now() == before


def test_the_page_has_every_mutation_and_what_catches_it() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[:2] for row in rows] == [[f"| {one.name}", one.caught_by.name] for one in EVERY]
