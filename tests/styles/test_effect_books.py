"""The books of effects and of sagas: what they count, and that a unit or a saga that is missing is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.build.model import build
from simulator.build.world import World
from simulator.conservation import ConservationError, check
from tests.styles.test_causes import BUY, SHOP, steps
from tests.support import scenario

TURNS_ROUND = (f"{BUY}.style=saga", steps("[{call: bank.charge, undo: bank.refund}, {call: bank.fail}]"))


def world(folder: Path, *overrides: str) -> World:
    """The only request of the shop, played to its end."""
    made = build(scenario(folder, SHOP, *overrides), 0)
    for client in made.clients:
        client.start()
    made.environment.run_until(199.0)
    return made


def test_every_unit_is_in_place_or_taken_back(tmp_path: Path) -> None:
    done, undone = world(tmp_path), world(tmp_path, *TURNS_ROUND)
    for made, in_place, taken_back in ((done, 2, 0), (undone, 0, 1)):
        check(made)
        units = made.journal.book.units
        assert (units.added, units.in_place, units.taken_back) == (in_place + taken_back, in_place, taken_back)


def test_a_repetition_that_is_recognised_is_accounted_for(tmp_path: Path) -> None:
    made = world(
        tmp_path,
        'calls."shop -> bank.charge"={hedge: {delay: 5ms, max: 1}}',
        "services.bank.operations.charge.idempotent=true",
    )
    check(made)
    assert made.journal.book.units.recognised == 1
    assert sum(leaving.effects_left for leaving in made.leaving) == 3


def test_sagas_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    ends = {
        "committed": (f"{BUY}.style=saga",),
        "turned_round": TURNS_ROUND,
        "cut_off": (f"{BUY}.style=saga", "faults=[{kind: crash, target: shop, at: 100.015s, for: 1s}]"),
    }
    for end, overrides in ends.items():
        made = world(tmp_path, *overrides)
        check(made)
        (saga,) = made.sagas
        assert (saga.tally.begun, getattr(saga.tally, end), saga.tally.under_way) == (1, 1, 0), end


def _lose_a_unit(made: World) -> None:
    made.journal.book.units.added -= 1


def _forget_an_undo(made: World) -> None:
    made.journal.book.units.taken_back -= 1


def _lose_a_saga(made: World) -> None:
    made.sagas[0].tally.begun += 1


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (_lose_a_unit, "effects: 1 executions left one, 0 units"),
        (_forget_an_undo, "0 taken back"),
        (_lose_a_saga, "saga"),
    ],
)
def test_what_is_missing_is_noticed(tmp_path: Path, tamper: Callable[[World], None], complaint: str) -> None:
    made = world(tmp_path, *TURNS_ROUND)
    tamper(made)
    with pytest.raises(ConservationError, match=complaint):
        check(made)
