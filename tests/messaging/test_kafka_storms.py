"""Whatever happens to a consumer group, its books balance, and it promises what Kafka promises."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.messaging.office import KAFKA, Office

TARGETS = {
    "crash": ["desk", "desk[0]", "desk[1]"],
    "pause": ["desk", "desk[0]"],
    "broker_down": ["broker:mail"],
    "partition": ["mail -> desk", "desk -> mail", "mail <-> desk"],
    "loss": ["mail -> desk", "desk -> mail"],
}
MORE = {"loss": {"share": 0.5}}

faults = st.lists(
    st.sampled_from([(kind, target) for kind, targets in TARGETS.items() for target in targets]).flatmap(
        lambda hit: st.builds(
            lambda at, seconds: {
                "name": f"{hit[0]} {hit[1]} {at}",
                "kind": hit[0],
                "target": hit[1],
                "at": at,
                "for": seconds,
                **MORE.get(hit[0], {}),
            },
            st.integers(0, 40).map(lambda half: half / 2),
            st.integers(1, 24).map(lambda half: half / 2),
        )
    ),
    max_size=4,
    unique_by=lambda fault: fault["name"],
)
brokers = st.fixed_dictionaries(
    {
        "assignor": st.sampled_from(["range", "round_robin", "cooperative_sticky"]),
        "partitions": st.integers(1, 5),
        "session_timeout": st.sampled_from([1.5, 4.0]),
        "heartbeat": st.just(0.5),
        "rebalance_time": st.sampled_from([0.0, 0.5]),
        "max_poll_records": st.sampled_from([1, 3]),
        "max_poll_interval": st.sampled_from([12.0, 300.0]),  # enough, once the faults are over
        "auto_commit": st.just(2.0),
        "request_timeout": st.just(3.0),
        "max_deliveries": st.sampled_from([1, 4]),
        "redelivery_delay": st.sampled_from([0.0, 0.3]),
        "publish_latency": st.sampled_from([0.0, 0.05]),
    }
)
subscriptions = st.fixed_dictionaries(
    {
        "commit": st.sampled_from(["auto", "each", "batch", 0.7]),
        "handling": st.sampled_from(["workers", "sequential", "concurrent"]),
        "from": st.sampled_from([0.0, 0.0, 2.0]),
        "ack": st.sampled_from(["after", "after", "before"]),
        "batch": st.sampled_from([None, None, {"size": 3, "linger": 0.6}]),
    }
)
deploys = st.none() | st.builds(
    lambda at: {"name": "roll", "at": at, "deploy": "desk", "one_at_a_time": 1.5}, st.integers(0, 20).map(float)
)
# A consumer gives its last revoked partition away at 7 s, hears of the next rebalance by that, and comes to its poll.
ONE_MORE_REBALANCE: dict[str, Any] = {
    "times": [*([0.0] * 11), 9.75],
    "broker": {
        "assignor": "cooperative_sticky",
        "partitions": 5,
        "session_timeout": 4.0,
        "heartbeat": 0.5,
        "rebalance_time": 0.0,
        "max_poll_records": 1,
        "auto_commit": 2.0,
        "request_timeout": 3.0,
        "publish_latency": 0.05,
    },
    "subscription": {"ack": "before", "handling": "workers"},
    "faults": [
        {"name": "first", "kind": "crash", "target": "desk", "at": 0.0, "for": 0.5},
        {"name": "still", "kind": "pause", "target": "desk", "at": 0.5, "for": 4.5},
        {"name": "again", "kind": "crash", "target": "desk", "at": 1.0, "for": 4.5},
    ],
    "deploy": {"name": "roll", "at": 3.0, "deploy": "desk", "one_at_a_time": 1.5},
    "workers": 2,
    "server_errors": 0.0,
    "far": True,
    "seed": 15,
}


@example(**ONE_MORE_REBALANCE)
@settings(max_examples=150, deadline=None)
@given(
    times=st.lists(st.integers(0, 80).map(lambda quarter: quarter / 4), min_size=1, max_size=30),
    broker=brokers,
    subscription=subscriptions,
    faults=faults,
    deploy=deploys,
    workers=st.integers(1, 2),
    server_errors=st.sampled_from([0.0, 0.4]),
    far=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_the_books_balance_and_nothing_is_lost_or_out_of_order(
    times: list[float],
    broker: dict[str, Any],
    subscription: dict[str, Any],
    faults: list[dict[str, Any]],
    deploy: dict[str, Any] | None,
    workers: int,
    server_errors: float,
    far: bool,
    seed: int,
) -> None:
    office = Office(
        {**KAFKA, **broker},
        {"steps": [{"work": 0.3}, {"pause": 0.2}], "server_errors": server_errors, "effect": True},
        desk={"workers": workers, "replicas": 2},
        subscription=subscription,
        faults=faults,
        seed=seed,
        changes=[deploy] if deploy else [],
        network={"mail -> desk": {"latency": 0.1}, "desk -> mail": {"latency": 0.05}} if far else {},
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
    assert all(replica.busy == replica.executing == 0 for replica in office.replicas)
    if subscription["ack"] == "before":
        ledgers = [root.ledger for root in office.roots.values() if root.ledger is not None]
        assert all(count == 1 for ledger in ledgers for count in ledger.units.values())
        assert (tally.redeliveries, tally.dead) == (0, 0)
    elif subscription["handling"] != "concurrent":
        assert sum(tally.lost.values()) == 0
        assert all(root.trouble is None or not root.trouble.out_of_order for root in office.roots.values())
        assert tally.taken == tally.handled + tally.dead
