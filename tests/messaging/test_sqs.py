"""Amazon SQS: receive counts, groups, deduplication, messages in flight, copies and order as good as it gets."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from simulator.kernel.environment import Steps
from tests.messaging.office import FIFO, SQS, Office
from tests.messaging.trouble import errors, fault

FAILING = {"work": 1.0, "server_errors": 1.0}
KEYS: dict[str, Any] = {"keys": {"item": {"dist": "uniform", "n": 3}}}


def test_a_message_is_dead_when_it_would_be_received_once_too_often() -> None:
    office = Office({**SQS, "visibility_timeout": 5.0, "max_deliveries": 2}, FAILING)
    office.publish("a")
    assert (office.run(11.9).dead, office.tally.failures) == (0, 2)  # fails at 1 and 7, and is invisible until 12
    assert (office.run(12.1).dead, office.tally.failures) == (1, 2)


def test_what_failed_comes_again_after_the_visibility_timeout() -> None:
    office = Office(SQS, {"work": 1.0}, faults=[errors(1.5)])
    office.publish("a")
    office.run()
    assert office.handled_at == [1.0 + 30.0 + 1.0]


def test_no_more_are_received_than_may_be_in_flight() -> None:
    office = Office({**SQS, "max_in_flight": 2}, {"work": 10.0}, desk={"workers": 5})
    office.publish("a", "b", "c", "d")
    assert office.run(1.0).backlog_now == 2
    office.run()
    assert office.handled_at == [10.0, 10.0, 20.0, 20.0]


def test_what_a_crash_left_in_flight_counts_until_it_is_visible_again() -> None:
    crash = fault("crash", "desk", 1.0, 1.0)
    office = Office({**SQS, "max_in_flight": 1, "visibility_timeout": 9.0}, {"work": 2.0}, faults=[crash])
    office.publish("a", "b")
    office.run()
    assert office.handled_at == [11.0, 13.0]


def test_standard_may_deliver_a_deleted_message_again_and_fifo_does_not() -> None:
    settings = {"duplicate_share": 0.5, "visibility_timeout": 2.0, "max_deliveries": 50}
    office = Office({**SQS, **settings}, {"work": 0.01, "effect": True})
    for number in range(200):
        office.publish(f"{number}", at=number / 10)
    tally = office.run()
    assert tally.handled == 200
    assert 140 <= tally.redeliveries <= 260  # 200 on average, standard deviation 20
    units = sum(sum(root.ledger.units.values()) for root in office.roots.values() if root.ledger is not None)
    assert units == 200 + tally.redeliveries


def test_what_is_acknowledged_before_it_is_handled_never_comes_again() -> None:
    settings = {"duplicate_share": 0.9, "visibility_timeout": 2.0}
    office = Office({**SQS, **settings}, {"work": 0.1}, subscription={"ack": "before"})
    office.publish(*map(str, range(20)))
    tally = office.run()
    assert (tally.handled, tally.redeliveries, office.there) == (20, 0, 0)
    assert not office.journal.active


def test_standard_may_deliver_out_of_order() -> None:
    plain, shuffled = (Office({**SQS, "reordering": share}, {"work": 1.0}) for share in (0.0, 0.5))
    for office in (plain, shuffled):
        office.publish(*map(str, range(50)))
        office.run()
    assert all(root.trouble is None for root in plain.roots.values())
    assert sum(root.mishaps.out_of_order for root in shuffled.roots.values()) > 5


# -- FIFO -------------------------------------------------------------------------------------------------


def test_without_keys_all_messages_are_one_group_and_one_is_handled_at_a_time() -> None:
    office = Office(FIFO, {"work": 1.0}, desk={"workers": 5})
    office.publish("a", "b", "c")
    office.run()
    assert office.handled_at == [1.0, 2.0, 3.0]


def test_groups_are_handled_side_by_side_and_each_in_order() -> None:
    office = Office(FIFO, {"work": 1.0}, desk={"workers": 5}, topic={"key": "item"}, **KEYS)
    office.publish(*map(str, range(30)))
    office.run()
    keys = office.world.keys["item"]
    sizes = Counter(keys.of(root) for root in office.roots.values())
    assert len(sizes) == 3
    assert max(office.handled_at) == max(sizes.values())
    assert all(root.trouble is None for root in office.roots.values())


def test_the_whole_group_waits_while_one_of_its_messages_is_invisible() -> None:
    office = Office({**FIFO, "visibility_timeout": 10.0}, {"work": 1.0}, faults=[errors(1.5)])
    office.publish("a", "b", "c")
    tally = office.run()
    assert office.handled_at == [12.0, 13.0, 14.0]
    assert (tally.redeliveries, tally.out_of_order) == (1, 0)


def test_a_dead_letter_lets_its_group_go_on() -> None:
    office = Office({**FIFO, "visibility_timeout": 5.0, "max_deliveries": 1}, {"work": 1.0}, faults=[errors(1.5)])
    office.publish("a", "b")
    assert (office.run().dead, office.handled_at) == (1, [7.0])


def test_a_receipt_handle_is_void_after_the_visibility_timeout() -> None:
    office = Office({**FIFO, "visibility_timeout": 3.0, "max_deliveries": 2}, {"work": 5.0}, desk={"workers": 4})
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.dead, tally.redeliveries) == (0, 1, 1)


@pytest.mark.parametrize(("pause", "taken"), [(0.0, 1), (299.0, 1), (301.0, 2)])
def test_what_is_published_again_within_the_window_is_confirmed_and_forgotten(pause: float, taken: int) -> None:
    """A publisher that never heard of the confirmation publishes the same message again."""
    office = Office(FIFO)
    office.publish("a")
    root = office.roots["a"]
    topic = office.world.topics["news"]
    replies: list[str] = []

    def again() -> Steps:
        reply = yield from topic.publish_from("client", root, root.entry.path)
        replies.append(reply.outcome.label)

    def publish_again(_: None) -> None:
        office.environment.start(again(), root)
        root.leave()

    root.pending += 1
    office.environment.at(pause, publish_again, None)
    tally = office.run()
    assert (replies, tally.taken, tally.handled) == (["ok"], taken, taken)
