"""Redis Streams: entries stay pending until somebody acknowledges them, claims them, or the stream is trimmed."""

from __future__ import annotations

import pytest

from tests.messaging.office import STREAMS, Office
from tests.messaging.trouble import errors, fault

FAILING = {"work": 1.0, "server_errors": 1.0}


@pytest.mark.parametrize(("every", "claimed_at"), [(1.0, 10.0), (4.0, 12.0), (30.0, 30.0)])
def test_what_a_crashed_consumer_had_is_claimed_when_it_was_idle_for_long_enough(
    every: float, claimed_at: float
) -> None:
    office = Office(
        {**STREAMS, "visibility_timeout": 10.0, "claim_every": every},
        {"work": 4.0},
        desk={"replicas": 2},
        faults=[fault("crash", "desk[0]", 1.0, 900.0)],
    )
    office.publish("a")
    tally = office.run()
    assert (office.handled_at, tally.redeliveries) == ([claimed_at + 4.0], 1)


def test_a_consumer_that_comes_back_reads_its_own_pending_entries_first() -> None:
    crash = fault("crash", "desk", 1.0, 2.0)
    rereads, forgets = (
        Office({**STREAMS, "rereads_pending": rereads}, {"work": 2.0}, faults=[crash]) for rereads in (True, False)
    )
    for office in (rereads, forgets):
        office.publish("a", "b")
        office.run()
    assert rereads.handled_at == [5.0, 7.0]  # a is read again at 3
    assert forgets.handled_at == [5.0, 32.0]  # b is read at 3, a is claimed at 30
    assert (rereads.tally.redeliveries, forgets.tally.redeliveries) == (1, 1)


def test_what_failed_stays_pending_until_it_is_claimed() -> None:
    office = Office({**STREAMS, "visibility_timeout": 5.0}, {"work": 1.0}, faults=[errors(1.5)])
    office.publish("a", "b")
    office.run()
    assert office.handled_at == [2.0, 6.0]
    assert office.roots["a"].mishaps.out_of_order == 1


def test_a_handler_that_is_slower_than_entries_may_be_idle_gets_a_second_one_beside_it() -> None:
    office = Office({**STREAMS, "visibility_timeout": 3.0}, {"work": 5.0, "effect": True}, desk={"workers": 2})
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.redeliveries, office.handled_at) == (1, 1, [5.0])
    assert list(office.roots["a"].ledger.units.values()) == [2]  # type: ignore[union-attr]


def test_entries_that_were_delivered_too_often_are_parked_when_they_are_claimed() -> None:
    office = Office({**STREAMS, "visibility_timeout": 5.0, "max_deliveries": 3}, FAILING)
    office.publish("a")
    tally = office.run()
    assert (tally.dead, tally.failures) == (1, 3)


def test_without_a_limit_a_poisonous_entry_comes_again_for_ever() -> None:
    office = Office({**STREAMS, "visibility_timeout": 5.0}, FAILING)
    office.publish("a")
    assert (office.run(501.5).failures, office.there) == (101, 1)


def test_a_stream_that_has_grown_too_long_loses_its_oldest_entries_whether_or_not_they_were_read() -> None:
    """Handled entries count for the length: of five with room for two, the newest two are left."""
    office = Office({**STREAMS, "max_length": 2}, {"work": 1.0})
    office.publish("a", "b", "c", "d", "e")
    tally = office.run()
    assert (tally.lost["trimmed"], tally.handled) == (2, 3)
    assert [name for name, root in office.roots.items() if root.trouble is not None] == ["b", "c"]


def test_a_pending_entry_that_was_trimmed_is_not_delivered_again() -> None:
    office = Office({**STREAMS, "max_length": 2, "visibility_timeout": 5.0}, {"work": 1.0}, faults=[errors(1.5)])
    office.publish("a")
    for number in range(3):
        office.publish(f"later {number}", at=2.0)
    tally = office.run()
    assert (tally.failures, tally.lost["trimmed"], tally.handled) == (1, 1, 3)


@pytest.mark.parametrize("every", [0.02, 0.1, 0.3, 0.7])
def test_every_look_for_idle_entries_is_later_than_the_one_before(every: float) -> None:
    """Multiples of a fraction are rounded: a look must never lead to one at the same instant."""
    office = Office({**STREAMS, "visibility_timeout": 50.0, "claim_every": every}, {"work": 49.0})
    office.publish("a")
    office.run(49.5)
    assert office.handled_at == [49.0]
