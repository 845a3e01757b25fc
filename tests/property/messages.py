"""A shop whose orders, and the news of them, travel over one broker through a storm of crashes, losses and outages."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from simulator.build.model import build
from simulator.build.world import World
from simulator.conservation import check
from simulator.kernel.root import Root
from simulator.spec.laws import ConstantLaw
from simulator.spec.policies import EdgePolicies, StackItem
from simulator.spec.scenario import Edge, Scenario
from tests.services.bench import experiment

STYLES = ["sync", "queue", "saga", "choreography", "hybrid"]
HEALED_AT = 15.0
DURATION = 12.0


class Promise(NamedTuple):
    """A broker, and what it promises.

    Attributes:
        keys: as in a file. subscriber: of the topic on it.
        keeps: whether it loses nothing that it has confirmed; repeats: whether it may deliver a message again.
        ordered: whether messages of one customer keep their order, but for what is read again from an earlier one on.
    """

    keys: dict[str, Any]
    keeps: bool
    repeats: bool
    ordered: bool = False
    subscriber: dict[str, Any] = {"operation": "letters.write"}  # noqa: RUF012 - read only


QUICK = {"visibility_timeout": 2.0, "max_deliveries": 4}
LIVELY = {
    "when_down": "error",
    "partitions": 3,
    "session_timeout": 2.0,
    "heartbeat": 0.5,
    "rebalance_time": 0.3,
    "max_deliveries": 4,
}
BROKERS: dict[str, Promise] = {
    "durable_queue": Promise({"preset": "durable_queue", **QUICK, "redelivery_delay": 0.2}, keeps=True, repeats=True),
    "redis_pubsub": Promise(
        {"preset": "redis_pubsub"},
        keeps=False,
        repeats=False,
        subscriber={"operation": "letters.write", "deliver_to": "one_replica"},
    ),
    "kafka": Promise({"preset": "kafka", **LIVELY}, keeps=True, repeats=True, ordered=True),
    "kafka_cooperative": Promise(
        {"preset": "kafka", **LIVELY, "assignor": "cooperative_sticky"},
        keeps=True,
        repeats=True,
        ordered=True,
        subscriber={"operation": "letters.write", "commit": "each"},
    ),
    "rabbitmq": Promise(
        {"preset": "rabbitmq", "visibility_timeout": 2.0, "heartbeat": 1.0, "redelivery_delay": 0.1},
        keeps=True,
        repeats=True,
    ),
    "rabbitmq_quorum": Promise(
        {"preset": "rabbitmq", "queue_type": "quorum", "heartbeat": 1.0, **QUICK, "prefetch": 2},
        keeps=True,
        repeats=True,
    ),
    "rabbitmq_transient": Promise(
        {"preset": "rabbitmq", "durable": False, "heartbeat": 1.0}, keeps=False, repeats=True
    ),
    "redis_streams": Promise({"preset": "redis_streams", **QUICK, "claim_every": 0.5}, keeps=True, repeats=True),
    "sqs": Promise({"preset": "sqs", **QUICK, "redelivery_delay": 0.2}, keeps=True, repeats=True),
    "sqs_fifo": Promise({"preset": "sqs", "queue_type": "fifo", **QUICK}, keeps=True, repeats=True, ordered=True),
}

SHOP: dict[str, Any] = {
    "replicas": 2,
    "workers": 3,
    "operations": {
        "buy": {
            "broker": "mail",
            "client_errors": 0.03,
            "server_errors": 0.03,
            "steps": [
                {"work": {"dist": "exponential", "mean": 0.05}, "effect": True, "undo": 0.01},
                {"call": "bank.charge", "undo": "bank.refund"},
                {"call": "stock.take", "undo": "stock.give"},
                {"publish": "sold", "critical": False},
                {"call": "bank.note", "critical": False},
            ],
        },
    },
}
BANK = {
    "replicas": 2,
    "workers": 2,
    "operations": {
        "charge": {"work": {"dist": "exponential", "mean": 0.05}, "effect": True, "server_errors": 0.05},
        "refund": {"work": 0.02, "server_errors": 0.1},
        "note": {"work": 0.01, "server_errors": 0.1},
    },
}
STOCK = {
    "workers": 2,
    "operations": {
        "take": {"work": {"dist": "exponential", "mean": 0.05}, "effect": True, "client_errors": 0.1},
        "give": {"work": 0.02},
    },
}
LETTERS = {"replicas": 2, "workers": 2, "operations": {"write": {"work": 0.1, "effect": True, "server_errors": 0.1}}}


def play(style: str, broker: Promise, faults: list[dict[str, Any]], seed: int) -> tuple[World, list[Root]]:
    """Play some 60 orders until nothing is left of any.

    Returns:
        the world, whose books balance; and all orders.

    Raises:
        ConservationError: the books do not balance.
    """
    buy = {**SHOP["operations"]["buy"], "style": style}
    made = experiment(
        services={"shop": {**SHOP, "operations": {"buy": buy}}, "bank": BANK, "stock": STOCK, "letters": LETTERS},
        defaults={"network": {"latency": 0.005}},
        brokers={"mail": broker.keys},
        keys={"customer": {"dist": "uniform", "n": 4}},
        topics={"sold": {"broker": "mail", "key": "customer", "subscribers": [broker.subscriber]}},
        workload=[{"call": "shop.buy", "key": "customer", "arrivals": {"process": "poisson", "rate": 5.0}}],
        faults=faults,
        run={"duration": DURATION, "drain": 5000.0, "seed": seed},
    )
    edge = EdgePolicies(stack=(StackItem("timeout", ConstantLaw(value=1.0)),))
    called = [("bank", "charge"), ("bank", "refund"), ("bank", "note"), ("stock", "take"), ("stock", "give")]
    edges = {Edge("shop", service, operation): edge for service, operation in called}
    edges[Edge("client", "shop", "buy")] = EdgePolicies()
    world = build(Scenario("storm", "base", "", made, edges), 0)
    roots: dict[Root, None] = {}
    for client in world.clients:
        client.start()
    environment, active = world.environment, world.journal.active

    def all_gone() -> bool:
        roots.update(active)
        return not active

    environment.run_until(DURATION, lambda: all_gone() and False)  # looks at every event, and never stops
    environment.run_until(DURATION + 5000.0, all_gone)
    check(world)
    return world, list(roots)


_TARGETS = {
    "crash": ["shop", "shop[0]", "bank", "bank[1]", "letters", "letters[0]", "stock"],
    "pause": ["letters[1]", "bank[0]"],
    "broker_down": ["broker:mail"],
    "partition": ["mail <-> letters", "shop -> mail", "mail -> bank", "letters -> mail", "shop <-> stock"],
    "loss": ["mail -> letters", "letters -> mail", "mail -> shop", "shop -> bank"],
}


@st.composite
def storms(draw: st.DrawFn, most: int = 4) -> list[dict[str, Any]]:
    """Up to `most` faults, all over by `HEALED_AT`."""
    faults = []
    for number in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(sorted(_TARGETS)))
        target = draw(st.sampled_from(_TARGETS[kind]))
        at = draw(st.integers(0, 20)) / 2
        lasts = draw(st.integers(1, 8)) / 2
        more: dict[str, Any] = {"share": draw(st.sampled_from([0.1, 0.5]))} if kind == "loss" else {}
        faults.append({"name": f"f{number}", "kind": kind, "target": target, "at": at, "for": lasts, **more})
    return faults
