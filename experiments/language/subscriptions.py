"""Keys of a topic and its subscriptions that its broker has no use for: said, rather than read and ignored."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.tree import Node, Table, child, items, table, text

_COMMITS = "only a log (kafka) is read by offsets that are committed"
_ONLY_HERE = {
    "redis_pubsub": {
        "commit": _COMMITS,
        "max_deliveries": "redis_pubsub delivers once: there is no second delivery to limit",
    },
    "kafka": {
        "deliver_to": "a message of a kafka group goes to one replica: another service needs its own subscription",
    },
    "durable_queue": {
        "commit": _COMMITS,
        "handling": "each consumer of a durable_queue handles one message at a time: write 'consumers' instead",
        "deliver_to": "a message of a durable_queue goes to one replica: another service needs its own subscription",
    },
}
_USUAL = {
    ("durable_queue", "handling"): "workers",
    ("durable_queue", "deliver_to"): "one_replica",
    ("kafka", "deliver_to"): "one_replica",
}


def check_subscriptions(root: Table) -> list[Problem]:
    """Every key of a topic or a subscription that means nothing on its broker."""
    return [*_partitions(root), *_subscriptions(root)]


def _partitions(root: Table) -> Iterator[Problem]:
    for topic in table(root, "topics").entries.values():
        node = child(topic, "partitions")
        if node is not None and _preset(root, topic) not in ("kafka", ""):
            yield problem(node.place, f"only a log (kafka) has partitions, and this is a {_preset(root, topic)}")


def _subscriptions(root: Table) -> list[Problem]:
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
