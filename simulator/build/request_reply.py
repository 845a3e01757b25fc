"""Builds calls over queues: for an edge with `via`, what stands in place of the link and of the balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.messaging.request_reply import QueuedLink, Replies
from simulator.network.site import site_of
from simulator.spec.scenario import Edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.build.messages import MessageBuilder
    from simulator.build.world import World
    from simulator.spec.policies import EdgePolicies
    from simulator.spec.scenario import Scenario, ScheduledChange


def queued_link(world: World, messages: MessageBuilder, edge: Edge, policies: EdgePolicies, zone: str) -> QueuedLink:
    """The way over the broker `via` of the callers in one zone."""
    assert policies.via is not None
    operation = world.services[edge.service].operations[edge.operation]
    spec = world.scenario.experiment.services[edge.service].operations[edge.operation]
    post = messages.post(policies.via, operation)
    replies = Replies(
        world.brokers[policies.via],
        messages.links_to(policies.via, spec.response_size),
        world.broker_tallies[policies.via],
    )
    link = QueuedLink(
        world.environment,
        str(edge),
        site_of(edge.caller, zone),
        post,
        replies,
        operation,
        expires=policies.cancel == "at_dequeue",
    )
    world.links.append(link)
    return link


def foresee_queues(world: World, messages: MessageBuilder) -> None:
    """Have the queues of calls that only a change sends over a broker, so that they are counted from the beginning."""
    for change in world.scenario.changes:
        for edge, via in _over_queues(change):
            messages.post(via, world.services[edge.service].operations[edge.operation])


def _over_queues(state: Scenario | ScheduledChange) -> Iterator[tuple[Edge, str]]:
    for edge, policies in state.edges.items():
        if policies.via is not None:
            yield edge, policies.via
    for (caller, undo), policies in state.undo_edges.items():
        if policies.via is not None:
            service, _, operation = undo.call.partition(".")
            yield Edge(caller, service, operation), policies.via
