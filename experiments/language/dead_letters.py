"""Where dead letters go: a topic that exists, on the same broker, and from which no way leads back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from experiments.language.problems import Problem, problem
from experiments.language.tree import Node, Table, child, items, table, text
from simulator.spec.base import hint


def check_dead_letters(root: Table) -> list[Problem]:
    """Every `dead_letter` that cannot be meant."""
    topics = table(root, "topics").entries
    ways = {name: list(_ways(topic)) for name, topic in topics.items()}
    return [entry for name, nodes in ways.items() for node in nodes for entry in _problems(name, node, topics, ways)]


def _ways(topic: Node) -> Iterator[Node]:
    for member in items(child(topic, "subscribers")):
        node = child(member, "dead_letter")
        if node is not None and text(node):
            yield node


def _problems(topic: str, node: Node, topics: Mapping[str, Node], ways: Mapping[str, list[Node]]) -> Iterator[Problem]:
    target = text(node)
    if target not in topics:
        known = list(topics)
        yield problem(node.place, f"there is no topic {target!r}{hint(target, known)}")
        return
    own, other = (text(child(topics[name], "broker")) for name in (topic, target))
    if own != other:
        said = f"topic {target!r} is on broker {other!r}, this one on {own!r}: a dead letter stays with its broker"
        yield problem(node.place, said)
    elif topic in _reached(target, ways):
        yield problem(node.place, f"dead letters of topic {topic!r} come back to it by way of {target!r}, for ever")


def _reached(start: str, ways: Mapping[str, list[Node]]) -> list[str]:
    """The topics to which dead letters of a topic can get, itself first."""
    found = [start]
    for name in found:
        found += [text(node) for node in ways.get(name, ()) if text(node) not in found]
    return found
