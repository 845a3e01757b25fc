"""The durable queue: at least once, with redelivery, a visibility timeout and dead letters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messaging.office import DURABLE, Office
from tests.messaging.trouble import fault


def queue(**settings: Any) -> dict[str, Any]:
    return {**DURABLE, **settings}


FAILING = {"work": 1.0, "server_errors": 1.0, "effect": True}


def test_a_failed_message_is_delivered_again_after_the_delay_and_then_handled() -> None:
    errors = fault("errors", "desk.handle", 0.0, 5.5, share=1.0)
    office = Office(queue(redelivery_delay=3.0), {"work": 1.0, "effect": True}, faults=[errors])
    office.publish("a")
    tally = office.run()
    assert office.handled_at == [9.0]  # fails at 1, again from 4 to 5: fails, again from 8 to 9
    assert (tally.failures, tally.redeliveries, tally.dead) == (2, 2, 0)


@pytest.mark.parametrize(
    ("settings", "second_try"),
    [({}, 1.0 + 30.0), ({"visibility_timeout": 8.0}, 1.0 + 8.0), ({"redelivery_delay": 0.0}, 1.0)],
)
def test_the_delay_is_the_visibility_timeout_unless_it_is_written(
    settings: dict[str, float], second_try: float
) -> None:
    office = Office(queue(**settings), {"work": 1.0}, faults=[fault("errors", "desk", 0.0, 1.5, share=1.0)])
    office.publish("a")
    office.run()
    assert office.handled_at == [second_try + 1.0]


@pytest.mark.parametrize("deliveries", [1, 2, 5])
def test_what_fails_its_last_delivery_is_a_dead_letter(deliveries: int) -> None:
    office = Office(queue(max_deliveries=deliveries, redelivery_delay=2.0), FAILING)
    office.publish("a")
    tally = office.run()
    assert (tally.dead, tally.handled, tally.failures, tally.redeliveries) == (1, 0, deliveries, deliveries - 1)
    assert office.roots["a"].mishaps.dead_lettered == 1
    assert office.roots["a"].ledger is None


def test_a_subscription_may_have_its_own_number_of_deliveries() -> None:
    office = Office(queue(max_deliveries=9, redelivery_delay=1.0), FAILING, subscription={"max_deliveries": 2})
    office.publish("a")
    assert office.run().failures == 2


def test_messages_wait_for_a_subscriber_that_is_not_up_yet() -> None:
    office = Office(queue(), subscription={"from": 10.0})
    office.publish("a", "b")
    tally = office.run()
    assert office.handled_at == [11.0, 12.0]
    assert (sum(tally.lost.values()), tally.redeliveries) == (0, 0)


def test_a_client_error_is_final() -> None:
    office = Office(queue(), {"work": 1.0, "client_errors": 1.0})
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.dead, tally.failures, tally.redeliveries) == (1, 0, 0, 0)


def test_handling_that_outlasts_the_visibility_timeout_is_redelivered_while_the_first_goes_on() -> None:
    office = Office(queue(visibility_timeout=3.0), {"work": 5.0, "effect": True}, desk={"workers": 2})
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.redeliveries) == (1, 1)
    assert office.handled_at == [5.0]
    assert list(office.roots["a"].ledger.units.values()) == [2]  # type: ignore[union-attr]
    assert office.world.services["desk"].tally.busy_seconds(1000.0) == 10.0


def test_the_visibility_timeout_counts_from_the_hand_over_and_ends_in_a_dead_letter() -> None:
    office = Office(queue(visibility_timeout=3.0, max_deliveries=2), {"work": 20.0}, desk={"workers": 5})
    office.publish("a")
    tally = office.run(5.9)
    assert (tally.redeliveries, tally.dead) == (1, 0)
    tally = office.run(6.1)
    assert (tally.redeliveries, tally.dead, office.there) == (1, 1, 0)
    tally = office.run()
    assert (tally.handled, tally.dead) == (0, 1)


def test_a_failure_after_the_visibility_timeout_is_no_reason_for_another_delivery() -> None:
    office = Office(
        queue(visibility_timeout=3.0, redelivery_delay=0.5),
        {"work": 2.0},
        desk={"workers": 2},
        faults=[fault("slowdown", "desk", 0.0, 1.0, factor=2.0), fault("errors", "desk", 3.5, 1.0, share=1.0)],
    )
    office.publish("a")  # delivered at 0, again at 3; the first fails at 4, the second is done at 5
    tally = office.run()
    assert (tally.failures, tally.redeliveries, tally.handled) == (1, 1, 1)
    assert office.handled_at == [5.0]


def test_a_delayed_redelivery_of_what_was_handled_meanwhile_waits_nowhere() -> None:
    """Delivered at 0 and again at 3; the second fails at 5 and is put off until 10; the first is done at 6."""
    office = Office(
        queue(visibility_timeout=3.0, redelivery_delay=5.0),
        {"work": 2.0},
        desk={"workers": 2},
        faults=[fault("slowdown", "desk", 0.0, 1.0, factor=3.0), fault("errors", "desk", 4.5, 1.0, share=1.0)],
    )
    office.publish("a")
    office.publish("b", "c", at=9.5)
    assert office.run(10.5).backlog_now == 0
    assert (office.run().handled, office.handled_at) == (3, [6.0, 11.5, 11.5])


def test_a_message_whose_request_is_settled_may_still_wait_at_a_replica() -> None:
    """Dead after its visibility ran out, while its deliveries wait for the end of a pause: handled for nothing."""
    office = Office(
        queue(visibility_timeout=2.0, max_deliveries=2),
        {"steps": [{"work": 0.5}]},
        desk={"workers": 1},
        subscription={"consumers": 5},
        faults=[fault("pause", "desk", 0.0, 30.0)],
    )
    office.publish("a")
    tally = office.run()
    assert (tally.dead, tally.handled) == (1, 0)
    assert office.world.services["desk"].tally.executed == 2
    assert not office.journal.active


def test_a_crashed_consumer_is_noticed_by_the_visibility_timeout() -> None:
    office = Office(
        queue(visibility_timeout=10.0), {"work": 4.0, "effect": True}, faults=[fault("crash", "desk", 1.0, 2.0)]
    )
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.redeliveries, tally.failures) == (1, 1, 0)
    assert office.handled_at == [14.0]
    assert list(office.roots["a"].ledger.units.values()) == [1]  # type: ignore[union-attr]


def test_while_every_consumer_is_down_messages_wait_and_lose_no_delivery() -> None:
    office = Office(queue(max_deliveries=1), faults=[fault("crash", "desk", 1.0, 20.0)])
    office.publish("a", "b", at=5.0)
    assert (office.run(10.0).backlog_now, office.there) == (2, 2)
    tally = office.run()
    assert (office.handled_at, tally.dead) == ([22.0, 23.0], 0)


def test_while_the_broker_is_down_nothing_is_handed_out() -> None:
    office = Office(queue(), faults=[fault("broker_down", "broker:mail", 0.5, 20.0)])
    office.publish("a", "b")
    office.run()
    assert office.handled_at == [1.0, 21.5]


def test_what_is_lost_on_the_way_to_the_consumer_comes_again_after_the_visibility_timeout() -> None:
    office = Office(queue(visibility_timeout=4.0), faults=[fault("loss", "mail -> desk", 0.0, 3.0, share=1.0)])
    office.publish("a")
    tally = office.run()
    assert (office.handled_at, tally.redeliveries, sum(tally.lost.values())) == ([5.0], 1, 0)


# -- how many at once -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "subscription", "broker", "in_hand"),
    [
        ({"workers": 3}, {}, {}, 3),
        ({"workers": 3}, {"consumers": 2}, {}, 2),
        ({"workers": 3}, {"consumers": 2}, {"prefetch": 4}, 8),
        ({"workers": 1, "replicas": 3}, {}, {}, 3),
        ({"workers": 2, "replicas": 2}, {"consumers": 1}, {}, 2),
    ],
)
def test_consumers_hold_as_many_messages_as_they_may(
    desk: dict[str, Any], subscription: dict[str, Any], broker: dict[str, Any], in_hand: int
) -> None:
    office = Office(queue(**broker), {"work": 10.0}, desk=desk, subscription=subscription)
    office.publish(*map(str, range(20)))
    assert office.run(1.0).backlog_now == 20 - in_hand


def test_messages_are_handed_out_in_order_and_to_replicas_in_turn() -> None:
    office = Office(queue(), {"work": 1.0}, desk={"workers": 1, "replicas": 2})
    office.publish(*map(str, range(6)))
    office.run()
    assert office.handled_at == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    assert all(root.trouble is None for root in office.roots.values())


def test_a_redelivered_message_goes_to_the_tail_and_overtaken_ones_are_counted() -> None:
    office = Office(queue(redelivery_delay=0.0), {"work": 1.0}, faults=[fault("errors", "desk", 0.0, 1.5, share=1.0)])
    office.publish("a", "b", "c")
    office.run()
    assert list(office.tally.ages) == [2.0, 3.0, 4.0]
    assert office.roots["a"].mishaps.out_of_order == 1


def test_backlog_is_what_waits_in_the_broker() -> None:
    office = Office(queue(), {"work": 2.0})
    office.publish("a", "b", "c")
    tally = office.run()
    assert tally.backlog_seconds(1000.0) == 2.0 + 4.0
    assert tally.take_max() == 2
