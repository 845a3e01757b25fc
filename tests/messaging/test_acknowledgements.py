"""Every queue: acknowledgements travel and can be lost, or come before the handling; dead letters; retention."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messaging.office import CLASSIC, DURABLE, FIFO, KAFKA, QUORUM, SQS, STREAMS, Office
from tests.messaging.trouble import fault

QUEUES = {
    "durable_queue": DURABLE,
    "rabbitmq": CLASSIC,
    "rabbitmq quorum": QUORUM,
    "redis_streams": STREAMS,
    "sqs": SQS,
    "sqs fifo": FIFO,
}
every_queue = pytest.mark.parametrize("queue", QUEUES.values(), ids=QUEUES)
LAST = {"durable_queue": {"max_deliveries": 1}, "rabbitmq quorum": {"max_deliveries": 1}, "sqs": {"max_deliveries": 1}}
"""Settings with which the first failure is the last."""
LAST_OF_ALL = {
    **{name: {**QUEUES[name], **settings, "visibility_timeout": 2.0} for name, settings in LAST.items()},
    "kafka": {**KAFKA, "max_deliveries": 1},
}


@every_queue
def test_a_consumer_has_its_hand_free_when_the_broker_has_heard_of_it(queue: dict[str, Any]) -> None:
    """Handled at 1, heard at 3: with one message in hand the next is handed over then."""
    office = Office(queue, {"work": 1.0}, network={"desk -> mail": {"latency": 2.0}, "mail -> desk": {"latency": 0.5}})
    office.publish("a", "b")
    tally = office.run()
    assert office.handled_at == [1.5, 1.5 + 2.0 + 0.5 + 1.0]
    assert (tally.handled, tally.redeliveries) == (2, 0)


@pytest.mark.parametrize("queue", [DURABLE, SQS, FIFO], ids=["durable_queue", "sqs", "sqs fifo"])
def test_a_lost_acknowledgement_brings_the_message_back_after_the_visibility_timeout(queue: dict[str, Any]) -> None:
    cut = fault("partition", "desk -> mail", 0.5, 1.0, mode="drop")
    office = Office({**queue, "visibility_timeout": 10.0}, {"work": 1.0, "effect": True}, faults=[cut])
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.redeliveries, office.handled_at) == (1, 1, [1.0])
    assert list(office.roots["a"].ledger.units.values()) == [2]  # type: ignore[union-attr]


def test_a_lost_acknowledgement_leaves_a_stream_entry_pending_and_closes_a_connection_in_time() -> None:
    cut = fault("partition", "desk -> mail", 0.5, 1.0, mode="drop")
    stream = Office({**STREAMS, "visibility_timeout": 10.0}, {"work": 1.0}, faults=[cut])
    rabbit = Office({**CLASSIC, "heartbeat": 10.0}, {"work": 1.0}, faults=[cut])
    for office, again in ((stream, 10.0), (rabbit, 11.0)):
        office.publish("a")
        assert (office.run(again - 0.1).redeliveries, office.run(again + 0.1).redeliveries) == (0, 1)
        assert office.run().handled == 1


@every_queue
def test_an_acknowledgement_that_finds_the_broker_down_is_lost(queue: dict[str, Any]) -> None:
    outage = fault("broker_down", "broker:mail", 0.5, 4.0)
    office = Office({**queue, "visibility_timeout": 10.0}, {"work": 1.0}, faults=[outage])
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.redeliveries, office.handled_at) == (1, 1, [1.0])


@every_queue
@pytest.mark.parametrize("way", ["mail -> desk", "desk -> mail", "mail <-> desk"])
@pytest.mark.parametrize("mode", ["drop", "refuse"])
def test_whoever_is_cut_off_either_way_is_handed_nothing_until_the_cut_is_over(
    queue: dict[str, Any], way: str, mode: str
) -> None:
    cut = fault("partition", way, 0.0, 30.0, mode=mode)
    office = Office(queue, {"work": 1.0}, faults=[cut])
    office.publish("a", "b", "c", at=1.0)
    tally = office.run()
    assert office.handled_at == [31.0, 32.0, 33.0]
    assert (tally.handled, tally.redeliveries, tally.dead) == (3, 0, 0)


@pytest.mark.parametrize(("prefetch", "seconds"), [(1, 7.0), (2, 3.5), (3, 2.5), (10, 2.5)])
def test_prefetch_hides_the_way_to_the_broker_and_back(prefetch: int, seconds: float) -> None:
    """One consumer, 2.5 s of work; 2 s there, 1 s delivery latency and 1.5 s back: max(work, (work + 4.5 s)/prefetch)
    from one message to the next, once it goes its way."""
    office = Office(
        {**CLASSIC, "prefetch": prefetch, "delivery_latency": 1.0},
        {"work": 2.5},
        network={"desk -> mail": {"latency": 2.0}, "mail -> desk": {"latency": 1.5}},
    )
    office.publish(*map(str, range(60)))
    office.run()
    times = office.handled_at
    assert (times[52] - times[40]) / 12 == pytest.approx(seconds)


# -- before -----------------------------------------------------------------------------------------------

BEFORE = {"ack": "before"}


@every_queue
def test_acknowledged_before_a_crash_loses_what_is_in_hand_and_nothing_comes_again(queue: dict[str, Any]) -> None:
    office = Office(queue, {"work": 4.0}, subscription=BEFORE, faults=[fault("crash", "desk", 1.0, 2.0)])
    office.publish("a", "b")
    tally = office.run()
    assert (tally.lost["replica_down"], tally.handled, tally.redeliveries) == (1, 1, 0)
    assert office.handled_at == [7.0]


@every_queue
def test_acknowledged_before_a_failure_is_only_counted(queue: dict[str, Any]) -> None:
    office = Office(queue, {"work": 1.0, "server_errors": 1.0}, subscription=BEFORE)
    office.publish("a", "b")
    tally = office.run()
    assert (tally.failures, tally.handled, tally.dead, tally.redeliveries) == (2, 2, 0, 0)


@every_queue
def test_acknowledged_before_what_the_network_loses_is_lost(queue: dict[str, Any]) -> None:
    silence = fault("loss", "mail -> desk", 0.0, 3.0, share=1.0)
    office = Office(queue, {"work": 1.0}, subscription=BEFORE, faults=[silence])
    office.publish("a")
    assert (office.run().lost["network"], office.tally.handled) == (1, 0)


# -- dead letters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAST)
def test_dead_letters_are_published_where_the_subscriber_says_and_handled_there(name: str) -> None:
    office = Office(
        {**QUEUES[name], **LAST[name], "visibility_timeout": 2.0},
        {"work": 1.0, "server_errors": 1.0, "effect": True},
        subscription={"dead_letter": "parked"},
        topics={"parked": {"broker": "mail", "subscribers": [{"operation": "desk.other"}]}},
    )
    office.publish("a", "b")
    tally = office.run()
    parked = office.world.topic_tallies["parked"]
    assert (tally.dead, parked.taken, parked.handled) == (2, 2, 2)
    assert not office.journal.active


@pytest.mark.parametrize("name", LAST)
def test_without_a_place_for_them_they_are_kept_and_counted(name: str) -> None:
    office = Office({**QUEUES[name], **LAST[name]}, {"work": 1.0, "server_errors": 1.0})
    office.publish("a")
    assert (office.run().dead, office.there) == (1, 0)


@pytest.mark.parametrize("overflow", ["reject_publish", "drop_head"])
@pytest.mark.parametrize("name", LAST_OF_ALL)
def test_a_dead_letter_for_which_there_is_no_room_is_lost_and_counted(name: str, overflow: str) -> None:
    office = Office(
        LAST_OF_ALL[name],
        {"work": 0.1, "server_errors": 1.0},
        subscription={"dead_letter": "parked"},
        brokers={"small": {**DURABLE, "max_length": 1, "overflow": overflow}},
        topics={"parked": {"broker": "small", "subscribers": [{"operation": "desk.other", "from": 500.0}]}},
    )
    office.publish("a", "b", "c")
    tally = office.run()
    parked = office.world.topic_tallies["parked"]
    reason = {"reject_publish": "broker_refused", "drop_head": "overflow"}[overflow]
    assert (tally.dead, parked.taken, parked.handled, parked.lost[reason]) == (3, 3, 1, 2)
    assert sum(root.mishaps.lost for root in office.roots.values()) == 2
    assert not office.journal.active


# -- how long ---------------------------------------------------------------------------------------------


@every_queue
def test_a_topic_may_say_how_long_its_messages_are_kept(queue: dict[str, Any]) -> None:
    office = Office(queue, {"work": 2.0}, topic={"retention": 2.5})
    office.publish("a", "b", "c", "d")
    tally = office.run()
    assert (office.handled_at, tally.lost["expired"], tally.backlog_now, office.there) == ([2.0, 4.0], 2, 0, 0)
