"""What publishers and consumers can ask for holds on every broker, whatever its guarantee of delivery."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.test_brokers import BROKERS, HASTY, every_broker
from tests.messaging.office import Office
from tests.messaging.trouble import fault

DOWN = fault("broker_down", "broker:mail", 1.0, 5.0)
CUT = fault("partition", "client -> mail", 1.0, 5.0, mode="drop")
NO_ANSWER = fault("partition", "mail -> client", 1.0, 5.0, mode="drop")
every_preset = pytest.mark.parametrize("preset", BROKERS)
KEEPS_BACK = {name: broker for name, broker in BROKERS.items() if name not in ("redis_pubsub", "kafka")}


def outcomes(office: Office) -> dict[str, tuple[float, str]]:
    return {name: (round(time, 9), outcome) for name, (time, outcome) in office.confirmed.items()}


@every_broker
@pytest.mark.parametrize("fault_", [DOWN, CUT, NO_ANSWER], ids=["down", "cut", "no answer"])
def test_a_publisher_that_blocks_waits_until_the_broker_is_back(broker: dict[str, Any], fault_: dict[str, Any]) -> None:
    """It looks again after 0.1, 0.2, 0.4, 0.8, 1 s, ...: published at 2, it finds the broker at 6.5."""
    office = Office({**broker, "when_down": "block"}, faults=[fault_])
    office.publish("before")
    office.publish("during", at=2.0)
    tally = office.run()
    assert outcomes(office) == {"before": (0.0, "ok"), "during": (6.5, "ok")}
    assert (tally.taken, tally.handled) == (2, 2)


@every_broker
def test_a_publisher_that_blocks_waits_only_so_long(broker: dict[str, Any]) -> None:
    office = Office({**broker, "when_down": {"kind": "block", "wait": 2.0}}, faults=[DOWN])
    office.publish("during", at=2.0)
    tally = office.run()
    assert (outcomes(office), tally.taken) == ({"during": (4.0, "unreachable")}, 0)


@every_broker
@pytest.mark.parametrize("fault_", [DOWN, CUT], ids=["down", "cut"])
def test_a_buffered_message_is_ok_at_once_and_sent_when_the_broker_is_back(
    broker: dict[str, Any], fault_: dict[str, Any]
) -> None:
    """The buffer looks again 0.1, 0.3, 0.7, 1.5, 2.5, ... s after the first message."""
    office = Office({**broker, "when_down": "buffer"}, {"work": 0.0}, faults=[fault_])
    office.publish("a", at=2.0)
    office.publish("b", at=3.0)
    tally = office.run(6.4)
    assert (outcomes(office), tally.taken) == ({"a": (2.0, "ok"), "b": (3.0, "ok")}, 0)
    tally = office.run()
    assert (tally.taken, tally.handled) == (2, 2)
    assert [round(time, 9) for time in office.handled_at] == [6.5, 6.5]
    assert [round(age, 9) for age in tally.ages] == [4.5, 3.5]  # from when they were published
    assert office.roots["b"].trouble is None


@every_broker
def test_a_full_buffer_rejects_and_an_old_message_expires(broker: dict[str, Any]) -> None:
    buffer = {"kind": "buffer", "wait": 2.0, "limit": 2}
    office = Office({**broker, "when_down": buffer}, faults=[DOWN])
    office.publish("a", "b", "c", at=1.5)
    office.publish("d", at=5.0)
    tally = office.run()
    assert outcomes(office) == {"a": (1.5, "ok"), "b": (1.5, "ok"), "c": (1.5, "rejected"), "d": (5.0, "ok")}
    assert (tally.taken, tally.handled, tally.lost["expired"]) == (3, 1, 2)
    assert [office.roots[name].mishaps.lost for name in "abcd"] == [1, 1, 0, 0]


@every_broker
def test_messages_stand_in_line_at_a_broker_of_small_capacity(broker: dict[str, Any]) -> None:
    """Two per second: publishing takes a place in the line, and so does each delivery."""
    office = Office({**broker, "capacity": 2.0}, {"work": 0.0}, desk={"workers": 4})
    office.publish("a", "b", "c")
    office.run()
    assert outcomes(office) == {"a": (0.5, "ok"), "b": (1.0, "ok"), "c": (1.5, "ok")}
    in_line = [2.0, 2.0, 2.0] if broker["preset"] == "kafka" else [2.0, 2.5, 3.0]  # one fetch brings all three
    assert office.handled_at == in_line


@every_broker
def test_a_broker_that_rejects_beyond_its_capacity_takes_a_seconds_worth_at_once(broker: dict[str, Any]) -> None:
    office = Office({**broker, "capacity": 3.0, "overload": "reject"}, {"work": 0.0}, desk={"workers": 9})
    office.publish(*"abcde")
    office.publish("later", at=0.4)
    tally = office.run()
    assert [outcome for _, outcome in office.confirmed.values()] == ["ok"] * 3 + ["rejected"] * 2 + ["ok"]
    assert tally.handled == 4


@every_broker
def test_a_handler_tries_again_by_itself_with_the_message_in_hand(broker: dict[str, Any]) -> None:
    office = Office(
        broker,
        {"work": 1.0, "effect": True},
        subscription={"retry": {"max_retries": 3, "backoff": {"kind": "fixed", "base": 2.0}}},
        faults=[fault("errors", "desk.handle", 0.0, 5.5, share=1.0)],
    )
    office.publish("a")
    tally = office.run()
    assert office.handled_at == [7.0]  # fails at 1 and 4, is done at 7
    assert (tally.failures, tally.redeliveries, office.roots["a"].mishaps.retries) == (0, 0, 2)
    assert list(office.roots["a"].ledger.units.values()) == [1]  # type: ignore[union-attr]


@every_preset
def test_poison_is_never_handled_and_costs_no_work(preset: str) -> None:
    broker = {**BROKERS[preset], **HASTY.get(preset, {})}
    office = Office(broker, {"work": 1.0, "effect": True}, subscription={"poison": 1.0})
    office.publish("a")
    tally = office.run(30.0)
    assert office.roots["a"].ledger is None
    assert office.world.services["desk"].tally.busy_seconds(1000.0) == 0.0
    assert tally.failures >= 1


@every_broker
@pytest.mark.parametrize(
    ("deduplicate", "units"), [(False, 2), (True, 1), ({"window": "5s"}, 1), ({"window": "1s"}, 2)]
)
def test_a_consumer_that_deduplicates_handles_a_repetition_only_once(
    broker: dict[str, Any], deduplicate: object, units: int
) -> None:
    """A FIFO queue never hands the repetition out; elsewhere the consumer has to know it again."""
    office = Office(broker, {"work": 1.0, "effect": True}, subscription={"deduplicate": deduplicate})
    office.publish("a")
    office.publish_again("a", at=3.0)
    office.publish("b", at=6.0)
    tally = office.run()
    fifo = broker.get("queue_type") == "fifo"
    assert list(office.roots["a"].ledger.units.values()) == [1 if fifo else units]  # type: ignore[union-attr]
    assert list(office.roots["b"].ledger.units.values()) == [1]  # type: ignore[union-attr]
    assert (tally.handled, tally.recognised) == ((2, 0) if fifo else (3, 2 - units))


@every_broker
def test_of_two_that_handle_one_message_at_the_same_time_only_one_commits(broker: dict[str, Any]) -> None:
    two = {"deduplicate": True, **({"handling": "concurrent"} if broker["preset"] == "kafka" else {})}
    office = Office(broker, {"work": 2.0, "effect": True}, desk={"workers": 2}, subscription=two)
    office.publish("a")
    office.publish_again("a", at=1.0)
    tally = office.run()
    assert list(office.roots["a"].ledger.units.values()) == [1]  # type: ignore[union-attr]
    fifo = broker.get("queue_type") == "fifo"
    assert (tally.handled, tally.recognised) == ((1, 0) if fifo else (2, 1))
    assert office.world.services["desk"].tally.busy_seconds(1000.0) == (2.0 if fifo else 4.0)


@every_broker
def test_messages_are_handled_together(broker: dict[str, Any]) -> None:
    """Five at once, another alone after its linger; each leaves its own effect. A group of a FIFO queue has one message
    in hand at a time, so that a batch cannot hold two of it."""
    office = Office(
        broker, {"work": 1.0, "effect": True}, subscription={"batch": {"size": 5, "linger": 0.5}, "consumers": 1}
    )
    office.publish(*"abcde")
    office.publish("f", at=3.0)
    tally = office.run()
    fifo = broker.get("queue_type") == "fifo"
    assert office.handled_at == ([1.5, 3.0, 4.5, 6.0, 7.5, 9.0] if fifo else [1.0] * 5 + [4.5])
    assert [list(root.ledger.units.values()) for root in office.roots.values() if root.ledger] == [[1]] * 6
    assert (tally.handled, office.world.services["desk"].tally.executed) == (6, 6 if fifo else 2)


@pytest.mark.parametrize("broker", KEEPS_BACK.values(), ids=KEEPS_BACK.keys())
def test_a_delayed_message_is_confirmed_at_once_and_handed_out_later(broker: dict[str, Any]) -> None:
    office = Office(broker, {"work": 1.0, "effect": True})
    office.publish("a", delay=5.0)
    tally = office.run(3.0)
    assert (outcomes(office), tally.taken, tally.backlog_now) == ({"a": (0.0, "ok")}, 0, 0)
    assert office.journal.active
    tally = office.run()
    assert (office.handled_at, list(tally.ages)) == ([6.0], [1.0])


options = st.fixed_dictionaries(
    {},
    optional={
        "retry": st.just({"max_retries": 1, "backoff": {"kind": "fixed", "base": 0.2}}),
        "deduplicate": st.sampled_from([True, {"window": "2s"}]),
        "batch": st.sampled_from([{"size": 3}, {"size": 4, "linger": 0.3}]),
        "poison": st.sampled_from([0.2, 1.0]),
    },
)
publishers = st.fixed_dictionaries(
    {},
    optional={
        "when_down": st.sampled_from(["block", "buffer", {"kind": "buffer", "wait": 1.5, "limit": 2}]),
        "capacity": st.sampled_from([10.0, 50.0]),
    },
)
faults = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("crash", "desk"),
                ("pause", "desk[0]"),
                ("broker_down", "broker:mail"),
                ("partition", "mail -> desk"),
                ("partition", "client <-> mail"),
            ]
        ),
        st.integers(0, 12).map(float),
        st.integers(1, 6).map(float),
    ),
    max_size=3,
    unique_by=lambda entry: (entry[0], entry[1]),
)


@every_preset
@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 50).map(lambda quarter: quarter / 4), min_size=1, max_size=20),
    options,
    publishers,
    st.sampled_from([0.0, 0.4]),
    st.booleans(),
    faults,
    st.integers(0, 1000),
)
def test_the_books_balance_whatever_is_asked_for(
    preset: str,
    times: list[float],
    subscription: dict[str, Any],
    publishing: dict[str, Any],
    server_errors: float,
    lossy: bool,
    struck: list[tuple[tuple[str, str], float, float]],
    seed: int,
) -> None:
    if preset == "rabbitmq":  # whose classic queues never give a message up
        subscription = {key: value for key, value in subscription.items() if key != "poison"}
    office = Office(
        {**BROKERS[preset], **HASTY.get(preset, {}), **publishing},
        {"steps": [{"work": 0.4}, {"pause": 0.2}], "server_errors": server_errors, "effect": True},
        desk={"workers": 2, "replicas": 2},
        subscription=subscription,
        faults=[fault(kind, target, at, seconds) for (kind, target), at, seconds in struck],
        seed=seed,
        network={"client -> mail": {"latency": 0.1, "loss": 0.3}} if lossy else {},
    )
    for number, time in enumerate(times):
        office.publish(f"{number}", at=time)
        if number % 4 == 0:
            office.publish_again(f"{number}", at=time + 1.0)
    for end in (5.0, 9.1, 20.0):
        office.run(end)
    tally = office.run()
    assert (office.there, tally.backlog_now) == (0, 0)
    assert not office.journal.active
    if "deduplicate" in subscription and subscription["deduplicate"] is True:
        units = [list(root.ledger.units.values()) for root in office.roots.values() if root.ledger is not None]
        assert all(unit == [1] for unit in units)
