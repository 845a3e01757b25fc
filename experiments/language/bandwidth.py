"""Bandwidths through which nothing passes that has a size: they slow nothing down."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from experiments.language.problems import Problem, problem
from experiments.language.tree import Table, child, table
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.network import ZONE
from simulator.spec.scenario import Edge


def idle_bandwidths(root: Table, experiment: ExperimentSpec, edges: Collection[Edge]) -> Iterator[Problem]:
    """A warning for each bandwidth that no message with a size meets."""
    network = table(root, "network")
    for key in network.entries:
        node = child(network, key, "bandwidth")
        sender, _, receiver = (end.strip() for end in key.partition("->"))
        if node is not None and not _used(sender, receiver, experiment, edges):
            yield problem(node.place, _SAID)
    node = child(root, "defaults", "network", "bandwidth")
    if node is not None and not _any_size(experiment):
        yield problem(node.place, _SAID)


_SAID = "nothing that passes here has a size: write request_size or response_size of an operation, or message_size"


def _used(sender: str, receiver: str, experiment: ExperimentSpec, edges: Collection[Edge]) -> bool:
    if sender.startswith(ZONE) or {sender, receiver} - set(experiment.services) - {"client"}:
        return _any_size(experiment)  # between zones, or to a broker: too many kinds of messages to tell
    pairs = {tuple(end.strip() for end in key.split("->")) for key in experiment.network}
    for edge in edges:
        service = experiment.services.get(edge.service)
        operation = service.operations.get(edge.operation) if service is not None else None
        if operation is None:
            continue
        there, back = (edge.caller, edge.service), (edge.service, edge.caller)
        if (sender, receiver) == there and (operation.request_size or (operation.response_size and back not in pairs)):
            return True
        if (sender, receiver) == back and operation.response_size:
            return True
    return False


def _any_size(experiment: ExperimentSpec) -> bool:
    operations = (operation for service in experiment.services.values() for operation in service.operations.values())
    return any(operation.request_size or operation.response_size for operation in operations) or any(
        topic.message_size for topic in experiment.topics.values()
    )
