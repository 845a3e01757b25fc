"""Redis disconnects a subscriber that reads too slowly: what waits is lost, and what comes until it is back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messaging.office import PUBSUB, Office


def slow(cut_off: dict[str, Any], *, size: float = 1000.0, **subscription: Any) -> Office:
    """One message at a time, two seconds each."""
    entry = {"handling": "sequential", **subscription}
    return Office({**PUBSUB, "cut_off": cut_off}, {"work": 2.0}, subscription=entry, message_size=size)


def test_beyond_the_hard_limit_what_waits_is_lost_and_what_comes_until_it_is_back() -> None:
    """The fifth message is the fourth that waits: 4 kB."""
    office = slow({"hard": 3000.0, "reconnect": 10.0})
    office.publish(*"abcde")
    office.publish("away", at=9.0)
    office.publish("back", at=10.0)
    tally = office.run()
    assert (tally.lost["cut_off"], tally.lost["no_subscriber"], tally.handled) == (4, 1, 2)
    assert office.handled_at == [2.0, 12.0]
    assert all(outcome == "ok" for _, outcome in office.confirmed.values())
    assert [office.roots[name].mishaps.lost for name in ("b", "away")] == [1, 1]


def test_up_to_the_hard_limit_nothing_happens() -> None:
    office = slow({"hard": 4000.0, "reconnect": 10.0})
    office.publish(*"abcde")
    assert office.run().handled == 5


def test_beyond_the_soft_limit_only_if_it_lasts() -> None:
    """Three wait at first, two from 2 s on, one from 4 s on: four seconds above the limit."""
    office = slow({"soft": 1000.0, "for": 5.0, "reconnect": 1.0})
    office.publish(*"abcd")
    assert office.run(9.0).handled == 4
    office = slow({"soft": 1000.0, "for": 3.0, "reconnect": 1.0})
    office.publish(*"abcd")
    tally = office.run()
    assert (tally.handled, tally.lost["cut_off"]) == (2, 2)


def test_who_was_cut_off_begins_anew() -> None:
    """Beyond both limits at once: what the hard one has closed is not closed again when the soft one has lasted."""
    office = slow({"hard": 3000.0, "soft": 1000.0, "for": 1.5, "reconnect": 1.0})
    office.publish(*"abcde")
    office.publish("back", at=1.75)
    tally = office.run()
    assert (tally.handled, tally.lost["cut_off"], tally.lost["no_subscriber"]) == (2, 4, 0)


@pytest.mark.parametrize("hard", [0.0, 1e9])
def test_a_limit_of_nought_is_none(hard: float) -> None:
    office = slow({"hard": hard, "soft": 0.0})
    office.publish(*map(str, range(50)))
    assert office.run().handled == 50


def test_by_default_the_limits_are_those_of_redis() -> None:
    office = slow({}, size=1e6)
    office.publish(*map(str, range(33)))  # 32 MB wait
    assert office.run(0.0).lost["cut_off"] == 0
    office.publish("one too many", at=0.0)
    assert office.run(1.0).lost["cut_off"] == 33


def test_messages_without_a_size_and_clients_that_read_all_the_time_are_never_cut_off() -> None:
    for office in (slow({"hard": 1.0}, size=0.0), slow({"hard": 1.0}, handling="concurrent")):
        office.publish(*map(str, range(20)))
        assert office.run().handled == 20


def test_what_is_under_way_when_the_connection_closes_is_lost_too() -> None:
    office = Office(
        {**PUBSUB, "delivery_latency": 0.5, "cut_off": {"hard": 1500.0, "reconnect": 5.0}},
        {"work": 9.0},
        subscription={"handling": "sequential"},
        message_size=1000.0,
    )
    office.publish(*"abc")
    office.publish("late", at=0.2)
    tally = office.run()
    assert (tally.lost["cut_off"], tally.handled) == (3, 1)
