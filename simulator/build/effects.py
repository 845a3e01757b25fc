"""Which operations leave effects, or handle messages that are told apart by their place, themselves or through anything
that they can cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.spec.messaging.brokers import SqsSpec
from simulator.spec.policies import fallback_calls
from simulator.spec.state_steps import GiveStep, TakeStep
from simulator.spec.steps import CallStep, WorkStep, all_steps, published
from simulator.spec.transactions import TransactionStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.build.world import World
    from simulator.spec.messaging.brokers import AnyBroker
    from simulator.spec.services import OperationSpec
    from simulator.spec.steps import AnyStep


def mark_effects(world: World) -> None:
    """Set `Operation.leaves_effects` everywhere: an operation does if one that it can reach does."""
    callers: dict[str, list[str]] = {}
    found = list(dict.fromkeys(_told_apart(world)))
    for service in world.scenario.experiment.services:
        for name, spec in world.scenario.experiment.services[service].operations.items():
            caller = f"{service}.{name}"
            if spec.effect or any(_changes_state(step) for step in all_steps(_steps(spec))):
                found.append(caller)
            for called in _caused(world, spec):
                callers.setdefault(called, []).append(caller)
    for called, instead in _fallbacks(world):
        callers.setdefault(instead, []).append(called)
    seen = set(found)
    while found:
        for caller in callers.get(found.pop(), []):
            if caller not in seen:
                seen.add(caller)
                found.append(caller)
    for built in world.services.values():
        for operation in built.operations.values():
            operation.leaves_effects = operation.name in seen


def _changes_state(step: AnyStep) -> bool:
    """Whether it matters where in the tree this step is: units of stock are told apart by it, as effects are."""
    if isinstance(step, TransactionStep):
        return step.transaction.effect
    return isinstance(step, TakeStep | GiveStep) or (isinstance(step, WorkStep) and step.effect)


def _told_apart(world: World) -> Iterator[str]:
    """Operations whose messages a consumer or a broker knows again: by their request, and by their place."""
    experiment = world.scenario.experiment
    for topic in experiment.topics.values():
        for entry in topic.subscribers:
            if entry.remembered_for is not None or _is_fifo(experiment.brokers.get(topic.broker)):
                yield entry.operation
    for service, built in experiment.services.items():
        for name, spec in built.operations.items():
            if spec.broker is not None and _is_fifo(experiment.brokers.get(spec.broker)):
                yield f"{service}.{name}"
                yield from (step.call for step in spec.steps if isinstance(step, CallStep))


def _is_fifo(broker: AnyBroker | None) -> bool:
    return isinstance(broker, SqsSpec) and broker.queue_type == "fifo"


def _caused(world: World, spec: OperationSpec) -> Iterator[str]:
    for step in all_steps(_steps(spec)):
        if isinstance(step, CallStep):
            yield step.call
            if step.undo is not None:
                yield step.undo.call
        elif (topic := published(step)) is not None:
            for subscriber in world.scenario.experiment.topics[topic].subscribers:
                yield subscriber.operation


def _fallbacks(world: World) -> Iterator[tuple[str, str]]:
    """Operations, and what a fallback calls in their place: it is executed at their place of the tree of steps."""
    for state in world.scenario.states:
        called = [(f"{edge.service}.{edge.operation}", policies) for edge, policies in state.edges.items()]
        called += [(undo.call, policies) for (_, undo), policies in state.undo_edges.items()]
        for operation, policies in called:
            for instead in fallback_calls(policies.stack):
                yield operation, instead


def _steps(spec: OperationSpec) -> Sequence[AnyStep]:
    return (*spec.steps, *spec.on_failure)
