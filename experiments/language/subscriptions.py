"""Keys of a topic and its subscriptions that its broker has no use for: said, rather than read and ignored."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.tree import Node, Table, child, items, plain, table, text

_TO_ONE = "a message of {preset} goes to one replica: another service needs its own subscription"
_ONE_BY_ONE = "each consumer of {preset} handles one message at a time: write 'consumers' instead"
_OFFSETS = "only a log (kafka) is read by offsets that are committed"
_Foreign = dict[str, tuple[str, str]]
_QUEUE: _Foreign = {
    "handling": ("workers", _ONE_BY_ONE),
    "deliver_to": ("one_replica", _TO_ONE),
    "commit": ("", _OFFSETS),
}
_FOREIGN: dict[str, _Foreign] = {
    "redis_pubsub": {
        "max_deliveries": ("", "redis_pubsub delivers once: there is no second delivery to limit"),
        "prefetch": ("", "redis_pubsub hands over whatever is published: there is nothing to ask for"),
        "ack": ("before", "redis_pubsub knows no acknowledgement"),
        "dead_letter": ("", "redis_pubsub keeps no message that could become a dead letter"),
        "commit": ("", _OFFSETS),
    },
    "durable_queue": _QUEUE,
    "rabbitmq": _QUEUE,
    "sqs": _QUEUE,
    "redis_streams": _QUEUE,
    "kafka": {
        "deliver_to": ("one_replica", _TO_ONE),
        "prefetch": ("", "a consumer of kafka polls: write the broker's max_poll_records instead"),
    },
}
"""By preset and key of a subscription: the one value that says nothing new, and what to say of others."""

_PARTITIONS = "only a log (kafka) has partitions, and this is a {preset}"
_FOREIGN_TO_TOPIC = {
    "redis_pubsub": {"retention": "redis_pubsub keeps no message", "partitions": _PARTITIONS},
    **{preset: {"partitions": _PARTITIONS} for preset in ("durable_queue", "rabbitmq", "sqs", "redis_streams")},
}
_MOST_RECEIVED = 10
"""Amazon SQS receives at most so many messages at a time."""


def check_subscriptions(root: Table) -> list[Problem]:
    """Every key of a topic or subscription that means nothing on its broker."""
    found: list[Problem] = []
    for topic in table(root, "topics").entries.values():
        preset = _preset(root, topic)
        found += _foreign_to_topic(preset, topic)
        for member in items(child(topic, "subscribers")):
            found += _foreign_keys(preset, member)
            found += _contradictions(preset, member)
    return found


def _preset(root: Table, topic: Node) -> str:
    return text(child(root, "brokers", text(child(topic, "broker")), "preset"))


def _foreign_to_topic(preset: str, topic: Node) -> Iterator[Problem]:
    for key, reason in _FOREIGN_TO_TOPIC.get(preset, {}).items():
        node = child(topic, key)
        if node is not None:
            yield problem(node.place, reason.format(preset=preset))


def _foreign_keys(preset: str, member: Node) -> Iterator[Problem]:
    for key, (usual, reason) in _FOREIGN.get(preset, {}).items():
        node = child(member, key)
        if node is not None and (not usual or text(node) != usual):
            yield problem(node.place, reason.format(preset=preset))


def _contradictions(preset: str, member: Node) -> Iterator[Problem]:
    most = child(member, "max_deliveries")
    if most is not None and text(child(member, "ack")) == "before":
        yield problem(most.place, "what is acknowledged before it is handled is never delivered again")
    commit = child(member, "commit")
    if commit is not None and text(child(member, "ack")) == "before":
        yield problem(commit.place, f"ack: before makes {preset} commit what it has polled: leave 'commit' out")
    prefetch = child(member, "prefetch")
    number = None if prefetch is None else plain(prefetch)
    if preset == "sqs" and prefetch is not None and isinstance(number, int) and not 1 <= number <= _MOST_RECEIVED:
        yield problem(prefetch.place, f"sqs receives 1 to {_MOST_RECEIVED} messages at a time", str(number))
