"""Keys of a subscription that its topic's broker has no use for: said, rather than read and ignored."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.tree import Node, Table, child, items, table, text

_ONLY_HERE = {
    "redis_pubsub": {
        "max_deliveries": "redis_pubsub delivers once: there is no second delivery to limit",
    },
    "durable_queue": {
        "handling": "each consumer of a durable_queue handles one message at a time: write 'consumers' instead",
        "deliver_to": "a message of a durable_queue goes to one replica: another service needs its own subscription",
    },
}
_USUAL = {("durable_queue", "handling"): "workers", ("durable_queue", "deliver_to"): "one_replica"}


def check_subscriptions(root: Table) -> list[Problem]:
    """Every key of a subscription that means nothing on its broker."""
    return [
        entry
        for topic in table(root, "topics").entries.values()
        for member in items(child(topic, "subscribers"))
        for entry in _foreign_keys(_preset(root, topic), member)
    ]


def _preset(root: Table, topic: Node) -> str:
    return text(child(root, "brokers", text(child(topic, "broker")), "preset"))


def _foreign_keys(preset: str, member: Node) -> Iterator[Problem]:
    for key, reason in _ONLY_HERE.get(preset, {}).items():
        node = child(member, key)
        if node is not None and text(node) != _USUAL.get((preset, key)):
            yield problem(node.place, reason)
