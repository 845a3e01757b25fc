"""Copies under random crashes, losses, delays and redeliveries: whatever a broker has promised to deliver arrives, so
that in the end every copy shows what its original does; a broker that promises nothing may leave it behind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.build.model import build
from simulator.build.world import World
from simulator.conservation import check
from simulator.services.replicated import Copy, Original
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge, Scenario
from tests.services.bench import experiment

RABBIT = {"visibility_timeout": 60.0, "heartbeat": 1.0, "prefetch": 4, "redelivery_delay": 0.3}
"""A consumer's timeout takes all that it holds away from it: short ones never let it get anywhere."""
AT_LEAST_ONCE: dict[str, dict[str, Any]] = {
    "durable_queue": {"preset": "durable_queue", "visibility_timeout": 1.5, "redelivery_delay": 0.3},
    "rabbitmq": {"preset": "rabbitmq", **RABBIT},
    "rabbitmq quorum": {"preset": "rabbitmq", "queue_type": "quorum", **RABBIT},
    "sqs": {"preset": "sqs", "visibility_timeout": 1.5},
    "redis_streams": {"preset": "redis_streams", "visibility_timeout": 1.5},
    "kafka": {"preset": "kafka", "partitions": 3, "session_timeout": 2.0, "heartbeat": 0.5, "rebalance_time": 0.2},
}
"""Presets that deliver until they are told that it was done, if they may do so often enough."""
MANY = 10_000

STRIKES: list[dict[str, Any]] = [
    {"kind": "crash", "target": "reader"},
    {"kind": "crash", "target": "reader[0]"},
    {"kind": "pause", "target": "reader"},
    {"kind": "crash", "target": "users[0]"},
    {"kind": "errors", "target": "reader.refresh", "share": 0.7},
    {"kind": "latency", "target": "bus -> reader", "add": {"dist": "exponential", "mean": 2.0}},
    {"kind": "loss", "target": "bus <-> reader", "share": 0.5},
    {"kind": "partition", "target": "bus <-> reader"},
    {"kind": "loss", "target": "users -> bus", "share": 0.3},
    {"kind": "broker_down", "target": "broker:bus"},
]
faults = st.lists(
    st.sampled_from(STRIKES).flatmap(
        lambda fault: st.builds(
            lambda at, seconds: {**fault, "name": f"{fault['target']} {at}", "at": at, "for": seconds},
            st.integers(0, 18).map(lambda half: half / 2),
            st.integers(1, 8).map(lambda half: half / 2),
        )
    ),
    max_size=4,
    unique_by=lambda fault: fault["name"],
)


def world_of(broker: dict[str, Any], strikes: list[dict[str, Any]], seed: int, apply: str, errors: float) -> World:
    profile = {"copy_of": "users.profile", "apply": apply}
    without_limit = broker["preset"] == "redis_pubsub" or broker is AT_LEAST_ONCE["rabbitmq"]
    often = {} if without_limit else {"max_deliveries": MANY}
    subscriber = {"operation": "reader.refresh", **often}
    refresh = {
        "steps": [{"pause": {"dist": "exponential", "mean": 0.4}}, {"write": "profile"}],
        "server_errors": errors,
    }
    two = {"workers": 2, "replicas": 2}
    update = {"steps": [{"write": "profile"}, {"publish": "updated"}]}
    spec = experiment(
        keys={"user": {"dist": "uniform", "n": 3}},
        brokers={"bus": {**broker, "publish_latency": 0.01, "delivery_latency": 0.01}},
        topics={"updated": {"broker": "bus", "subscribers": [subscriber]}},
        services={
            "users": {**two, "state": {"profile": {"key": "user"}}, "operations": {"update": update}},
            "reader": {**two, "state": {"profile": profile}, "operations": {"refresh": refresh}},
        },
        workload=[{"call": "users.update", "arrivals": {"process": "poisson", "rate": 3.0}}],
        faults=strikes,
        run={"duration": 10.0, "drain": 1000.0, "seed": seed},
    )
    edges = {Edge("client", "users", "update"): EdgePolicies.model_validate({"stack": ()})}
    return build(Scenario("convergence", "base", "", spec, edges), 0)


def play(world: World, *, monotone: bool) -> list[int]:
    """Let the run end, looking at the copy again and again; how far each row is behind in the end."""
    original, copy = world.services["users"].state["profile"], world.services["reader"].state["profile"]
    assert isinstance(original, Original)
    assert isinstance(copy, Copy)
    for client in world.clients:
        client.start()
    seen: dict[Any, int] = {}
    for quarter in range(1, 4 * 40):
        world.environment.run_until(quarter / 4 if quarter < 4 * 40 - 1 else 1000.0)
        for row in original.rows.values():
            shown = copy.version(row)
            assert not monotone or shown >= seen.get(row.key, 0)
            seen[row.key] = shown
        check(world)
    return [row.version - copy.version(row) for row in original.rows.values()]


@pytest.mark.parametrize("broker", AT_LEAST_ONCE.values(), ids=AT_LEAST_ONCE.keys())
@settings(max_examples=60, deadline=None)
@given(faults, st.integers(0, 1000), st.sampled_from([0.0, 0.4]))
def test_what_is_delivered_at_least_once_brings_every_copy_up_to_date(
    broker: dict[str, Any], strikes: list[dict[str, Any]], seed: int, errors: float
) -> None:
    """Unless the publisher fails between its write and the broker's confirmation: the two are no transaction."""
    world = world_of(broker, strikes, seed, "newest", errors)
    behind = play(world, monotone=True)
    assert not world.journal.active
    if not any(fault["target"] in ("users -> bus", "users[0]", "broker:bus") for fault in strikes):
        assert behind == [0] * len(behind)


@settings(max_examples=30, deadline=None)
@given(faults, st.integers(0, 1000), st.sampled_from(["newest", "always"]))
def test_the_books_balance_whatever_is_lost_and_overwritten(
    strikes: list[dict[str, Any]], seed: int, apply: str
) -> None:
    world = world_of({"preset": "redis_pubsub"}, strikes, seed, apply, 0.0)
    play(world, monotone=apply == "newest")


def test_publish_and_subscribe_leaves_a_copy_behind_whose_subscriber_was_down() -> None:
    down = [{"kind": "crash", "target": "reader", "name": "down", "at": 5.0, "for": 6.0}]
    assert sum(play(world_of({"preset": "redis_pubsub"}, down, 1, "newest", 0.0), monotone=True)) > 0
    assert sum(play(world_of(AT_LEAST_ONCE["durable_queue"], down, 1, "newest", 0.0), monotone=True)) == 0


def test_an_old_event_that_overwrites_leaves_a_copy_behind() -> None:
    slow = {"kind": "latency", "target": "bus -> reader", "add": {"dist": "exponential", "mean": 2.0}}
    late = [{**slow, "name": "slow", "at": 5.0, "for": 5.0}]
    broker = AT_LEAST_ONCE["durable_queue"]
    behind = {
        apply: sum(sum(play(world_of(broker, late, seed, apply, 0.0), monotone=False)) for seed in range(8))
        for apply in ("newest", "always")
    }
    assert behind["newest"] == 0
    assert behind["always"] > 0
