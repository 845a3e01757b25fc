"""Keys of brokers and subscriptions that mean nothing beside what else is written there."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.tree import Node, Scalar, Table, child, items, table, text
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.messaging.brokers import KafkaSpec

_CONSUMERS = {
    ("redis_pubsub", "sequential"): "one message at a time: a replica has one consumer",
    ("redis_pubsub", "concurrent"): "any number of messages at a time: write handling: workers to have consumers",
    ("kafka", "sequential"): "one message at a time: a replica has one consumer",
}
"""By preset and handling: why a number of consumers has no effect."""


def check_idle_keys(root: Table) -> Iterator[Problem]:
    """What happens beyond a length that is not limited; consumers that the handling leaves no room for."""
    brokers = table(root, "brokers").entries
    for broker in brokers.values():
        overflow = child(broker, "overflow")
        if overflow is not None and not _written(child(broker, "max_length")):
            yield problem(overflow.place, "overflow says what happens beyond a max_length: write max_length too")
    for topic in table(root, "topics").entries.values():
        preset = text(child(brokers.get(text(child(topic, "broker"))), "preset"))
        for member in items(child(topic, "subscribers")):
            consumers = child(member, "consumers")
            handling = text(child(member, "handling"))
            reason = _CONSUMERS.get((preset, handling))
            if consumers is not None and _written(consumers) and reason is not None:
                yield problem(consumers.place, f"handling: {handling} of {preset} means {reason}")


def idle_lags(root: Table, experiment: ExperimentSpec) -> Iterator[Problem]:
    """Lags of followers that every confirmation waits for."""
    for name, spec in experiment.brokers.items():
        node = child(root, "brokers", name, "replication_lag")
        if node is not None and isinstance(spec, KafkaSpec) and spec.acks == "all":
            yield problem(node.place, "has no effect with acks: all: what is confirmed is on every replica already")


def _written(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value not in (None, "none")
