"""RabbitMQ: connections that close, prefetch, requeueing to the original position, limits and what they do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messaging.office import CLASSIC, QUORUM, Office
from tests.messaging.trouble import errors, fault

FAILING = {"work": 1.0, "server_errors": 1.0}
PARKED = {"parked": {"broker": "mail", "subscribers": []}}


def order(office: Office) -> list[str]:
    """How old each message was when it was handled, in this order."""
    return [f"{age:g}" for age in office.tally.ages]


def test_a_crash_is_noticed_at_once_and_the_message_goes_to_somebody_else() -> None:
    office = Office(CLASSIC, {"work": 4.0}, desk={"replicas": 2}, faults=[fault("crash", "desk[0]", 1.0, 20.0)])
    office.publish("a")
    tally = office.run()
    assert (office.handled_at, tally.redeliveries) == ([5.0], 1)


def test_a_message_that_comes_to_a_consumer_that_is_down_goes_back_at_once() -> None:
    broker = {**CLASSIC, "delivery_latency": 1.0}
    office = Office(broker, {"work": 1.0}, desk={"replicas": 2}, faults=[fault("crash", "desk[0]", 0.5, 20.0)])
    office.publish("a")
    assert (office.run().redeliveries, office.handled_at) == (1, [3.0])


def test_what_failed_is_requeued_to_its_original_position_at_once() -> None:
    """One consumer: a fails at 1 and is handled before b, as if nothing had happened."""
    office = Office(CLASSIC, {"work": 1.0}, faults=[errors(1.5)])
    office.publish("a", "b", "c")
    tally = office.run()
    assert (tally.redeliveries, order(office)) == (1, ["2", "3", "4"])
    assert not any(root.trouble.out_of_order for root in office.roots.values() if root.trouble is not None)


def test_with_a_delay_others_overtake_what_failed() -> None:
    office = Office({**CLASSIC, "redelivery_delay": 1.5}, {"work": 1.0}, faults=[errors(1.5)])
    office.publish("a", "b", "c")
    office.run()
    assert office.roots["a"].mishaps.out_of_order == 1
    assert office.handled_at == [2.0, 3.0, 4.0]  # b; a, ready again at 2.5; c


def test_without_prefetch_a_consumer_takes_all_there_is_and_the_second_one_idles() -> None:
    """The trap of the default: who comes first has everything in hand; another that comes up later gets nothing."""
    greedy, fair = (
        Office(
            {**CLASSIC, "prefetch": prefetch},
            {"work": 1.0},
            desk={"replicas": 2},
            faults=[fault("crash", "desk[1]", 0.0, 0.5)],
        )
        for prefetch in (0, 1)
    )
    for office in (greedy, fair):
        office.publish(*map(str, range(10)), at=0.25)
    assert greedy.run(0.6).backlog_now == 0
    assert fair.run(0.6).backlog_now == 8
    assert greedy.run().aged_at[-1] == 10.25
    assert fair.run().aged_at[-1] == 5.5


def test_prefetch_zero_is_the_default_and_the_subscriber_may_set_it() -> None:
    default = Office({**CLASSIC, "prefetch": 0}, {"work": 9.0})
    own = Office({**CLASSIC, "prefetch": 0}, {"work": 9.0}, subscription={"prefetch": 3})
    for office in (default, own):
        office.publish(*map(str, range(10)))
        office.run(1.0)
    assert (default.tally.backlog_now, own.tally.backlog_now) == (0, 7)


def test_the_consumer_timeout_closes_the_channel_and_voids_the_late_acknowledgement() -> None:
    office = Office({**CLASSIC, "visibility_timeout": 3.0}, {"work": 5.0, "effect": True}, desk={"workers": 9})
    office.publish("a")
    tally = office.run(20.5)
    assert (tally.handled, tally.redeliveries) == (0, 6)  # every delivery takes longer than it may: it never ends
    assert list(tally.ages) == [5.0]


def test_an_outage_closes_all_connections_and_what_was_in_hand_is_handled_twice() -> None:
    outage = fault("broker_down", "broker:mail", 1.0, 4.0)
    office = Office(CLASSIC, {"work": 3.0, "effect": True}, faults=[outage])
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.redeliveries, office.handled_at) == (1, 1, [3.0])
    assert list(office.roots["a"].ledger.units.values()) == [2]  # type: ignore[union-attr]


def test_an_outage_takes_what_is_not_durable() -> None:
    outage = fault("broker_down", "broker:mail", 1.0, 4.0)
    office = Office({**CLASSIC, "durable": False}, {"work": 3.0}, faults=[outage])
    office.publish("in hand", "waits", "waits too")
    office.publish("later", at=10.0)
    tally = office.run()
    assert (tally.lost["broker_down"], tally.handled) == (3, 1)


def test_an_outage_takes_what_is_kept_back_unless_it_is_durable() -> None:
    """Published at 0.5 and at 6, due at 20.5 and at 26; the outage comes at 1."""
    for durable, lost in ((True, 0), (False, 1)):
        office = Office({**CLASSIC, "durable": durable}, faults=[fault("broker_down", "broker:mail", 1.0, 4.0)])
        office.publish("before", at=0.5, delay=20.0)
        office.publish("after", at=6.0, delay=20.0)
        office.run(1.0)
        assert (office.tally.lost["broker_down"], len(office.journal.active)) == (lost, 1 - lost)
        tally = office.run()
        assert (tally.lost["broker_down"], tally.handled) == (lost, 2 - lost)
        assert not office.journal.active


def test_a_delivery_that_the_network_swallows_is_noticed_by_the_heartbeat() -> None:
    silence = fault("loss", "mail -> desk", 0.0, 3.0, share=1.0)
    office = Office({**CLASSIC, "heartbeat": 7.0}, faults=[silence])
    office.publish("a")
    assert (office.run().redeliveries, office.handled_at) == (1, [8.0])


# -- how often --------------------------------------------------------------------------------------------


def test_a_quorum_queue_gives_up_after_twenty_returns_and_a_classic_one_never_does() -> None:
    quorum, classic = Office(QUORUM, FAILING), Office(CLASSIC, FAILING)
    for office in (quorum, classic):
        office.publish("a")
        office.run(500.5)
    assert (quorum.tally.dead, quorum.tally.failures) == (1, 21)
    assert (classic.tally.dead, classic.tally.failures, classic.there) == (0, 500, 1)


def test_a_crash_counts_as_a_return() -> None:
    office = Office({**QUORUM, "max_deliveries": 1}, {"work": 4.0}, faults=[fault("crash", "desk", 1.0, 1.0)])
    office.publish("a")
    assert (office.run().dead, office.tally.handled) == (1, 0)


# -- how many and how long --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overflow", "confirmed", "figures"),
    [
        ("drop_head", ["ok"] * 5, {"taken": 5, "handled": 3, "overflow": 2, "dead": 0}),
        ("reject_publish", ["ok"] * 3 + ["rejected"] * 2, {"taken": 3, "handled": 3, "overflow": 0, "dead": 0}),
        ("reject_publish_dlx", ["ok"] * 3 + ["rejected"] * 2, {"taken": 5, "handled": 3, "overflow": 0, "dead": 2}),
    ],
)
def test_beyond_its_length_a_queue_drops_or_rejects(
    overflow: str, confirmed: list[str], figures: dict[str, int]
) -> None:
    """One message is in hand, two may be ready, and five are published."""
    office = Office({**CLASSIC, "max_length": 2, "overflow": overflow}, {"work": 1.0})
    office.publish("a", "b", "c", "d", "e")
    tally = office.run()
    found = {"taken": tally.taken, "handled": tally.handled, "overflow": tally.lost["overflow"], "dead": tally.dead}
    assert found == figures
    outcomes = [outcome for _, outcome in office.confirmed.values()]
    assert outcomes == confirmed


def test_the_oldest_goes_where_the_head_is_dropped() -> None:
    office = Office({**CLASSIC, "max_length": 2}, {"work": 1.0})
    office.publish("a", "b", "c", "d", "e")
    office.run()
    assert [name for name, root in office.roots.items() if root.trouble is not None] == ["b", "c"]


@pytest.mark.parametrize("queue", [CLASSIC, QUORUM])
def test_what_waits_longer_than_it_may_expires(queue: dict[str, Any]) -> None:
    office = Office({**queue, "retention": 2.5}, {"work": 2.0})
    office.publish("a", "b", "c", "d")
    tally = office.run()
    assert (office.handled_at, tally.lost["expired"], tally.backlog_now) == ([2.0, 4.0], 2, 0)


def test_what_is_in_hand_when_its_time_is_over_may_still_be_handled_but_does_not_come_again() -> None:
    fine = Office({**CLASSIC, "retention": 2.5}, {"work": 4.0})
    failing = Office({**CLASSIC, "retention": 2.5}, {"work": 4.0, "server_errors": 1.0})
    for office in (fine, failing):
        office.publish("a")
        office.run()
    assert (fine.tally.handled, fine.tally.lost["expired"]) == (1, 0)
    assert (failing.tally.failures, failing.tally.lost["expired"]) == (1, 1)


@pytest.mark.parametrize(
    ("broker", "handler", "dead"),
    [
        ({**CLASSIC, "retention": 2.5}, {"work": 2.0}, 2),
        ({**CLASSIC, "max_length": 2}, {"work": 2.0}, 1),
        ({**QUORUM, "max_deliveries": 2}, {"work": 2.0, "server_errors": 1.0}, 4),
    ],
    ids=["message-ttl", "max-length", "delivery-limit"],
)
def test_expired_dropped_and_rejected_messages_go_to_the_dead_letter_exchange(
    broker: dict[str, Any], handler: dict[str, Any], dead: int
) -> None:
    office = Office(
        broker,
        handler,
        subscription={"dead_letter": "parked"},
        topics={"parked": {"broker": "mail", "subscribers": [{"operation": "desk.other", "name": "other"}]}},
    )
    office.publish("a", "b", "c", "d")
    tally = office.run()
    parked = office.world.topic_tallies["parked"]
    assert (tally.dead, sum(tally.lost.values())) == (dead, 0)
    assert (office.world.topics["parked"].published, parked.taken) == (dead, dead)
