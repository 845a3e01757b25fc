"""Builds what consumers run for a topic's messages: the operation's own program, or more where the file asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.messaging.batches import Batches
from simulator.messaging.handling import Handler
from simulator.messaging.inbox import Inbox
from simulator.messaging.poison import Poison
from simulator.policies.retry import retry
from simulator.spec.messaging.brokers import KafkaSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.build.world import World
    from simulator.messaging.message import MessageTally
    from simulator.policies.call import Call
    from simulator.services.execution import Program
    from simulator.services.operation import Operation
    from simulator.spec.messaging.brokers import AnyBroker
    from simulator.spec.messaging.topics import SubscriptionSpec

NO_LIMIT = float("inf")


def program_of(
    world: World, topic: str, spec: AnyBroker, entry: SubscriptionSpec, operation: Operation, tally: MessageTally
) -> Program:
    """What is run for the messages of one subscription."""
    if not (entry.retry or entry.batch or entry.poison or entry.remembered_for is not None):
        return operation.program
    name = f"{topic}/{entry.name}"
    poison = Poison(entry.poison, f"poison/{name}", world.streams.source) if entry.poison else None
    inbox = None if entry.remembered_for is None else Inbox(entry.remembered_for)
    handler = Handler(operation, tally, inbox, poison, _repeated(world, entry, name))
    if entry.batch is None:
        return handler.program
    consumers = batches_at_once(entry, world.services[operation.service].workers)
    linger = 0.0 if isinstance(spec, KafkaSpec) else entry.batch.linger  # there it is the poll that waits for more
    return Batches(entry.batch.size, linger, consumers, handler.program)


def _repeated(world: World, entry: SubscriptionSpec, name: str) -> Callable[[Call], Call] | None:
    if entry.retry is None:
        return None
    return retry(entry.retry, world.streams.source(f"handling/{name}"), world.environment, f"handling of {name}")


def batches_at_once(entry: SubscriptionSpec, workers: float) -> float:
    """How many batches one replica handles at a time."""
    if entry.handling == "sequential":
        return 1
    return NO_LIMIT if entry.handling == "concurrent" else entry.consumers or workers


def handles_batches(world: World, service: str) -> bool:
    """Whether some subscription hands messages to a service in batches."""
    topics = world.scenario.experiment.topics.values()
    entries = (entry for topic in topics for entry in topic.subscribers)
    return any(entry.batch is not None and entry.operation.partition(".")[0] == service for entry in entries)
