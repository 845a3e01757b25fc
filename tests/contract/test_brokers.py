"""What every broker promises, whatever its guarantee of delivery."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernel.making import make_root
from tests.messaging.office import CLASSIC, DURABLE, FIFO, KAFKA, PUBSUB, QUORUM, SQS, STREAMS, Office
from tests.messaging.trouble import fault

BROKERS = {
    "durable_queue": DURABLE,
    "kafka": KAFKA,
    "rabbitmq": CLASSIC,
    "rabbitmq quorum": QUORUM,
    "redis_pubsub": PUBSUB,
    "redis_streams": STREAMS,
    "sqs": SQS,
    "sqs fifo": FIFO,
}
HASTY: dict[str, Any] = {
    "durable_queue": {"visibility_timeout": 3.0, "max_deliveries": 4, "redelivery_delay": 0.5},
    "kafka": {"session_timeout": 4.0, "heartbeat": 1.0, "partitions": 3, "max_deliveries": 4},
    "rabbitmq": {"visibility_timeout": 3.0, "heartbeat": 2.0, "redelivery_delay": 0.3},
    "rabbitmq quorum": {"visibility_timeout": 3.0, "heartbeat": 2.0, "max_deliveries": 4, "prefetch": 0},
    "redis_streams": {"visibility_timeout": 3.0, "claim_every": 0.5, "max_deliveries": 4},
    "sqs": {"visibility_timeout": 3.0, "max_deliveries": 4, "redelivery_delay": 0.5, "duplicate_share": 0.2},
    "sqs fifo": {"visibility_timeout": 3.0, "max_deliveries": 4, "redelivery_delay": 0.5},
}
"""Settings with which everything that can happen does so within a minute."""
every_broker = pytest.mark.parametrize("broker", BROKERS.values(), ids=BROKERS.keys())


@every_broker
def test_without_faults_each_message_is_handled_once(broker: dict[str, Any]) -> None:
    office = Office(broker, {"work": 0.3, "effect": True}, desk={"workers": 3})
    for number in range(50):
        office.publish(f"{number}", at=number / 8)
    tally = office.run()
    assert (tally.taken, tally.handled, tally.failures, tally.redeliveries) == (50, 50, 0, 0)
    effects = [list(root.ledger.units.values()) for root in office.roots.values() if root.ledger is not None]
    assert effects == [[1]] * 50


@every_broker
def test_the_publisher_waits_for_the_confirmation_and_not_for_the_handler(broker: dict[str, Any]) -> None:
    office = Office({**broker, "publish_latency": 0.5, "delivery_latency": 0.25}, {"work": 9.0})
    office.publish("a")
    office.run()
    assert office.confirmed == {"a": (0.5, "ok")}
    assert office.handled_at == [0.5 + 0.25 + 9.0]
    assert list(office.tally.ages) == [9.25]


@every_broker
def test_links_to_and_from_the_broker_count(broker: dict[str, Any]) -> None:
    network = {"client -> mail": {"latency": 1.0}, "mail -> client": {"latency": 2.0}, "mail -> desk": {"latency": 4.0}}
    office = Office(broker, network=network)
    office.publish("a")
    office.run()
    assert office.confirmed == {"a": (3.0, "ok")}
    assert office.handled_at == [1.0 + 4.0 + 1.0]


@every_broker
def test_no_subscriber_is_still_ok(broker: dict[str, Any]) -> None:
    office = Office(broker, subscribed=False)
    office.publish("a")
    tally = office.run()
    assert (office.confirmed, tally.taken) == ({"a": (0.0, "ok")}, 0)


@every_broker
def test_a_broker_that_is_down_is_unreachable_and_takes_nothing(broker: dict[str, Any]) -> None:
    office = Office({**broker, "when_down": "error"}, faults=[fault("broker_down", "broker:mail", 1.0, 5.0)])
    office.publish("before")
    office.publish("during", at=2.0)
    office.publish("after", at=7.0)
    tally = office.run()
    assert {name: outcome for name, (_, outcome) in office.confirmed.items()} == {
        "before": "ok",
        "during": "unreachable",
        "after": "ok",
    }
    assert (tally.taken, tally.handled) == (2, 2)


@every_broker
def test_requests_come_before_messages_at_a_worker(broker: dict[str, Any]) -> None:
    """Two messages and a request wait for the one worker, which is at a third message."""
    concurrent = {"handling": "concurrent"} if broker is PUBSUB else {"consumers": 3}
    office = Office(broker, subscription=concurrent)
    office.publish("a", "b", "c")
    (replica,) = office.replicas
    order: list[str] = []

    class Visitor:
        """What somebody asks the desk for; the least that a replica wants of an attempt."""

        withdrawn = given_up = False
        deadline = float("inf")
        execution = None

        def __init__(self) -> None:
            self.root = make_root()
            self.root.pending += 1
            self.path = self.root.entry.path

        def program(self, execution: Any) -> Any:
            order.append(f"begins {office.environment.now}")
            yield 1.0
            execution.answer(None)

        def answer(self, _: object) -> None:
            order.append(f"ends {office.environment.now}")

    office.environment.at(0.5, replica.arrive, Visitor())
    office.run()
    assert order == ["begins 1.0", "ends 2.0"]
    assert office.handled_at == [1.0, 3.0, 4.0]


fault_lists = st.lists(
    st.builds(
        fault,
        st.sampled_from(["crash", "pause", "broker_down", "partition"]),
        st.none(),
        st.integers(0, 20).map(float),
        st.integers(1, 8).map(float),
    ),
    max_size=3,
    unique_by=lambda entry: (entry["kind"], entry["at"]),
)
TARGETS = {"crash": "desk", "pause": "desk[0]", "broker_down": "broker:mail", "partition": "mail -> desk"}


@pytest.mark.parametrize("preset", BROKERS)
@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 60).map(lambda quarter: quarter / 4), min_size=1, max_size=25),
    st.sampled_from([0.0, 0.3, 0.9]),
    st.sampled_from([0.0, 0.3]),
    st.integers(1, 3),
    st.integers(1, 2),
    st.booleans(),
    fault_lists,
    st.integers(0, 1000),
)
def test_no_message_is_lost_from_the_books_whatever_happens(
    preset: str,
    times: list[float],
    server_errors: float,
    client_errors: float,
    workers: int,
    replicas: int,
    lossy: bool,
    faults: list[dict[str, Any]],
    seed: int,
) -> None:
    office = Office(
        {**BROKERS[preset], **HASTY.get(preset, {})},
        {"steps": [{"work": 0.4}, {"pause": 0.2}], "server_errors": server_errors, "client_errors": client_errors},
        desk={"workers": workers, "replicas": replicas},
        faults=[{**entry, "target": TARGETS[entry["kind"]]} for entry in faults],
        seed=seed,
        network={"desk -> mail": {"latency": 0.1, "loss": 0.2}} if lossy else {},
    )
    for number, time in enumerate(times):
        office.publish(f"{number}", at=time)
    for end in (5.0, 11.3, 20.0):
        office.environment.run_until(end)
        office.check_books()
    tally = office.run()
    assert office.there == 0
    assert tally.backlog_now == 0
    assert not office.journal.active
    assert tally.taken == tally.handled + tally.dead + sum(tally.lost.values())
    assert all(replica.busy == replica.executing == 0 for replica in office.replicas)
